#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog watchdog-mainline
# timeout: 90
#
# A machine that stands still (QEMU's "stop") while a program pings its
# watchdog: AMT's event comes. host/freeze.sh does the rest.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

thawed()
{
	heci history 200 | grep -q -- "-- MARK thaw 1\$"
}

row frozen "the machine stands still (QEMU's stop)"
fresh
dev=$(wd_dev)
n=$(heci state expiries)
busybox watchdog -F -t 1 -T 120 "$dev" &
daemon=$!
pings=$(heci state pings)
sleep 4
isnt "$(heci state pings)" "$pings" "a daemon pings"
heci clock 30
sleep 6
is "$(heci state expiries)" "$n" \
	"it does not expire in 180 s of the firmware's clock while it is pinged"
heci log freeze
soon 60 thawed
is $? 0 "the guest was frozen and goes on"
heci clock 1
sleep 3
is "$(heci state expiries)" $((n + 1)) "the watchdog has expired once"
like "$(words "$(heard freeze)")" '^(ping 120 ?)*event (start|ping) 120' \
	"AMT's event came in the silence"
kill "$daemon"
wait "$daemon" 2>/dev/null
soon 5 has armed no
is $? 0 "the daemon stops it when it ends"
cell "AMT's event"
comes_back "the watchdog works" 10
done_testing
