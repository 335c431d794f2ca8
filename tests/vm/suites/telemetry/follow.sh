#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: follow
# timeout: 900
#
# A log that is written while it is read: everything is printed, or counted as
# lost, in order, byte for byte.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

size=$(fwctl get exec.size)
# The follower looks once a second, and most of a ring is written for each look.
# A slow kernel's log is as much shorter, and half of what it writes may be lost.
total=$((65 * size / VM_SLOWNESS))
turns=$((50 / VM_SLOWNESS))
least=$((5242880 / VM_SLOWNESS))
[ "$VM_SLOWNESS" = 1 ] || least=$((least / 2))

# collect: a follower while the log is written; sets $written, what the writer
# said, $wrote, $ended and $matches, the exit statuses of writer, follower and
# check, $rollovers and $calls
collect()
{
	writer -n reset
	rm -rf "$tap_dir/state" "$tap_dir/pipe"
	before=$(fwctl calls)
	mkfifo "$tap_dir/pipe"
	writer verify "$total" <"$tap_dir/pipe" >"$tap_dir/verdict" &
	verifier=$!
	pfructl telemetry --follow --since-reset --json --interval 0.01 \
		--state "$tap_dir/state" >"$tap_dir/pipe" 2>"$tap_dir/errors" &
	follower=$!
	began=$(date +%s)
	capture writer run "$total" 1
	wrote=$status written=$out
	diag "$written"
	diag "$(($(date +%s) - began)) s"
	rollovers=$(fwctl get exec.rollover)
	# the last bytes are seen by the watch, or asked for by the next reader
	sleep 2
	kill -TERM $follower
	ended=0
	wait $follower || ended=$?
	matches=0
	wait $verifier || matches=$?
	calls=$(($(fwctl calls) - before))
}

# a writer that was late wrote while the firmware was asked, as none does
for turn in 1 2 3; do
	collect
	case $written in
	*" late 0") break ;;
	esac
	diag "the writer was late on this machine, turn $turn is void"
done
is "$wrote" 0 "the log is written"
like "$written" " late 0$" "the writer kept to its rules"
[ "$rollovers" -gt $turns ]
is $? 0 "more than $turns rollovers"
is "$ended" 0 "the follower ends by SIGTERM as it should"
head -n 3 "$tap_dir/errors" | sed 's/^/# /'
is "$matches" 0 "printed and lost are what was written, byte for byte"
verdict=$(cat "$tap_dir/verdict")
diag "$verdict"
diag "firmware calls: $calls, rollovers: $rollovers"
printed=$(printf '%s\n' "$verdict" | sed -n 's/^printed \([0-9]*\).*/\1/p')
[ "${printed:-0}" -ge $least ]
is $? 0 "at least $least bytes of it were printed"
like "$verdict" ' lost [1-9]' "some was lost, and counted"
like "$verdict" ' repeated 0 at-most 0 .* torn 0$' "nothing was repeated"
keep "$tap_dir/errors" follow-errors

# the check is one: a stream with a fault is not passed
for fault in 's/"position": *64,/"position": 65,/' '2d' '2p' \
	's/\("base64": *"....\)./\1_/' 5d; do
	writer -n reset
	rm -f "$tap_dir/state"
	{
		for to in 64 5000 40000 50000 60000; do
			writer to $to >/dev/null
			pfructl telemetry --delta --json --state "$tap_dir/state"
		done
	} >"$tap_dir/lines"
	[ "$fault" != '2d' ] ||
		run -n "a good stream passes" sh -c \
			"writer verify 60000 <$tap_dir/lines"
	sed "$fault" "$tap_dir/lines" >"$tap_dir/bad"
	exits -n "fault $fault is found" 1 sh -c "writer verify 60000 <$tap_dir/bad"
done
done_testing
