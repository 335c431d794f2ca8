#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: follow-kill
# timeout: 120
#
# What reading the log costs the machine: the model counts the firmware's calls,
# each of which would stop all processors.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

size=$(fwctl get exec.size)

# costs N NAME CMD...: CMD works, with N calls
costs()
{
	want=$1
	name=$2
	shift 2
	before=$(fwctl calls)
	run -n "$name" "$@"
	is "$(($(fwctl calls) - before))" "$want" "$name: $want calls"
}

# delta CMD...: of one reader
delta()
{
	pfructl telemetry --delta --state "$tap_dir/state" "$@"
}

writer reset
writer to $((3 * size / 2))
costs 2 "a full read" pfructl telemetry
costs 2 "the first delta" delta
costs 1 "a delta with nothing new" delta
is "$out" "" "which prints nothing"
writer to $((3 * size / 2 + 1))
costs 2 "a delta with a byte" delta --json
out_like '"size": *1,' "which prints it"
writer to $((5 * size / 2))
costs 2 "a delta with a ring" delta
costs 1 "a delta with nothing new, in JSON" delta --json

# follow OPTION...: in the background, its number is in $follower
follow()
{
	pfructl telemetry --follow --json --state "$tap_dir/state" \
		--interval 0.1 "$@" >"$tap_dir/followed" 2>"$tap_dir/notes" &
	follower=$!
}

# printed N: so many lines came
# shellcheck disable=SC2317 # run by name
printed()
{
	[ "$(wc -l <"$tap_dir/followed")" -ge "$1" ]
}

# stop: the follower
stop()
{
	kill -TERM $follower
	wait $follower
	is $? 0 "$1: ends by SIGTERM as it should"
	is "$(cat "$tap_dir/notes")" "" "$1: with nothing to complain of"
}

before=$(fwctl calls)
follow --confirm 3600
sleep 3
n=$(fwctl calls)
like "$((n - before))" '^[12]$' "following begins with 2 calls at most"
sleep 20
is "$(fwctl calls)" "$n" "an idle log is watched for 20 s with no call"
writer to $((5 * size / 2 + 100))
run -n "news is seen" wait_for 10 printed 1
sleep 1
is "$(($(fwctl calls) - n))" 2 "news costs 2 calls"
sleep 2
is "$(($(fwctl calls) - n))" 2 "and it is idle again"
stop "watching"

n=$(fwctl calls)
follow --confirm 2
sleep 11
n=$(($(fwctl calls) - n))
# a slow kernel takes seconds of them to start the program
least=4
[ "$VM_SLOWNESS" = 1 ] || least=2
like "$n" "^[$least-7]\$" \
	"with --confirm 2 the firmware is asked $least to 7 times in 11 s"

# bytes that equal those that were there are found by the question
stop "confirming"
pos=$(fwctl get exec.pos)
follow --confirm 4
sleep 3
n=$(fwctl calls)
fwctl set exec.pos $((pos + 64))
sleep 0.5
is "$(fwctl calls)" "$n" "bytes that equal the old ones are not seen"
run -n "but are found by the confirming question" wait_for 10 printed 1
like "$(cat "$tap_dir/followed")" '"size": *64,.*"lost": *0' "all of them"
stop "equal bytes"
done_testing
