#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: no-devices
#
# A machine without PFRU firmware: nothing is loaded by itself, the module
# does no harm, and the tool says what is missing.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

exits -n "the module is not loaded by itself" 1 grep -q '^pfru ' /proc/modules
aliases=$(modinfo pfru | sed -n 's/^alias: *//p')
for hid in INTC1080 INTC1081; do
	like "$aliases" "acpi\*:$hid:\*" "the device $hid would load the module"
done
unlike "$(find /sys/devices -name modalias -exec cat {} +)" 'INTC108[01]' \
	"no device of this machine does"
exits -n "status: exit status 3" 3 pfructl status
out_like 'neither of the ACPI devices INTC1080' "status says what is missing"
out_like 'Usable: *no' "and that nothing is usable"
log_mark
run modprobe pfru
exits -n "no node" 1 test -e /dev/pfru
unlike "$(log_since)" 'pfru_(update|telemetry)' "the kernel log is quiet"
for command in capability activate telemetry telemetry-info log-level; do
	exits 3 pfructl $command
	err_like "no (update|telemetry) device" "$command says what is missing"
	exits 3 pfructl --json $command
	out_like '"reason": *"no-device"' "in JSON too"
done
exits -n "a capsule is judged before the device is missed" 4 \
	pfructl stage /tests/tap.sh
exits -n "a good one misses it" 3 pfructl stage /data/code-2.cap
run pfructl capsule /data/code-2.cap
exits 3 pfructl status
run rmmod pfru
done_testing
