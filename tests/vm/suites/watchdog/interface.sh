#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog watchdog-mainline watchdog-kernel
# timeout: 120
# order: 10
#
# The AMT watchdog, as programs and the firmware see it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

soon 10 wd_dev
dev=$(wd_dev)
isnt "$dev" "" "there is a watchdog"
sys=/sys/class/watchdog/${dev##*/}
is "$(cat "$sys/identity")" iamt_wdt "its identity"
is "$(cat "$sys/timeout")" 120 "its timeout"
is "$(heci state starts)" "$(heci state stops)" \
	"what the probe has started it has stopped"
is "$(heci state armed)" no "it is not armed"

row wdctl "wdctl"
run wdctl "$dev"
out_like 'Identity: +iamt_wdt' "identity"
out_like 'Timeout: +120 sec' "timeout"
run wdctl --output FLAG,DESCRIPTION --noheadings "$dev"
for flag in KEEPALIVEPING SETTIMEOUT ALARMONLY; do
	out_like "^$flag" "the flag $flag"
done
flags=$(printf '%s\n' "$out" | awk '$1 ~ /^[A-Z]+$/ { printf "%s%s", sep, $1; sep = ", " }')
is "$(heci state armed)" no "a look leaves it stopped"
cell "$flags"

row start "open, set a timeout of 130 s, ping each second, close with V"
heci log drive
run wd "$dev" timeout=130 ping sleep=1000 ping sleep=1000 ping sleep=200 magic
heard=$(heard drive)
like "$(words "$heard")" '^start (120 ping 130|130)( ping 130){2,5} stop$' \
	"start, pings with the new timeout, stop"
printf '%s\n' "$heard" | grep '130$' |
	awk 'NR > 1 && $1 - last > 0.5 { n++; bad += $1 - last < 0.9 || $1 - last > 2 }
	     { last = $1 }
	     END { exit bad || n != 2 }'
is $? 0 "a second between those that a second is between"
is "$(heci state armed)" no "not armed any more"
is "$(heci state timeout)" 130 "the firmware was told 130 s"
cell "start, pings with 130 s, stop"

row limits "timeouts taken"
run wd "$dev" timeout=120 timeout=65535 timeout=120 magic
exits 1 wd "$dev" timeout=119 magic
is "$(said timeout=119)" EINVAL "119 s is refused"
exits 1 wd "$dev" timeout=65536 magic
is "$(said timeout=65536)" EINVAL "65536 s is refused"
cell "120 to 65535 s"

row magic "close without V"
heci log close
run wd "$dev" ping sleep=200
case $who in
ours)
	is "$(heci state armed)" yes "it goes on"
	unlike "$(words "$(heard close)")" stop "the firmware was told nothing"
	run wd "$dev" ping magic
	cell "goes on, and expires" ;;
*)
	is "$(heci state armed)" no "it is stopped"
	cell "stopped: the flag MAGICCLOSE is missing" ;;
esac

row options "WDIOC_SETOPTIONS"
heci log options
run wd "$dev" ping sleep=200 disable enable ping sleep=200 magic
like "$(words "$(heard options)")" '^start 120( ping 120)* stop start 120( ping 120)* stop$' \
	"disable stops it, enable starts it"
cell "disable stops, enable starts"

row busy "a second open"
wd "$dev" touch="$tap_dir/open" wait="$tap_dir/close" magic >/dev/null &
wait_for 10 test -e "$tap_dir/open"
exits 1 wd "$dev" ping
is "$(said open)" EBUSY "EBUSY"
touch "$tap_dir/close"
wait
cell EBUSY

row left "time left (WDIOC_GETTIMELEFT)"
capture wd "$dev" ping sleep=2000 left magic
case $who in
ours)
	left=$(printf '%s\n' "$out" | sed -n 's/^left=//p')
	case $left in
	11[5-9])
		ok "$left s of 120, 2 s after a ping" ;;
	*)	not_ok "118 s or a little less, 2 s after a ping" "$out" ;;
	esac
	cell "offered" ;;
*)
	# newer kernels work it out themselves
	like "$(said left)" '^(EOPNOTSUPP|ok)$' "it is answered"
	cell "$(said left)" ;;
esac

row expiry "no ping for 120 s of the firmware's clock"
n=$(heci state expiries)
heci log expiry
wd "$dev" ping touch="$tap_dir/pinged" wait="$tap_dir/go" ping sleep=200 magic >"$tap_dir/late" &
wait_for 10 test -e "$tap_dir/pinged"
heci clock 60
soon 10 has expiries $((n + 1))
is $? 0 "it expires"
heci clock 1
printf '%s\n' "$(heard expiry)" |
	awk '$2 == "ping" || $2 == "start" { last = $1 }
	     $2 == "event" { n++; late = $1 - last }
	     END { print "# from ping to event: " late " s"
		   exit !(n == 1 && late >= 120 && late < 125) }'
is $? 0 "AMT's event comes once, when the timeout is over"
touch "$tap_dir/go"
wait
like "$(cat "$tap_dir/late")" '^ping: ok' "a late ping works"
like "$(words "$(heard expiry)")" 'event (start|ping) 120 .*stop$' \
	"and starts it again"
cell "AMT's event, once"

is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
