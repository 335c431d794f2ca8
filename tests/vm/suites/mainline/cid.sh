#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: cid-mainline
#
# Devices with a PNP _CID: mainline's drivers are never probed by a kernel
# before 6.3, which makes no platform device. devices/cid.sh shows this
# project's module.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

listed cid
like "$(cat /sys/bus/acpi/devices/INTC1080:00/modalias)" 'PNP0C02' \
	"the update device has a _CID"
run -n "mainline's update driver is loaded" grep -q '^pfr_update ' /proc/modules
run -n "its telemetry driver too" grep -q '^pfr_telemetry ' /proc/modules
if [ "$(uname -r | cut -d . -f 1)" -gt 6 ] ||
   [ "$(uname -r | cut -d . -f 2)" -gt 2 ]; then
	run -n "this kernel makes the device" test -c /dev/acpi_pfr_update0
	cell "works since Linux 6.3"
	kernel_makes_it=yes
else
	exits -n "there is no update node" 1 test -e /dev/acpi_pfr_update0
	exits -n "nor a telemetry node" 1 test -e /dev/acpi_pfr_telemetry0
	exits -n "pfrut finds nothing" 1 pfrut -q
	out_like 'PFRU device not supported' "in its words"
	exits 3 pfructl status
	out_like 'module pfru is not loaded' "status says what would work"
	cell "never probed: there is no platform device"
	kernel_makes_it=no
fi
rows_keep
run modprobe pfru
run -n "this project's module works beside them" pfructl capability
if [ "$kernel_makes_it" = no ]; then
	# what the module makes is its own, though they were there first
	for kind in update telemetry; do
		run -n "$kind: the node is this project's" test -c /dev/pfru/$kind
		exits -n "$kind: mainline's driver has no device" 1 \
			test -e /dev/acpi_pfr_${kind}0
	done
	run rmmod pfru
	run modprobe pfru
	run -n "and again" test -c /dev/pfru/update
fi
done_testing
