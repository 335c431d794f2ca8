#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: cid cid-crs
# timeout: 120
#
# Devices with a PNP _CID, for which a kernel before 6.3 makes no platform
# device: this module works there, and comes and goes cleanly.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

# devices: the platform devices that there are for the two ACPI devices
devices()
{
	for dev in /sys/bus/platform/devices/*; do
		case $(readlink -f "$dev/firmware_node" 2>/dev/null) in
		*/INTC108[01]:*) basename "$dev" ;;
		esac
	done | wc -l
}

works()
{
	fresh
	run -n "$1: stage and activate" pfructl stage-activate /data/code-2.cap
	is "$(fwctl get code_rt_version)" 2 "$1: the version rose"
	run pfructl --json history --last
	out_like '"device_id": *"INTC1080:00"' "$1: the record names the ACPI device"
	run -n "$1: telemetry" pfructl telemetry
	out_like 'Status = Success' "$1: the log"
	is "$(devices)" 2 "$1: one platform device for each"
	is "$(find /dev/pfru -type c | wc -l)" 2 "$1: one node for each"
}

# how many of them the kernel makes itself
kernels=0
case $(uname -r) in
[0-5].*|6.[0-2].*|6.[0-2]-*) ;;
*) kernels=2 ;;
esac

listed cid
like "$(cat /sys/bus/acpi/devices/INTC1080:00/modalias)" 'PNP0C02' \
	"the update device has a _CID"
like "$(cat /sys/bus/acpi/devices/INTC1081:00/modalias)" 'PNP0C02' \
	"so has the telemetry device"
log_mark
works "loaded at boot"
run pfructl status
for i in 1 2 3 4 5; do
	run -n "unload $i" rmmod pfru
	exits -n "unload $i: no node stays" 1 test -e /dev/pfru/update
	is "$(devices)" "$kernels" "unload $i: no device of the module is left"
	run -n "load $i" modprobe pfru
	works "load $i"
done
unlike "$(log_since)" 'duplicate|already|[Ff]ailed' "the kernel log is clean"
run rmmod pfru
exits -n "unloaded: status says what to do" 3 pfructl status
out_like "run 'modprobe pfru'" "in words"
run modprobe pfru
fresh
cell "works: the module makes the platform device itself"
rows_keep
done_testing
