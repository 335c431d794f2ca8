#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wakes a guest that suspends to idle, by a key, 2 s after each mark "sleep",
# again and again until the mark "awake" comes.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

woken=0
tries=0
until over; do
	if [ "$(marks sleep)" -gt "$(marks awake)" ]; then
		sleep 2
		mon sendkey ctrl
		tries=$((tries + 1))
	fi
	woken=$(marks awake)
	sleep 0.2
done
echo "# $woken times awake, by $tries keys"
ok_if "the guest woke as often as it slept" test "$woken" = "$(marks sleep)"
done_testing
