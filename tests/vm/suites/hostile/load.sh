#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: load
# timeout: 480
#
# Each allocation that the module asks for while it is loaded, and makes its devices
# and serves them, is refused, one after the other, those of methods of the firmware
# apart: either it is not loaded, or it is, with what it could get, and goes cleanly.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/fault.sh disable=SC1091,SC2154
. /tests/fault.sh

MANY=1000000	# more allocations than there are
TURNS=20	# after which a directory has no allocation left to fail

nodes()
{
	[ -c /dev/pfru/update ] && [ -c /dev/pfru/telemetry ]
}

gone()
{
	[ ! -e /sys/module/pfru ] && [ ! -e /dev/pfru ]
}

# allocations: of a loading that succeeds
allocations()
{
	capture fail-load "$file" $MANY
	total=$((MANY - ${out##* }))
	like "$out" '^loaded ' "it loads when nothing fails"
	run rmmod pfru
}

# a link that the driver core (6.1) puts where it stays, when it could not make the
# module's directory of drivers; it complains when it does so again, as it does when
# the same fails once more, and may in the next turns
astray()
{
	[ -L /sys/platform:pfru_update ]
}

complained()
{
	dmesg | grep -q "duplicate filename '/*platform:pfru_"
}

# complaints_of_it: all that are in the log are of that link
complaints_of_it()
{
	traces=$(dmesg | grep -c 'Call Trace:')
	[ "$traces" = "$(dmesg | grep -c "duplicate filename '/*platform:pfru_")" ] &&
		! dmesg | grep 'BUG: \|WARNING: \|KASAN: \|UBSAN: '
}

# a node that the kernel (6.1) gives its second name without a word, and leaves there
# when it goes, where it could not note the first one
other_name()
{
	rm /dev/pfru_update0 2>/dev/null || rm /dev/pfru_telemetry0 2>/dev/null
}

# wrong WHAT: at this turn
wrong()
{
	bad=$((bad + 1))
	diag "$n: $*"
	log_since | sed 's/^/# /' | tail -n 20
}

run modprobe pfru
file=$(find /lib/modules -name pfru.ko)
run rmmod pfru
fault_in_modules
allocations
all=$total
fault_not_in "$(acpi_begin ps)" "$(acpi_end)"
allocations
diag "$all allocations, $((all - total)) of them the interpreter's"
[ "$total" -gt 50 ] && [ "$total" -lt "$all" ]
is $? 0 "the interpreter's are left out, and others are not"

refused=0
without=0
unserved=0
bad=0
expected=
again=$TURNS
n=0
left=0
while [ "$left" = 0 ] && [ "$n" -lt $((total * 2)) ]; do
	n=$((n + 1))
	log_mark
	capture fail-load "$file" "$n"
	left=${out##* }
	case $out in
	"loaded "*)
		if ! wait_for 1 nodes && ! other_name; then
			unserved=$((unserved + 1))
			log_since | grep -q 'failed with error\|driver_sysfs_add(.*) failed\|: not served' ||
				wrong "no nodes, and no word"
		fi
		! log_since | grep -q 'AMT watchdog is not served (error -12)' ||
			without=$((without + 1))
		rmmod pfru || wrong "rmmod fails" ;;
	# EINVAL: what device_add() gives where it finds no name
	"ENOMEM "*|"EINVAL "*)
		refused=$((refused + 1)) ;;
	*)
		wrong "$out" ;;
	esac
	other_name
	gone || wrong "it is there"
	if [ -z "$expected" ] && astray; then
		expect_splat "a link that is there already"
		expected=$((n + TURNS))
	fi
	if [ -n "$expected" ] && [ "$again" -gt 0 ] && ! complained; then
		again=$((again - 1))
		n=$((n - 1))
	elif [ "$n" = "$expected" ]; then
		end_expect_splat
		complaints_of_it
		is $? 0 "the driver core complains of its link, and nobody else"
	fi
done
diag "$((n - 1)) failed: $refused times not loaded, $unserved times without a device, $without times without the watchdog"
[ "$left" -gt 0 ]
is $? 0 "until none is left to fail"
# fewer than at first, when the allocator's caches had to be filled, too
[ "$n" -gt $((total * 3 / 4)) ]
is $? 0 "each has failed"
is "$bad" 0 "not loaded, with an errno, or reported, and gone in the end"
isnt "$refused" 0 "some keep it from being loaded"
isnt "$unserved" 0 "some a device from being served"
isnt "$without" 0 "some the watchdog, and nothing else"
log_mark
run modprobe pfru
wait_for 5 nodes
is $? 0 "all is well when nothing fails"
unlike "$(log_since)" 'not served' "the watchdog, too"
run pfructl capability
run rmmod pfru
done_testing
