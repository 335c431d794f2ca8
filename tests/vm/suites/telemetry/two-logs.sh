#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: two-instances
# timeout: 200
#
# The logs of two instances, both written while they are read, the first also in
# its other type: each reader gets its own log, whole, and remembers its own place.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

mkdir -p /var/lib
rm -rf /var/lib/pfructl
size=$(fwctl get exec.size)
# a ring for each of the followers' looks, which are a second apart
end=$((12 * size))
writer -n reset
writer -i 1 -n reset
writer -t history -n reset

# follow NAME OPTION...: with the position where it is by default
follow()
{
	name=$1
	shift
	pfructl telemetry --follow --json --quiet --interval 0.01 \
		--since-reset --output "$tap_dir/$name" "$@" &
	echo $! >"$tap_dir/$name.pid"
}

follow zero --device 0
follow one --device 1
follow history --device 0 --type history
writer run $end 1 >"$tap_dir/writer0" &
writer0=$!
writer -i 1 run $((end - 777)) 2 >"$tap_dir/writer1" &
writer1=$!
i=0
while [ "$i" -lt 10 ]; do
	i=$((i + 1))
	writer -t history to $((i * 500))
	sleep 0.3
done
wait $writer0
is $? 0 "the first log is written"
wait $writer1
is $? 0 "the second log is written"
# a late piece can make a good reader fail below, never a bad one pass
diag "$(cat "$tap_dir/writer0" "$tap_dir/writer1")"
sleep 2
for name in zero one history; do
	pid=$(cat "$tap_dir/$name.pid")
	kill -TERM "$pid"
	wait "$pid"
	is $? 0 "$name: the follower ends by SIGTERM as it should"
done

# verdict NAME END: what the last reader left is taken, too
verdict()
{
	name=$1
	last=$2
	shift 2
	run pfructl telemetry --delta --json --quiet --output "$tap_dir/$name" "$@"
	run -n "$name: printed and lost are what was written" \
		sh -c "writer verify $last <$tap_dir/$name"
	diag "$out"
	out_like ' repeated 0 at-most 0 .* torn 0$' "$name: nothing was repeated"
}
verdict zero $end --device 0
out_like '^printed [0-9]{6}' "zero: and much was printed"
verdict one $((end - 777)) --device 1
out_like '^printed [0-9]{6}' "one: and much was printed"
verdict history $((i * 500)) --device 0 --type history
out_like "^printed $((i * 500)) lost 0 " "history: all of it"
is "$(find /var/lib/pfructl -type f ! -name '*.lock' | wc -l)" 3 \
	"three places are remembered"

# nothing of one is new to another
writer -i 1 to $((end + 100))
run pfructl telemetry --delta --quiet --device 0
is "$out" "" "news of the second log is not of the first"
run pfructl telemetry --delta --quiet --device 0 --type history
is "$out" "" "nor of the other type"
run pfructl telemetry --delta --json --quiet --device 1
out_like '"size": *877,' "but of the second"
done_testing
