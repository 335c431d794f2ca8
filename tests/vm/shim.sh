#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shim.sh: gets Debian's signed shim into the cache, and prints the file.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

tmp=
remove_at_exit
file=/usr/lib/shim/shimx64.efi.signed
if [ ! -f "$file" ]; then
	store=$(pfru_cache shim)
	exec 9>"$store/.lock"
	lock_fd 9 "$store"
	if [ ! -f "$store/${file##*/}" ]; then
		apt_lists shim-signed
		tmp=$(mktemp -d "$store/.new.XXXXXX")
		retry 3 apt_fetch "$tmp" shim-signed ||
			die "cannot download shim-signed; install it or check the network"
		dpkg-deb --fsys-tarfile "$tmp"/shim-signed_*.deb | tar -C "$tmp" -x ".$file"
		mv "$tmp$file" "$store/"
	fi
	file=$store/${file##*/}
fi
printf '%s\n' "$file"
