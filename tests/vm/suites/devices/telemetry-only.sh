#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: telemetry-only
#
# A machine with telemetry and no update device.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

run test -c /dev/pfru/telemetry
exits -n "there is no update node" 1 test -e /dev/pfru/update
run pfructl status
out_like 'no update device \(INTC1080\)' "status says what is missing"
out_like 'Usable: *yes' "and that the rest is usable"
printf 'a line\r\n' | fwctl append exec
run pfructl telemetry
is "$(wc -c <"$tap_dir/out")" 8 "the log is read"
run pfructl telemetry-info
run pfructl log-level verbose
is "$(fwctl get level)" 4 "the level is set"
for command in capability activate; do
	exits 3 pfructl $command
	err_like 'no update device' "$command says what is missing"
done
exits 3 pfructl stage /data/code-2.cap
err_like 'no update device' "stage says what is missing"
run pfructl capsule /data/code-2.cap
err_like 'not compared with this machine' "a capsule is shown all the same"
exits 4 pfructl stage /tests/tap.sh
mainline_names
exits -n "pfrut gives up" 1 pfrut -G
run rmmod pfru
run modprobe pfru
run pfructl telemetry
done_testing
