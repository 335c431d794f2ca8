#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# row-capsules.sh DIR: signed capsules for the firmware model, made by the
# corpus' encoder, which knows nothing of this project's code; signed by a key
# made on the spot, whose certificate is left beside them as ca.pem.
#   code-0 ... code-9.cap  code injections, image header version 2, runtime
#                          version 0 ... 9: mainline's drivers take them too
#   large.cap              runtime version 2, over 256 KiB
#   header-3.cap           image header version 3, as mkeficapsule makes it
#   driver.cap             driver update, of the type that the model reports
#   driver-known.cap       the same, of the type that mainline has built in
#   plain.cap              image header version 2, not signed
#   other.cap              for another platform
#   embedded.cap           holds an embedded driver
#   size-N.cap             runtime version 2, N bytes, for each N in the
#                          variable CAPSULE_SIZES

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: row-capsules.sh DIR}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -sha256 \
	-subj "/O=Example Firmware Vendor/CN=Capsule signing key" \
	-keyout "$tmp/key.pem" -out "$dir/ca.pem" 2>"$tmp/openssl.log" ||
	{ cat "$tmp/openssl.log" >&2; exit 1; }

PYTHONDONTWRITEBYTECODE=1 python3 - "$here/../corpus/make-corpus.py" "$dir" \
	"$tmp/key.pem" <<'END'
import importlib.util
import os
import subprocess
import sys

path, out, key = sys.argv[1:]
spec = importlib.util.spec_from_file_location("corpus", path)
c = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c)

CODE = bytes((i * 37 + 11) & 0xff for i in range(1000))


def signed(body):
    """authenticated as UEFI 2.10, 23.1: PKCS#7 over image and MonotonicCount"""
    der = subprocess.run(
        ["openssl", "smime", "-sign", "-binary", "-noattr", "-md", "sha256",
         "-outform", "DER", "-signer", out + "/ca.pem", "-inkey", key],
        input=body.data + c.u64(1), stdout=subprocess.PIPE, check=True).stdout
    return c.auth(body, certificate=der)


def save(name, body, **fields):
    drivers = fields.pop("drivers", ())
    fields.setdefault("version", 2)
    capsule = c.capsule([c.image(body, **fields)], drivers=drivers)
    with open("%s/%s.cap" % (out, name), "wb") as f:
        f.write(capsule.data)
    return len(capsule.data)


def driver():
    return signed(c.driver(svn=c.DRV_SVN + 1, data=CODE))


for rt in range(10):
    save("code-%d" % rt, signed(c.code(rt=rt, data=CODE)))
save("large", signed(c.code(rt=2, data=CODE * 300)))
save("header-3", signed(c.code(rt=2, data=CODE)), version=3)
save("driver", driver(), what=c.DRIVER)
save("driver-known", driver(), what=c.guid(c.DRIVER_KNOWN))
save("plain", c.code(rt=2, data=CODE))
save("other", signed(c.code(rt=2, platform=c.OTHER_ID, data=CODE)))
save("embedded", signed(c.code(rt=2, data=CODE)), drivers=[c.EMBEDDED_DRIVER])
for size in map(int, os.environ.get("CAPSULE_SIZES", "").split()):
    name = "size-%d" % size
    rest = size - save(name, signed(c.code(rt=2, data=b"")))
    if save(name, signed(c.code(rt=2, data=bytes(rest)))) != size:
        sys.exit("%s.cap has another size" % name)
END
