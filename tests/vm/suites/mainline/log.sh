#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: follow-on-mainline
# timeout: 120
#
# The log through mainline's drivers is the one that this project's module gives,
# in every state of the ring, and both are what the firmware wrote.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

size=$(fwctl get exec.size)
want=$tap_dir/want

# delta READER: of a reader with this name
delta()
{
	reader=$1
	shift
	pfructl telemetry --delta --state "$tap_dir/$reader" "$@"
}

# equal NAME: what the last command printed is in $want
equal()
{
	cmp -s "$tap_dir/out" "$want"
	is $? 0 "$1: byte for byte"
}

# newest N: so many bytes of the ring as the firmware has it, oldest first
newest()
{
	fwctl ring exec >"$tap_dir/ring"
	pos=$(fwctl get exec.pos)
	{
		tail -c +$((pos + 1)) "$tap_dir/ring"
		head -c "$pos" "$tap_dir/ring"
	} | tail -c "$1" >"$want"
}

# without: lines of JSON without the time and the name of the node
without()
{
	sed 's/"time": *"[^"]*", *//; s/"device": *"[^"]*", *//' "$tap_dir/out"
}

# the_same DRIVER: the ring in its states; what it gave is in $tap_dir/DRIVER.*
the_same()
{
	n=0
	writer -n reset
	rm -f "$tap_dir/text" "$tap_dir/json"
	last=0
	# short, full, wrapped by a byte, by half, with news across the end, lost
	for to in 1401 $size $((size + 1)) $((3 * size / 2)) \
		  $((2 * size + 77)) $((4 * size)) $((4 * size + 9)); do
		n=$((n + 1))
		writer to "$to" >/dev/null
		there=$((to < size ? to : size))
		news=$((to - last < there ? to - last : there))
		newest $there
		run -n "$1, $to bytes: full" pfructl telemetry
		equal "full"
		run -n "$1, $to bytes: full, to a file" pfructl telemetry \
			--output "$tap_dir/file"
		cmp -s "$tap_dir/file" "$want"
		is $? 0 "to a file: byte for byte"
		newest "$news"
		run -n "$1, $to bytes: delta" delta text
		equal "delta"
		lost=$((to - last - news))
		if [ "$lost" -gt 0 ]; then
			err_like " $lost bytes before byte $((to - news)) were lost" \
				"delta: $lost bytes lost, and counted"
		else
			is "$err" "" "delta: nothing to complain of"
		fi
		run -n "$1, $to bytes: delta in JSON" delta json --json
		without >"$tap_dir/$1.$n"
		run -n "$1, $to bytes: nothing new" delta text
		is "$out" "" "prints nothing"
		last=$to
	done
}

run -n "mainline's drivers are bound" test -c /dev/acpi_pfr_telemetry0
the_same mainline
writer to $((4 * size + 1000))
pfructl telemetry --follow --json --interval 0.1 --state "$tap_dir/follow" \
	>"$tap_dir/followed" 2>"$tap_dir/notes" &
follower=$!
sleep 3
n=$(fwctl calls)
sleep 5
is "$(fwctl calls)" "$n" "following an idle log makes no call"
writer to $((4 * size + 3000))
wait_for 10 grep -q '"size": *2000,.*"lost": *0' "$tap_dir/followed"
is $? 0 "following sees news"
kill -TERM $follower
wait $follower
is $? 0 "and ends by SIGTERM as it should"
is "$(cat "$tap_dir/notes")" "" "with nothing to complain of"
writer to $((4 * size + 5000))

run -n "mainline's drivers are unloaded" rmmod pfr_telemetry pfr_update
run -n "this project's module is loaded" modprobe pfru
newest 2000
run -n "a reader goes on where mainline's driver served it" \
	delta follow --output "$tap_dir/rest"
cmp -s "$tap_dir/rest" "$want"
is $? 0 "byte for byte"
the_same pfru
i=0
while [ "$i" -lt "$n" ]; do
	i=$((i + 1))
	is "$(cat "$tap_dir/mainline.$i")" "$(cat "$tap_dir/pfru.$i")" \
		"state $i: the same in JSON"
done
is "$i" 7 "in 7 states"
done_testing
