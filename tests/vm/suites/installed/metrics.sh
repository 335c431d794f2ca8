#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: service
# timeout: 240
# order: 90
#
# pfru-metrics.service, its timer and its udev rule under systemd: off until they are
# enabled, figures soon after an activation, and no firmware call for a scrape.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/update
directory=/var/lib/prometheus/node-exporter
file=$directory/pfru.prom
slow=/run/systemd/system/pfru-metrics.service.d

# value METRIC: what the file says
value()
{
	sed -n "s/^pfru_$1 //p" "$file"
}

# shellcheck disable=SC2317 # run by name
shows()
{
	[ -e "$file" ] && [ "$(value "$1")" = "$2" ]
}

# shellcheck disable=SC2317 # run by name
ended()
{
	[ "$(systemctl is-active pfru-metrics.service)" = inactive ]
}

for unit in pfru-metrics.service pfru-metrics.timer; do
	run -n "$unit is sound" systemd-analyze --man=no verify "/usr/lib/systemd/system/$unit"
	is "$err" "" "nothing to complain of"
done
capture systemd-analyze --no-pager security pfru-metrics.service
level=$(printf '%s\n' "$out" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
diag "exposure level: $level"
echo "${level:-10}" | awk '{ exit $1 <= 2.0 ? 0 : 1 }'
is $? 0 "systemd-analyze security: at most 2.0"
is "$(systemctl is-enabled pfru-metrics.timer)" disabled "the timer waits to be enabled"

run systemctl start pfru-metrics.service
is "$(systemctl show -p ConditionResult --value pfru-metrics.service)" no \
	"without a collector's directory it does not run"
run mkdir -p "$directory"
run pfructl stage-activate /data/code-2.cap
run udevadm settle -t 60
sleep 2
ok_if "not enabled, an activation starts nothing" test ! -e "$file"

run systemctl enable --now pfru-metrics.timer
wait_for 60 test -e "$file"
is "$(systemctl show -p Result --value pfru-metrics.service)" success "it runs soon"
capture journalctl --quiet --no-pager -u pfru-metrics.service
is "$(stat -c '%a %U' "$file")" "644 root" "another user can read the file"
is "$(value 'code_runtime_version{number="0"}')" 2 "the version that runs"
is "$(value 'usable{device="update"}') $(value 'usable{device="telemetry"}')" "1 1" \
	"both devices are usable in its sandbox"
is "$(value last_update_success)" 1 "the record is read"

before=$(fwctl calls)
inode=$(stat -c %i "$file")
exec 3<"$file"
for _ in 1 2 3; do
	run systemctl start pfru-metrics.service
done
is "$(fwctl calls)" "$before" "scrapes make no firmware call"
isnt "$(stat -c %i "$file")" "$inode" "the file is replaced, not written in place"
exec 3<&-
calls=$(cat /sys/class/misc/pfru_update0/device/firmware/calls)
is "$(value 'firmware_calls_total{device="update",number="0"}')" "$calls" \
	"the module's own count"

# it stays enabled, and nothing but udev starts the service
run systemctl stop pfru-metrics.timer
run pfructl stage /data/code-3.cap
run pfructl activate
wait_for 40 shows 'code_runtime_version{number="0"}' 3
is $? 0 "udev has it written after an activation"
wait_for 20 ended
is $? 0 "and it ends"
mkdir -p "$slow"
printf '[Service]\nExecStartPost=/bin/sleep 60\n' >"$slow/slow.conf"
run systemctl daemon-reload
run pfructl stage-activate /data/code-4.cap
wait_for 40 shows 'code_runtime_version{number="0"}' 4
is $? 0 "and after one that stages too"
run pfructl stage-activate /data/code-5.cap
wait_for 40 shows 'code_runtime_version{number="0"}' 5
is $? 0 "and after one during which it still runs"
run rm -r "$slow"
run systemctl daemon-reload
run systemctl stop pfru-metrics.service

run modprobe -r pfru
run systemctl start pfru-metrics.service
is "$(value 'usable{device="update"}')" 0 "without the module: not usable, and that is said"
is "$(grep -c firmware_calls "$file")" 0 "and nothing that is not known"
run modprobe pfru
run systemctl disable --now pfru-metrics.timer
done_testing
