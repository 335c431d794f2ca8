#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: service
# timeout: 240
#
# pfru-telemetry.service under systemd: the log comes into the journal, each line
# once, whatever happens to the follower and to the module.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry
unit=pfru-telemetry.service
lines=0

# lines N: so many more lines of the log, numbered
lines()
{
	n=$1
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		printf '[Test.Service] Line = %012d\r\n' "$lines"
		lines=$((lines + 1))
	done | tee -a "$tap_dir/written" | fwctl append exec
	lines=$(wc -l <"$tap_dir/written")
}

# entries OUTPUT: what the journal has of it
entries()
{
	journalctl --quiet --no-pager -t pfructl -o "$1" PFRU_TYPE=execution
}

# shellcheck disable=SC2317 # run by name
arrived()
{
	[ "$(entries cat | grep -c 'Test.Service')" -ge "$lines" ]
}

# each WHEN: every line is in the journal, once and in order
each()
{
	wait_for 30 arrived
	is $? 0 "$1: all $lines lines arrive in the journal"
	entries cat | tr -d '\r' | grep 'Test.Service' >"$tap_dir/journal"
	tr -d '\r' <"$tap_dir/written" | cmp -s - "$tap_dir/journal"
	is $? 0 "$1: each once, in order"
	is "$(entries json | grep -c '"PFRU_LOST":"[1-9]')" 0 "$1: none lost"
}

# shellcheck disable=SC2317 # run by name
active()
{
	[ "$(systemctl is-active "$unit")" = active ] &&
		[ "$(main)" != "${1:-0}" ] && [ "$(main)" != 0 ]
}

# shellcheck disable=SC2317 # run by name
gone()
{
	[ "$(systemctl is-active "$unit")" != active ]
}

main()
{
	systemctl show -p MainPID --value $unit
}

run -n "the unit is sound" systemd-analyze --man=no verify "/usr/lib/systemd/system/$unit"
is "$err" "" "nothing to complain of"
capture systemd-analyze --no-pager security $unit
level=$(printf '%s\n' "$out" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
diag "exposure level: $level"
echo "${level:-10}" | awk '{ exit $1 <= 2.0 ? 0 : 1 }'
is $? 0 "systemd-analyze security: at most 2.0"

lines 20
run -n "it starts" systemctl start $unit
wait_for 20 active
each "what was there before"
one=$(entries json | grep 'Line = 000000000003' | head -n 1)
like "$one" '"PFRU_DEVICE":"/dev/pfru/telemetry"' "fields: the device"
like "$one" '"PFRU_TYPE":"execution"' "fields: the type"
like "$one" '"PFRU_POSITION":"'$((3 * $(head -n 1 "$tap_dir/written" | wc -c)))'"' \
	"fields: the position"
like "$one" '"PFRU_RESET_COUNT":"[0-9]+"' "fields: the reset count"
like "$one" '"PFRU_LOST":"0"' "fields: lost"
lines 30
each "while it runs"

# kill -9, while lines come
turn=0
while [ "$turn" -lt 3 ]; do
	turn=$((turn + 1))
	lines 50
	pid=$(main)
	kill -KILL "$pid"
	lines 50
	wait_for 30 active "$pid"
	is $? 0 "kill -9, turn $turn: it is started again"
	each "kill -9, turn $turn"
done

exits -n "the module cannot be removed while it runs" 1 modprobe -r pfru
run -n "it stops" systemctl stop $unit
is "$(systemctl show -p Result --value $unit)" success "as it should"
lines 25
run -n "the module is unloaded" modprobe -r pfru
lines 25
run -n "the module is loaded" modprobe pfru
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry
run -n "it starts again" systemctl start $unit
each "after a reload of the module"

# without a device it does not start, and is not retried; udev starts it
state()
{
	systemctl show -p "$1" --value $unit
}
run systemctl stop $unit
run -n "it is enabled" systemctl enable $unit
run modprobe -r pfru
before=$(state NRestarts)
run -n "starting it without a device is no failure" systemctl start $unit
sleep 7
is "$(state ActiveState) $(state Result)" "inactive success" \
	"without a device it does not run"
is "$(state ConditionResult)" no "since there is no node"
is "$(state NRestarts)" "$before" "and is not restarted"
lines 10
run modprobe pfru
wait_for 30 active
is $? 0 "udev starts it when the node appears"
each "when the device comes back"

# the device goes while it runs: it fails once, and is not retried
before=$(state NRestarts)
run sh -c 'echo INTC1081:00 >/sys/bus/platform/drivers/pfru_telemetry/unbind'
wait_for 30 gone
is $? 0 "it ends when the device is unbound"
sleep 12
is "$(state ActiveState) $(state ExecMainStatus)" "failed 3" \
	"and does not run without the device"
is "$(state NRestarts)" "$before" "nor is it restarted every five seconds"
run sh -c 'echo INTC1081:00 >/sys/bus/platform/drivers/pfru_telemetry/bind'
lines 10
wait_for 30 active
each "when the device is bound again"

# a loss is an entry of its own
run systemctl stop $unit
size=$(fwctl get exec.size)
head -c $((size + size / 2)) /dev/zero | tr '\000' 'x' | sed 's/x\{99\}/&\n/g' |
	fwctl append exec
run systemctl start $unit
lost()
{
	entries json | grep '"PFRU_LOST":"[1-9]' | grep -q '"PRIORITY":"4"'
}
wait_for 30 lost
is $? 0 "what was overwritten meanwhile is an entry, with a warning's priority"
run systemctl stop $unit
entries json >"$tap_dir/json"
keep "$tap_dir/json" journal.json
done_testing
