#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-stress watchdog-stress-mainline
# timeout: 3000
#
# Link resets at random moments while pings go on, unbind and bind with an open
# watchdog, unload and load, suspend: the watchdog comes back each time. How
# often: $RESETS, $REBINDS, $RELOADS, $SUSPENDS, from the scenario.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

module=$(expect pfru mei_wdt)
keyboard=/sys/devices/platform/i8042/serio0/power/wakeup

# quickly: a working watchdog, asked for at short intervals
quickly()
{
	left=600

	until dev=$(wd_dev) && [ -c "$dev" ] &&
	      timeout 8 wd "$dev" ping magic >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		usleep 50000
	done
}

# sleeps: suspend to idle; host/wake.sh presses a key. A kernel without a keyboard
# is told to stay for 5 s where it would wait for one.
sleeps()
{
	if [ -e "$keyboard" ]; then
		echo enabled >"$keyboard"
	else
		echo platform >/sys/power/pm_test || return
	fi
	heci log sleep
	echo freeze >/sys/power/state || return
	heci log awake
}

many=$(yes ping | head -n 200 | tr '\n' ' ')

row resets "$RESETS link resets at random moments under a load of pings"
rm -f "$tap_dir/enough"
# shellcheck disable=SC2086 # words
using $many magic >"$tap_dir/pings" 2>&1 &
pinger=$!
n=0
back=0
while [ "$n" -lt "$RESETS" ]; do
	n=$((n + 1))
	usleep $(($(awk -v s="$n" 'BEGIN { srand(s); print int(rand() * 150) }') * 1000))
	before=$(heci state resets)
	if [ $((n % 4)) = 0 ]; then
		heci reset ping
	else
		heci reset
	fi
	soon 10 not has resets "$before"
	starts=$(beats)
	i=0
	# the load itself shows that the watchdog is back
	until [ "$(beats)" -gt $((starts + 2)) ]; do
		i=$((i + 1))
		[ "$i" -lt 400 ] || break
		usleep 50000
	done
	[ "$i" -lt 400 ] || { diag "reset $n: no pings for 20 s"; break; }
	back=$((back + 1))
done
touch "$tap_dir/enough"
heci off
soon 30 ended "$pinger"
is $? 0 "the pinging program ends"
wait "$pinger" 2>/dev/null
is "$back" "$RESETS" "the watchdog came back after each of $RESETS"
comes_back "and works in the end"
like "$(grep -c '^ping: ok' "$tap_dir/pings")" '^[0-9]{2}' "pings were answered"
cell "back each time"

row rebinds "$REBINDS times unbind and bind with an open watchdog"
bus=/sys/bus/mei/drivers/$(wd_driver)
n=0
back=0
while [ "$n" -lt "$REBINDS" ]; do
	n=$((n + 1))
	client=$(basename "$(ls -d "$bus"/*"$wd_uuid")")
	rm -f "$tap_dir/open" "$tap_dir/gone"
	wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/gone" ping \
		>"$tap_dir/holder" &
	holder=$!
	soon 10 test -e "$tap_dir/open"
	echo "$client" >"$bus/unbind"
	! wd_dev >/dev/null || [ "$who" = ours ] ||
		diag "cycle $n: a watchdog after unbind"
	echo "$client" >"$bus/bind"
	touch "$tap_dir/gone"
	wait "$holder"
	# shellcheck disable=SC2034 # said reads it
	out=$(cat "$tap_dir/holder")
	[ "$(said ping)" = "$(expect ok ENODEV)" ] ||
		{ diag "cycle $n: $(cat "$tap_dir/holder")"; continue; }
	quickly || { diag "cycle $n: no watchdog"; break; }
	back=$((back + 1))
done
is "$back" "$REBINDS" "$(expect ok ENODEV) for the old file, and a watchdog, $REBINDS times"
cell "$(expect "goes on" "ENODEV"), and back each time"

row reloads "$RELOADS times rmmod and modprobe, refused while it is open"
n=0
back=0
while [ "$n" -lt "$RELOADS" ]; do
	n=$((n + 1))
	if [ $((n % 5)) = 1 ]; then
		rm -f "$tap_dir/open" "$tap_dir/go"
		wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/go" magic \
			>/dev/null &
		soon 10 test -e "$tap_dir/open"
		! rmmod "$module" 2>/dev/null || diag "cycle $n: rmmod of an open one"
		touch "$tap_dir/go"
		wait $!
	fi
	rmmod "$module" || { diag "cycle $n: rmmod fails"; break; }
	! wd_dev >/dev/null || diag "cycle $n: a watchdog without a driver"
	modprobe "$module" || { diag "cycle $n: modprobe fails"; break; }
	quickly || { diag "cycle $n: no watchdog"; break; }
	back=$((back + 1))
done
is "$back" "$RELOADS" "unloaded and loaded, and back, $RELOADS times"
cell "back each time"

row suspends "$SUSPENDS times suspend to idle"
if grep -qw freeze /sys/power/state; then
	n=0
	back=0
	while [ "$n" -lt "$SUSPENDS" ]; do
		n=$((n + 1))
		wd "$(wd_dev)" ping sleep=500 ping magic >/dev/null 2>&1 &
		holder=$!
		sleeps || { diag "cycle $n: no suspend"; break; }
		soon 20 ended "$holder" || diag "cycle $n: a ping that hangs"
		quickly || { diag "cycle $n: no watchdog"; break; }
		back=$((back + 1))
	done
	is "$back" "$SUSPENDS" "back after each of $SUSPENDS"
	cell "back each time"
else
	not_ok "this kernel can suspend to idle" "$(cat /sys/power/state)"
fi

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
