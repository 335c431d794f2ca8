#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: no-dsm
#
# Devices that have no method _DSM, beside others that have it: they get no
# node, and people learn why.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# device UID HID: sysfs's name of the ACPI device of an instance
device()
{
	for dev in /sys/bus/acpi/devices/"$2":*; do
		[ "$(cat "$dev/uid")" != "$1" ] || basename "$dev"
	done
}

update=$(device 0 INTC1080)
telemetry=$(device 1 INTC1081)
isnt "$update" "" "the first update device is there"
isnt "$telemetry" "" "the second telemetry device is there"
log_mark
run modprobe pfru
log=$(log_since)
for kind in update telemetry; do
	run -n "$kind: the other device has the node" test -c /dev/pfru/$kind
	exits -n "$kind: it is the only one" 1 test -e /dev/pfru/${kind}1
done
is "$(printf '%s\n' "$log" | grep -c 'pfru_update.*: no node: .*_DSM')" 1 \
	"update: one line in the log"
is "$(printf '%s\n' "$log" | grep -c 'pfru_telemetry.*: no node: .*_DSM')" 1 \
	"telemetry: one line in the log"
unlike "$(printf '%s\n' "$log" | grep pfru_ | grep -v 'no node:')" \
	'not served|fail' "and no other complaint"
run pfructl capability
run pfructl log-level
run pfructl status
out_like "update device $update lacks the method _DSM" "status names the method"
out_like "telemetry device $telemetry lacks the method _DSM" \
	"of either device"
out_like 'Usable: *yes' "and what can be used"
run pfructl --json status
out_like '"missing_method": *"_DSM"' "in JSON too"
# nobody calls these devices, and they come and go with the others
run sh -c 'echo devices >/sys/power/pm_test; echo freeze >/sys/power/state'
if [ -w /sys/power/disk ]; then
	run sh -c 'echo shutdown >/sys/power/disk; echo disk >/sys/power/state'
fi
run rmmod pfru
run modprobe pfru
run pfructl capability
run rmmod pfru
done_testing
