#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures how long a guest takes to power off while the watchdog's thread waits for
# the end of a connection, which the MEI driver gives silent firmware 15 s for.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

# the stop waits 4.5 s, and if it was one of a notifier, the removal 0.4 s more; the
# rest is the guest's. Without a bound it would be 11 s and more.
limit=10

waits_for_end()
{
	sed -n '/-- MARK off$/q; /the firmware is mute: disconnect/p' "$HECI_LOG" | grep .
}

unharmed()
{
	! sed '1,/pfru-vm: end tainted=/d' "$HECI_OUT/console.log" |
		grep -E 'BUG|WARNING|Oops|Call Trace'
}

ok_if "the guest is about to power off" await off
begin=$(date +%s%N)
ok_if "the firmware is to end the connection, and is silent" waits_for_end
until over; do
	sleep 0.1
done
took=$((($(date +%s%N) - begin) / 1000000))
echo "# it took $took ms"
ok_if "power-off waits for the watchdog $limit s at most" test "$took" -lt $((limit * 1000))
ok_if "the kernel is unharmed until the end" unharmed
done_testing
