# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the firmware hears of a machine that panics, to be sourced after host.sh.

console=$HECI_OUT/console.log

panicked()
{
	grep -q 'Kernel panic - not syncing: sysrq triggered crash' "$console"
}

# heard: what the watchdog was sent, and events, since the mark "panic"
heard()
{
	sed '1,/-- MARK panic$/d' "$HECI_LOG" | grep -E ' rx watchdog/|EVENT'
}

ends_with_event()
{
	heard | tail -n 1 | grep 'EVENT watchdog expired: no heartbeat for 120 s'
}

# event_after_timeout: by the firmware's clock, from the last ping to the event
event_after_timeout()
{
	grep -E ' rx watchdog/.* timeout |EVENT' "$HECI_LOG" | tail -n 2 |
		sed 's/.*fw=\([0-9.]*\).*/\1/' | awk '
	NR == 1 { ping = $1 }
	NR == 2 { event = $1 }
	END {
		print "from the last ping to the event:", event - ping, "s"
		exit !(event - ping >= 120 && event - ping < 125)
	}'
}

no_stop()
{
	! heard | grep ' stop '
}
