#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: installed packages
# timeout: 120
# order: 30
#
# What an account without privileges gets: an answer that says what is missing,
# and nothing of the firmware.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
cd /data || exit 1
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry

user()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

tool=/usr/sbin/pfructl
run pfructl capability --json
before=$out

exits -n "status fails" 1 user "$tool" status
out_like 'No permission for the update node: run it as root' \
	"and says what is missing for the update node"
out_like 'No permission for the telemetry node: run it as root' \
	"and for the telemetry node"
exits -n "status --json fails" 1 user "$tool" --json status
out_like '"reason": *"permission"' "and gives the reason"

for command in capability "stage v2.cap" activate "stage-activate v2.cap" \
	"stage-activate --dry-run v2.cap" telemetry telemetry-info log-level \
	"log-level verbose"; do
	# shellcheck disable=SC2086 # words
	exits -n "pfructl $command is refused" 1 user "$tool" $command
	err_like '[Pp]ermission' "pfructl $command: the reason is permission"
done
for node in /dev/pfru/update /dev/acpi_pfr_update0 /dev/pfru/telemetry; do
	user sh -c ": <$node" 2>/dev/null
	isnt $? 0 "$node cannot be opened"
done

run -n "a capsule can be looked at" user "$tool" capsule v3.cap
run -n "the module's state can be seen" user "$tool" --version
run pfructl capability --json
is "$out" "$before" "nothing has changed in the firmware"
done_testing
