#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel.sh [NAME]: gets a distribution's kernel into the cache, unmodified,
# and prints its directory. Installs nothing. The directory holds
#   version  vmlinuz  vmlinux (for PVH boots)  modules/  build (KDIR)  config
# and, for a kernel of another release, the link tree: a root of that release
# with headers and compiler. NAME is one of kernels.conf; the default is 6.1.
# Those that are no distribution's are built here, and are slower: slowness
# says by how much.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

tmp=
remove_at_exit

# lookup NAME: sets release, image, headers, state from kernels.conf
lookup()
{
	local n

	while read -r n release image headers state; do
		[ "$n" = "$1" ] && return
	done < <(sed 's/#.*//' "$here/kernels.conf")
	die "no kernel named '$1'; known: $(sed 's/#.*//' "$here/kernels.conf" | awk 'NF { printf "%s ", $1 }')"
}

# dep_version PREFIX: the first "PREFIX-<version>" of a list of dependencies
# on standard input
dep_version()
{
	tr ',' '\n' | sed -n "s/^[[:space:]]*\(Depends: *\)\{0,1\}$1-\(${name%-*}\.[0-9][^ ]*\).*/\2/p" | sed -n 1p
}

# host_version: the kernel whose headers the host has installed
host_version()
{
	dpkg-query -W -f '${Depends}\n' "$headers" 2>/dev/null | dep_version linux-headers
}

# apt_version: the kernel that the host's apt offers
apt_version()
{
	apt_candidate "$image" | grep '^Depends:' | dep_version linux-image
}

# unpack_payload BZIMAGE OUT: the ELF kernel inside a bzImage
# (Documentation/x86/boot.rst: setup_sects, payload_offset, payload_length)
unpack_payload()
{
	local sects off len magic unpack

	sects=$(od -An -tu1 -j$((0x1f1)) -N1 "$1")
	off=$(od -An -tu4 -j$((0x248)) -N4 "$1")
	len=$(od -An -tu4 -j$((0x24c)) -N4 "$1")
	off=$(((sects + 1) * 512 + off))
	magic=$(od -An -tx1 -j"$off" -N4 "$1" | tr -d ' ')
	case $magic in
	1f8b*)    unpack="gzip -dc" ;;
	fd377a58) unpack="xz -dc --single-stream" ;;
	28b52ffd) unpack="zstd -dcq" ;;
	*)        return 1 ;;
	esac
	# four bytes after the stream hold the unpacked size: not for us
	$unpack < <(tail -c +$((off + 1)) "$1" | head -c $((len - 4))) >"$2" &&
		[ "$(head -c 4 "$2" | od -An -tx1 | tr -d ' ')" = 7f454c46 ]
}

# fetch_headers VERSION DIR: headers and kbuild unpacked into DIR, with the
# packages' absolute path made to point there
fetch_headers()
{
	local ver=$1 dir=$2 final=$3 deb kbuild

	kbuild=$(apt_candidate "linux-headers-$ver" | grep '^Depends:' |
		 grep -o 'linux-kbuild-[0-9.]*[^ ,(]*' | sed -n 1p)
	say "downloading the headers of $ver"
	retry 3 apt_fetch "$dir" "linux-headers-$ver" \
		"linux-headers-${ver%-*}-common" "$kbuild" || return 1
	for deb in "$dir"/linux-headers-*.deb "$dir"/linux-kbuild-*.deb; do
		dpkg-deb -x "$deb" "$dir/headers" || return 1
		rm "$deb"
	done
	sed -i "s,/usr/src/,$final/headers/usr/src/,g" \
		"$dir/headers/usr/src/linux-headers-$ver/Makefile"
}

# image_packages VERSION DIR: the kernel's packages into DIR. Newer releases
# have its parts in packages that the one of its name depends on.
image_packages()
{
	say "downloading linux-image-$1"
	if [ "$state" = host ]; then
		retry 3 apt_fetch "$2" "linux-image-$1"
		return
	fi
	cp "$tree"/var/cache/apt/archives/linux-{image,binary,modules,base}-"$1"_*.deb \
		"$2/" 2>/dev/null || :
	[ -z "$(find "$2" -name 'linux-image-*.deb')" ] || return 0
	# shellcheck disable=SC2016 # for the tree's shell to expand
	retry 3 timeout 900 chroot "$tree" sh -c '
		cd /var/tmp && rm -f linux-*.deb && apt-get -qq update &&
		apt-get -qq download linux-image-$1 $(
			apt-cache depends linux-image-$1 | sed -n \
			"s/^ *Depends: \(linux-\(base\|binary\|modules\)-.*\)/\1/p")
		' sh "$1" >&2 &&
		mv "$tree"/var/tmp/linux-*.deb "$2/"
}

# tree_version: the kernel whose headers the tree has installed, or keeps
tree_version()
{
	case $headers in
	*'*'*)	# by the name of the package, which nothing else depends on
		{ ls "$tree/usr/src"; ls "$tree/var/cache/apt/archives"; } |
			sed 's/_.*//' | { grep -xE -e "$headers" || :; } |
			sed 's/^linux-headers-//' | sort -V | tail -n 1
		return ;;
	esac
	# shellcheck disable=SC2016 # for dpkg-query to expand
	chroot "$tree" sh -c 'if [ "$2" = kept ]; then apt-cache show "$1"; else
		dpkg-query -W -f "Depends: \${Depends}\n" "$1"; fi' \
		sh "$headers" "$state" | grep '^Depends:' |
		dep_version linux-headers
}

