#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: packages
# timeout: 180
# order: 70
#
# A system with mainline's own drivers beside the installed packages: which of
# the two serves, as README has it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry

# driver HID: who is bound to the device
driver()
{
	basename "$(readlink "/sys/bus/platform/devices/$1:00/driver")"
}

both()
{
	echo "$(driver INTC1080) $(driver INTC1081)"
}

loaded()
{
	[ -d "/sys/module/$1" ]
}

# mainline_nodes: hers, not links to ours
mainline_nodes()
{
	udevadm settle -t 60
	wait_for 30 test -c /dev/acpi_pfr_update0 -a -c /dev/acpi_pfr_telemetry0
}

ours="pfru_update pfru_telemetry"
theirs="pfr_update pfr_telemetry"

# after a boot
for m in pfr_update pfr_telemetry; do
	like "$(modinfo -F alias "$m")" '^acpi\*:INTC108[01]:\*$' \
		"the kernel has $m, by the same alias"
	exits -n "$m is not loaded by itself" 1 loaded "$m"
done
is "$(both)" "$ours" "pfru serves both devices"
run -n "status: all is well" pfructl status
out_like '^Module: +pfr_update: available.*, blacklisted' "it sees pfr_update"
out_like '^Module: +pfr_telemetry: available.*, blacklisted' "and pfr_telemetry"
unlike "$out" 'Problems' "and no problem"
udevadm trigger --action=add /sys/bus/platform/devices/INTC1080:00
udevadm settle -t 60
exits -n "another event of the device does not load pfr_update" 1 loaded pfr_update

# who comes second finds the devices taken
log_mark
run -n "modprobe pfr_update still loads it" modprobe pfr_update
is "$(both)" "$ours" "pfru keeps the devices"
run -n "status: still well" pfructl status
run -n "modprobe -r pfr_update" modprobe -r pfr_update

# mainline's, asked for
run -n "modprobe -r pfru" modprobe -r pfru
for m in pfr_update pfr_telemetry; do
	run modprobe "$m"
done
mainline_nodes
is "$(both)" "$theirs" "without pfru mainline's drivers serve"
run -n "pfructl status: it works" pfructl status
out_like '^Usable: +yes' "and says so"
for m in pfr_update pfr_telemetry; do
	out_like "kernel's own driver $m is bound to the .* device.*modprobe -r $m.*modprobe pfru" \
		"and what to do for more than $m"
done
run -n "the tool works with them" pfructl capability
run -n "pfru can be loaded beside them" modprobe pfru
is "$(both)" "$theirs" "and they keep the devices"
run -n "pfructl status: it still works" pfructl status
out_like '^Node: +/dev/acpi_pfr_update0, driver pfr_update' "through mainline's node"
modprobe -r pfru

# what status says is done
for m in pfr_update pfr_telemetry; do
	run modprobe -r "$m"
done
run modprobe pfru
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry
is "$(both)" "$ours" "done as it says, pfru serves again"
run -n "and all is well" pfructl status
unlike "$out" 'Problems' "without a remark"

# an administrator's file in the place of the packages'
: >/etc/modprobe.d/pfru.conf
modprobe -r pfru
# it looks for changed files every 3 s only
udevadm control --reload
for hid in INTC1080 INTC1081; do
	udevadm trigger --action=add "/sys/bus/platform/devices/$hid:00"
done
udevadm settle -t 60
is "$(for m in pfr_update pfr_telemetry; do loaded "$m" && echo "$m"; done | tr '\n' ' ')" \
	"$theirs " "with an empty pfru.conf in /etc/modprobe.d they are loaded by themselves"
like "$(driver INTC1080)" '^pfru?_update$' "one driver has the update device"
like "$(driver INTC1081)" '^pfru?_telemetry$' "and one the telemetry device"
run -n "pfructl status: it works either way" pfructl status
rm /etc/modprobe.d/pfru.conf
udevadm control --reload
modprobe -r pfr_update
modprobe -r pfr_telemetry
modprobe -r pfru
run modprobe pfru
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry
is "$(both)" "$ours" "at the end pfru serves"
done_testing
