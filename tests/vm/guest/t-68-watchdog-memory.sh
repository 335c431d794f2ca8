#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# Each allocation that the AMT watchdog asks for, in whichever task, is refused, one
# after the other, while it is pinged, taken away as it runs, and bound again: what
# is done fails with an errno, or works, and the watchdog comes back.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/fault.sh disable=SC1091
. /tests/fault.sh

bus=/sys/bus/mei/drivers/pfru_watchdog
client=$(basename "$(ls -d /sys/bus/mei/devices/*"$wd_uuid")")
state=/sys/bus/mei/devices/$client/pfru_watchdog/state
MANY=500	# more allocations than there are

# wrong WHAT: at this turn
wrong()
{
	bad=$((bad + 1))
	diag "$fault_kind $n: $*"
	log_since | sed 's/^/# /' | tail -n 20
	heci history 20 | sed 's/^/# /'
}

# ping: as the last thing of a file that is not stopped
ping()
{
	before=$(beats)
	limited 8 wd "$dev" ping
	case $blocked:$(said open):$(said ping) in
	:ok:ok)
		[ "$(beats)" -gt "$before" ] || wrong "a ping that the firmware did not get" ;;
	:ok:E*|:E*:)
		told=$((told + 1)) ;;
	*)
		wrong "a ping: $out $blocked" ;;
	esac
}

# stopped WORDS: or the log tells with these that it is not
stopped()
{
	[ "$(heci state armed)" = no ] || log_since | grep -q "watchdog: $1: " ||
		wrong "it still runs, and no word"
}

unbind()
{
	capture sh -c "echo $client >$bus/unbind"
	[ "$status" = 0 ] || wrong "unbind: $err"
	stopped "not stopped as it goes away"
}

bind()
{
	capture sh -c "echo $client >$bus/bind"
	[ "$status" = 0 ] && return
	told=$((told + 1))
	case $err in
	*"Cannot allocate memory"*) ;;
	*) wrong "bind: $err" ;;
	esac
	capture sh -c "echo $client >$bus/bind"
	[ "$status" = 0 ] || wrong "it can't be bound again: $err"
}

# forgotten: the MEI driver (6.1) forgets a connection whose end it had no memory to
# send; the firmware keeps it, and takes no other one
forgotten()
{
	[ "$(heci state watchdog.connections)" = 1 ] &&
		[ "$(cat "$state")" = no-connection ]
}

# mended: it works, if need be after a reset of the link where that is forgotten
mended()
{
	left=100
	until wd_works; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		if forgotten; then
			# once more, lest a connection was just being made
			usleep 500000
			forgotten || continue
			lost=$((lost + 1))
			rebind || return 1
		fi
		usleep 50000
	done
}

# refuse KIND: the first, the second, ... until none is left
refuse()
{
	n=0
	told=0
	lost=0
	bad=0
	came=yes
	while [ "$came" = yes ] && [ "$n" -lt $MANY ]; do
		n=$((n + 1))
		log_mark
		dev=$(wd_dev)
		fault_next "$1" "$n"
		ping
		unbind
		bind
		mended || {
			wrong "no watchdog: $(cat "$state") $out"
			rebind
			mended || break
		}
		stopped "stopping it fails"
		fault_came || came=no
		fault_end
	done
	diag "$1: $((n - 1)) refused, $told times told, $lost times the link was reset"
	is "$came" no "$1: until none is left"
	is "$bad" 0 "$1: told, or done, and the watchdog comes back"
}

fresh
fault_in_modules
refuse failslab
[ "$n" -gt 50 ]
is $? 0 "there are some"
isnt "$told" 0 "some are told"
refuse fail_page_alloc
fresh
wd_works
is $? 0 "all is well when nothing fails"
is "$(heci state armed)" no "it is stopped in the end"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
