#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sign.sh KEY KERNEL FILE.ko: signs a module for KERNEL, a directory of kernel.sh.
# KEY is "snakeoil", the key that Debian's ovmf package ships for tests and has
# in the store of variables that boot.sh --way secure uses, or "unknown", one
# made for this call, which no machine knows.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/pfru-sign.XXXXXX")
remove_at_exit

[ $# = 3 ] || die "usage: sign.sh snakeoil|unknown KERNEL FILE.ko"
need openssl openssl
case $1 in
snakeoil)
	keys=/usr/share/ovmf/PkKek-1-snakeoil
	openssl pkey -in "$keys.key" -passin pass:snakeoil -out "$tmp/key"
	openssl x509 -in "$keys.pem" -outform DER -out "$tmp/cert"
	;;
unknown)
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
		-subj "/CN=Nobody knows this key/" -keyout "$tmp/key" \
		-outform DER -out "$tmp/cert" 2>/dev/null
	;;
*)
	die "key '$1' is neither snakeoil nor unknown"
	;;
esac

# a signature is the same whichever release's program makes it
for sign_file in "$2"/build/scripts/sign-file /usr/lib/linux-kbuild-*/scripts/sign-file; do
	[ -x "$sign_file" ] || continue
	"$sign_file" sha256 "$tmp/key" "$tmp/cert" "$3"
	exit
done
die "there is no sign-file; install linux-headers-amd64"
