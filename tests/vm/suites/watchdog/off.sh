#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-off
#
# Before a power-off: a daemon pings. The scenario's end silences the firmware, and
# host/off.sh sees how long the guest takes.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

soon 20 wd_works
is $? 0 "there is a watchdog"
# a session of its own: the runner ends that of this test
setsid busybox watchdog -F -t 1 -T 120 "$(wd_dev)" &
soon 20 has armed yes
is $? 0 "a daemon drives it"
done_testing
