#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: two-instances
# timeout: 90
#
# Two instances of each device: nodes, versions, buffers and logs of their own.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

for node in update update1 telemetry telemetry1; do
	run -n "/dev/pfru/$node" test -c "/dev/pfru/$node"
done
mainline_names
run -n "mainline's name of the second" test -c /dev/acpi_pfr_update1

# which instance is which node: by the calls each model counts
before=$(fwctl -i 1 calls)
run pfructl capability --device 1
if [ "$(fwctl -i 1 calls)" -gt "$before" ]; then
	one=1 zero=0
else
	one=0 zero=1
fi
is "$one" 1 "the second node is the second instance"

err=
run pfructl capability
err_like 'several update devices, /dev/pfru/update is used' \
	"the first is used, and that is said"
run pfructl capability --device 0
unlike "$err" 'several' "not when one is named"

run pfructl stage-activate --device 1 /data/code-2.cap
is "$(fwctl -i $one get code_rt_version)" 2 "the second's version rose"
is "$(fwctl -i $zero get code_rt_version)" 1 "the first's did not"
run pfructl telemetry --device 1
out_like 'Status = Success' "the second has a log"
exits -n "the first has none" 6 pfructl telemetry --device 0
run pfructl stage-activate --device 0 /data/code-3.cap
is "$(fwctl -i $one get code_rt_version)" 2 "the second's version stays"
is "$(fwctl -i $zero get code_rt_version)" 3 "the first's rose"
run pfructl --json capability --device /dev/pfru/update1
out_like '"device": */?"?/dev/pfru/update1' "a node by its name"
out_like '"runtime_version": *2' "shows its own version"
exits -n "there is no third" 3 pfructl capability --device 2
err_like 'no update device 2' "in words"

run pfructl log-level --device 1 verbose
is "$(fwctl -i $one get level)" 4 "the second's level is set"
is "$(fwctl -i $zero get level)" 2 "the first's is not"

# one is loaded while another file owns the other
node-ops /dev/pfru/update first /data/code-4.cap 100 touch /tmp/begun \
	wait /tmp/go >/dev/null &
wait_for 20 test -e /tmp/begun
exits -n "the first is busy" 6 pfructl stage --device 0 /data/code-4.cap
run pfructl stage --device 1 /data/code-4.cap
touch /tmp/go
wait

run pfructl status
run rmmod pfru
run modprobe pfru
run pfructl capability --device 1
done_testing
