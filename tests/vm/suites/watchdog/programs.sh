#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog watchdog-mainline
# timeout: 120
# order: 20
#
# Programs that people drive a watchdog with: Debian's daemon, busybox's, and
# the kernel's own watchdog-test. And another user of the HECI device beside it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

# pings_more N: so many since $pings
pings_more()
{
	[ "$(heci state pings)" -ge $((pings + $1)) ]
}

fresh
dev=$(wd_dev)

row daemon "Debian's watchdog daemon"
mkdir -p /var/run /var/log
cat >"$tap_dir/watchdog.conf" <<END
watchdog-device = $dev
watchdog-timeout = 180
interval = 1
realtime = no
log-dir = $tap_dir
END
heci log daemon
pings=$(heci state pings)
/data/watchdog-daemon -F -c "$tap_dir/watchdog.conf" >"$tap_dir/daemon" 2>&1 &
daemon=$!
soon 15 pings_more 4
is $? 0 "it pings"
is "$(heci state timeout)" 180 "with its timeout"
kill "$daemon"
wait "$daemon"
soon 5 has armed no
is $? 0 "and stops it when it ends"
heard=$(heard daemon)
like "$(words "$heard")" ' stop$' "the firmware was told to stop"
# a busy machine delays some, and some come twice; none may be missing for long
printf '%s\n' "$heard" | awk '$2 == "ping" && $3 == 180 {
		if (!n++)
			first = $1
		else if ($1 - last > 2.5)
			bad = 1
		if (n > 1 && $1 - last > 0.3)
			seconds++
		last = $1
	}
	END {
		rate = n > 3 ? seconds / (last - first) : 0
		exit bad || rate < 0.6 || rate > 1.4
	}'
is $? 0 "a ping each second"
cell "start with its timeout, a ping each second, stop"

if [ "$who" = ours ]; then
	diag "the daemon, when the link is reset and the firmware silent"
	/data/watchdog-daemon -F -c "$tap_dir/watchdog.conf" >"$tap_dir/daemon" 2>&1 &
	daemon=$!
	soon 15 has armed yes
	is $? 0 "it drives the watchdog"
	heci log back
	heci reset
	started back "after a link reset AMT is fed again within 2 s"
	heci drop all
	soon 15 shows state no-answer
	heci log back2
	heci off
	started back2 "and after silence of the firmware"
	sleep 2
	is "$(task_state "$daemon")" S "the daemon lives"
	unlike "$(cat "$tap_dir/daemon")" 'shutting down' "and does not want to reboot"
	pings=$(heci state pings)
	soon 10 pings_more 3
	is $? 0 "and pings on"
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	soon 5 has armed no
fi

row selftest "the kernel's watchdog-test"
capture /data/watchdog-test -f "$dev" -i
out_like 'identity:[[:space:]]+iamt_wdt' "it knows the identity"
capture /data/watchdog-test -f "$dev" -t 300 -T
out_like 'WDIOC_GETTIMEOUT returns 300 seconds' "sets and gets the timeout"
is "$(heci state armed)" no "and leaves it stopped"
capture /data/watchdog-test -f "$dev" -t 120 -b
out_like 'Power-On-Reset' "shows what the last boot was caused by"
pings=$(heci state pings)
/data/watchdog-test -f "$dev" -d -t 150 -p 1 -e >"$tap_dir/ticks" 2>&1 &
ticks=$!
soon 15 pings_more 3
is $? 0 "it ticks"
is "$(heci state timeout)" 150 "with its timeout"
kill "$ticks"
wait "$ticks"
soon 5 has armed no
is $? 0 "and stops it when it ends"
like "$(cat "$tap_dir/ticks")" 'Stopping watchdog ticks' "in its words"
unlike "$(cat "$tap_dir/ticks")" 'error' "no error"
cell "identity, timeout, disable, enable, ticks, stop"
run wd "$dev" timeout=120 ping magic

row killed "a daemon that is killed (KILL)"
n=$(heci state expiries)
pings=$(heci state pings)
busybox watchdog -F -t 1 -T 120 "$dev" &
daemon=$!
soon 15 pings_more 2
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
heci clock 60
if [ "$who" = ours ]; then
	soon 10 has expiries $((n + 1))
	is $? 0 "the watchdog expires"
	cell "AMT's event"
else
	sleep 5
	is "$(heci state expiries)" "$n" "nobody hears of it"
	cell "stopped, no event"
fi
heci clock 1
run wd "$dev" ping magic

row echo "another user of /dev/mei0 beside it"
wd "$dev" ping sleep=300 ping sleep=300 ping sleep=300 ping sleep=300 ping \
	sleep=300 ping magic >"$tap_dir/beside" &
i=0
while [ "$i" -lt 5 ]; do
	run mei-echo /dev/mei0 100
	i=$((i + 1))
done
wait
unlike "$(cat "$tap_dir/beside")" ': E' "no ping fails"
cell "works: 500 messages, while pings work"

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
