#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Freezes the guest as often as it asks by the mark "freeze", until the
# watchdog has expired or for 20 s, and lets it go on.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

# expired SINCE
expired()
{
	[ "$(ctl state expiries)" -gt "$1" ]
}

frozen=0
until over; do
	if [ "$(marks freeze)" -gt "$frozen" ]; then
		frozen=$((frozen + 1))
		before=$(ctl state expiries)
		mon stop
		ok_if "the guest is frozen: the watchdog expires" \
			soon 20 expired "$before"
		ctl log "thaw $frozen" >/dev/null
		mon cont
	fi
	sleep 0.1
done
ok_if "the guest was frozen as often as it asked" test "$frozen" = "$(marks freeze)"
done_testing
