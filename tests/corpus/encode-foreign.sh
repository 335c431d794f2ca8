#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make the capsules of the corpus that come from other people's encoders:
# mkeficapsule (u-boot-tools) and, when EDK2 names a checkout's BaseTools, the
# GenerateCapsule of edk2. The key is thrown away, so the signatures differ
# each time: run this only when platform.conf has changed, and commit.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

get()
{
	awk -v k="$1" '$1 == k { print $2 }' "$here/platform.conf"
}

code=$(get code_type)
driver=$(get drv_type)
driver_known=4569DD8C-75F1-429A-A3D6-24DE8097A0DF
other=00112233-4455-6677-8899-AABBCCDDEEFF

# payload KIND RT_VERSION SVN: a payload header and 64 bytes
payload()
{
	PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 python3 - "$@" <<'EOF'
import sys
import encoder

kind, rt, svn = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = bytes(range(64))
part = (encoder.code(rt, data) if kind == "code" else
        encoder.driver(rt, svn, data))
sys.stdout.buffer.write(part.data)
EOF
}

code_rt=$(($(get code_rt_version)))
drv_rt=$(($(get drv_rt_version)))
svn=$(($(get drv_svn)))

cd "$tmp"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
	-days 3650 -subj '/CN=throw-away test key' 2>/dev/null
payload code $((code_rt + 1)) 0 >code.bin
payload code $((code_rt - 1)) 0 >code-older.bin
payload driver $((drv_rt + 1)) "$svn" >driver.bin
payload driver $((drv_rt + 1)) $((svn - 1)) >driver-older.bin
printf 'no payload header\n' >raw.bin

plain()		# GUID PAYLOAD NAME
{
	mkeficapsule -g "$1" -i 1 "$2" "$here/mkeficapsule-$3.cap"
}

signed()	# GUID PAYLOAD NAME
{
	mkeficapsule -p key.pem -c cert.pem -m 1 -g "$1" -i 1 "$2" \
		"$here/mkeficapsule-$3.cap"
}

plain "$code" code.bin code-plain
signed "$code" code.bin code-signed
plain "$driver" driver.bin driver-plain
signed "$driver" driver.bin driver-signed
signed "$driver_known" driver.bin driver-known-signed
signed "$code" code-older.bin code-older
signed "$driver" driver-older.bin driver-older
plain "$other" code.bin other-type
plain "$code" raw.bin raw
mkeficapsule -A -g "$code" "$here/mkeficapsule-accept.cap"

[ -n "${EDK2:-}" ] || exit 0

cat key.pem cert.pem >both.pem
generate()	# NAME ARGUMENTS...
{
	name=$1
	shift
	PYTHONPATH="$EDK2/Source/Python" python3 \
		"$EDK2/Source/Python/Capsule/GenerateCapsule.py" --encode \
		-o "$here/edk2-$name.cap" "$@" >/dev/null
}

set -- --signer-private-cert both.pem --other-public-cert cert.pem \
	--trusted-public-cert cert.pem --monotonic-count 1
generate mss1-plain --guid "$code" --fw-version 2 --lsv 1 code.bin
generate mss1-signed --guid "$code" --fw-version 2 --lsv 1 "$@" code.bin

# its classes without the MSS1 header; drivers, vendor code, dependency bit
PYTHONPATH="$EDK2/Source/Python" python3 - "$here" "$code" "$driver" <<'EOF'
import subprocess, sys, uuid
from Common.Uefi.Capsule.FmpAuthHeader import FmpAuthHeaderClass
from Common.Uefi.Capsule.FmpCapsuleHeader import FmpCapsuleHeaderClass
from Common.Uefi.Capsule.UefiCapsuleHeader import UefiCapsuleHeaderClass

here = sys.argv[1]
code, driver = uuid.UUID(sys.argv[2]), uuid.UUID(sys.argv[3])


def read(name):
    with open(name, "rb") as f:
        return f.read()


def signed(payload, count):
    p7 = subprocess.run(
        "openssl smime -sign -binary -outform DER -md sha256 "
        "-signer cert.pem -inkey key.pem".split(), check=True,
        input=payload + count.to_bytes(8, "little"), stdout=subprocess.PIPE)
    auth = FmpAuthHeaderClass()
    auth.MonotonicCount = count
    auth.CertData = p7.stdout
    auth.Payload = payload
    return auth.Encode()


def write(name, items, drivers=()):
    fmp = FmpCapsuleHeaderClass()
    for data in drivers:
        fmp.AddEmbeddedDriver(data)
    for what, data, vendor, support in items:
        fmp.AddPayload(what, data, vendor, CapsuleSupport=support)
    capsule = UefiCapsuleHeaderClass()
    capsule.CapsuleGuid = uuid.UUID("6DCBD5ED-E82D-4C44-BDA1-7194199AD92A")
    capsule.PersistAcrossReset = True
    capsule.Payload = fmp.Encode()
    with open("%s/edk2-%s.cap" % (here, name), "wb") as out:
        out.write(capsule.Encode())


write("code-plain", [(code, read("code.bin"), b"", 0)])
write("code-signed", [(code, signed(read("code.bin"), 1), b"", 1)])
write("driver-signed", [(driver, signed(read("driver.bin"), 7), b"", 1)])
write("two-with-driver", [(code, signed(read("code.bin"), 1), b"", 1),
                          (driver, signed(read("driver.bin"), 1), b"", 1)],
      [b"MZ embedded driver"])
write("vendor-code", [(code, read("code.bin"), b"vendor", 0)])
write("dependency", [(code, read("code.bin"), b"", 2)])
EOF
