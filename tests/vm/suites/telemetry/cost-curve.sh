#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: bench
# timeout: 500
#
# What a delta costs grows with what is new, not with the ring. Leaves the table
# in guest/costs. One ring of 64 MiB is reserved; smaller ones lie in it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

state=$tap_dir/state
most=$(fwctl get exec.size)
is "$most" 67108864 "64 MiB are reserved"

# ring SIZE BYTES: a ring of this size that wrapped a few times, with a reader
# that has all of it, then so many new bytes
ring()
{
	fwctl set exec.size "$1" exec.rollover 7 exec.pos $(($1 / 2)) exec.live 1
	rm -f "$state"
	pfructl telemetry --delta --state "$state" >/dev/null
	at=$((7 * $1 + $1 / 2))
}

# median CMD...: of TURNS turns, each with news of $news bytes; sets $calls, $time
# (user and system, microseconds), $read and $memory (KiB), and $least, the least time:
# a busy host only ever adds to it
median()
{
	: >"$tap_dir/turns"
	for turn in $(seq "$TURNS"); do
		at=$((at + news))
		[ "$news" = 0 ] || writer to $at >/dev/null
		writer spend "$@" >"$tap_dir/printed" 2>>"$tap_dir/turns" ||
			not_ok "turn $turn: $*" "$(cat "$tap_dir/turns")"
	done
	least=$(sed -n 's/.* user \([0-9]*\) system \([0-9]*\) .*/\1 \2/p' \
		"$tap_dir/turns" | awk '{ print $1 + $2 }' | sort -n | head -n 1)
	# shellcheck disable=SC2046 # words
	set -- $(sed -n 's/.*calls \([0-9]*\) user \([0-9]*\) system \([0-9]*\) read \([0-9]*\) memory \([0-9]*\).*/\2 \3 \1 \4 \5/p' \
		"$tap_dir/turns" | awk '{ print $1 + $2, $3, $4, $5 }' |
		sort -n | sed -n $((TURNS / 2 + 1))p)
	time=$1 calls=$2 read=$3 memory=$4
}

line()
{
	printf '%-8s  %-22s  %5s  %12s  %12s  %10s\n' "$@" >>"$tap_dir/table"
}

# cost CALLS NAME READ CMD...: a line of the table; READ: in place of what was read
cost()
{
	want=$1
	name=$2
	shown=$3
	shift 3
	median "$@"
	is "$calls" "$want" "$label: $name: $want calls"
	line "$label" "$name" "$calls" "$time" "${shown:-$read}" "$memory"
}

line ring what calls "CPU (us)" "read (bytes)" "RSS (KiB)"
for size in 65536 262144 1048576 16777216 67108864; do
	if [ "$size" -lt 1048576 ]; then
		label="$((size >> 10)) KiB"
	else
		label="$((size >> 20)) MiB"
	fi
	ring $size
	news=0
	cost 1 "delta, nothing new" "" pfructl telemetry --delta --state "$state"
	news=4096
	cost 2 "delta, 4 KiB new" "" pfructl telemetry --delta --state "$state"
	is "$(wc -c <"$tap_dir/printed")" 4096 "$label: and 4 KiB are printed"
	if [ "$size" = 65536 ]; then
		small_time=$least small_read=$read small_memory=$memory
	fi
	large_time=$least large_read=$read large_memory=$memory
	news=0
	cost 2 "full" mapped pfructl telemetry
	is "$(wc -c <"$tap_dir/printed")" "$size" "$label: and all is printed"
	[ "$read" -lt "$size" ]
	is $? 0 "$label: from a mapping"
done
# the measure is one
fwctl set exec.pos $(($(fwctl get exec.pos) + most / 4))
writer spend pfructl telemetry --delta --state "$state" 2>"$tap_dir/turns" \
	>/dev/null
like "$(cat "$tap_dir/turns")" 'read [0-9]{8} ' "a delta of a quarter of the ring reads it"
# news of a ring is a ring's work
at=$(($(fwctl get exec.rollover) * most + $(fwctl get exec.pos)))
fwctl set exec.rollover $((at / most + 1))
writer spend pfructl telemetry --delta --state "$state" 2>"$tap_dir/turns" \
	>/dev/null
like "$(cat "$tap_dir/turns")" 'memory [0-9]{5}$' "a delta of a ring takes as much memory"

# the numbers in the file with the position have more digits
[ "$large_read" -le $((small_read + 64)) ]
is $? 0 "4 KiB of 64 MiB: no more is read than of 64 KiB"
[ "$large_time" -le $((3 * small_time)) ]
is $? 0 "4 KiB of 64 MiB take at most three times what 4 KiB of 64 KiB take"
[ "$large_memory" -le $((small_memory + 1024)) ]
is $? 0 "nor more than 1 MiB more memory"

# printed N: the follower printed so many characters
# shellcheck disable=SC2317 # run by name
printed()
{
	[ "$(stat -c %s "$tap_dir/followed")" -ge "$1" ]
}

# what a full read holds: the ring, once
room=$(((most >> 10) + 4096))
[ "$memory" -le "$room" ]
is $? 0 "a full read takes a ring of memory and 4 MiB at most"
writer spend pfructl telemetry --json >"$tap_dir/printed" 2>"$tap_dir/turns"
memory=$(sed -n 's/.* memory \([0-9]*\).*/\1/p' "$tap_dir/turns")
line "64 MiB" "full, JSON" "" "" "" "$memory"
[ "$memory" -le "$room" ]
is $? 0 "so does one in JSON"
rm -f "$tap_dir/printed"

# a follower that has a whole ring to print
rm -f "$state"
writer spend pfructl telemetry --follow --json --state "$state" \
	--output "$tap_dir/followed" 2>"$tap_dir/turns" &
run -n "64 MiB are followed" wait_for 100 printed $((most * 4 / 3))
kill -TERM "$(pidof pfructl)"
wait
memory=$(sed -n 's/.* memory \([0-9]*\).*/\1/p' "$tap_dir/turns")
line "64 MiB" "follow, all new" "" "" "" "$memory"
[ "$memory" -le $(((most + most / 8) / 1024)) ]
is $? 0 "a follower's memory is a ring and an eighth at most"

sed 's/^/# /' "$tap_dir/table"
keep "$tap_dir/table" costs
done_testing
