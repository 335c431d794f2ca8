#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: follow-kill
# timeout: 300
#
# Readers that are killed at random, and readers beside each other: what they
# print has no gap, and no repeat but those that were said to be possible.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

size=$(fwctl get exec.size)
# what is to be killed, and of how many digits the number of bytes is
file=200 pipe=60 digits=7
[ "$VM_SLOWNESS" = 1 ] || file=40 pipe=24 digits=6

# endless SEED: a writer that goes on; its process number is $writer
endless()
{
	writer run $((100000 * size)) "$1" >"$tap_dir/writer" 2>&1 &
	writer=$!
}

# enough: end it, and whatever it left armed
enough()
{
	kill -TERM "$writer"
	wait "$writer"
	fwctl disarm
	end=$(($(fwctl get exec.rollover) * size + $(fwctl get exec.pos)))
}

# verdict NAME FILE: prints and checks
verdict()
{
	run -n "$1: no gap, no repeat but those reported" \
		sh -c "writer verify $end <$2"
	diag "$out"
}

# to a file, whose end tells the next reader what was printed
writer -n reset
endless 2
# of an empty file nobody can tell whether it was emptied: no reader is killed there
something_written() { [ "$(fwctl get exec.pos)" -gt 0 ]; }
wait_for 30 something_written
run -n "to a file: a first look" pfructl telemetry --delta --json --quiet \
	--since-reset --state "$tap_dir/state" --output "$tap_dir/file"
run -n "to a file: $file are killed" writer -s "$tap_dir/state" kill $file 3 400 \
	pfructl telemetry --follow --json --quiet --interval 0.01 --since-reset \
	--state "$tap_dir/state" --output "$tap_dir/file"
err_like "^killed $file, [0-9]{2,3} while printing" \
	"to a file: many of them while they print"
enough
run -n "to a file: a last look" pfructl telemetry --delta --json --quiet \
	--since-reset --state "$tap_dir/state" --output "$tap_dir/file"
verdict "to a file" "$tap_dir/file"
out_like ' repeated 0 at-most 0 .* torn 0$' "to a file: nothing was repeated"
out_like "^printed [0-9]{$digits}" "to a file: and much was printed"
rm -f "$tap_dir/state" "$tap_dir/file"

# to a pipe, of which nothing is known
writer -n reset
endless 4
mkfifo "$tap_dir/pipe"
cat "$tap_dir/pipe" >"$tap_dir/collected" &
exec 7>"$tap_dir/pipe"
writer -s "$tap_dir/state" kill $pipe 5 400 pfructl telemetry --follow --json \
	--quiet --interval 0.01 --since-reset --state "$tap_dir/state" >&7 2>"$tap_dir/killed"
is $? 0 "to a pipe: $pipe are killed"
like "$(cat "$tap_dir/killed")" "^killed $pipe, [0-9]{2} while printing" \
	"to a pipe: many of them while they print"
enough
pfructl telemetry --delta --json --quiet --since-reset \
	--state "$tap_dir/state" >&7
is $? 0 "to a pipe: a last look"
exec 7>&-
wait
verdict "to a pipe" "$tap_dir/collected"
out_like '^printed [0-9]{6}' "to a pipe: and much was printed"
rm -f "$tap_dir/state" "$tap_dir/collected"

# two readers of one log and one of the other log, each by itself
writer -n reset
writer -t history -n reset
endless 6
for reader in one two; do
	pfructl telemetry --follow --json --quiet --interval 0.01 \
		--since-reset --state "$tap_dir/$reader.state" \
		--output "$tap_dir/$reader" &
	eval "$reader=\$!"
done
pfructl telemetry --follow --json --quiet --interval 0.01 --since-reset \
	--type history --state "$tap_dir/history.state" \
	--output "$tap_dir/history" &
history=$!
wait_for 20 test -e "$tap_dir/one.state"
exits -n "a position has one user" 6 pfructl telemetry --delta --json --quiet \
	--state "$tap_dir/one.state"
i=0
while [ "$i" -lt 10 ]; do
	i=$((i + 1))
	writer -t history to $((i * 1000))
	sleep 0.5
done
enough
# shellcheck disable=SC2154 # by eval
kill -TERM "$one" "$two" "$history"
wait "$one" && wait "$two" && wait "$history"
is $? 0 "three followers end as they should"
for reader in one two; do
	run pfructl telemetry --delta --json --quiet --since-reset \
		--state "$tap_dir/$reader.state" --output "$tap_dir/$reader"
	verdict "two readers, $reader" "$tap_dir/$reader"
done
end=$((i * 1000))
verdict "the other log" "$tap_dir/history"
out_like "^printed $end lost 0 " "the other log: all of it"
done_testing
