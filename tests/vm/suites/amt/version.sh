#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# timeout: 120
# order: 10
#
# An independent client of AMTHI: mei-amt-version of the kernel's samples, which
# checks each answer's header strictly; and the kernel itself, which asks MKHI
# for the firmware's version. On the stock mei driver.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# versions: as the program prints them, from the model's state
versions()
{
	heci state amt.version | tr '=' '\t' | while IFS='	' read -r name value; do
		echo "$name: $value"
	done
}

# said: what the program printed, without its alignment
said()
{
	printf '%s\n' "$out" |
		sed -n 's/^\([^:]*[^: 	]\)[ 	]*:[ 	]*/\1: /p' | grep -v '^Intel AMT'
}

wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
is "$(cat /sys/class/mei/mei0/dev_state)" ENABLED "it is enabled"
is "$(head -n 1 /sys/class/mei/mei0/fw_ver)" 0:11.8.93.4323 \
	"the kernel was told the firmware's version"
for client in watchdog amthi mkhi mkhi-fixed lme; do
	is "$(heci state $client.known)" yes "it knows $client"
done
like "$(ls /sys/bus/mei/devices)" 55213584-9a29-4916-badf-0fb7ed682aeb \
	"the fixed MKHI client is on its bus"

run -n "mei-amt-version" /data/mei-amt-version -v
err_like 'max_message_length 5120' "the longest message is 5120 bytes"
err_like 'protocol_version 1' "protocol version 1"
is "$(said | grep -c .)" "$(versions | grep -c .)" "as many versions as the model has"
is "$(said)" "$(versions)" "the same ones"
heci amt-version AMT 16.1.25
capture /data/mei-amt-version
is "$(said)" "$(versions)" "and those that have changed"
out_like '16\.1\.25' "the new one among them"

heci amt enabled no
run -n "disabled: an empty answer" /data/mei-amt-version
out_like 'DISABLED' "it says so"
heci amt enabled yes
for knob in "amthi-status 2" "corrupt major amthi" "corrupt command amthi" \
	"corrupt length amthi" "corrupt reserved amthi" "truncate 14 amthi" \
	"corrupt 81=60 amthi" "disconnect amthi" "refuse 3 amthi" \
	"remove amthi disconnect"; do
	# shellcheck disable=SC2086 # words
	heci $knob
	capture timeout 10 /data/mei-amt-version
	unlike "$out" ENABLED "it shows no version after '$knob'"
	heci off
done
heci add amthi
wait_for 5 /data/mei-amt-version
is $? 0 "and works again"
is "$(heci state violations)" 0 "no rule of the bus was broken"
done_testing
