#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# module.sh KERNEL OUT.ko: builds pfru.ko for a kernel directory of kernel.sh,
# from a copy of the sources, with the compiler of the kernel's own release
# where the directory brings it along.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

kernel=$(realpath "${1:?usage: module.sh KERNEL OUT.ko}")
out=${2:?usage: module.sh KERNEL OUT.ko}
tree=
[ ! -e "$kernel/tree" ] || tree=$(realpath "$kernel/tree")
build=$(readlink "$kernel/build")

# /tmp of the tree, or of this machine: never a path with spaces
src=$(mktemp -d "$tree/tmp/pfru-module.XXXXXX")
trap 'rm -rf "$src"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$src"
mkdir "$src/module"
cp -R "$top/core" "$top/include" "$top/VERSION" "$src/"
cp -R "$top/module/compat" "$top"/module/*.[ch] "$top/module/Kbuild" "$src/module/"
rm -f "$src"/core/*.o "$src"/core/.*.cmd "$src"/module/*.mod.c

if [ -n "$tree" ]; then
	# objtool looks into /proc; the mount is gone with its namespace
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount sh -ec '
		mount --bind /proc "$0/proc"
		exec chroot "$0" make -C "$1" M="$2" W=1 modules
	' "$tree" "${build#"$tree"}" "${src#"$tree"}/module"
else
	make -C "$build" M="$src/module" W=1 modules
fi
cp "$src/module/pfru.ko" "$out"
