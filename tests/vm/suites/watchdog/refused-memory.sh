#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-memory
# timeout: 900
#
# Each allocation that the AMT watchdog asks for, in whichever task, is refused, one
# after the other, while it is pinged, taken away as it runs, and bound again: what
# is done fails with an errno, or works, and the watchdog comes back. Those of the
# kernel's search for leaks are left out, and one of the MEI driver's (6.1), which
# says of a message that it was sent when it had no memory to send it later.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/../../guest/fault.sh disable=SC1091
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
		soon 10 beats_more "$before" || wrong "a ping that the firmware did not get" ;;
	:ok:E*|:E*:)
		errors=$((errors + 1)) ;;
	*)
		wrong "a ping: $out $blocked" ;;
	esac
}

# told: the log says that it is not stopped, if so
told()
{
	armed=no
	! log_since | grep -q "watchdog: not stopped while its client goes away" || armed=yes
	found=$(heci state armed)
	[ "$found" = "$armed" ] || wrong "armed: $found, and the log says: $armed"
}

# change WHAT: unbind or bind it; it may be back by itself, where the MEI
# driver (6.1) has reset the link for an answer to a connection that it forgot
change()
{
	capture sh -c "echo $client >$bus/$1"
	[ "$status" = 0 ] || log_since | grep -q 'mei_me .*: unexpected reset: '
}

unbind()
{
	change unbind || wrong "unbind: $err"
	told
}

bind()
{
	change bind && return
	errors=$((errors + 1))
	case $err in
	*"Cannot allocate memory"*) ;;
	*) wrong "bind: $err" ;;
	esac
	change bind || wrong "it can't be bound again: $err"
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
	end=$(($(uptime_s) + 60))
	until wd_works; do
		[ "$(uptime_s)" -lt "$end" ] || return 1
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

turn()
{
	dev=$(wd_dev)
	log_mark
	ping
	unbind
	bind
	log_mark
	if mended; then
		soon 10 has armed no || wrong "closed with V, it runs on"
		return
	fi
	wrong "no watchdog: $(cat "$state") $out"
	rebind
	mended
}

# refuse KIND: the first, the second, ... until thrice none is left
refuse()
{
	n=1
	done=0
	errors=0
	lost=0
	bad=0
	while [ "$done" -lt 3 ] && [ "$n" -lt $MANY ]; do
		fault_next "$1" "$n"
		turn || break
		if fault_came; then
			done=0
			n=$((n + 1))
		else
			# that the count is known
			done=$((done + 1))
			turn || break
			fault_came || break
		fi
		fault_end
	done
	fault_end
	diag "$1: $((n - 1)) refused, $errors errors, $lost resets of the link"
	is "$done" 3 "$1: until none is left"
	is "$bad" 0 "$1: an error, or done, and the watchdog comes back"
}

fresh
fault_in_modules
fault_by_cache
for cache in kmalloc-32 kmalloc-64 kmalloc-2k kernfs_node_cache skbuff_head_cache; do
	is "$(cat /sys/kernel/slab/$cache/failslab)" 1 "what is from $cache is refused"
done
is "$(cat /sys/kernel/slab/kmemleak_object/failslab)" 0 "what the search for leaks asks for is not"
begin=$(texts mei_cl_irq_write)
fault_not_in "$begin" "$(after mei_cl_irq_write)"
isnt "$begin" "" "where the MEI driver sends later is known"
refuse failslab
[ "$n" -gt 50 ]
is $? 0 "there are some"
isnt "$errors" 0 "some are reported"
fresh
wd_works
is $? 0 "all is well when nothing fails"
is "$(heci state armed)" no "it is stopped in the end"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
