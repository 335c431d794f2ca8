#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
#
# What is shown of the AMT watchdog, by sysfs and by pfructl, in each state and
# against the model's own counts; the module's parameters; and whose it is when
# mainline's mei_wdt comes, too.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/wd.sh disable=SC1091
. /tests/wd.sh

dir()
{
	echo /sys/bus/mei/devices/*"$wd_uuid"/pfru_watchdog
}

shown()
{
	cat "$(dir)/$1"
}

# shows FILE VALUE
shows()
{
	[ "$(shown "$1")" = "$2" ]
}

# becomes FILE VALUE NAME [SECONDS]
becomes()
{
	if soon "${4:-20}" shows "$1" "$2"; then
		ok "$3"
	else
		not_ok "$3" "$1 is $(shown "$1"), expected $2
$(heci history 20)"
	fi
}

# values WHEN "FILE VALUE"...
values()
{
	when=$1
	shift
	for pair; do
		is "$(shown "${pair%% *}")" "${pair#* }" "$when: $pair"
	done
}

# counts_agree WHEN: the driver's, and the model's from $beats and $stops on
counts_agree()
{
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

# faulty WORD...: a ping while the watchdog runs and the model's knob is turned
faulty()
{
	rm -f "$tap_dir/open" "$tap_dir/close"
	wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/close" ping magic \
		>"$tap_dir/faulty" &
	soon 10 test -e "$tap_dir/open"
	heci "$@"
	touch "$tap_dir/close"
	wait $!
	answer=$(sed -n 's/^ping: \([A-Za-z]*\) .*/\1/p' "$tap_dir/faulty" | tail -n 1)
	heci off
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
is "$(cd "$(dir)" && echo *)" "connections failures heartbeats last_error malformed notifications protocol refused required state stops strays timeleft timeout timeouts" \
	"these files are there"
is "$(stat -c %a "$(dir)"/* | sort -u)" 444 "everybody may read them, nobody write"
values "loaded" "protocol 2" "required yes" "notifications yes" "timeout 120" \
	"timeleft 0" "last_error 0" "heartbeats 1" "stops 1" "failures 0" \
	"timeouts 0" "refused 0" "malformed 0" "strays 0" "connections 1"
counts_agree "loaded"
like "$(cat /proc/[0-9]*/comm)" '^(kworker/R-)?pfru_' \
	"a worker is set aside for heartbeats"
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

opened timeout=180 ping ping
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

faulty drop 1
is "$answer" ETIMEDOUT "a lost answer"
becomes state idle "a lost answer: it recovers"
values "a lost answer" "failures 1" "timeouts 1" "refused 0" "malformed 0" \
	"last_error -110" "connections 2"
faulty corrupt status=1 1
is "$answer" EIO "a refusal"
becomes state idle "a refusal: it recovers"
values "a refusal" "failures 2" "timeouts 1" "refused 1" "malformed 0" \
	"last_error -5" "connections 2"
faulty corrupt command=0x77 1
is "$answer" EPROTO "another message than the answer"
becomes state idle "another message: it recovers"
values "another message" "failures 3" "timeouts 1" "refused 1" "malformed 1" \
	"last_error -71" "strays 0" "connections 3"
heci unsolicited
becomes strays 1 "an answer that nobody waits for is a stray" 5
run pfructl watchdog
for line in "Last error: +Protocol error \(71\)" "Failures: +3" "Timeouts: +1" \
	    "Refused: +1" "Malformed answers: +1" "Stray answers: +1" \
	    "Connections: +3"; do
	out_like "^ *$line\$" "pfructl watchdog: $line"
done

fresh
heci required no
wd "$(wd_dev)" ping >/dev/null
becomes state not-required "AMT does not want it any more"
values "not wanted" "required no" "timeleft 0"
soon 10 not wd_dev
is $? 0 "there is no device"
run pfructl watchdog
out_like '^ *State: +not-required$' "pfructl watchdog says so"
unlike "$out" 'Device:' "and names no device"
heci required yes
becomes state idle "AMT wants it again"
values "wanted again" "required yes"

heci refuse-notify 5 all
heci reset
becomes notifications no "notifications that can't be had"
becomes state idle "it works without them"
values "working" "notifications no"
heci off
heci version 1
heci reset
becomes protocol 1 "protocol 1"
becomes state idle "protocol 1: idle"
values "protocol 1" "required unknown" "notifications yes" "heartbeats 0"
run pfructl watchdog
out_like '^ *Protocol version: +1$' "pfructl watchdog: protocol 1"

heci version 2
heci drop all
heci reset
becomes state asking "asking whether it is wanted" 10
becomes state no-answer "no answer to that"
isnt "$(shown failures)" 0 "which is a failure"
exits 1 wd_dev
capture pfructl status
out_like 'AMT watchdog: +driver pfru_watchdog, (no-answer|connecting)$' \
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
load nowayout=1
becomes state idle "with nowayout=1: idle"
is "$(parameter nowayout)" Y "the parameter is shown"
dev=$(wd_dev)
is "$(cat "/sys/class/watchdog/${dev##*/}/nowayout")" 1 \
	"the watchdog has it"
stops=$(heci state stops)
exits 1 wd "$dev" ping disable magic
is "$(said disable)" EBUSY "it can't be disabled"
is "$(heci state armed)" yes "nor stopped by V"
is "$(heci state stops)" "$stops" "the firmware was told nothing"
values "closed with nowayout" "state running"
exits 1 rmmod pfru
client=$(dir)
basename "${client%/*}" >/sys/bus/mei/drivers/pfru_watchdog/unbind
is "$(heci state armed)" yes "nor by taking it away"
is "$(heci state stops)" "$stops" "which tells the firmware nothing"
unload

starts=$(beats)
load watchdog=0
is "$(parameter watchdog)" N "with watchdog=0: the parameter is shown"
sleep 2
is "$(wd_driver)" "" "nobody drives it"
exits 1 wd_dev
is "$(beats) $(heci state stops)" "$starts $stops" "the firmware was told nothing"
is "$(heci state armed)" yes "what was armed before still is"
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
