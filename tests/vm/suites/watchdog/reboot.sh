#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-survives
# timeout: 1500
# order: 20
#
# The notifiers of a reboot at random moments of link resets and of firmware that
# does not listen, $REBOOTS times: they take no longer than the bound, and those
# behind the watchdog's run, too. After them a ping starts nothing.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

chain=/sys/module/reboot_chain/parameters

list=$(awk '$3 == "reboot_notifier_list" { print "0x" $1 }' /proc/kallsyms)
run modprobe reboot_chain list="$list"
worst=0
n=0
good=0
while [ "$n" -lt "$REBOOTS" ]; do
	n=$((n + 1))
	fresh >"$tap_dir/fresh"
	[ ! -s "$tap_dir/fresh" ] || { cat "$tap_dir/fresh"; break; }
	rm -f "$tap_dir"/open
	# every fifth time nobody has it open, and it runs on
	if [ $((n % 5)) = 0 ]; then
		wd "$(wd_dev)" ping sleep=100 >/dev/null
		holder=
	else
		wd "$(wd_dev)" ping touch="$tap_dir/open" wait="$tap_dir/go" ping magic \
			>"$tap_dir/held" 2>&1 &
		holder=$!
		soon 10 test -e "$tap_dir/open"
	fi
	case $((n % 4)) in
	0)	heci withhold all ;;
	1)	heci drop all ;;
	2)	heci remove watchdog ;;
	esac
	heci reset
	usleep $(($(awk -v s="$n" 'BEGIN { srand(s); print int(rand() * 400) }') * 1000))
	later=$(cat $chain/later)
	echo 1 >$chain/call
	took=$(cat $chain/took)
	[ "$took" -le "$worst" ] || worst=$took
	[ "$(cat $chain/later)" = $((later + 1)) ] ||
		{ diag "$n: no later notifier ran"; break; }
	[ "$took" -le $((5000 * VM_SLOWNESS)) ] ||
		{ diag "$n: the notifiers took $took ms"; break; }
	heci off
	heci add watchdog
	soon 30 shows state idle || { diag "$n: $(shown state)"; break; }
	is_stopped=$(heci state armed)
	touch "$tap_dir/go"
	[ -z "$holder" ] || wait "$holder"
	rm -f "$tap_dir/go"
	[ "$is_stopped$(heci state armed)" = nono ] ||
		{ diag "$n: armed before and after a late ping: $is_stopped, $(heci state armed)"; break; }
	wd "$(wd_dev)" magic >/dev/null
	good=$((good + 1))
done
is "$good" "$REBOOTS" "no reboot stalls, each later notifier runs, and AMT is told to stop"
diag "the longest took $worst ms"
fresh
run rmmod reboot_chain
done_testing
