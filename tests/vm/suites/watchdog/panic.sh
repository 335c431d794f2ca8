#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-panic watchdog-panic-mainline
#
# Before a panic: a daemon pings. The scenario's end makes the panic, and
# host/panic.sh sees what the firmware hears.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

pings_3()
{
	[ "$(heci state pings)" -ge 3 ]
}

soon 20 wd_works
is $? 0 "there is a watchdog"
# a session of its own: the runner ends that of this test
setsid busybox watchdog -F -t 1 -T 120 "$(wd_dev)" &
soon 20 pings_3
is $? 0 "a daemon pings it"
is "$(heci state armed)" yes "it is armed"
done_testing
