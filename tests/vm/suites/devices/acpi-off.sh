#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: acpi-off
#
# A kernel booted with acpi=off: there is no firmware to update, and the AMT
# watchdog is served all the same.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

exits -n "there is no ACPI" 1 test -d /sys/bus/acpi
run -n "the module is loaded" grep -q '^pfru ' /proc/modules
soon 20 wd_dev
is $? 0 "the AMT watchdog is served"
exits -n "there is no node" 1 test -e /dev/pfru
exits 3 pfructl status
out_like '/sys/bus/acpi/devices is missing.*acpi=off' "status says why nothing can be seen"
run rmmod pfru
run modprobe pfru
soon 20 wd_dev
is $? 0 "and again"
done_testing
