#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-systemd
# timeout: 600
#
# systemd drives the AMT watchdog: RuntimeWatchdogSec=120 in system.conf. It goes on
# over all that comes and goes below it; the firmware is silent for $SILENCE seconds.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
modprobe -q virtio_console
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/../../guest/wd-over.sh disable=SC1091
. /tests/wd-over.sh

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

run runtime 120
soon 20 has timeout 120
is $? 0 "and 120 s again"

# file: the one that process 1 has open
file()
{
	# shellcheck disable=SC2010,SC2012 # no file here has a strange name
	ls -l /proc/1/fd | sed -n 's,.* \([0-9]* -> /dev/watchdog0\)$,\1,p'
}

goes_on()
{
	before=$(cut -d ' ' -f 1 /proc/uptime)
	limited 20 systemctl show -p Version
	is "$status" 0 "$1: process 1 answers"
	after=$(cut -d ' ' -f 1 /proc/uptime)
	echo "$before $after" | awk '{ exit $2 - $1 > 5 }'
	is $? 0 "$1: at once"
	is "$(journalctl -b --no-pager | grep -c 'Failed to ping')" 0 \
		"$1: and has failed to ping nothing"
	is "$(file)" "$held" "$1: it holds the same file"
	is "$(heci state armed)" yes "$1: and AMT is armed"
}

held=$(file)
like "$held" '^[0-9]+ -> /dev/watchdog0$' "it holds one file"
survives
pings=$(heci state pings)
soon 75 more_than "$pings"
is $? 0 "it pings on"
run runtime 180
soon 20 has timeout 180
is $? 0 "daemon-reexec goes on to work"
is "$(heci state expiries)" 0 "it has never expired"
done_testing
