#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-faults watchdog-faults-mainline
# timeout: 800
#
# The AMT watchdog with a firmware that misbehaves in every way the HECI model
# can: no ping of ours fails or waits, what does not work is shown, and AMT is fed
# again soon after.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

LIMIT=5.5	# 5 s, and what a slow machine adds
LONG=$(expect 17 7)	# an open and pings; or for ever

failed_more()
{
	[ "$(shown failures)" -gt "$1" ]
}

# shown_error: its name
shown_error()
{
	case $(shown last_error) in
	-110)	echo ETIMEDOUT ;;
	-71)	echo EPROTO ;;
	-5)	echo EIO ;;
	*)	shown last_error ;;
	esac
}

# at_once NAME [WORD...]: a ping (after the words) of ours works, and does not wait
at_once()
{
	name=$1
	shift
	ping_says "$LONG" "$@" ping ping
	is "$answer" ok "$name: a ping works"
	swift "$name: in 10 ms at most"
}

# bounded [WORD...]: a ping (after the words) during the fault that was set. Ours
# works and the fault is shown; mainline's blocks without a bound. Sets $answer
# for the cell.
bounded()
{
	if [ "$who" = ours ]; then
		failures=$(shown failures)
		at_once "during the fault" "$@"
		soon 10 failed_more "$failures"
		is $? 0 "sysfs shows that heartbeats fail"
		answer=$(shown_error)
	else
		ping_says "$LONG" "$@"
		like "$answer" '^blocked \([DS]\)$' "a ping never ends"
	fi
}

# recovers: after the fault, without help (ours) or with a link reset
recovers()
{
	[ "$who" != ours ] || acked=$(shown heartbeats)
	heci log back
	heci off
	if [ "$who" = ours ]; then
		started back "AMT is fed again within 2 s, without a ping"
		soon 10 acked_more "$acked"
		is $? 0 "and answers"
	fi
	if [ -n "$blocked" ]; then
		heci reset
		soon 10 ended "$pid"
		is $? 0 "a link reset ends it"
	fi
	comes_back "the watchdog is back"
}

# fine: pings work, and get there
fine()
{
	[ "$who" != ours ] || acked=$(shown heartbeats)
	ping_says 12 ping ping
	is "$answer" ok "a ping works"
	[ "$who" = ours ] || return 0
	soon 5 acked_more "$acked"
	is $? 0 "and gets there"
}

# told TEXT: for the cell of a fault that ours shows
told()
{
	expect "pings go on, $answer is shown; fed again within 2 s" "$1"
}

row version1 "protocol version 1"
fresh
heci version 1
heci reset
soon 10 has watchdog.told-version 1
comes_back "the watchdog is there"
n=$(heci state answers)
fine
is "$(heci state answers)" "$n" "the firmware has answered nothing"
heci drop all
fine
heci off
cell "works without answers"

row version2 "protocol version 2"
fresh
n=$(heci state answers)
fine
isnt "$(heci state answers)" "$n" "the firmware answers"
cell "works with answers"

row later "not required at first, required later with a notification"
fresh
[ "$who" != ours ] || run rmmod pfru
heci required no quiet
if [ "$who" = ours ]; then run modprobe pfru; else heci reset; fi
sleep 2
soon 10 not wd_dev
is $? 0 "not required: there is no watchdog"
exits 1 wd_dev
heci required yes
comes_back "required: there is one"
cell "no watchdog, then there is one"

row nolonger "not required any more, while it runs"
fresh
heci required no
ping_says
if [ "$who" = ours ]; then
	becomes state not-required "the state says so after the next ping"
	n=$(beats)
	at_once "not required"
	is "$(beats)" "$n" "and nothing is sent"
else
	soon 10 not wd_dev
	is $? 0 "the watchdog is gone after the next ping"
fi
heci required yes
comes_back "required again: it is back"
cell "$(expect "stays, and sends nothing until the notification" \
	"gone after the next ping, back with the notification")"

