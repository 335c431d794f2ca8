#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-daemon
# timeout: 500
#
# Debian's watchdog(8), over all that comes and goes below its one open file. The
# firmware is silent for $SILENCE seconds.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/../../guest/wd-over.sh disable=SC1091
. /tests/wd-over.sh

# files: what it has open, the watchdog among them
files()
{
	# shellcheck disable=SC2010 # no file here has a strange name
	ls -l "/proc/$daemon/fd" | grep "$dev\$"
}

goes_on()
{
	like "$(task_state "$daemon")" '[SR]' "$1: watchdog(8) lives"
	is "$(files | sed 's/.* \([0-9]* -> \)/\1/')" "$file" "$1: and has the same file open"
	unlike "$(cat "$tap_dir/daemon")" 'shutting down|write watchdog device gave error' \
		"$1: and wants no reboot"
	n=$(beats)
	soon 10 beats_more "$n"
	is $? 0 "$1: and pings on"
}

fresh
dev=$(wd_dev)
mkdir -p /var/run /var/log
cat >"$tap_dir/watchdog.conf" <<END
watchdog-device = $dev
watchdog-timeout = 120
interval = 1
realtime = no
log-dir = $tap_dir
END
/data/watchdog-daemon -F -c "$tap_dir/watchdog.conf" >"$tap_dir/daemon" 2>&1 &
daemon=$!
soon 15 has armed yes
is $? 0 "it drives the watchdog"
file=$(files | sed 's/.* \([0-9]* -> \)/\1/')
like "$file" "^[0-9]+ -> $dev\$" "by one file"
survives
heci clock $(((30 + VM_SLOWNESS - 1) / VM_SLOWNESS))
sleep $((6 * VM_SLOWNESS))
heci clock 1
is "$(heci state expiries)" "$expiries" "nor in 180 s of the firmware's clock while it pings"
kill "$daemon"
wait "$daemon" 2>/dev/null
soon 5 has armed no
is $? 0 "it stops the watchdog when it ends"
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
