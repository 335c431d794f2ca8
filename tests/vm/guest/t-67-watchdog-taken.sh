#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
#
# The watchdog is taken away while somebody opens, pings and closes it. With
# each start and ping the watchdog core starts a timer for the pretimeout, in
# memory that goes with the watchdog: none may be left behind, nor a reference
# to the module, of which the core loses some.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/wd.sh disable=SC1091
. /tests/wd.sh

turns=${TAKEN_TURNS:-30}

timers()
{
	grep -c watchdog_hrtimer_pretimeout /proc/timer_list
}

no_timer()
{
	[ "$(timers)" = 0 ]
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

# shows STATE: the driver does
shows()
{
	[ "$(cat "/sys/bus/mei/devices/$client/pfru_watchdog/state")" = "$1" ]
}

references()
{
	cat /sys/module/pfru/refcnt
}

fresh
rm -f "$tap_dir/open" "$tap_dir/go"
wd "$(wd_dev)" pretimeout=10 ping touch="$tap_dir/open" wait="$tap_dir/go" magic >/dev/null &
soon 10 test -e "$tap_dir/open"
with=$(timers)
touch "$tap_dir/go"
wait $!
is "$(timers)" 0 "stopped: no timer"
case $with in
0) diag "this kernel has no timer for a pretimeout" ;;
1) ok "running: one timer" ;;
*) not_ok "running: one timer" "there are $with" ;;
esac

left=0
n=0
while [ "$n" -lt "$turns" ]; do
	n=$((n + 1))
	heci required no quiet
	wd "$(wd_dev)" pretimeout=10 ping >/dev/null
	soon 10 not wd_dev || { diag "cycle $n: the watchdog stays"; break; }
	soon 3 no_timer || left=$((left + 1))
	heci required yes
	soon 20 wd_works || { diag "cycle $n: no watchdog"; break; }
done
is "$n" "$turns" "not wanted, and wanted again, $turns times"
is "$left" 0 "no timer of a watchdog that is gone, after a ping that it was not wanted after"
is "$(references)" 0 "nor a reference to the module"
wd "$(wd_dev)" ping >/dev/null
is "$(references)" 1 "closed without a stop: the module stays"
wd "$(wd_dev)" ping magic >/dev/null
is "$(references)" 0 "stopped: it may go"

fresh
rm -f "$tap_dir/open" "$tap_dir/go" "$tap_dir/failed" "$tap_dir/over"
wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/go" ping disable \
	touch="$tap_dir/failed" wait="$tap_dir/over" ping magic >"$tap_dir/stop" &
soon 10 test -e "$tap_dir/open"
# the credit for the ping is there already
heci withhold all
touch "$tap_dir/go"
soon 10 test -e "$tap_dir/failed"
heci off
is "$(references)" 1 "a stop that failed: the module stays"
beats=$(beats)
touch "$tap_dir/over"
wait $!
# shellcheck disable=SC2034 # said reads it
out=$(cat "$tap_dir/stop")
is "$(said disable)" ETIMEDOUT "a stop that fails"
is "$(said ping)" ok "pings after that work"
# V is one, too, and a third one may have waited for its credit
[ "$(beats)" -ge $((beats + 2)) ]
is $? 0 "and reach the firmware"
is "$(heci state armed)" no "and it is stopped in the end"
is "$(references)" 0 "and the module may go"

fresh
rm -f "$tap_dir/open" "$tap_dir/go"
wd "$(wd_dev)" ping magic touch="$tap_dir/open" wait="$tap_dir/go" ping \
	>"$tap_dir/close" &
soon 10 test -e "$tap_dir/open"
heci withhold all
touch "$tap_dir/go"
wait $!
heci off
# shellcheck disable=SC2034 # said and took read it
out=$(cat "$tap_dir/close")
is "$(said ping) $(said close)" "ok done" "closed with V, and the stop fails"
# shellcheck disable=SC2034 # at_most reads it
seconds=$(took close)
at_most 7 "that takes as long as one operation, though the core pings, too"
is "$(heci state armed)" yes "the watchdog runs on"
is "$(references)" 1 "and the module stays"
soon 20 wd_works
is "$(heci state armed) $(references)" "no 0" "a later close stops it, and the module may go"

bus=/sys/bus/mei/drivers/$(wd_driver)
client=$(basename "$(ls -d "$bus"/*"$wd_uuid")")
rm -f "$tap_dir/enough"
using pretimeout=10 ping ping magic >"$tap_dir/users" 2>&1 &
users=$!
left=0
n=0
while [ "$n" -lt "$turns" ]; do
	n=$((n + 1))
	soon 10 wd_dev || { diag "cycle $n: no watchdog"; break; }
	# every other time not before a ping was answered
	[ $((n % 2)) = 0 ] || soon 10 more_answered "$(answered)"
	usleep $((n * 7919 % 50000 * VM_SLOWNESS))
	echo "$client" >"$bus/unbind"
	not wd_dev >/dev/null || diag "cycle $n: a watchdog after unbind"
	left=$((left + $(timers)))
	echo "$client" >"$bus/bind"
done
touch "$tap_dir/enough"
soon 30 ended "$users"
is $? 0 "its users end"
wait "$users" 2>/dev/null
is "$n" "$turns" "unbound $turns times while it is used"
is "$left" 0 "no timer of a watchdog that is gone"
is "$(references)" 0 "nor a reference to the module"
[ "$(answered)" -ge $((turns / 2)) ]
is $? 0 "pings were answered"
like "$(grep -c '^[a-z]*: ENODEV' "$tap_dir/users")" '^[1-9]' "and some found it gone"
comes_back "and works in the end"

fresh
log_mark
wd "$(wd_dev)" ping >/dev/null
echo "$client" >"$bus/unbind"
is "$(heci state armed)" no "taken away as it runs, it is stopped"
unlike "$(log_since)" 'not stopped' "and nothing told"
echo "$client" >"$bus/bind"
comes_back "bound again, it is back"
# the credit for the start is there already; the core pings, too
heci withhold all
wd "$(wd_dev)" >/dev/null
soon 10 shows running
is $? 0 "it runs, and the firmware takes nothing more"
echo "$client" >"$bus/unbind"
is "$(heci state armed)" yes "where it can't be stopped, it runs on"
like "$(log_since)" 'watchdog: not stopped as it goes away: .* \(error -110\)' \
	"and the log tells"
heci off
echo "$client" >"$bus/bind"
comes_back "and works in the end"

# one that can't be started: there is nothing to stop
fresh
heci remove watchdog disconnect
soon 10 shows no-connection
is $? 0 "there is no connection"
log_mark
dev=$(wd_dev)
wd "$dev" ping >/dev/null
# the MEI driver may be about to, too
echo "$client" >"$bus/unbind"
soon 10 not wd_dev
is "${dev:+there} $(heci state armed)" "there no" "a watchdog that never ran is taken away"
unlike "$(log_since)" 'not stopped' "and nothing told"
heci add watchdog
heci reset
comes_back "and works in the end"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
