#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Watches a guest that panics while a program pings its watchdog each second:
# pings before, none after, and AMT's event when the timeout is over.

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

# shellcheck source=SCRIPTDIR/event.sh disable=SC1091
. "$(dirname "$0")/event.sh"

row panic "the kernel panics"
ok_if "the guest is about to panic" await panic
ok_if "a program pings: 3 times and more" test "$(ctl state pings)" -ge 3
ok_if "the watchdog is armed" has armed yes
ok_if "the kernel panics" soon 30 panicked
ctl clock 20 >/dev/null
ok_if "the watchdog expires" soon 30 has expiries 1
ok_if "the last that is heard is the event" ends_with_event
ok_if "when the timeout is over, not before" event_after_timeout
ok_if "no stop since" no_stop
cell "AMT's event"
mon quit
soon 20 over
done_testing
