#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog
# timeout: 240
#
# What is shown of the AMT watchdog, by sysfs and by pfructl, in each state and
# against the model's own counts; the module's parameters; and whose it is when
# mainline's mei_wdt comes, too.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

# values WHEN "FILE VALUE"...
values()
{
	when=$1
	shift
	for pair; do
		is "$(shown "${pair%% *}")" "${pair#* }" "$when: $pair"
	done
}

heartbeats_agree()
{
	[ "$(shown heartbeats)" = $(($(beats) - beats)) ]
}

# counts_agree WHEN: the driver's, and the model's from $beats and $stops on
counts_agree()
{
	# an answer may be on its way
	soon 5 heartbeats_agree
	is "$(shown heartbeats)" $(($(beats) - beats)) "$1: heartbeats are the firmware's"
	is "$(shown stops)" $(($(heci state stops) - stops)) "$1: stops, too"
}

# opened WORD...: a program has the watchdog open, until closed
opened()
{
	rm -f "$tap_dir/open" "$tap_dir/close"
	wd "$(wd_dev)" "$@" touch="$tap_dir/open" wait="$tap_dir/close" magic \
		>"$tap_dir/opened" &
	opened=$!
	soon 10 test -e "$tap_dir/open"
	is $? 0 "a program has it open"
}

closed()
{
	touch "$tap_dir/close"
	wait "$opened"
	becomes state idle "closed: idle" 10
}

# faulty N WORD...: a ping while the watchdog runs and the model's knob is turned,
# until there are N failures; it runs on by itself when the knob is turned back
faulty()
{
	n=$1
	shift
	hold ping wait="$tap_dir/go.2" magic
	heci "$@"
	go 1
	soon 10 shows failures "$n"
	is $? 0 "$*: a failure"
	becomes state no-answer "$*: which the state shows" 5
	acked=$(shown heartbeats)
	heci off
	soon 5 acked_more "$acked"
	is $? 0 "$*: it runs again without a ping"
	go 2
	wait "$holder"
	# shellcheck disable=SC2034 # all_ok reads it
	out=$(cat "$tap_dir/held")
	all_ok "$*: no ping is told"
	becomes state idle "$*: and stopped in the end" 10
}

unload()
{
	run rmmod pfru
}

# load PARAMETER...
load()
{
	run modprobe pfru "$@"
}

parameter()
{
	cat "/sys/module/pfru/parameters/$1"
}

fresh
beats=$(beats)
stops=$(heci state stops)
unload
load
becomes state idle "loaded: idle"
is "$(cd "$(wd_files)" && echo *)" "connections failures heartbeats last_error last_heartbeat malformed notifications protocol refused required state stops strays timeleft timeout timeouts" \
	"these files are there"
is "$(cd /sys/bus/mei/devices/*"$wd_uuid"/pfru_watchdog && echo *)" \
	"$(cd "$(wd_files)" && echo *)" "below the client, too"
is "$(stat -c %a "$(wd_files)"/* | sort -u)" 444 "everybody may read them, nobody write"
values "loaded" "protocol 2" "required yes" "notifications yes" "timeout 120" \
	"timeleft 0" "last_error 0" "heartbeats 1" "stops 1" "failures 0" \
	"timeouts 0" "refused 0" "malformed 0" "strays 0" "connections 1"
counts_agree "loaded"
like "$(cat /proc/[0-9]*/comm)" '^pfru_watchdog$' "a thread is set aside for heartbeats"
starts=$(beats)
run pfructl watchdog
for line in "Client: +[0-9a-f:.]+-$wd_uuid" "Driver: +pfru_watchdog" \
	    "Protocol version: +2" "Device: +$(wd_dev)" "Identity: +iamt_wdt" \
	    "State: +idle" "Timeout: +120 s" "Time left: +0 s" \
	    "Required by AMT: +yes" "Notifications: +yes" "Heartbeats: +1" \
	    "Stops: +1" "Failures: +0" "Connections: +1"; do
	out_like "^ *$line\$" "pfructl watchdog: $line"
done
run pfructl watchdog --json
out_like '"service": *"pfru"' "in JSON, too"
out_like '"heartbeats": *1([,}]|$)' "with counts"
capture pfructl status
out_like 'AMT watchdog: +driver pfru_watchdog, idle$' "pfructl status names it"
is "$(heci state armed)" no "to look has not armed it"
is "$(beats)" "$starts" "and sent nothing"

heci delay 2500 1
opened
values "the start is on its way" "state starting" "timeleft 120"
becomes state running "answered: running" 10
closed

opened timeout=180 ping ping sleep=300
values "running" "state running" "timeout 180" "required yes"
like "$(shown timeleft)" '^(17[0-9]|180)$' "running: time is left"
counts_agree "running"
run pfructl watchdog
for line in "State: +running" "Timeout: +180 s" "Time left: +1[78][0-9] s"; do
	out_like "^ *$line\$" "pfructl watchdog: $line"
done
capture pfructl status
out_like 'AMT watchdog: +driver pfru_watchdog, running$' "pfructl status: running"
closed
values "stopped" "timeleft 0" "timeout 180" "failures 0" "last_error 0"
counts_agree "stopped"

