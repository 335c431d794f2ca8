#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Looks, when the guest has powered off, at the last that the watchdog heard.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

last_is_stop()
{
	grep -E ' rx watchdog/' "$HECI_LOG" | tail -n 1 | grep ' stop '
}

no_event()
{
	! grep 'EVENT' "$HECI_LOG"
}

until over; do
	sleep 0.2
done
ok_if "the last message is a stop" last_is_stop
ok_if "it has never expired" no_event
done_testing
