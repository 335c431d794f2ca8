# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3045
#
# Runs the tests of /etc/vm/tests in a guest, for whoever is its init. To be
# sourced: begin_run, run_tests, end_run. ttyS1 carries the results, ttyS2 the
# files of /out, the console only what the kernel says.

kmsg()
{
	echo "<6>pfru-vm: $*" >/dev/kmsg
}

# One line for the harness. It begins with a newline of its own, since a test
# may have died in the middle of a line.
tell()
{
	printf '\npfru-vm %s\n' "$*" >&3
}

# run_test NAME LIMIT COMMAND: what it prints on stdout goes straight to the results
run_test()
{
	log=/out/$(echo "$1" | tr / -).log
	limit=$(($2 * ${VM_SLOWNESS:-1}))
	begin=$(cut -d . -f 1 /proc/uptime)
	rm -f /run/pid

	kmsg "test $1"
	tell "test $1"
	(
		cd /tmp || exit 1
		# a session of its own, to end it with all its children
		# shellcheck disable=SC2016
		setsid sh -c 'echo $$ >/run/pid; exec $1' sh "$3" \
			>&3 2>"$log" 3>&- 4>&-
		echo $? >&4
	) &
	if read -r -t "$limit" rc <&4; then
		how="exit"
	else
		how=timeout
		kill -KILL -- "-$(cat /run/pid)"
		read -r -t 10 rc <&4 || how=stuck
	fi
	kill -KILL -- "-$(cat /run/pid)" 2>/dev/null
	if [ "$how" != exit ] || [ "$rc" != 0 ]; then
		printf '\n' >&3
		tail -n 30 "$log" | sed 's/^/# stderr: /' >&3
	fi
	tell "end $1 $how ${rc:-none} $(($(cut -d . -f 1 /proc/uptime) - begin)) $limit"
	if [ "$how" = stuck ]; then
		kmsg "test $1 cannot be killed; blocked tasks:"
		echo w >/proc/sysrq-trigger
	fi
	[ "$how" != stuck ]
}

# begin_run: opens the lines, loads the modules of /etc/vm/load
begin_run()
{
	# set the line before anything is said, so that no byte is changed on
	# the way
	exec 3>/dev/ttyS1 </dev/null
	stty -F /dev/ttyS1 raw -echo
	stty -F /dev/ttyS2 raw -echo 2>/dev/null
	mkfifo /run/exit
	exec 4<>/run/exit

	kmsg "begin"
	tell "begin"
	# shellcheck source=/dev/null
	[ ! -f /etc/vm/env ] || . /etc/vm/env
	while read -r module; do
		# shellcheck disable=SC2086 # parameters follow the name
		modprobe $module 2>/out/modprobe.log ||
			tell "error cannot load module $module: $(head -n 1 /out/modprobe.log)"
	done </etc/vm/load
	watch_races
	# what leaked before the first test is not ours
	if [ -e $leaks ]; then
		scan_leaks
		echo clear >$leaks
	fi
}

leaks=/sys/kernel/debug/kmemleak
races=/sys/kernel/debug/kcsan

# watch_races: more of the accesses, and each for longer, than a kernel bears all of
# which is watched; here it is the module alone
watch_races()
{
	[ -e $races ] || return 0
	echo 10 >/sys/module/kcsan/parameters/skip_watch
	echo 200 >/sys/module/kcsan/parameters/udelay_task
	echo on >$races
}

# tell_races: what a kernel that looks for data races has looked at; its reports
# are in its log
tell_races()
{
	[ -e $races ] || return 0
	cat $races >/out/kcsan
	watched=$(sed -n 's/^setup_watchpoints: //p' /out/kcsan)
	kmsg "data races: $(tr '\n' ' ' </out/kcsan | cut -c 1-200)"
	[ "${watched:-0}" -gt 0 ] || tell "error this kernel has watched nothing"
}

# Memory is a leak to kmemleak when it was lost for 5 s, in two scans.
scan_leaks()
{
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
}

# known_leaks yes|no: those of them that are, or are not, what the kernel's
# ACPI code loses: objects of the interpreter's parser whenever a method is aborted,
# and what was loaded through configfs
known_leaks()
{
	aborted=0
	! dmesg | grep 'Aborting method' >/dev/null || aborted=1
	awk -v wanted="$1" -v aborted=$aborted '
	function end_object() {
		if (((known && aborted) || table ? "yes" : "no") == wanted)
			printf "%s", object
		object = ""
		known = 0
		table = 0
	}
	/^unreferenced object/ { end_object() }
	/\] acpi_ps_alloc_op\+/ { known = 1 }
	/\] acpi_table_(make_item|aml_write)\+/ { table = 1 }
	{ object = object $0 "\n" }
	END { end_object() }' /out/kmemleak
}

# find_leaks: says which, the gate judges
find_leaks()
{
	[ -e $leaks ] || return
	scan_leaks
	cat $leaks >/out/kmemleak
	kmsg "leaks of ACPI's own: $(known_leaks yes | grep -c '^unref')"
	known_leaks no | head -n 60 | while IFS= read -r line; do
		echo "<4>pfru-vm: $line" >/dev/kmsg
	done
}

# keep_counts: which lines of the module ran. These files have no size.
keep_counts()
{
	[ -d /sys/kernel/debug/gcov/tmp ] || return
	for file in /sys/kernel/debug/gcov/tmp/*/module/*.gcda \
		    /sys/kernel/debug/gcov/tmp/*/module/*/*.gcda \
		    /sys/kernel/debug/gcov/tmp/*/core/*.gcda; do
		[ -f "$file" ] || continue
		to=/out/gcov/${file#/sys/kernel/debug/gcov/tmp/*/}
		mkdir -p "${to%/*}"
		cat "$file" >"$to"
	done
}

# run_tests: one after the other; not behind one that cannot be killed
run_tests()
{
	while read -r name limit command <&5; do
		run_test "$name" "$limit" "$command" || break
	done 5</etc/vm/tests
}

# end_run: hands the files over; the guest can be switched off
end_run()
{
	find_leaks
	tell_races
	keep_counts
	tell "tainted $(cat /proc/sys/kernel/tainted)"
	tell "end"
	dmesg >/out/dmesg
	# GNU tar refuses to write to a terminal
	tar -C /out -czf - . | cat >/dev/ttyS2
	# stty waits until everything written before is on its way
	stty -F /dev/ttyS2 raw
	stty -F /dev/ttyS1 raw
	kmsg "end tainted=$(cat /proc/sys/kernel/tainted)"
	sync
}