# take TO FROM...: move the one that is there
take()
{
	local to=$1 from

	shift
	for from; do
		[ ! -f "$from" ] || { mv "$from" "$to"; return; }
	done
	die "the packages of the kernel hold neither of: $*: they have a new layout, which kernel.sh must learn"
}

# fetch VERSION DIR: fill DIR's temporary twin and rename it into place
fetch()
{
	local ver=$1 dir=$2 root deb

	tmp=$(mktemp -d "$store/.new.XXXXXX")
	image_packages "$ver" "$tmp" || return 1
	root=$tmp/root
	for deb in "$tmp"/linux-*.deb; do
		dpkg-deb -x "$deb" "$root" || return 1
		rm "$deb"
	done
	# merged /usr or not, the modules are found at one place
	if [ ! -d "$root/lib/modules/$ver" ]; then
		mkdir -p "$root/lib"
		mv "$root/usr/lib/modules" "$root/lib/modules"
	fi
	busybox depmod -b "$root" "$ver" || return 1
	take "$tmp/vmlinuz" "$root/boot/vmlinuz-$ver" \
		"$root/lib/modules/$ver/vmlinuz"
	take "$tmp/config" "$root/boot/config-$ver" \
		"$root/lib/modules/$ver/config"
	unpack_payload "$tmp/vmlinuz" "$tmp/vmlinux" || {
		say "note: cannot unpack vmlinuz of $ver; quick boots will use vmlinuz, which is slower"
		rm -f "$tmp/vmlinux"
	}
	rm -rf "$tmp/root/usr/share" "$tmp/root/boot"
	ln -s "root/lib/modules/$ver" "$tmp/modules"
	printf '%s\n' "$ver" >"$tmp/version"
	chmod 755 "$tmp"
	rm -rf "$dir"
	mv -T "$tmp" "$dir" || return 1
	tmp=
}

# link_build VERSION DIR: make DIR/build the headers of exactly this version
link_build()
{
	local ver=$1 dir=$2 build=/usr/src/linux-headers-$1

	if [ ! -f "$build/Makefile" ]; then
		build=$dir/headers/usr/src/linux-headers-$ver
		if [ ! -f "$build/Makefile" ]; then
			tmp=$(mktemp -d "$store/.new.XXXXXX")
			fetch_headers "$ver" "$tmp" "$dir" ||
				die "cannot download the headers of $ver; install linux-headers-$ver or check the network"
			mv -T "$tmp/headers" "$dir/headers"
			rm -rf "$tmp"
			tmp=
		fi
	fi
	[ "$(readlink "$dir/build" || :)" = "$build" ] && return
	ln -sfn "$build" "$dir/.build.$$"
	mv -T "$dir/.build.$$" "$dir/build"
}

# newest_cached: the newest complete kernel of this name in the cache
newest_cached()
{
	local v

	for v in "$store"/"$name".*; do
		[ ! -f "$v/version" ] || basename "$v"
	done | sort -V | tail -n 1
}

choose_and_fetch()
{
	local ver

	for ver in "$(host_version)" "$(apt_version)"; do
		[ -n "$ver" ] || continue
		[ ! -f "$store/$ver/version" ] || { chosen=$ver; return; }
		if apt_candidate "linux-image-$ver" | grep . >/dev/null &&
		   fetch "$ver" "$store/$ver"; then
			chosen=$ver
			return
		fi
		[ -z "$tmp" ] || rm -rf "$tmp"
		tmp=
	done
	chosen=$(newest_cached)
	[ -z "$chosen" ] || say "warning: cannot get a newer kernel, using $chosen from the cache"
}

# from_tree: the kernel of another release; sets chosen
from_tree()
{
	tree=$("$here/tree.sh" "$release") || exit 1
	chosen=$(tree_version)
	[ -n "$chosen" ] || die "the tree $tree has no $headers; remove it and try again"
	if [ ! -f "$store/$chosen/version" ]; then
		fetch "$chosen" "$store/$chosen" || die "cannot get linux-image-$chosen"
	fi
	ln -sfn "$tree" "$store/$chosen/tree"
	ln -sfn "$tree/usr/src/linux-headers-$chosen" "$store/$chosen/build"
}

name=${1:-6.1}
tree=
lookup "$name"
need apt-get "apt"
need dpkg-deb "dpkg"
need busybox "busybox-static"
need xz "xz-utils"
if [ "$state" = source ]; then
	exec "$here/build-kernel.sh" "$name" "$image" "$headers"
fi
store=$(pfru_cache "kernels/$name")
exec 9>"$store/.lock"
lock_fd 9 "$store"
chosen=
if [ "$state" != host ]; then
	from_tree
	printf '%s\n' "$store/$chosen"
	exit
fi
if [ -z "$(host_version)" ] && [ -z "$(newest_cached)" ]; then
	apt_lists "$image"
fi
choose_and_fetch
if [ -z "$chosen" ]; then
	offered=$(apt_candidate "$image" | grep '^Depends:' || echo nothing)
	die "cannot get kernel $name: apt offers '$offered' for $image, expected linux-image-$name.*; needs Debian $release and a network"
fi
link_build "$chosen" "$store/$chosen"
printf '%s\n' "$store/$chosen"
