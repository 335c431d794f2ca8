#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-survives watchdog-survives-mainline watchdog-kernel
# timeout: 1500
# order: 10
#
# One descriptor, opened once, while the firmware below it goes and comes: each
# time AMT is fed again within 2 s, no ping fails or waits, no event comes. How
# often: $RESETS, $SLEEPS; how long it is silent: $SILENCE seconds. SHORT=yes: four
# of them, once each.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/../../guest/wd-over.sh disable=SC1091
. /tests/wd-over.sh

refs()
{
	cat "/sys/module/$(expect pfru mei_wdt)/refcnt"
}

timers()
{
	grep -c watchdog_hrtimer_pretimeout /proc/timer_list
}

to_idle()
{
	sleeps
	is $? 0 "the machine slept"
}

hibernates()
{
	sleeps disk
	is $? 0 "the machine went through all steps before its image is made"
}

silent()
{
	heci drop all
	# its ping waits for the answer: so nothing ends the silence
	[ "$who" = ours ] || return
	go 1
	soon 20 shows state no-answer
	is $? 0 "the firmware is silent, and sysfs shows it"
	is "$(shown last_error)" -110 "with the error"
	sleep "$SILENCE"
	isnt "$(shown last_heartbeat)" 0 "and how old the last heartbeat is"
	heci log back
	heci off
}

# many pings, in 150 s of a clock that runs 30 times as fast, or slower on a kernel that is
# slow: between two of them, and before and after them, 4 s may go by, or more there
fast=$(((30 + VM_SLOWNESS - 1) / VM_SLOWNESS))
pings=$(yes "ping sleep=$((200 * VM_SLOWNESS))" | head -n 26 | tr '\n' ' ')

# over ID TITLE EVENT: one descriptor over what EVENT does
over()
{
	row "survives-$1" "one descriptor, and $2"
	fresh
	dev=$(wd_dev)
	expiries=$(heci state expiries)
	# shellcheck disable=SC2086 # words
	hold ping wait="$tap_dir/go.3" $pretimeout $pings touch="$tap_dir/held.3" \
		wait="$tap_dir/go.4" ping sleep=200 magic
	"$3"
	if [ "$who" = mainline ]; then
		go 1
		limited 10 wait_held
		answer=$(sed -n 's/^ping: \([A-Za-z]*\) .*/\1/p' "$tap_dir/held" | sed -n 2p)
		cell "${answer:-blocked}"
		return
	fi
	case $1 in
	idle|disk)
		awake_in_time
		is $? 0 "AMT was told to stop before, and to start within 2 s after" ;;
	*)	started back "without a ping, AMT is fed again within 2 s" ;;
	esac
	is "$(wd_dev)" "$dev" "the device is the same"
	go 1
	heci clock "$fast"
	go 3
	soon $((60 * VM_SLOWNESS)) test -e "$tap_dir/held.3"
	heci clock 1
	is "$(heci state expiries)" "$expiries" \
		"no event came, nor in 150 s of the firmware's clock while it pings"
	go 4
	let_go
	all_ok "the descriptor goes on, and no ping fails"
	swift "a ping takes 10 ms at most"
	quick "nothing takes 5 s"
	soon 5 has armed no
	is $? 0 "stopped by V"
	cell "goes on; AMT is fed again within 2 s"
}

# shellcheck disable=SC2329,SC2317 # called by limited
wait_held()
{
	until ended "$holder"; do
		usleep 100000
	done
}

soon 20 wd_dev
isnt "$(wd_dev)" "" "there is a watchdog"
pretimeout=$(pretimeout)
if [ "$who" = ours ]; then
	like "$(readlink -f "/sys/class/watchdog/$(basename "$(wd_dev)")")" \
		'/virtual/watchdog/' "it has no parent"
fi

over reset "the link is reset" link_reset
over idle "the machine sleeps and wakes" to_idle
over unbound "the client is unbound and bound" unbind_bind_client
if [ "${SHORT:-no}" = no ]; then
	over removed "the client is removed and added" remove_add
	over disk "the machine hibernates, up to its image" hibernates
	over silent "the firmware is silent" silent
fi
over engine "the engine's driver is unbound and bound" unbind_bind_engine
if [ "$who" = mainline ] || [ "${SHORT:-no}" = yes ]; then
	done_testing
fi

