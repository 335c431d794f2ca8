#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli-32.sh OUT: what make-signed.py --foreign puts into the directory OUT, and
# cli-32/ there: pfructl built for 32 bits, with Debian's libraries for i386. These come
# from the machine's own package sources into the cache; nothing is installed.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

out=${1:?usage: cli-32.sh OUT}
packages=(libc6 libssl3 libkmod2 libjson-c5 zlib1g liblzma5 libzstd1 libssl-dev
	libkmod-dev libjson-c-dev)
tmp=$(mktemp -d /tmp/pfru-cli-32.XXXXXX)
remove_at_exit

# get_libraries DIR: of another architecture than the machine's, so apt gets
# lists of its own
get_libraries()
{
	local options=(-o APT::Architecture=i386 -o APT::Architectures=i386)
	local f

	mkdir -p "$1" "$tmp/deb"
	# a source that has nothing for i386 is a failure of its own
	apt_own "$tmp" "${options[@]}" -q update >"$tmp/log" 2>&1 || :
	if ! (cd "$tmp/deb" && retry 3 apt_own "$tmp" "${options[@]}" \
		download -q "${packages[@]}" >>"$tmp/log" 2>&1); then
		tail -n 20 "$tmp/log" >&2
		die "cannot download Debian's libraries for i386; check the machine's apt sources"
	fi
	for f in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$f" "$1"
	done
}

store=$(pfru_cache cli-32)
exec 9>"$store/.lock"
lock_fd 9 "$store"
root=$store/root
if [ ! -d "$root" ]; then
	say "getting Debian's libraries for i386"
	get_libraries "$tmp/root"
	mv -T "$tmp/root" "$root"
fi
exec 9>&-

libraries=$root/usr/lib/i386-linux-gnu
mkdir "$tmp/src"
(cd "$top" && tar -c --exclude='*.o' VERSION cli core include) |
	tar -C "$tmp/src" -x
if ! PKG_CONFIG_LIBDIR=$libraries/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
	make -C "$tmp/src/cli" BUILD="$tmp/build" "$tmp/build/bin/pfructl" CC="gcc -m32" \
	CPPFLAGS="-isystem $root/usr/include/i386-linux-gnu -isystem $root/usr/include" \
	LDFLAGS="-L$libraries -L$root/lib/i386-linux-gnu -Wl,-rpath-link,$libraries:$root/lib/i386-linux-gnu" \
	>"$tmp/log" 2>&1; then
	grep -v '^gcc' "$tmp/log" | tail -n 40 >&2
	die "cannot build pfructl for 32 bits"
fi
mkdir -p "$out/cli-32/lib"
cp "$tmp/build/bin/pfructl" "$out/cli-32/"
cp -L "$root"/lib/i386-linux-gnu/*.so.[0-9]* "$libraries"/*.so.[0-9]* \
	"$out/cli-32/lib/"
"$top/tests/corpus/make-signed.py" --foreign "$out"
