# SPDX-License-Identifier: GPL-2.0-or-later
"""A signature of any size keeps the tool busy only briefly, and what was not checked
is reported."""
import struct
import time

import pytest

import inputs as made

SHA256 = bytes.fromhex("0609608648016503040201")
RSA = bytes.fromhex("06092a864886f70d010101")
DATA = bytes.fromhex("06092a864886f70d010701")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def der(tag, content):
    """One element."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


DIGEST = der(0x30, SHA256)
SIGNER = der(0x30, der(2, b"\1") + der(0x30, der(0x30, b"") + der(2, b"\1")) +
             DIGEST + der(0x30, RSA) + der(4, b"s"))


def signature(signers=1, digests=1, certificates=b"", ber=False):
    """A PKCS#7 signature by nobody, of so many parts."""
    data = (der(2, b"\1") + der(0x31, DIGEST * digests) + der(0x30, DATA) +
            (der(0xa0, certificates) if certificates else b"") +
            der(0x31, SIGNER * signers))
    if ber:
        return (b"\x30\x80" + SIGNED_DATA + b"\xa0\x80\x30\x80" + data +
                bytes(6))
    return der(0x30, SIGNED_DATA + der(0xa0, der(0x30, data)))


def capsule(tool, new):
    """signed.cap with another signature."""
    path = tool.directory / "hostile.cap"
    path.write_bytes(made.signed_with(
        (tool.inputs / "signed.cap").read_bytes(), new))
    return path


def check(tool, new, why, **fake):
    """It is said, and the signature counts as not verified."""
    tool.use("bare")
    path = capsule(tool, new)
    r = tool.run("capsule", path, timeout=15, **fake)
    assert r.status == 0 and f"unknown ({why})" in r.out, r
    r = tool.run("capsule", path, "--json", timeout=15, **fake)
    item = r.json()["items"][0]
    assert item["signed"] is None and item["verified"] is None, r
    r = tool.run("capsule", path, "--json", "--ca", tool.inputs / "cert.pem",
                 timeout=15, **fake)
    assert r.status == 4 and r.json()["error"]["why"] == why, r
    assert r.json()["items"][0]["verified"] is None, r
    d = r.json()
    assert d["acceptable"] is None and d["acceptable_why"] == why, r


def test_150000_signers(tool):
    new = signature(signers=150000)
    check(tool, new, f"the signature has {len(new)} bytes, "
          "and no more than 1048576 are looked at")


@pytest.mark.parametrize("count", (17, 5000))
@pytest.mark.parametrize("ber", (False, True))
def test_signers(tool, count, ber):
    check(tool, signature(signers=count, ber=ber),
          f"the signature has {count} signers, "
          "and no more than 16 are looked at")


@pytest.mark.parametrize("count", (17, 60000))
def test_digest_algorithms(tool, count):
    check(tool, signature(digests=count),
          f"the signature has {count} digest algorithms, "
          "and no more than 16 are looked at")


def elements(content):
    """The elements in what an element of DER holds: [(tag, content)]."""
    found = []
    while content:
        size, at = content[1], 2
        if size & 0x80:
            at += size & 0x7f
            size = int.from_bytes(content[2:at], "big")
        found.append((content[0], content[at:at + size]))
        content = content[at + size:]
    return found


def test_good_signature_with_60000_digest_algorithms(tool):
    """The list is not signed, and OpenSSL nests a call for each of it."""
    b = (tool.inputs / "signed.cap").read_bytes()
    size, = struct.unpack_from("<I", b, made.CERTIFICATE)
    inner = b[made.CERTIFICATE + 24:made.CERTIFICATE + size]
    for _ in ("ContentInfo", "[0]", "SignedData"):
        inner = elements(inner)[-1][1]
    parts = elements(inner)
    assert [tag for tag, _ in parts] == [2, 0x31, 0x30, 0xa0, 0x31]
    parts[1] = (0x31, DIGEST * 60000)
    new = der(0x30, SIGNED_DATA + der(0xa0, der(0x30, b"".join(
        der(tag, content) for tag, content in parts))))
    check(tool, new, "the signature has 60000 digest algorithms, "
          "and no more than 16 are looked at")


def test_certificates(tool):
    one = (tool.inputs / "cert.der").read_bytes()
    check(tool, signature(certificates=65 * one),
          "the signature has 65 certificates, and no more than 64 are looked at")


@pytest.mark.parametrize("ber", (False, True))
def test_within_the_bounds(tool, ber):
    tool.use("bare")
    one = (tool.inputs / "cert.der").read_bytes()
    new = signature(signers=16, digests=16, certificates=64 * one, ber=ber)
    r = tool.run("capsule", capsule(tool, new), "--json")
    assert len(r.json()["items"][0]["authentication"]["signers"]) == 16, r
    assert r.json()["items"][0]["signed"] is True, r
    r = tool.run("capsule", capsule(tool, new), "--json", "--ca",
                 tool.inputs / "cert.pem")
    assert r.status == 4 and r.json()["items"][0]["verified"] is False, r


def test_no_signer(tool):
    tool.use("bare")
    r = tool.run("capsule", capsule(tool, signature(signers=0)))
    assert "no (the signature names no signer)" in r.out, r


@pytest.mark.parametrize("seconds", (4, 11))
def test_time(tool, seconds):
    """It ends while a signature is verified, and before it is looked at."""
    r = tool.run("capsule", tool.inputs / "signed.cap", "--json", "--ca",
                 tool.inputs / "cert.pem", clock=seconds)
    why = "the time for signatures (10 s) is used up"
    assert r.status == 4 and r.json()["error"]["why"] == why, r
    assert r.json()["items"][0]["verified"] is None, r


def test_time_that_suffices(tool):
    r = tool.run("capsule", tool.inputs / "signed.cap", "--json", "--ca",
                 tool.inputs / "cert.pem", clock=0)
    assert r.status == 0 and r.json()["items"][0]["verified"], r


def test_many_payloads(tool):
    """Each of them is verified."""
    tool.use("bare")
    item = (tool.inputs / "signed.cap").read_bytes()[made.IMAGE:]
    count = 300
    head = (tool.inputs / "signed.cap").read_bytes()[:28]
    offsets = [8 + 8 * count + i * len(item) for i in range(count)]
    b = (head + struct.pack("<IHH", 1, 0, count) +
         struct.pack(f"<{count}Q", *offsets) + item * count)
    path = tool.directory / "many.cap"
    path.write_bytes(b[:24] + struct.pack("<I", len(b)) + b[28:])
    r = tool.run("capsule", path, "--json", "--ca", tool.inputs / "cert.pem")
    assert r.status == 0, r
    assert [i["verified"] for i in r.json()["items"]] == [True] * count, r


def test_large_payload(tool):
    """The content is read in pieces, count and all."""
    b = (tool.inputs / "payload").read_bytes() + bytes(range(256)) * 1021
    (tool.directory / "large").write_bytes(b)
    path = tool.directory / "large.cap"
    made.capsule(tool.directory, path, "large", "-p", tool.inputs / "key.pem",
                 "-c", tool.inputs / "cert.pem", "-m", "72623859790382856")
    begun = time.monotonic()
    r = tool.run("capsule", path, "--ca", tool.inputs / "cert.pem")
    assert r.status == 0 and time.monotonic() - begun < 10, r
