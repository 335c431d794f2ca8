#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: figures
# timeout: 60
#
# What firmware calls have cost, in sysfs, for each device: the number is the one that
# the model counts, and reading costs none.

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
		"0 0 0" "$node: no call yet"
	is "$(figure $node last_action) $(figure $node last_status)" "none none" \
		"$node: and no action"
	for name in calls total_ns longest_ns last_action last_status; do
		is "$(stat -c %a "/sys/class/misc/pfru_$node/device/firmware/$name")" \
			444 "$node: all may read $name"
	done
done

before=$(fwctl -i 0 calls)
run pfructl capability --device 0
is "$(figure update0 calls)" 1 "a call is counted"
is "$(figure update0 last_action)" none "it is no action"
first=$(figure update0 total_ns)
run test "$first" -gt 0
is "$(figure update0 longest_ns)" "$first" "one call is the longest"
is "$(figure update1 calls)" 0 "the other device was not called"

run pfructl stage-activate --device 0 /data/code-2.cap
is "$(figure update0 calls)" "$(($(fwctl -i 0 calls) - before))" \
	"as many as the model counts"
is "$(figure update0 last_action) $(figure update0 last_status)" "stage-activate 0" \
	"the last action, though the capability was asked after it"
run test "$(figure update0 longest_ns)" -ge "$first"
run test "$(figure update0 total_ns)" -gt "$(figure update0 longest_ns)"

run pfructl log-level --device 0
is "$(figure telemetry0 calls)" 1 "the log's calls are counted apart"
is "$(figure telemetry0 last_action)" none "asking for the level is no action"
run pfructl log-level --device 0 verbose
is "$(figure telemetry0 last_action) $(figure telemetry0 last_status)" "set-level 0" \
	"setting it is one"

fwctl -i 0 set start.fault refuse start.status 5 start.times 1
exits 5 pfructl stage --device 0 /data/code-3.cap
is "$(figure update0 last_action) $(figure update0 last_status)" "stage 5" \
	"a refusal's status is shown"
fwctl -i 0 set start.fault abort start.times 1
exits 8 pfructl activate --device 0
is "$(figure update0 last_action) $(figure update0 last_status)" "activate none" \
	"an answer that is missing is not a status"
before=$(fwctl -i 0 calls)
for name in calls total_ns longest_ns last_action last_status; do
	figure update0 $name >/dev/null
done
is "$(fwctl -i 0 calls)" "$before" "reading makes no firmware call"

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
is "$(figure update0 calls)" 0 "counting begins when the driver is bound"
done_testing
