#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: two-instances
# timeout: 60
#
# What the calls of the firmware have cost, in sysfs, device by device: the same number
# as the model counts, and looking costs none.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# figure NODE NAME
figure()
{
	cat "/sys/class/misc/pfru_$1/device/firmware/$2"
}

rmmod pfru 2>/dev/null
run modprobe pfru
for node in update0 update1 telemetry0 telemetry1; do
	is "$(figure $node calls) $(figure $node total_ns) $(figure $node longest_ns)" \
		"0 0 0" "$node: nothing was asked yet"
	is "$(figure $node last_function) $(figure $node last_status)" "none none" \
		"$node: and nothing answered"
	is "$(stat -c %a "/sys/class/misc/pfru_$node/device/firmware/calls")" 444 \
		"$node: all may read"
done

before=$(fwctl -i 0 calls)
run pfructl capability --device 0
is "$(figure update0 calls)" 1 "a call is counted"
is "$(figure update0 last_function)" "query capability" "by its name"
is "$(figure update0 last_status)" 0 "with its status"
first=$(figure update0 total_ns)
isnt "$first" 0 "it took time"
is "$(figure update0 longest_ns)" "$first" "and is the longest"
is "$(figure update1 calls)" 0 "the other device was not asked"

run pfructl stage-activate --device 0 /data/code-2.cap
is "$(figure update0 calls)" "$(($(fwctl -i 0 calls) - before))" \
	"as many as the model counts"
run pfructl log-level --device 0
is "$(figure telemetry0 calls)" 1 "the log's are counted apart"
is "$(figure telemetry0 last_function)" "get level" "by their names"
run test "$(figure update0 longest_ns)" -ge "$first"
run test "$(figure update0 total_ns)" -ge "$(figure update0 longest_ns)"

fwctl -i 0 set start.fault refuse start.status 5 start.times 1
exits 5 pfructl stage --device 0 /data/code-3.cap
is "$(figure update0 last_function) $(figure update0 last_status)" "start 5" \
	"a refusal's status is shown"
before=$(fwctl -i 0 calls)
for name in calls total_ns longest_ns last_function last_status; do
	figure update0 $name >/dev/null
done
is "$(fwctl -i 0 calls)" "$before" "looking asks the firmware nothing"

# read while the driver comes and goes
while :; do
	cat /sys/devices/*/*/firmware/calls /sys/devices/platform/*/firmware/calls
done >/dev/null 2>&1 &
reader=$!
for _ in 1 2 3 4 5; do
	run rmmod pfru
	run modprobe pfru
done
kill $reader
is "$(figure update0 calls)" 0 "they begin with the driver"
done_testing