row delay "answers 300 ms late"
fresh
heci delay 300 all
fine
if [ "$who" = ours ]; then
	swift "a ping does not wait for them"
elif echo "$seconds" | awk '{ exit !($1 >= 0.29 && $1 < 1.5) }'; then
	ok "a ping takes that long"
else
	not_ok "a ping takes that long" "$seconds"
fi
heci off
cell "$(expect "a ping does not wait" "a ping takes that long")"

row late "an answer 7 s late"
fresh
heci delay 7000 1
if [ "$who" = ours ]; then
	fine
	swift "a ping does not wait for it"
	sleep 7
	fine
	cell "the heartbeat is sent again; the late answer does no harm"
else
	ping_says 17
	is "$answer" ok "a ping works"
	cell "the ping waits for it"
fi

row drop "an answer is lost"
fresh
heci drop 1
if [ "$who" = ours ]; then
	fine
	swift "a ping does not wait for it"
	cell "the heartbeat is sent again"
else
	bounded
	recovers
	cell "$answer until the link is reset"
fi

row dropall "no answers at all, for several pings"
fresh
heci drop all
bounded
if [ "$who" = ours ]; then
	for i in 1 2 3; do
		at_once "ping $i"
	done
	answer=$(shown_error)
fi
recovers
cell "$(told "$answer until the link is reset")"

for what in 0 3 5; do
	row "truncate$what" "answers cut to $what bytes"
	fresh
	heci truncate "$what" all
	if [ "$who:$what" = mainline:5 ]; then
		ping_says "$LONG"
		is "$answer" ok "a ping works: bytes that are not there are read"
	else
		bounded
	fi
	said=$(told "$answer")
	recovers
	cell "$said"
done

row long "answers filled up to 500 bytes"
fresh
heci truncate 500 all
ping_says "$LONG"
said=$answer
unlike "$said" '^$' "a ping does something"
heci off
comes_back "the watchdog is back"
cell "$said"

for what in command subcommand version bytecount; do
	row "corrupt-$what" "answers with a wrong $what"
	fresh
	heci corrupt "$what=0x77" all
	case $what in
	bytecount)
		fine
		said=ok
		heci off
		comes_back "the watchdog is back" ;;
	*)	bounded
		said=$(told "$answer")
		recovers ;;
	esac
	cell "$said"
done

row status "answers with status 1"
fresh
heci corrupt status=1 all
if [ "$who" = ours ]; then
	bounded
else
	ping_says "$LONG"
	is "$answer" ok "a ping works, as it says"
fi
said=$(told "$answer")
recovers
cell "$said"

row random "answers of random bytes"
fresh
heci corrupt random all
bounded
said=$(told "$answer until the link is reset")
recovers
cell "$said"

row twice "answers come twice"
fresh
heci duplicate all
run wd "$(wd_dev)" ping ping ping ping magic
heci off
fine
cell "works"

row unasked "answers nobody asked for: a good one, an empty one, garbage"
fresh
heci unsolicited
fine
heci unsolicited empty
fine
heci unsolicited watchdog ffffffffffffffffffff
fine
heci unsolicited watchdog 02
fine
cell "works"

row stopanswers "a stop answered by nothing, and by a message"
fresh
heci stop-answer none
fine
heci stop-answer full
fine
heci stop-answer empty
fine
cell "works"

row slow "everything takes 300 ms"
fresh
heci slow 300
fine
heci off
cell "works"

row credit "credit for messages is withheld"
fresh
heci withhold all
# the credit for the first is there already
bounded ping
said=$(told "$answer until the link is reset")
recovers
cell "$said"

row reset "the link is reset"
fresh
heci reset
comes_back "the watchdog is back"
cell "back"

