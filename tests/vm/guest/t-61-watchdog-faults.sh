#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 800
#
# The AMT watchdog with a firmware that misbehaves in every way the HECI model
# can: an operation ends within 5 s, and the watchdog comes back.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/wd.sh disable=SC1091
. /tests/wd.sh

LIMIT=5.5	# 5 s, and what a slow machine adds
LONG=$(expect 17 7)	# an open and pings, each within the limit; or for ever

# bounded [WORD...]: a ping (after the words) during the fault that was set: no
# success, within the limit; mainline's blocks without a bound. Sets $answer for
# the cell.
bounded()
{
	ping_says "$LONG" "$@"
	if [ "$who" = ours ]; then
		like "$answer" '^E[A-Z]+$' "a ping fails"
		at_most $LIMIT "within 5 s"
	else
		like "$answer" '^blocked \([DS]\)$' "a ping never ends"
	fi
}

# recovers: after the fault, without help (ours) or with a link reset
recovers()
{
	heci off
	if [ -n "$blocked" ]; then
		heci reset
		soon 10 ended "$pid"
		is $? 0 "a link reset ends it"
	fi
	comes_back "the watchdog is back"
}

# fine: pings work
fine()
{
	ping_says
	is "$answer" ok "a ping works"
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
heci required no quiet
heci reset
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
soon 10 not wd_dev
is $? 0 "the watchdog is gone after the next ping"
heci required yes
comes_back "required again: it is back"
cell "gone after the next ping, back with the notification"

row delay "answers 300 ms late"
fresh
heci delay 300 all
fine
if echo "$seconds" | awk '{ exit !($1 >= 0.29 && $1 < 1.5) }'; then
	ok "a ping takes that long"
else
	not_ok "a ping takes that long" "$seconds"
fi
heci off
cell "a ping takes that long"

row late "an answer 7 s late"
fresh
heci delay 7000 1
ping_says 17
if [ "$who" = ours ]; then
	like "$answer" '^E[A-Z]+$' "a ping fails"
	at_most $LIMIT "within 5 s"
	sleep 4
	recovers
	cell "$answer within 5 s; the late answer does no harm"
else
	is "$answer" ok "a ping works"
	cell "the ping waits for it"
fi

row drop "an answer is lost"
fresh
heci drop 1
bounded
recovers
cell "$(expect "$answer within 5 s, then it works" "$answer until the link is reset")"

row dropall "no answers at all, for several pings"
fresh
heci drop all
if [ "$who" = ours ]; then
	for i in 1 2 3; do
		ping_says "$LONG"
		like "$answer" '^(E[A-Z]+|no watchdog)$' "ping $i fails"
		at_most $LIMIT "within 5 s"
		sleep 1
	done
else
	bounded
fi
recovers
cell "$(expect "each fails within 5 s" "$answer until the link is reset")"

for what in 0 3 5; do
	row "truncate$what" "answers cut to $what bytes"
	fresh
	heci truncate "$what" all
	ping_says "$LONG"
	case $who:$what in
	ours:*)
		like "$answer" '^E[A-Z]+$' "a ping fails"
		at_most $LIMIT "within 5 s" ;;
	*:5)	is "$answer" ok "a ping works: bytes that are not there are read" ;;
	*)	is "$answer" "blocked (D)" "a ping never ends" ;;
	esac
	said=$answer
	recovers
	cell "$said"
done

row long "answers filled up to 500 bytes"
fresh
heci truncate 500 all
ping_says "$LONG"
said=$answer
unlike "$said" '^$' "a ping does something"
[ "$who" != ours ] || at_most $LIMIT "within 5 s"
recovers
cell "$said"

for what in command subcommand version bytecount; do
	row "corrupt-$what" "answers with a wrong $what"
	fresh
	heci corrupt "$what=0x77" all
	ping_says "$LONG"
	case $who:$what in
	ours:bytecount)
		like "$answer" '^(ok|E[A-Z]+)$' "a ping ends"
		at_most $LIMIT "within 5 s" ;;
	ours:*)
		like "$answer" '^E[A-Z]+$' "a ping fails"
		at_most $LIMIT "within 5 s" ;;
	*:bytecount)
		is "$answer" ok "a ping works" ;;
	*)	is "$answer" "blocked (D)" "a ping never ends" ;;
	esac
	said=$answer
	recovers
	cell "$said"
done

row status "answers with status 1"
fresh
heci corrupt status=1 all
ping_says "$LONG"
is "$answer" "$(expect EIO ok)" "$(expect "a ping fails" "a ping works, as it says")"
said=$answer
recovers
cell "$said"

row random "answers of random bytes"
fresh
heci corrupt random all
i=0
while [ "$i" -lt 3 ]; do
	ping_says "$LONG"
	[ -z "$blocked" ] || break
	[ "$who" != ours ] || at_most $LIMIT "a ping ends within 5 s"
	i=$((i + 1))
done
unlike "$answer" '^$' "a ping does something"
recovers
cell "$(expect "each ping ends within 5 s" "$answer until the link is reset")"

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
recovers
cell "$(expect "$answer within 5 s, then it works" "$answer until the link is reset")"

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
like "$answer" "$(expect '^E[A-Z]+$' '^(ok|E[A-Z]+)$')" "the ping ends"
at_most $LIMIT "within 5 s"
said=$answer
comes_back "the watchdog is back"
cell "$(expect "$said, then a new watchdog" "may be reported as success; then a new watchdog")"

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
like "$(cat "$tap_dir/old")" '^ping: ENODEV' "the old file gets ENODEV"
comes_back "there is a new watchdog"
cell "ENODEV, and a new watchdog"

row refuse "connections are refused"
fresh
heci refuse 3 all
heci reset
sleep 2
soon 10 not wd_dev
is $? 0 "there is no watchdog"
heci off
heci reset
comes_back "it is back when they are not refused and the link is reset"
cell "no watchdog; back after a link reset"

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
soon 10 not wd_dev
is $? 0 "removed: no watchdog"
heci add watchdog
comes_back "added: it is back"
cell "no watchdog; back"

row disconnected "the firmware closes the connection"
fresh
heci remove watchdog disconnect
ping_says "$LONG"
unlike "$answer" '^ok$' "a ping does not work"
[ "$who" != ours ] || at_most $LIMIT "and ends within 5 s"
said=$answer
heci off
heci add watchdog
heci reset
comes_back "back with the next link reset"
cell "$said; back after a link reset"

row dead "the firmware dies"
fresh
heci die
sleep 12
ping_says "$LONG"
[ "$who" != ours ] || at_most 1 "a ping ends at once"
said=$answer
unlike "$said" '^ok$' "a ping does not work"
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
ping_says "$LONG"
unlike "$answer" '^ok$' "a ping does not work"
[ "$who" != ours ] || at_most $LIMIT "and ends within 5 s"
said=$answer
heci gone no
rebind
if [ "$who" = ours ]; then
	is "$status" 0 "there again, it can be bound"
	comes_back "it is back"
	cell "$said within 5 s; back when bound again"
elif [ "$status" = 0 ]; then
	comes_back "there again, and bound: it is back"
	cell "$said; back when bound again"
else
	is "$blocked" S "there again: unbinding the PCI driver does not end"
	cell "$said; unbinding the PCI driver does not end"
fi

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
