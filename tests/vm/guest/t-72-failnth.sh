#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Every allocation and copy that the module asks for fails once. Those of the
# kernel's interpreter of ACPI are left out: it does not survive all of them, and
# loses what it has. Loading is left out, too: the driver core tells of a name given
# twice when a directory cannot be made; t-69-watchdog-init refuses some of that.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091
. /tests/tap.sh

[ -e /proc/self/fail-nth ] || skip_all "this kernel has no fault injection"
# the interpreter's directory is linked as one piece, from ds... to ut...
edge()
{
	awk -v name="^acpi_$1_[a-z0-9_]*\$" \
		'$2 ~ /^[tT]$/ && $3 ~ name { print $1 }' /proc/kallsyms | sort
}
# what it prints is the test's, as it comes; FAILNTH: one operation's name
exec failnth "0x$(edge ds | head -n 1)" "0x$(edge ut | tail -n 1)" \
	${FAILNTH:+"$FAILNTH"}
