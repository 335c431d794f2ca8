#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Watches a guest that starts its next kernel by kexec while a program pings the
# watchdog: it is stopped, since nobody pings it there until somebody opens it. That
# kernel panics, and starts a kdump kernel: it tells the firmware nothing, so AMT's event
# comes.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"
# shellcheck source=SCRIPTDIR/event.sh disable=SC1091
. "$(dirname "$0")/event.sh"

# before_next: what the watchdog was sent from the mark "kexec" to the mark "next"
before_next()
{
	sed '1,/-- MARK kexec$/d; /-- MARK next$/,$d' "$HECI_LOG" | grep ' rx watchdog/'
}

stopped_before_next()
{
	before_next
	before_next | sed '/ stop /,$!d' | grep -v ' stop ' && return 1
	before_next | grep ' stop '
}

# silent_since MARK
silent_since()
{
	! sed "1,/-- MARK $1\$/d" "$HECI_LOG" | grep ' rx watchdog/'
}

ok_if "the guest is about to start its next kernel" await kexec
ok_if "the watchdog is armed" test "$(ctl state pings)" -ge 1
ok_if "the next kernel runs" await next
ok_if "the last that is heard before is a stop" stopped_before_next
ok_if "that kernel is about to panic" await panic
ok_if "the watchdog is armed" has armed yes
ok_if "the kernel panics" soon 30 panicked
ok_if "the kdump kernel runs, and nobody drives the watchdog there" await dump
ok_if "which the firmware hears nothing of" silent_since kdump
ok_if "the watchdog goes on" has armed yes
ctl clock 60 >/dev/null
ok_if "the watchdog expires" soon 30 has expiries 1
ok_if "the last that is heard is the event" ends_with_event
ok_if "when the timeout is over, not before" event_after_timeout
ok_if "no stop since" no_stop
mon quit
soon 20 over
done_testing
