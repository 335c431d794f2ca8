#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Memory is refused to the last allocations of the module's loading, one after
# the other: without the AMT watchdog it still serves update and telemetry.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

LAST=150	# allocations: those for the watchdog, and some around them
MANY=1000000

nodes()
{
	[ -c /dev/pfru/update ] && [ -c /dev/pfru/telemetry ]
}

for kind in failslab fail_page_alloc fail_usercopy; do
	echo 0 >"/sys/kernel/debug/$kind/verbose"
done
echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
run modprobe pfru
file=$(find /lib/modules -name pfru.ko)
run rmmod pfru

capture fail-load "$file" $MANY
like "$out" '^loaded ' "it loads when nothing fails"
total=$((MANY - ${out##* }))
diag "$total allocations"
run rmmod pfru
n=$((total - LAST))
refused=0
without=0
bad=0
while [ "$n" -lt "$total" ]; do
	n=$((n + 1))
	log_mark
	capture fail-load "$file" "$n"
	case $out in
	loaded*)
		if log_since | grep -q 'AMT watchdog is not served (error -12)'; then
			without=$((without + 1))
			wait_for 5 nodes || { bad=1; diag "$n: no nodes"; }
		fi
		rmmod pfru || { bad=1; diag "$n: rmmod fails"; } ;;
	*)
		refused=$((refused + 1))
		[ ! -e /sys/module/pfru ] || { bad=1; diag "$n: $out"; } ;;
	esac
done
diag "$refused times not loaded, $without times without the watchdog"
is "$bad" 0 "it is there and has its nodes, or it is not there"
isnt "$without" 0 "without the watchdog it has update and telemetry"
run modprobe pfru
wait_for 5 nodes
is $? 0 "all is well when nothing fails"
unlike "$(log_since)" 'not served' "the watchdog, too"
run rmmod pfru
done_testing
