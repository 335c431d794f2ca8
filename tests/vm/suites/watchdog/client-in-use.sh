#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog watchdog-kernel
# timeout: 400
# order: 90
#
# The client below the watchdog is unbound and bound while programs open, ping and
# close it: the device stays, and neither a timer of the watchdog core nor a
# reference to the module is left behind. And nowayout as a parameter, which
# unbinding does not get around; last, since the module cannot be unloaded then.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

turns=${TAKEN_TURNS:-30}
bus=/sys/bus/mei/drivers/pfru_watchdog

timers()
{
	grep -c watchdog_hrtimer_pretimeout /proc/timer_list
}

references()
{
	cat /sys/module/pfru/refcnt
}

# answered: pings of the users
answered()
{
	grep -c '^ping: ok' "$tap_dir/users"
}

more_answered()
{
	[ "$(answered)" -gt "$1" ]
}

fresh
dev=$(wd_dev)
client=$(basename "$(ls -d "$bus"/*"$wd_uuid")")
pretimeout=$(pretimeout)
# shellcheck disable=SC2086 # a word, or none
hold $pretimeout ping magic
with=$(timers)
let_go
is "$(timers)" 0 "stopped: no timer"
case $with in
0) diag "this kernel has no timer for a pretimeout" ;;
*) ok "running: a timer" ;;
esac
wd "$dev" ping >/dev/null
is "$(references)" 1 "closed without a stop: the module stays"
wd "$dev" ping magic >/dev/null
soon 5 has armed no
is "$(references)" 0 "stopped: it may go"

rm -f "$tap_dir/enough"
# shellcheck disable=SC2086 # a word, or none
using $pretimeout ping ping sleep=10 magic >"$tap_dir/users" 2>&1 &
users=$!
n=0
while [ "$n" -lt "$turns" ]; do
	n=$((n + 1))
	# every other time not before a ping was answered
	[ $((n % 2)) = 0 ] || soon 10 more_answered "$(answered)"
	usleep $((n * 7919 % 50000 * VM_SLOWNESS))
	echo "$client" >"$bus/unbind"
	[ "$(wd_dev)" = "$dev" ] || diag "cycle $n: the device has gone"
	echo "$client" >"$bus/bind"
done
touch "$tap_dir/enough"
soon 30 ended "$users"
is $? 0 "its users end"
wait "$users" 2>/dev/null
is "$n" "$turns" "unbound $turns times while it is used"
[ "$(answered)" -ge $((turns / 2)) ]
is $? 0 "pings were answered"
unlike "$(cat "$tap_dir/users")" ': E' "and nothing failed"
is "$(wd_dev)" "$dev" "the device is the same"
comes_back "and works in the end"
is "$(timers)" 0 "no timer is left"
is "$(references)" 0 "nor a reference to the module"

fresh
# the credit for one message is there already
hold ping sleep=300 ping wait="$tap_dir/go.2" magic
log_mark
echo "$client" >"$bus/unbind"
is "$(heci state armed)" no "unbound as it runs, it is stopped"
like "$(log_since)" 'AMT watchdog: stopped while its client goes away' "and the log says so"
heci log back
echo "$client" >"$bus/bind"
started back "bound again, it is started without a ping"
heci withhold all
usleep 300000
log_mark
go 1
soon 10 shows state no-answer
echo "$client" >"$bus/unbind"
is "$(heci state armed)" yes "where it can't be stopped, it runs on"
like "$(log_since)" 'AMT watchdog: not stopped while its client goes away' "and the log says so"
heci off
go 2
wait "$holder"
echo "$client" >"$bus/bind"
soon 10 has armed no
is $? 0 "closed meanwhile, it is stopped once it is bound again"
comes_back "and works"

fresh
run rmmod pfru
run modprobe pfru nowayout=1
becomes state idle "with nowayout=1: idle"
is "$(cat /sys/module/pfru/parameters/nowayout)" Y "the parameter is shown"
dev=$(wd_dev)
is "$(cat "/sys/class/watchdog/${dev##*/}/nowayout")" 1 "the watchdog has it"
stops=$(heci state stops)
exits 1 wd "$dev" ping sleep=200 disable magic
is "$(said disable)" EBUSY "it can't be disabled"
becomes state running "nor stopped by V"
exits 1 rmmod pfru
echo "$client" >"$bus/unbind"
is "$(heci state armed)" yes "nor by unbinding"
heci log back
echo "$client" >"$bus/bind"
started back "bound again, it is fed at once"
is "$(heci state armed) $(heci state stops)" "yes $stops" "and the firmware was never told to stop"

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
