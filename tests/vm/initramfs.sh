#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# initramfs.sh -k KERNEL -o OUT [options]: builds an initramfs out of busybox,
# an /init and what the options add. KERNEL is a directory of kernel.sh.
#   -i FILE        /init (default: guest/init, with guest/runner.sh)
#   -m NAME        a module of the kernel, with what it depends on
#   -M FILE.ko     a module built outside the tree, with what it depends on
#   -p SRC[:DEST]  a program and its shared libraries (DEST: /usr/bin/<name>)
#   -f SRC:DEST    a file, or a directory with everything in it

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

tmp=
remove_at_exit

# add_file SRC DEST: a file or directory, symbolic links followed
add_file()
{
	[ -e "$1" ] || die "no such file: $1 (wanted as $2 in the initramfs)"
	mkdir -p "$root/$(dirname "$2")"
	if [ -d "$1" ]; then
		mkdir -p "$root/$2"
		cp -RLp "$1/." "$root/$2/"
	else
		cp -Lp "$1" "$root/$2"
	fi
}

# add_libraries SRC: the shared libraries that an ELF file needs
add_libraries()
{
	local lib

	# a static program or a script has nothing to add: ldd fails on it
	{ ldd "$1" 2>/dev/null || :; } |
	sed -n 's,.*=> \(/[^ ]*\) (.*,\1,p; s,^[[:space:]]*\(/[^ ]*\) (.*,\1,p; /not found/p' |
	while read -r lib; do
		[ "${lib#/}" != "$lib" ] || die "$1 needs a library this machine lacks: $lib"
		[ -e "$root/$lib" ] || add_file "$lib" "$lib"
	done
}

# add_program SRC DEST: an ELF file with the libraries it needs, and those that it
# says in notes (.note.dlopen) it may load
add_program()
{
	local name lib

	add_file "$1" "$2"
	chmod 755 "$root/$2"
	add_libraries "$1"
	{ grep -ao '"soname":\["[^"]*' "$1" || :; } | cut -d '"' -f 4 |
	while read -r name; do
		lib=$(realpath -s "$(${CC:-cc} -print-file-name="$name")")
		[ -e "$lib" ] || die "$1 may load a library this machine lacks: $name"
		# as ldd names them
		[ -e "$root/${lib#/usr}" ] || add_file "$lib" "${lib#/usr}"
		add_libraries "$lib"
	done
}

add_module()
{
	local f list

	list=$(module_files "$mods" "$1") ||
		die "kernel $ver has no module '$1'"
	for f in $list; do
		[ -e "$root/lib/modules/$ver/$f" ] ||
			add_file "$mods/$f" "lib/modules/$ver/$f"
	done
}

# add_ko FILE: a module that isn't the kernel's own
add_ko()
{
	local dep deps

	[ -f "$1" ] || die "no such module: $1"
	add_file "$1" "lib/modules/$ver/updates/$(basename "$1")"
	deps=$(modinfo -F depends "$1" | tr ',' ' ')
	for dep in $deps; do
		[ -e "$root/lib/modules/$ver/updates/$dep.ko" ] ||
			add_module "$dep"
	done
}

kernel='' out='' init=
modules=() kos=() programs=() files=()
while getopts k:o:i:m:M:p:f: opt; do
	case $opt in
	k) kernel=$OPTARG ;;
	o) out=$OPTARG ;;
	i) init=$OPTARG ;;
	m) modules+=("$OPTARG") ;;
	M) kos+=("$OPTARG") ;;
	p) programs+=("$OPTARG") ;;
	f) files+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done
if [ -z "$kernel" ] || [ -z "$out" ]; then
	die "usage: initramfs.sh -k KERNEL -o OUT [options]"
fi
[ -f "$kernel/version" ] || die "$kernel is not a kernel directory of kernel.sh: it has no file 'version'"
need busybox busybox-static
need cpio cpio
need modinfo kmod
! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
	die "busybox is not static; install busybox-static"
ver=$(cat "$kernel/version")
mods=$kernel/modules

tmp=$(mktemp -d "${TMPDIR:-/tmp}/pfru-initramfs.XXXXXX")
root=$tmp/root
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc,dev,proc,sys,run,tmp,out,tests,root} \
	"$root/lib/modules/$ver"
add_file "$(command -v busybox)" bin/busybox
if [ -z "$init" ]; then
	init=$here/guest/init
	add_file "$here/guest/runner.sh" tests/runner.sh
fi
add_file "$init" init
chmod 755 "$root/init"
cp -L "$mods/modules.builtin" "$mods/modules.order" "$root/lib/modules/$ver/"
for m in "${modules[@]}"; do
	add_module "$m"
done
for m in "${kos[@]}"; do
	add_ko "$m"
done
for p in "${programs[@]}"; do
	case $p in
	*:*) add_program "${p%:*}" "${p##*:}" ;;
	*)   add_program "$p" "usr/bin/$(basename "$p")" ;;
	esac
done
for f in "${files[@]}"; do
	add_file "${f%:*}" "${f##*:}"
done
# with the indexes that libkmod wants, which busybox does not make
PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$ver" 2>"$tmp/depmod.log" ||
	{ cat "$tmp/depmod.log" >&2; exit 1; }
(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio -0 -o -H newc -R 0:0 --quiet) >"$tmp/initrd"
mv "$tmp/initrd" "$out"