faulty 1 drop all
values "lost answers" "failures 1" "timeouts 1" "refused 0" "malformed 0" \
	"last_error -110" "connections 2"
faulty 2 corrupt status=1 all
values "a refusal" "timeouts 1" "malformed 0" "last_error -5" "connections 2"
isnt "$(shown refused)" 0 "a refusal: counted as one"
n=$(($(shown failures) + 1))
faulty "$n" corrupt command=0x77 all
values "another message" "failures $n" "timeouts 1" "last_error -71" "strays 0" \
	"connections 3"
isnt "$(shown malformed)" 0 "another message: counted as one"
# one may still be awaited, of the heartbeats that were answered with something else
stray() { heci unsolicited; sleep 0.3; [ "$(shown strays)" -gt 0 ]; }
wait_for 5 stray
is $? 0 "an answer that nobody waits for is a stray"
run pfructl watchdog
for line in "Last error: +Protocol error \(71\)" "Failures: +[3-9]" "Timeouts: +1" \
	    "Refused: +[1-9]" "Malformed answers: +[1-9]" "Stray answers: +[1-9]" \
	    "Connections: +3"; do
	out_like "^ *$line\$" "pfructl watchdog: $line"
done

fresh
dev=$(wd_dev)
heci required no
wd "$dev" ping sleep=200 >/dev/null
becomes state not-required "AMT does not want it any more"
values "not wanted" "required no" "timeleft 0"
is "$(wd_dev)" "$dev" "the device stays"
n=$(beats)
run wd "$dev" ping sleep=200 ping sleep=200
is "$(beats)" "$n" "pings work, and nothing is sent"
run pfructl watchdog
out_like '^ *State: +not-required$' "pfructl watchdog says so"
heci required yes
becomes state running "AMT wants it again: it runs, without a ping"
values "wanted again" "required yes"
run wd "$dev" ping magic
becomes state idle "stopped: idle"

heci withhold all
wd "$dev" ping sleep=200 ping sleep=200 magic >/dev/null
becomes state stopping "the firmware could not be told to stop" 5
heci off
becomes state idle "and was, later"

heci remove watchdog
becomes state no-client "the client is gone"
is "$(wd_dev)" "$dev" "the device stays"
heci add watchdog
becomes state idle "and there again"

heci refuse-notify 5 all
heci reset
becomes notifications no "notifications that can't be had"
becomes state idle "it works without them"
hold ping sleep=100 magic
heci required no quiet
go 1
becomes state not-required "not required" 5
wait "$holder"
heci required yes
comes_back "where AMT can't notify, a ping asks"
heci off
heci version 1
heci reset
becomes protocol 1 "protocol 1"
becomes state idle "protocol 1: idle"
values "protocol 1" "required unknown"
becomes notifications yes "protocol 1: notifications"
run pfructl watchdog
out_like '^ *Protocol version: +1$' "pfructl watchdog: protocol 1"

heci version 2
fresh
unload
heci drop all
load
becomes state asking "asking whether it is wanted" 10
becomes state no-answer "no answer to that"
isnt "$(shown failures)" 0 "which is a failure"
exits 1 wd_dev
capture pfructl status
out_like 'AMT watchdog: +driver pfru_watchdog, (no-answer|connecting|asking)$' \
	"pfructl status says so"
heci off
becomes state idle "an answer"
heci refuse 3 all
heci reset
becomes state no-connection "no connection"
heci off
heci reset
becomes state idle "a connection"

fresh
unload
starts=$(beats)
stops=$(heci state stops)
load watchdog=0
is "$(parameter watchdog)" N "with watchdog=0: the parameter is shown"
sleep 2
is "$(wd_driver)" "" "nobody drives it"
exits 1 wd_dev
is "$(beats) $(heci state stops)" "$starts $stops" "the firmware was told nothing"
exits 3 pfructl watchdog
err_like 'parameter watchdog=0' "pfructl watchdog says why"
capture pfructl status
out_like 'AMT watchdog: +none: .*parameter watchdog=0' "and pfructl status"
unload

# its probe fails, and oopses later, when the answer is quicker than its task
heci delay 30 all
log_mark
run modprobe mei_wdt
soon 10 wd_dev
is "$(wd_driver)" mei_wdt "mainline's driver came first"
load
is "$(wd_driver)" mei_wdt "and keeps it"
resets=$(heci state resets)
heci reset
soon 10 not has resets "$resets"
soon 10 wd_dev
is "$(log_since | grep -c 'served by mei_wdt and stays with it')" 1 \
	"the log says so, once"
run pfructl watchdog
err_like "modprobe -r mei_wdt', 'modprobe -r pfru'.*'modprobe pfru'" \
	"pfructl watchdog says what to do"
capture pfructl status
out_like "^  - .*modprobe -r mei_wdt" "so does pfructl status"
# busybox's modprobe -r fails when a module below is still in use
run rmmod mei_wdt
unload
load
becomes state idle "done: it is ours"
run modprobe mei_wdt
is "$(wd_driver)" pfru_watchdog "and stays so when mainline's comes later"
run rmmod mei_wdt
heci off
comes_back "the watchdog works"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
