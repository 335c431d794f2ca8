#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
#
# systemd drives the AMT watchdog: RuntimeWatchdogSec=120 in system.conf.

# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
modprobe -q virtio_console
# shellcheck source=SCRIPTDIR/../guest/wd.sh disable=SC1091
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

# A link reset takes the device away under systemd, which does not look for
# another until it is told to.
heci reset
soon 20 wd_dev
is $? 0 "after a link reset there is a new watchdog"
run runtime 120
soon 30 has armed yes
is $? 0 "which systemd drives after daemon-reexec"
soon 20 has timeout 120
is $? 0 "with 120 s again"
is "$(heci state expiries)" 0 "it has never expired"
done_testing
