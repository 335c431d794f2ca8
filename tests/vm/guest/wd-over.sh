# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3043,SC2154,SC2034
#
# What happens below a watchdog that a program keeps open, to be sourced after
# wd.sh. Each event leaves the mark "back" where AMT is to be fed again.

wd_bus=/sys/bus/mei/drivers/$(wd_driver)

client()
{
	basename "$(ls -d /sys/bus/mei/devices/*"$wd_uuid")"
}

link_reset()
{
	before=$(heci state resets)
	heci log back
	heci reset
	soon 10 not has resets "$before"
}

remove_add()
{
	heci remove watchdog
	if [ "$who" = ours ]; then
		soon 10 shows state no-client
		is $? 0 "the client is gone, and sysfs shows it"
	else
		sleep 2
	fi
	heci log back
	heci add watchdog
}

unbind_bind_client()
{
	c=$(client)
	echo "$c" >"$wd_bus/unbind"
	[ "$who" != ours ] ||
		is "$(heci state armed)" no "unbound: AMT was told to stop"
	heci log back
	echo "$c" >"$wd_bus/bind"
}

unbind_bind_engine()
{
	echo "$wd_pci" >/sys/bus/pci/drivers/mei_me/unbind
	case $who:$VM_KERNEL in
	# this kernel's driver forbids to send before it removes clients
	ours:5.10.*|mainline:*) ;;
	*) is "$(heci state armed)" no "unbound: AMT was told to stop" ;;
	esac
	heci log back
	echo "$wd_pci" >/sys/bus/pci/drivers/mei_me/bind
}

# sleeps [STATE] [SECONDS]: up to the devices, for a second; the kernel's own test
sleeps()
{
	heci log asleep
	echo "${2:-1}" >/sys/module/suspend/parameters/pm_test_delay
	echo devices >/sys/power/pm_test || return
	slept=0
	echo "${1:-freeze}" >/sys/power/state || slept=1
	heci log back
	return "$slept"
}

# awake_in_time: for the last sleep AMT was told to stop, and by 2 s after it to start.
# It may have been started before the mark.
awake_in_time()
{
	local limit=$((2 * VM_SLOWNESS))

	soon $((limit + 10)) has armed yes
	heci history 200 | awk -v limit="$limit" '
		{ fw = $0; sub(/.* fw=/, "", fw); sub(/ .*/, "", fw) }
		/-- MARK asleep$/ { stop = start = back = 0 }
		/-- MARK back$/ { back = fw }
		/ rx watchdog\/[0-9]* stop / && !stop { stop = fw }
		/ rx watchdog\/[0-9]* start timeout/ && stop && !start { start = fw }
		END {
			print "# stopped", stop, "started", start, "awake", back
			exit !(stop && start && back && start - back <= limit)
		}'
}

# silence: the firmware answers nothing for $SILENCE seconds
silence()
{
	heci drop all
	sleep "$SILENCE"
	# to the driver's knowledge it expired, when it is silent for that long
	like "$(shown state)" '^(no-answer|expired)$' "the firmware is silent, and sysfs shows it"
	heci log back
	heci off
}

# fed_over EVENT NAME: one, over which a program goes on
fed_over()
{
	"$1"
	started back "$2: fed again within 2 s"
	goes_on "$2"
}

# the two that come many times; they fail when AMT is not fed again in time
reset_and_fed()
{
	link_reset && fed_in_time back
}

asleep_and_fed()
{
	sleeps "${1:-freeze}" 0 && awake_in_time
}

# many TIMES CMD NAME: CMD works each time
many()
{
	n=0
	while [ "$n" -lt "$1" ]; do
		"$2" || break
		n=$((n + 1))
	done
	is "$n" "$1" "$3: fed again within 2 s each time"
	[ "$n" = "$1" ] || diag "$(heci history 40)"
}

# survives: over everything that comes and goes below it, a program drives the
# watchdog by the one file that it has opened; goes_on NAME is the test's, and says
# whether it does. $SILENCE, in seconds.
survives()
{
	expiries=$(heci state expiries)
	many 20 reset_and_fed "20 link resets"
	goes_on "20 link resets"
	many 20 asleep_and_fed "20 suspends to idle"
	goes_on "20 suspends to idle"
	asleep_and_fed disk
	is $? 0 "hibernation, up to its image: fed again within 2 s"
	goes_on "hibernation"
	fed_over remove_add "the client removed and added"
	fed_over unbind_bind_client "the client unbound and bound"
	fed_over unbind_bind_engine "mei_me unbound and bound"
	fed_over silence "the firmware silent for $SILENCE s"
	is "$(heci state expiries)" "$expiries" "no event came"
}
