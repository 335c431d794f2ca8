#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-systemd
# timeout: 260
#
# systemd drives the AMT watchdog: RuntimeWatchdogSec=120 in system.conf.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
modprobe -q virtio_console
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

# runtime SECONDS: systemd reads its configuration again
runtime()
{
	sed -i "s/^RuntimeWatchdogSec=.*/RuntimeWatchdogSec=$1/" \
		/etc/systemd/system.conf.d/watchdog.conf
	systemctl daemon-reexec
}

held()
{
	# shellcheck disable=SC2010 # no file here has a strange name
	ls -l /proc/1/fd | grep -q '/dev/watchdog0$'
}

more_than()
{
	[ "$(heci state pings)" -gt "$1" ]
}

is "$(wd_driver)" "pfru_watchdog" "udev has loaded the driver, and it is bound"
soon 30 has armed yes
is $? 0 "systemd has started the watchdog"
is "$(heci state timeout)" 120 "with 120 s"
run -n "process 1 holds it" held
pings=$(heci state pings)
soon 75 more_than "$pings"
is $? 0 "it pings within 75 s"
is "$(systemctl show -p WatchdogDevice --value)" /dev/watchdog0 "systemd names the device"

run systemctl daemon-reexec
soon 30 held
is $? 0 "after daemon-reexec it holds it again"
is "$(heci state armed)" yes "and it is armed"

run runtime 180
soon 20 has timeout 180
is $? 0 "told 180 s, the firmware is told so"
soon 20 has armed yes
is $? 0 "and it is armed"

# asked NAME: process 1 answers within a second
asked()
{
	limited 20 systemctl show -p Version
	is "$status" 0 "$1: process 1 answers"
	is "$(journalctl -b --no-pager | grep -c 'Failed to ping')" 0 \
		"$1: and has failed to ping nothing"
}

heci log back
heci reset
started back "after a link reset AMT is fed again within 2 s"
run -n "process 1 still holds the device" held
is "$(wd_dev)" /dev/watchdog0 "which is the same"
asked "after a link reset"
echo 1 >/sys/module/suspend/parameters/pm_test_delay
echo devices >/sys/power/pm_test
echo freeze >/sys/power/state
soon 5 has armed yes
is $? 0 "armed again after sleep"
asked "after sleep"
heci drop all
# told 180 s, it pings each 90 s
soon 110 shows state no-answer
is $? 0 "the firmware is silent while systemd pings"
before=$(cut -d ' ' -f 1 /proc/uptime)
asked "silent firmware"
after=$(cut -d ' ' -f 1 /proc/uptime)
echo "$before $after" | awk '{ exit $2 - $1 > 5 }'
is $? 0 "at once"
sleep 5
heci log back2
heci off
started back2 "it answers again: AMT is fed within 2 s"
run runtime 120
soon 20 has timeout 120
is $? 0 "daemon-reexec goes on to work"
is "$(heci state expiries)" 0 "it has never expired"
done_testing
