# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of pfructl read: capsules, certificates and logs. Independent
programs make the capsules (mkeficapsule) and the signatures (openssl)."""
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "corpus"))
import encoder  # noqa: E402

CODE = encoder.PLATFORM["code_type"]
# the first image header of a capsule with one item, and what lies behind it
IMAGE = 28 + 16
CERTIFICATE = IMAGE + 48 + 8
EVIL = "evil\033[2J\nname.cap"
NOT_UTF8 = os.fsdecode(b"not-utf8-\xff.cap")
RUN = ("[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] "
       "ProcessSmmRuntimeUpdate = ")
# three runs in a log: of one the end is there, one is whole, one has not ended
RUNS = "".join(line + "\r\n" for line in (
    RUN + "End, Status = Device Error",
    RUN + "START, Action = 2",
    "[ProcessSmmRuntimeUpdate] ShadowSmmRuntimeUpdateImage.Status = Success",
    "CPU CSR[0B102D28] Before = 7FBF830E",
    RUN + "End, Status = Success",
    RUN + "START, Action = 0")).encode()


def command(*arguments, directory):
    """A program that has to succeed, without a word."""
    subprocess.run(arguments, cwd=directory, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def payload(version, svn):
    """A payload with its header, to be injected as code."""
    return encoder.payload(rt=version, svn=svn, data=bytes(range(256)) * 4).data


def certificates(directory):
    """Two signers."""
    for name, key, subject in (("cert", "key.pem", "/O=Test/CN=Signer"),
                               ("other", "other.key", "/CN=Other")):
        command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-keyout", key, "-out", f"{name}.pem", "-days", "30",
                "-subj", subject, directory=directory)
    command("openssl", "x509", "-in", "cert.pem", "-outform", "DER", "-out",
            "cert.der", directory=directory)
    (directory / "both.pem").write_bytes(
        (directory / "other.pem").read_bytes() +
        (directory / "cert.pem").read_bytes())


def tampered(signed):
    """Its last byte is payload: the signature does not hold for another."""
    return signed[:-1] + b"X"


def other_count(signed):
    """The count is signed too."""
    b = bytearray(signed)
    b[b.index(encoder.PKCS7) - 16] += 1
    return bytes(b)


def version_2(signed):
    """What mainline's driver takes: image header v2, by cutting the last field of
    v3."""
    b = bytearray(signed)
    struct.pack_into("<I", b, IMAGE, 2)
    del b[IMAGE + 40:IMAGE + 48]
    struct.pack_into("<I", b, 24, len(b))
    return bytes(b)


def own_type(v2):
    """A type that only the platform knows."""
    return v2[:IMAGE + 4] + encoder.DRIVER + v2[IMAGE + 20:]


def signed_with(signed, signature):
    """signed.cap with another signature."""
    b = bytearray(signed)
    old, = struct.unpack_from("<I", b, CERTIFICATE)
    grown = 24 + len(signature) - old
    b[CERTIFICATE + 24:CERTIFICATE + old] = signature
    for at in (24, IMAGE + 24, CERTIFICATE):
        struct.pack_into("<I", b, at,
                         struct.unpack_from("<I", b, at)[0] + grown)
    return bytes(b)


def capsule(directory, name, content, *options):
    """A capsule of one payload, read from a file."""
    command("mkeficapsule", *options, "-g", CODE, "-i", "1", content, name,
            directory=directory)


def capsules(directory):
    """One that is signed, and what becomes of it."""
    (directory / "payload").write_bytes(payload(2, 0))
    capsule(directory, "signed.cap", "payload", "-p", "key.pem", "-c",
            "cert.pem", "-m", "7")
    capsule(directory, "plain.cap", "payload")
    signed = (directory / "signed.cap").read_bytes()
    for name, data in (("tampered.cap", tampered(signed)),
                       ("count.cap", other_count(signed)),
                       ("v2.cap", version_2(signed)),
                       ("v2-own-type.cap", own_type(version_2(signed))),
                       (EVIL, signed), (NOT_UTF8, signed),
                       ("empty.cap", b""), ("short.cap", signed[:100])):
        (directory / name).write_bytes(data)
    (directory / "directory.cap").mkdir()
    with open(directory / "huge.cap", "wb") as f:
        f.truncate(300 << 20)


def logs(directory):
    """A ring of 4096 bytes whose oldest byte is at 1000, with every byte; and three
    runs, as the public sample has them."""
    newer = b"".join(b"new line %d\r\n" % i for i in range(100))[:1000]
    older = bytes(range(256)) + b"".join(b"old line %d\r\n" % i
                                         for i in range(400))
    older = older[:3096]
    for name, data in (("ring", newer + older), ("newer", newer),
                       ("chronological", older + newer), ("runs", RUNS)):
        (directory / name).write_bytes(data)


def make(directory):
    """All of it."""
    certificates(directory)
    capsules(directory)
    logs(directory)
