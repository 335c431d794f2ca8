#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: installed packages
# timeout: 180
# order: 90
#
# Unloading and loading on a running system: refused while a node is open, and
# each time everything goes and comes back.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry

loaded()
{
	[ -d /sys/module/pfru ]
}

# names: all that a loaded module shows
names()
{
	ls -d /dev/pfru /dev/pfru/* /dev/acpi_pfr* /sys/class/misc/pfru_* \
		2>/dev/null
}

all="/dev/acpi_pfr_telemetry0
/dev/acpi_pfr_update0
/dev/pfru
/dev/pfru/telemetry
/dev/pfru/update
/sys/class/misc/pfru_telemetry0
/sys/class/misc/pfru_update0"
# shellcheck disable=SC2317 # run by name
complete()
{
	[ "$(names)" = "$all" ]
}

# comes_back WHAT
comes_back()
{
	udevadm settle -t 60
	wait_for 30 complete
	is "$(names)" "$all" "$1: nodes and links are there"
	run -n "$1: all is well" pfructl status
	is "$(stat -c %a /dev/pfru/update) $(stat -c %a /dev/pfru/telemetry)" \
		"600 600" "$1: for root alone"
}

comes_back "at first"
for node in update telemetry; do
	exec 6<"/dev/pfru/$node"
	exits -n "rmmod is refused while $node is open" 1 rmmod pfru
	err_like 'in use' "and says so"
	exits -n "modprobe -r is refused while $node is open" 1 modprobe -r pfru
	is "$(names)" "$all" "nothing is gone"
	exec 6<&-
done

for turn in 1 2 3; do
	run -n "turn $turn: modprobe -r" modprobe -r pfru
	udevadm settle -t 60
	loaded
	is $? 1 "turn $turn: the module is gone"
	is "$(names)" "" "turn $turn: so are nodes, links and /dev/pfru"
	[ "$turn" != 1 ] || {
		exits -n "pfructl status tells" 3 pfructl status
		out_like "not loaded: run 'modprobe pfru'" "and what to do"
	}
	run -n "turn $turn: modprobe" modprobe pfru
	comes_back "turn $turn"
done

run -n "once more" modprobe -r pfru
udevadm trigger --action=add /sys/bus/platform/devices/INTC1080:00
comes_back "loaded by udev, for a device that appears"
run -n "it works" pfructl capability
done_testing
