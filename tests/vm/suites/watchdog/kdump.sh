#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-kdump
#
# A kdump kernel: the watchdog that the crashed kernel has started goes on, so
# that AMT's event comes.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

like "$(cat /proc/cmdline)" 'elfcorehdr=' "this is a kdump kernel"
soon 20 test -c /dev/mei0
run mei-start /dev/mei0 120
is "$(heci state armed)" yes "the watchdog was started, as by the crashed kernel"
sent="$(heci state starts) $(heci state pings) $(heci state stops)"
run modprobe pfru
is "$(cat /sys/module/pfru/parameters/watchdog)" N "the module leaves it alone"
# longer than the questions of a driver take
sleep 4
is "$(wd_driver)" "" "nobody drives it"
exits 1 wd_dev
is "$(heci state starts) $(heci state pings) $(heci state stops)" "$sent" \
	"the firmware was told nothing"
is "$(heci state armed)" yes "it goes on"
exits 3 pfructl watchdog
err_like 'kdump kernel' "pfructl watchdog says why"
heci clock 60
soon 10 has expiries 1
is $? 0 "AMT's event comes"
run rmmod pfru
done_testing
