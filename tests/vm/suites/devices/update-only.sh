#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: update-only
#
# A machine with an update device and no telemetry.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

run test -c /dev/pfru/update
exits -n "there is no telemetry node" 1 test -e /dev/pfru/telemetry
run pfructl status
out_like 'no telemetry device \(INTC1081\)' "status says what is missing"
out_like 'Usable: *yes' "and that the rest is usable"
run pfructl capability
run pfructl stage /data/code-2.cap
run pfructl activate
is "$(fwctl get code_rt_version)" 2 "the version rose"
run pfructl stage-activate /data/code-3.cap
is "$(fwctl get code_rt_version)" 3 "and again"
for command in telemetry telemetry-info log-level; do
	exits 3 pfructl $command
	err_like 'no telemetry device' "$command says what is missing"
done
mainline_names
exits -n "pfrut gives up" 1 pfrut -q
run rmmod pfru
run modprobe pfru
run pfructl capability
done_testing
