#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo-capsules.sh DIR: capsules for the firmware model, made by u-boot's
# mkeficapsule, an encoder that knows nothing of this project; signed by a key
# made on the spot, whose certificate is left beside them.
#   v2.cap v3.cap v5.cap   code injections, signed, runtime versions 2, 3 and 5
#   driver.cap       driver update, signed, SVN 2
#   unsigned.cap     a code injection, version 4, not signed
#   other.cap        for another platform, signed

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: demo-capsules.sh DIR}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# one number or GUID of the firmware model's header
model()
{
	sed -n "s/^#define PFRUSIM_$1[[:space:]]*\"\{0,1\}\([0-9A-Fa-fx-]*\)\"\{0,1\}.*/\1/p" \
		"$here/../sim/firmware/pfrusim.h" | grep .
}

# payload OUT SIGNATURE RT_VER SVN PLATFORM: the payload header, then some code
payload()
{
	python3 - "$@" <<-'END'
	import struct, sys, uuid
	out, signature, rt, svn, platform = sys.argv[1:]
	header = struct.pack("<4sIIII16sI", signature.encode(), 1, 40, 0x10000,
	                     int(rt), uuid.UUID(platform).bytes_le, int(svn))
	code = bytes((i * 37 + 11) & 0xff for i in range(3000))
	open(out, "wb").write(header + code)
	END
}

openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -sha256 \
	-subj "/O=Example Firmware Vendor/CN=Capsule signing key" \
	-keyout "$tmp/key.pem" -out "$dir/ca.pem" 2>"$tmp/openssl.log" ||
	{ cat "$tmp/openssl.log" >&2; exit 1; }

code=$(model GUID_CODE)
driver=$(model GUID_DRIVER)
platform=$(model GUID_PLATFORM)

# capsule OUT GUID SIGNATURE RT_VER SVN PLATFORM [OPTION...]
capsule()
{
	local out=$1 guid=$2

	payload "$tmp/payload" "$3" "$4" "$5" "$6"
	shift 6
	mkeficapsule -g "$guid" -i 1 "$@" "$tmp/payload" "$dir/$out" >&2
}

signed=(-p "$tmp/key.pem" -c "$dir/ca.pem" -m 1)
capsule v2.cap "$code" SCI1 2 0 "$platform" "${signed[@]}"
capsule v3.cap "$code" SCI1 3 0 "$platform" "${signed[@]}"
capsule v5.cap "$code" SCI1 5 0 "$platform" "${signed[@]}"
capsule driver.cap "$driver" SDU1 1 2 "$platform" "${signed[@]}"
capsule unsigned.cap "$code" SCI1 4 0 "$platform"
capsule other.cap "$code" SCI1 4 0 00000000-1111-2222-3333-444444444444 \
	"${signed[@]}"
