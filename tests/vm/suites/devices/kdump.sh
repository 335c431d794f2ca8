#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: kdump
#
# A kdump kernel, in which the crashed kernel's memory is no System RAM: the
# module loads quietly and drives nothing.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

like "$(cat /proc/cmdline)" 'elfcorehdr=' "this is a kdump kernel"
run -n "the devices are there" test -d /sys/bus/acpi/devices/INTC1080:00
before=$(fwctl calls)
log_mark
run modprobe pfru
exits -n "no update node" 1 test -e /dev/pfru/update
exits -n "no telemetry node" 1 test -e /dev/pfru/telemetry
exits -n "no driver is bound" 1 \
	test -e /sys/bus/platform/drivers/pfru_update/INTC1080:00
unlike "$(log_since)" 'pfru_(update|telemetry)' "the kernel log is quiet"
exits -n "pfructl finds no device" 3 pfructl capability
exits -n "status does, and says what to look at" 3 pfructl status
out_like 'loaded but has made no node' "in words"
is "$(fwctl calls)" "$before" "the firmware was never asked"
run rmmod pfru
done_testing
