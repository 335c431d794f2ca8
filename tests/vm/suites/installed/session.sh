#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: installed packages secureboot secureboot-mok
# timeout: 180
# order: 20
#
# An update as root, and the traces it leaves: the kernel log, the audit
# record, the event that udev acts on.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
cd /data || exit 1
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry

version()
{
	pfructl --json capability |
		sed -n 's/.*"runtime_version": *\([0-9]*\).*/\1/p' | head -n 1
}

# noted CMD...: run it, its process number is in $tap_dir/pid
noted()
{
	# shellcheck disable=SC2016,SC2317 # for the inner shell; run by name
	sh -c 'echo $$ >"$0"; exec "$@"' "$tap_dir/pid" "$@"
}

# traces ACTION FILE UID: in the kernel log since the mark
traces()
{
	log=$(log_since)
	sum=$(sha256sum "$2" | cut -d ' ' -f 1)
	like "$log" "pfru_update INTC1080:00: $1 by pid $(cat "$tap_dir/pid"), uid $3 done: .*, sha256 $sum," \
		"$1 $2: the kernel log has pid, uid $3 and the file's SHA-256"
	like "$log" "audit: type=1316 .*op=pfru-$1 pid=$(cat "$tap_dir/pid") uid=$3 .* sha256=$sum status=0 ext-status=0 res=1" \
		"$1 $2: so has the audit record"
}

# events: the change events of the update device that the monitor saw
events()
{
	awk -v RS= '/\nACTION=change\n/ && /\nDEVPATH=[^\n]*\/INTC1080:00\n/' \
		"$tap_dir/events"
}

seen()
{
	events | grep -q "^PFRU_ACTION=$1\$"
}

mkdir -p /run/udev/rules.d
# shellcheck disable=SC2016 # for udev
echo 'ACTION=="change", SUBSYSTEM=="platform", ENV{PFRU_ACTION}=="?*", RUN+="/bin/sh -c '\''echo $env{PFRU_ACTION} >>/run/pfru-rule'\''"' \
	>/run/udev/rules.d/99-test.rules
udevadm control --reload
udevadm monitor --kernel --property >"$tap_dir/events" &
monitor=$!
wait_for 20 grep -q '^KERNEL' "$tap_dir/events"

run pfructl capability
is "$(version)" 1 "version 1 runs at boot"
run pfructl capsule --ca ca.pem v2.cap

log_mark
run -n "pfructl stage-activate v2.cap" noted pfructl stage-activate v2.cap
is "$(version)" 2 "version 2 runs now"
traces stage-activate v2.cap 0
wait_for 20 seen stage-activate
is $? 0 "a KOBJ_CHANGE event reports it"

log_mark
run -n "pfructl stage v3.cap" noted pfructl stage v3.cap
traces stage v3.cap 0
run pfructl activate
is "$(version)" 3 "version 3 runs now"
wait_for 20 seen activate
is $? 0 "activating makes an event"
seen stage
is $? 1 "staging made none before it"
kill "$monitor"
keep "$tap_dir/events" events

udevadm settle -t 60
is "$(tr '\n' ' ' </run/pfru-rule)" "stage-activate activate " \
	"a udev rule can act on both"
rm -f /run/udev/rules.d/99-test.rules
udevadm control --reload

log_mark
run -n "an account that was given the two capabilities can update" \
	noted setpriv --reuid=65534 --regid=65534 --clear-groups \
	--inh-caps=+sys_rawio,+dac_override \
	--ambient-caps=+sys_rawio,+dac_override \
	/usr/sbin/pfructl stage-activate driver.cap
traces stage-activate driver.cap 65534
run pfructl history
out_like 'driver\.cap' "and root can read its record"
run -n "and go on with it" pfructl stage v3.cap

exits 4 pfructl stage-activate other.cap
err_like "another platform" "and the sentence says why"

run pfructl telemetry
case $(cat /sys/kernel/security/lockdown) in
*'[none]'*)
	fwctl ring exec | head -c "$(wc -c <"$tap_dir/out")" >"$tap_dir/ring"
	[ -s "$tap_dir/out" ] && cmp -s "$tap_dir/out" "$tap_dir/ring"
	is $? 0 "the log shown is what the firmware wrote" ;;
*)	# nobody can look into the firmware's ring beside the module
	out_like 'Status = Success' "the log shows the updates" ;;
esac
like "$(journalctl -k --no-pager -q)" 'stage-activate by pid .* done' \
	"the journal has the kernel's lines"
done_testing
