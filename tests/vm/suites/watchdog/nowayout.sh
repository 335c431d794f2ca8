#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-survives
# timeout: 120
# order: 90
#
# nowayout through sysfs holds over unbind and bind, a link reset, and no
# unloading. Sleep stops the watchdog all the same: AMT must not report a hang.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

fresh
dev=$(wd_dev)
file=/sys/class/watchdog/${dev##*/}/nowayout
bus=/sys/bus/mei/drivers/pfru_watchdog
client=$(basename "$(ls -d "$bus"/*"$wd_uuid")")
if [ -w "$file" ] && echo 1 >"$file" 2>/dev/null; then
	is "$(cat "$file")" 1 "nowayout is set through sysfs"
else
	# before 5.16
	run rmmod pfru
	run modprobe pfru nowayout=1
	becomes state idle "this kernel has it as a parameter only"
fi
stops=$(heci state stops)
run wd "$dev" ping sleep=200 magic
is "$(heci state armed)" yes "V does not stop it"
echo "$client" >"$bus/unbind"
is "$(heci state armed) $(heci state stops)" "yes $stops" "nor does unbinding"
heci log back
echo "$client" >"$bus/bind"
started back "bound again, it is fed at once"
heci log back2
heci reset
started back2 "and after a link reset"
is "$(heci state stops)" "$stops" "the firmware was never told to stop"
exits 1 rmmod pfru
heci log asleep
echo 1 >/sys/module/suspend/parameters/pm_test_delay
echo devices >/sys/power/pm_test
echo freeze >/sys/power/state
soon 5 has armed yes
like "$(words "$(heard asleep)")" '^stop start 120' "stopped while the machine sleeps, and started after"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
