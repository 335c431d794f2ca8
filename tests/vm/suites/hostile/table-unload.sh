#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: table-unload
# timeout: 120
#
# The table with the devices comes and goes, through ACPI's configfs, with files
# open, half of a capsule written, and calls made from the table's end to that of the
# devices.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh

tables=/sys/kernel/config/acpi/table
mount -t configfs configfs /sys/kernel/config
[ -d $tables ] || skip_all "this kernel loads no tables later"

load_table()
{
	mkdir "$tables/pfru" && cat /pfrusim.aml >"$tables/pfru/aml"
}

no_node()
{
	[ ! -e /dev/pfru/update ] && [ ! -e /dev/pfru/telemetry ]
}

run -n "no device without the table" no_node
between=0
for round in 1 2 3 4 5; do
	run -n "$round: the table is loaded" load_table
	wait_for 10 test -c /dev/pfru/telemetry
	run -n "$round: the capability" pfructl capability
	exec 5<>/dev/pfru/update 6</dev/pfru/telemetry
	printf 'not a capsule' >&5
	run -n "$round: the table is unloaded" unload $tables/pfru
	between=$((between + out))
	wait_for 10 no_node
	run -n "$round: both nodes are gone" no_node
	exits -n "$round: an open file says so" 1 sh -c 'dd bs=88 count=1 <&5'
	err_like 'No such device' "$round: with the right errno"
	exits -n "$round: the log's, too" 1 sh -c 'dd bs=88 count=1 <&6'
	err_like 'No such device' "$round: with the right errno"
	exec 5<&- 6<&-
done
diag "$between calls came between a table's end and its devices'"
isnt "$between" 0 "calls came when the methods had gone and the devices had not"
run -n "the module can be unloaded" rmmod pfru
run -n "and loaded without devices" modprobe pfru
run -n "the table is loaded" load_table
wait_for 10 test -c /dev/pfru/telemetry
run pfructl capability
run -n "and unloaded" rmdir $tables/pfru
done_testing
