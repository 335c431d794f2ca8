#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mainline.sh KERNEL: builds mainline's own drivers (pfr_update.ko,
# pfr_telemetry.ko) and tool (pfrut), unmodified, from Debian's linux-source
# package into the cache, and prints their directory. KERNEL is a directory of
# kernel.sh. They are what this project is compared with, never a part of it.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

tmp=
remove_at_exit

if [ $# -ne 1 ] || [ ! -f "$1/version" ]; then
	die "usage: mainline.sh KERNEL, a directory that kernel.sh printed"
fi
kernel=$(realpath "$1")
ver=$(cat "$kernel/version")
series=$(printf '%s\n' "$ver" | cut -d . -f 1-2)
store=$(pfru_cache mainline)
dir=$store/$ver
exec 9>"$store/.lock"
lock_fd 9 "$store"
if [ -f "$dir/pfrut" ]; then
	printf '%s\n' "$dir"
	exit
fi
need gcc gcc
need make make
[ -f /usr/include/uuid/uuid.h ] || die "uuid/uuid.h is missing, which pfrut includes; install uuid-dev"

# under /tmp, since kbuild cannot work in a path with spaces
tmp=$(mktemp -d /tmp/pfru-mainline.XXXXXX)
say "building mainline's drivers and pfrut for $ver"
tarball=$(source_tarball "linux-source-$series" "$tmp")
top=linux-source-$series
uapi=$top/include/uapi/linux/pfrut.h
step "unpack $tarball" tar -C "$tmp" -xf "$tarball" \
	"$top/drivers/acpi/pfr_update.c" "$top/drivers/acpi/pfr_telemetry.c" \
	"$uapi" "$top/tools/power/acpi/tools/pfrut"
mkdir -p "$tmp/build/uapi/linux" "$tmp/new"
cp "$tmp/$top"/drivers/acpi/pfr_*.c "$tmp/build/"
cp "$tmp/$uapi" "$tmp/build/uapi/linux/"
# the kernel's headers may lack the one header that only these two use
cat >"$tmp/build/Makefile" <<'END'
obj-m := pfr_update.o pfr_telemetry.o
ccflags-y := -idirafter $(src)/uapi
END
kbuild=$(realpath "$kernel/build")
if [ -e "$kernel/tree" ]; then
	chmod 755 "$tmp"
	tree=$(realpath "$kernel/tree")
	step "build mainline's drivers" "$here/enter.sh" "$tree" -b "$tmp:/mainline" \
		make -C "${kbuild#"$tree"}" M=/mainline/build modules
else
	step "build mainline's drivers" make -C "$kbuild" M="$tmp/build" modules
fi
step "build pfrut" gcc -O2 -Wall -DPFRUT_HEADER="\"$tmp/$uapi\"" \
	-o "$tmp/new/pfrut" "$tmp/$top/tools/power/acpi/tools/pfrut/pfrut.c" -luuid
cp "$tmp"/build/pfr_*.ko "$tmp/new/"
rm -rf "$dir"
mv -T "$tmp/new" "$dir.new"
mv -T "$dir.new" "$dir"
printf '%s\n' "$dir"
