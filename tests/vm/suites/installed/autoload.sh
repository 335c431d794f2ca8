#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: installed packages secureboot
# timeout: 120
# order: 10
#
# What is there after a boot that nobody had a hand in: udev loads the module
# by its ACPI alias and makes the links, nodes are root's alone.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# node KIND: what is expected of one node and its link
node()
{
	is "$(stat -c '%F %a %U %G' "/dev/pfru/$1")" \
		"character special file 600 root root" "/dev/pfru/$1 is root's alone"
	is "$(readlink -f "/dev/acpi_pfr_${1}0")" "/dev/pfru/$1" \
		"/dev/acpi_pfr_${1}0 is a link to it"
}

run -n "systemd reached multi-user.target" systemctl is-active multi-user.target
is "$(systemctl list-units --failed --plain --no-legend)" "" "no unit failed"

is "$(grep -rs pfru /etc/modules /etc/modules-load.d /usr/lib/modules-load.d /etc/vm/load)" \
	"" "nobody is told to load the module"
run -n "udev is done" udevadm settle -t 60
wait_for 30 test -e /dev/acpi_pfr_telemetry0
is "$(cat /sys/module/pfru/version)" "$(modinfo -F version pfru)" \
	"and the installed module is loaded"
for hid in INTC1080 INTC1081; do
	modalias=$(cat "/sys/bus/platform/devices/$hid:00/modalias")
	# mainline's drivers may be there, too
	like "$(modprobe --resolve-alias "$modalias")" '^pfru$' "$modalias means pfru"
done

is "$(stat -c '%F %a %U %G' /dev/pfru)" "directory 755 root root" \
	"/dev/pfru is a directory"
node update
node telemetry
like "$(udevadm info -q property -n /dev/pfru/update)" '^SUBSYSTEM=misc$' \
	"udev knows the node"

run -n "pfructl status: all is well" pfructl status
out_like '^Usable: +yes' "and says so"
unlike "$out" 'Problems' "no problem is named"
dmesg | grep -E 'pfru|INTC108' >/out/boot.log
done_testing
