#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Has a structure of the ABI header a hole or padding, or another layout for 32-bit
# programs? As pahole reads it out of what the compiler made. Prints TAP.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
header=$top/include/uapi/linux/pfru.h
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

# layout BITS: of every structure that the header defines
layout()
{
	echo "#include <linux/pfru.h>" |
		"${CC:-gcc}" -m"$1" -g -fno-eliminate-unused-debug-types \
			-I"$top/include/uapi" -x c -c -o "$work/$1.o" - || return 1
	for name in $names; do
		pahole -C "$name" "$work/$1.o" | tee "$work/one"
		grep -q "^struct $name {" "$work/one" || {
			echo "pahole does not find struct $name" >&2
			return 1
		}
	done >"$work/$1"
}

# of that layout
whole()
{
	! grep -nE 'XXX|hole|padding' "$work/$1"
}

names=$(sed -n 's/^struct \([a-z0-9_]*\) {$/\1/p' "$header")
# a compiler without 32-bit libraries compiles for 32 bits nevertheless
for b in 64 32; do
	ok_if "$b bits: every structure has its layout" layout $b
	ok_if "$b bits: no hole, no padding" whole $b
done
ok_if "the layouts are the same" cmp "$work/64" "$work/32"
at_least "$(echo "$names" | wc -w)" 4 "there are structures"
done_testing
