#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: packages
#
# The installed packages, as the booted system sees them.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

for p in pfru-dkms pfructl; do
	is "$(dpkg-query -W -f '${db:Status-Abbrev}' "$p")" "ii " "$p is installed"
done
like "$(modinfo -n pfru)" "^/lib/modules/$VM_KERNEL/updates/dkms/pfru\.ko$" \
	"the module that udev has loaded is dkms'"
is "$(modinfo -F signer pfru)" "DKMS module signing key" "signed with dkms' key"
is "$(cat /sys/module/pfru/srcversion)" "$(modinfo -F srcversion pfru)" \
	"and is the one that runs"
is "$(systemctl is-enabled pfru-telemetry.service)" disabled \
	"the telemetry service waits to be enabled"
is "$(systemctl is-active pfru-telemetry.service)" inactive "and does not run"
run -n "it can be started" systemctl start pfru-telemetry.service
wait_for 60 sh -c 'journalctl -t pfructl -o cat | grep -q .'
is "$(systemctl is-active pfru-telemetry.service)" active "and follows the log"
run -n "and stopped" systemctl stop pfru-telemetry.service
like "$(zcat /usr/share/man/man1/pfructl.1.gz | head -n 10)" \
	'^\.TH "?pfructl"? "?1"?' "the manual page is there"
run -n "dpkg finds its files unchanged" dpkg --verify pfru-dkms pfructl
out_like '^$' "all of them"
done_testing