row resetping "the link is reset in the middle of a ping"
fresh
heci reset ping
ping_says "$LONG"
# mainline's ping may take the client's removal for an answer
like "$answer" "$(expect '^ok$' '^(ok|E[A-Z]+)$')" "the ping ends"
at_most $LIMIT "within 5 s"
comes_back "the watchdog is back"
cell "$(expect "the heartbeat is sent again" "may be reported as success; then a new watchdog")"

row open "a file that is open over a link reset"
fresh
wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/reset" ping \
	>"$tap_dir/old" &
wait_for 10 test -e "$tap_dir/open"
before=$(heci state resets)
heci reset
soon 10 not has resets "$before"
sleep 1
touch "$tap_dir/reset"
wait
like "$(cat "$tap_dir/old")" "^ping: $(expect ok ENODEV)" "a ping of the old file"
comes_back "there is a watchdog"
cell "$(expect "goes on" "ENODEV, and a new watchdog")"

row refuse "connections are refused"
fresh
heci refuse 3 all
heci reset
sleep 2
if [ "$who" = ours ]; then
	becomes state no-connection "the state says so"
	at_once "no connection"
else
	soon 10 not wd_dev
	is $? 0 "there is no watchdog"
fi
heci off
heci reset
comes_back "it is back when they are not refused and the link is reset"
cell "$(expect "pings go on" "no watchdog"); back after a link reset"

row notify "notifications can't be registered"
fresh
heci refuse-notify 5 all
heci reset
sleep 3
if [ "$who" = ours ]; then
	comes_back "the watchdog works"
	cell "works, without activation events"
else
	exits 1 wd_dev
	cell "no watchdog at all"
fi
heci off
heci reset
comes_back "and when they can"

row bus10 "bus protocol 1.0, which has no notifications"
fresh
heci hbm 1.0
heci reset
comes_back "the watchdog works"
cell "works"

row removed "the client goes and comes"
fresh
heci remove watchdog
if [ "$who" = ours ]; then
	becomes state no-client "the state says so"
	at_once "no client"
else
	soon 10 not wd_dev
	is $? 0 "removed: no watchdog"
fi
heci add watchdog
comes_back "added: it is back"
cell "$(expect "pings go on" "no watchdog"); back"

row disconnected "the firmware closes the connection"
fresh
heci remove watchdog disconnect
if [ "$who" = ours ]; then
	becomes state no-connection "the state says so"
	at_once "no connection"
else
	ping_says "$LONG"
	unlike "$answer" '^ok$' "a ping does not work"
fi
said=$(expect "pings go on" "$answer")
heci off
heci add watchdog
heci reset
comes_back "back with the next link reset"
cell "$said; back after a link reset"

row dead "the firmware dies"
fresh
heci die
sleep 12
if [ "$who" = ours ]; then
	at_once "no firmware"
else
	ping_says "$LONG"
	unlike "$answer" '^ok$' "a ping does not work"
fi
said=$(expect "pings go on, and the state says no-connection" "$answer")
[ "$who" != ours ] || becomes state no-connection "the state says so"
heci revive
rebind
is "$status" 0 "the device can be bound again"
comes_back "revived, and bound again: it is back"
cell "$said"

row mute "no messages of the bus protocol"
fresh
heci mute yes
heci reset
sleep 4
heci mute no
sleep 3
rebind
is "$status" 0 "the device can be bound again"
comes_back "it is back"
cell "back when it is bound again"

row gone "the PCI device vanishes"
fresh
heci gone yes
if [ "$who" = ours ]; then
	at_once "no device"
	said="pings go on"
else
	ping_says "$LONG"
	unlike "$answer" '^ok$' "a ping does not work"
	said=$answer
fi
heci gone no
rebind
if [ "$who" = ours ]; then
	is "$status" 0 "there again, it can be bound"
	comes_back "it is back"
	cell "$said; back when bound again"
elif [ "$status" = 0 ]; then
	comes_back "there again, and bound: it is back"
	cell "$said; back when bound again"
else
	is "$blocked" S "there again: unbinding the PCI driver does not end"
	cell "$said; unbinding the PCI driver does not end"
fi

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
