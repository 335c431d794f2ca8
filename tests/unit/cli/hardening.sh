#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hardening.sh [PROGRAM]: is pfructl, or the program of that name or path, built as
# one that root runs on foreign bytes has to be? Prints TAP.

set -uo pipefail
top=$(cd "$(dirname "$0")/../../.." && pwd)
bin=${BUILD:-$top/build}/bin
program=${1:-pfructl}
[ "$program" != "${program##*/}" ] || program=$bin/$program
# shellcheck source=SCRIPTDIR/../../lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

# check WHAT PATTERN: in what readelf says
check()
{
	if grep -Eq -- "$2" <<<"$said"; then
		ok "$1"
	else
		not_ok "$1" "found nothing like: $2"
	fi
}

[ "${program%/*}" != "$bin" ] || make -s --no-print-directory -C "$top/cli" >&2 || exit 1
said=$(readelf -hldnW --dyn-syms "$program") || exit 1
check "loaded anywhere" "Type: +DYN"
check "relocations are read-only" "GNU_RELRO"
check "all of them, since they are made at once" "BIND_NOW|FLAGS_1.* NOW"
check "no stack that can be run" "GNU_STACK( +0x[0-9a-f]+){5} +RW +"
check "stacks are guarded" "__stack_chk_fail"
check "calls of the C library that know the room" "__(v|)(snprintf|fprintf|sprintf|asprintf)_chk"
# whether the program is marked so as a whole is for the C library's start files
if [ "$(uname -m)" = x86_64 ]; then
	said=$(objdump -d --no-show-raw-insn --disassemble=main "$program")
	check "CET: functions begin where calls may go to" "endbr64"
fi
said=$(readelf -dW "$program" | grep -cE "RPATH|RUNPATH|TEXTREL")
check "no path of libraries of its own, no text that is changed" "^0$"
if [ "${program%/*}" = "$bin" ]; then
	# after all were built, whichever part of them make looks at first
	said=$(for goal in objects amtctl-objects amt-lms-objects; do
		make --no-print-directory -C "$top/cli" "$goal" || echo "failed: $?"
	done 2>&1 | grep -vc "Nothing to be done")
	check "what was built is not built again" "^0$"
fi
done_testing
