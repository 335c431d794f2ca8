#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu.sh [ARGUMENT...]: runs the qemu-system-x86_64 of Debian's backports,
# which has vfio-user-pci, on a release whose own lacks it. The first run
# makes a tree of that release in the cache (--fetch does only that); nothing
# is installed and, once the tree is there, no privilege is needed: the tree's
# own loader runs the program, which sees the host's files where they are.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../../vm/lib.sh disable=SC1091
. "$here/../../vm/lib.sh"

release=trixie
package=qemu-system-x86
tmp=
cleanup()
{
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

usage()
{
	cat <<END
usage: qemu.sh [ARGUMENT...]   run qemu-system-x86_64 with these arguments
       qemu.sh --fetch         only make sure that it is there, print its tree
       qemu.sh --help

The tree is \${XDG_CACHE_HOME:-~/.cache}/pfru/qemu-backports/tree; remove it to
get a newer QEMU with the next run.
END
}

# make_tree DIR: the smallest root of the release that QEMU runs from
make_tree()
{
	local uri

	need mmdebstrap mmdebstrap
	uri=$(mirror)
	[ -n "$uri" ] || die "cannot tell where apt gets Debian's packages from: 'apt-get indextargets' names no repository that ends in /debian"
	say "making a tree with QEMU of $release-backports; this takes a minute or two"
	retry 3 make_tree_once "$1" "deb $uri $release main" \
		"deb $uri $release-backports main"
}

make_tree_once()
{
	local dir=$1

	shift
	rm -rf "$dir"
	# shellcheck disable=SC2016 # for mmdebstrap to expand
	timeout 1500 mmdebstrap --quiet --variant=apt \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='chroot "$1" apt-get -qq -y --no-install-recommends -t '"$release-backports install $package" \
		--customize-hook='chroot "$1" apt-get clean' \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/*' \
		"$release" "$dir" "$@" >&2
}

# fetch: sets tree, made when missing; one at a time, and whole or not at all
fetch()
{
	local store

	store=$(pfru_cache qemu-backports)
	tree=$store/tree
	[ ! -x "$tree/usr/bin/qemu-system-x86_64" ] || return 0
	exec 9>"$store/.lock"
	lock_fd 9 "$store"
	if [ ! -x "$tree/usr/bin/qemu-system-x86_64" ]; then
		tmp=$(mktemp -d "$store/.new.XXXXXX")
		make_tree "$tmp/tree" ||
			die "cannot make a tree with QEMU of $release-backports: see above; root and a network are needed"
		chmod 755 "$tmp/tree"
		rm -rf "$tree"
		mv -T "$tmp/tree" "$tree"
		rm -rf "$tmp"
		tmp=
	fi
	exec 9>&-
}

# run ARGUMENT...: become the tree's QEMU
run()
{
	local lib=$tree/usr/lib/x86_64-linux-gnu

	QEMU_MODULE_DIR=$lib/qemu exec "$tree/lib64/ld-linux-x86-64.so.2" \
		--argv0 qemu-system-x86_64 \
		--library-path "$lib:$lib/pulseaudio:$tree/usr/lib" \
		"$tree/usr/bin/qemu-system-x86_64" \
		-L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" \
		-L "$tree/usr/lib/ipxe/qemu" "$@"
}

case ${1:-} in
-h|--help)
	usage
	exit ;;
--fetch)
	fetch
	printf '%s\n' "$tree"
	exit ;;
esac
fetch
trap - EXIT INT TERM
run "$@"