diag "$RESETS link resets at random moments under a load of pings by one descriptor"
fresh
expiries=$(heci state expiries)
# shellcheck disable=SC2046 # words
hold $(yes "ping sleep=20" | head -n 20000 | tr '\n' ' ')
go 1
n=0
came=0
late=0
while [ "$n" -lt "$RESETS" ]; do
	n=$((n + 1))
	usleep $((n * 7919 % 150 * 1000))
	before=$(heci state resets)
	if [ $((n % 4)) = 0 ]; then heci reset ping; else heci reset; fi
	soon 10 not has resets "$before" || break
	came=$((came + 1))
	b=$(beats)
	soon $((3 * VM_SLOWNESS)) beats_more "$b" || late=$((late + 1))
done
is "$came" "$RESETS" "each came"
is "$late" 0 "and AMT was fed again each time"
heci off
kill "$holder"
wait "$holder" 2>/dev/null
# shellcheck disable=SC2034 # all_ok reads it
out=$(cat "$tap_dir/held")
all_ok "no ping failed"
swift "a ping takes 10 ms at most"
quick "none took 5 s"
is "$(heci state expiries)" "$expiries" "no event came"
wd "$(wd_dev)" ping sleep=200 magic >/dev/null

diag "$SLEEPS sleeps of one descriptor"
hold ping sleep=200 magic
n=0
while [ "$n" -lt "$SLEEPS" ]; do
	# longer than the timeout: a watchdog that is not stopped expires
	heci clock 60
	sleeps freeze 3 || break
	heci clock 1
	soon $((3 * VM_SLOWNESS)) has armed yes || break
	n=$((n + 1))
done
is "$n" "$SLEEPS" "armed after each of $SLEEPS"
is "$(heci state expiries)" "$expiries" \
	"no event in three minutes of the firmware's clock asleep"
let_go
all_ok "the descriptor goes on"
soon 5 has armed no
heci log idle
n=$(beats)
sleeps
sleep 2
is "$(beats)" "$n" "asleep when it does not run: nothing is started"

diag "the firmware closes the connection, and tells nobody"
fresh
hold ping sleep=500 magic
heci remove watchdog disconnect
heci add watchdog
b=$(beats)
let_go
all_ok "a ping works"
[ "$(beats)" -gt "$b" ]
is $? 0 "and connects, and gets there"

diag "a ping takes 10 ms, and a stop 5 s at most, whatever the firmware does"
for fault in "withhold all" "slow 700" "delay 9000 all" "refuse 3 all"; do
	fresh
	hold ping sleep=2000 ping ping magic
	# shellcheck disable=SC2086 # words
	heci $fault
	[ "$fault" != "refuse 3 all" ] || heci reset
	let_go
	all_ok "$fault: nothing fails"
	swift "$fault: a ping takes 10 ms at most"
	quick "$fault: nothing takes 5 s"
	case $fault in
	refuse*)
		heci off
		heci reset ;;
	esac
	heci off
	soon 90 has armed no
	is $? 0 "$fault: it is stopped in the end"
done

diag "the module stays while it runs"
fresh
hold sleep=100 magic
exits 1 rmmod pfru
let_go
soon 5 has armed no
wd "$(wd_dev)" ping sleep=200 >/dev/null
is "$(refs)" 1 "closed without V: the module is held"
exits 1 rmmod pfru
heci log back
heci reset
started back "a link reset: fed again, though nobody has it open"
wd "$(wd_dev)" ping magic >/dev/null
soon 5 has armed no
is "$(refs)" 0 "stopped: it may go"
is "$(timers)" 0 "and no timer of the core is left"
run rmmod pfru
exits 1 wd_dev
run modprobe pfru
comes_back "loaded again, it works"

diag "what somebody else has started is left alone"
fresh
c=$(client)
echo "$c" >"$wd_bus/unbind"
run mei-start /dev/mei0 120
is "$(heci state armed)" yes "started through /dev/mei0"
sent="$(beats) $(heci state stops)"
echo "$c" >"$wd_bus/bind"
soon 10 shows state idle
sleep 2
is "$(beats) $(heci state stops)" "$sent" "bound again, the driver sends nothing"
is "$(heci state armed)" yes "and it runs on"

diag "the firmware comes up late"
wd_works
heci log late
run rmmod pfru
heci drop all
run modprobe pfru
sleep 8
exits 1 wd_dev
heci off
soon 70 wd_works
is $? 0 "it is asked until it answers, and then there is a watchdog"
soon 5 has armed no
is $? 0 "which was not left running"

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
