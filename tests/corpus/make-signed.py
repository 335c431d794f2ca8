#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
make-signed.py [--foreign] [--size BYTES]... DIR: capsules that the firmware model
takes, signed by a key made on the spot, whose certificate is left beside them as
ca.pem. By the encoder of this corpus:
  code-0 ... code-9.cap  code injections, image header version 2, runtime version
                         0 ... 9: mainline's drivers take them too
  large.cap              runtime version 2, over 256 KiB
  header-3.cap           image header version 3, as mkeficapsule makes it
  driver.cap             driver update, of the type that the model reports
  driver-known.cap       the same, of the type that mainline has built in
  plain.cap              image header version 2, not signed
  other.cap              for another platform
  embedded.cap           holds an embedded driver
  size-BYTES.cap         runtime version 2, that long
With --foreign by u-boot's mkeficapsule, which knows nothing of this project:
  v2.cap v3.cap v5.cap   code injections, runtime versions 2, 3 and 5
  driver.cap             driver update, SVN 2
  unsigned.cap           a code injection, version 4, not signed
  other.cap              for another platform
"""
import argparse
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import encoder as e  # noqa: E402

SHORT = bytes((i * 37 + 11) & 0xff for i in range(1000))
LONG = bytes((i * 37 + 11) & 0xff for i in range(3000))


def make_key(directory, work):
    """Returns the names of the key and of its certificate."""
    key, certificate = work + "/key.pem", directory + "/ca.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
         "-sha256", "-subj", "/O=Example Firmware Vendor/CN=Capsule signing key",
         "-keyout", key, "-out", certificate],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    return key, certificate


def save(directory, name, body, drivers=(), **fields):
    fields.setdefault("version", 2)
    data = e.capsule([e.image(body, **fields)], drivers=drivers).data
    with open(f"{directory}/{name}.cap", "wb") as out:
        out.write(data)
    return len(data)


def by_encoder(directory, key, certificate, sizes):
    def signed(body):
        return e.auth(body, certificate=e.signature_of(body, key, certificate))

    def code(data=SHORT, rt=2, **fields):
        return signed(e.code(rt=rt, data=data, **fields))

    driver = signed(e.driver(svn=e.DRV_SVN + 1, data=SHORT))
    for rt in range(10):
        save(directory, f"code-{rt}", code(rt=rt))
    save(directory, "large", code(SHORT * 300))
    save(directory, "header-3", code(), version=3)
    save(directory, "driver", driver, what=e.DRIVER)
    save(directory, "driver-known", driver, what=e.guid(e.DRIVER_KNOWN))
    save(directory, "plain", e.code(rt=2, data=SHORT))
    save(directory, "other", code(platform=e.OTHER_ID))
    save(directory, "embedded", code(), drivers=[e.EMBEDDED_DRIVER])
    for size in sizes:
        rest = size - save(directory, f"size-{size}", code(b""))
        if save(directory, f"size-{size}", code(bytes(rest))) != size:
            raise SystemExit(f"make-signed.py: size-{size}.cap has another size")


def by_mkeficapsule(directory, key, certificate, work):
    signed = ["-p", key, "-c", certificate, "-m", "1"]

    def save_foreign(name, options, kind="code", **fields):
        # the payload header has a security version in either kind
        body = e.payload(b"SCI1" if kind == "code" else b"SDU1", data=LONG,
                         **{"svn": 0, **fields})
        with open(work + "/payload", "wb") as out:
            out.write(body.data)
        subprocess.run(
            ["mkeficapsule", "-g",
             e.PLATFORM["code_type" if kind == "code" else "drv_type"],
             "-i", "1", *options, work + "/payload", f"{directory}/{name}.cap"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)

    for rt in (2, 3, 5):
        save_foreign(f"v{rt}", signed, rt=rt)
    save_foreign("driver", signed, "driver", rt=1, svn=2)
    save_foreign("unsigned", [], rt=4)
    save_foreign("other", signed, rt=4, platform=e.OTHER_ID)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--foreign", action="store_true")
    parser.add_argument("--size", type=int, action="append", default=[])
    parser.add_argument("directory")
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        try:
            key, certificate = make_key(options.directory, work)
            if options.foreign:
                by_mkeficapsule(options.directory, key, certificate, work)
            else:
                by_encoder(options.directory, key, certificate, options.size)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"make-signed.py: {error}\n"
                             f"{(error.stdout or b'').decode(errors='replace')}")


main()
