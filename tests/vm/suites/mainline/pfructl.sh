#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: pfructl-on-mainline
# timeout: 300
#
# pfructl on mainline's drivers, which distributions other than Debian have
# built in: all that their interface can give, and never an oops. Then both
# families of modules on one machine.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

run -n "mainline's drivers are bound" test -c /dev/acpi_pfr_update0
exits -n "this project's module is not loaded" 1 grep -q '^pfru ' /proc/modules
fresh

exits -n "status: what works, works" 0 pfructl status
out_like 'driver pfr_update' "status: which driver serves updates"
out_like 'driver pfr_telemetry' "status: and telemetry"
out_like "kernel's own driver pfr_update is bound.*hides the firmware's status" \
	"status: what its limit is"
run pfructl --json status
out_like '"driver": *"pfr_update"' "status in JSON"
out_like '"usable": *true' "usable"

# the log
exits -n "no log before the first update" 6 pfructl telemetry
err_like 'no telemetry before the first update' "in words"
i=0
while [ "$i" -lt 2200 ]; do
	printf '[Test.Log] Line = %012d\r\n' "$i"
	i=$((i + 1))
done >"$tap_dir/lines"
fwctl append exec <"$tap_dir/lines"
size=$(fwctl get exec.size)
is "$(fwctl get exec.rollover)" 1 "the ring has wrapped"
tail -c "$size" "$tap_dir/lines" >"$tap_dir/want"
costs 3 pfructl telemetry
cmp -s "$tap_dir/out" "$tap_dir/want"
is $? 0 "telemetry: chronological, where pfrut's is not"
run pfrut -R
head -c "$size" "$tap_dir/out" | cmp -s - "$tap_dir/want"
is $? 1 "pfrut prints the same ring in physical order"
tr '\000-\011' '\001-\010\000\377' </bin/busybox | head -c 70000 >"$tap_dir/binary"
fwctl append exec <"$tap_dir/binary"
tail -c "$size" "$tap_dir/binary" >"$tap_dir/want"
run pfructl telemetry
cmp -s "$tap_dir/out" "$tap_dir/want"
is $? 0 "telemetry: binary"
printf 'history' | fwctl append history
run pfructl telemetry --type history
is "$out" history "telemetry: history"
run pfructl --json telemetry --type history
out_like '"driver": *"pfr_telemetry"' "telemetry in JSON"
hold_ring
exits -n "a mapping refused for its cache type" 1 pfructl telemetry
err_like 'cannot map the log.*module pfru reads it' "in words"
release_ring

run pfructl telemetry-info
out_like '^Level: *info' "telemetry-info: level"
out_like '^Rollovers: *2' "telemetry-info: rollovers"
run pfructl --json telemetry-info --type history
out_like '"type": *"history"' "telemetry-info in JSON: type"
is "$(fwctl get last_type)" 1 "as the firmware was asked"
run pfructl telemetry-info --revision 2
is "$(fwctl get last_revision)" 2 "revision 2"
run pfructl log-level verbose
is "$(fwctl get level)" 4 "log-level: set"
run pfructl log-level
is "$out" verbose "log-level: read"
fwctl set getlevel.fault refuse getlevel.status 3 getlevel.times 1
exits -n "log-level: a refusal is no level" 5 pfructl log-level
err_like 'firmware refused; its status is hidden' "in words"
fresh

costs 1 pfructl capability
is "$status" 0 "capability"
out_like '^ *Image type: *B2F84B79-7B6E-4E45-885F-3FB9BB185402' \
	"capability: GUIDs in EFI order"
err_like 'does not give the OEM information' "capability: what is missing"
run pfructl --json capability
out_like '"oem_info": *null' "capability in JSON"
out_like '"runtime_version": *1' "capability in JSON: version"

run pfructl capsule --ca /data/ca.pem /data/code-2.cap
out_like 'Signature verified: *yes' "capsule: the signature is verified"
out_like 'Would be accepted: *yes' "capsule: the verdict"
exits 4 pfructl capsule /data/code-0.cap
err_like 'older than what runs' "capsule: an older one"

# updates
n=$(fwctl get buf.calls)
run pfructl stage --dry-run /data/code-2.cap
is "$(fwctl get buf.calls)" "$n" "a dry run writes nothing"
costs 4 pfructl stage /data/code-2.cap
is "$status" 0 "stage"
is "$(fwctl get staged_rt)" 2 "the firmware staged it"
costs 2 pfructl activate
is "$(fwctl get code_rt_version)" 2 "activate"
run pfructl --json history --last
out_like '"device_id": *"INTC1080:00"' "the record names the ACPI device"
run pfructl stage-activate /data/code-3.cap
is "$(fwctl get code_rt_version)" 3 "stage-activate"
run pfructl --json stage-activate --revision 2 /data/code-4.cap
out_like '"status": *0' "stage-activate in JSON"
is "$(fwctl get last_revision)" 2 "by revision 2"
fresh
run pfructl stage-activate --quiet /data/large.cap
is "$out" "" "--quiet says nothing"
is "$(fwctl get seen_bytes)" "$(stat -c %s /data/large.cap)" "a large one"
run pfructl stage-activate /data/driver-known.cap
is "$(fwctl get drv_svn)" 2 "a driver update of the type built in"
run pfructl capability

# what must not reach mainline's driver
fresh
head -c 20 /data/code-2.cap >"$tap_dir/short"
head -c 1000 /data/code-2.cap >"$tap_dir/cut"
head -c 4096 /dev/urandom >"$tap_dir/noise"
n=$(fwctl get buf.calls)
m=$(fwctl get stages)
for file in "$tap_dir/short" "$tap_dir/cut" "$tap_dir/noise" /tests/tap.sh \
	    /data/other.cap /data/code-0.cap; do
	exits -n "$(basename "$file") is refused" 4 pfructl stage "$file"
done
while read -r name why; do
	exits -n "$name is refused" 4 pfructl stage-activate "/data/$name.cap"
	err_like "own driver \(pfr_update\) cannot take this capsule: $why.*module pfru can" \
		"in words"
	exits 4 pfructl --json stage "/data/$name.cap"
	out_like '"reason": *"driver-limit"' "in JSON"
done <<END
header-3 its image header has version 3
driver its image type is the platform's own
plain it is not signed
embedded it holds embedded drivers
END
is "$(fwctl get buf.calls)" "$n" "none of them was written to the driver"
is "$(fwctl get stages)" "$m" "nor staged"

# what the firmware refuses, with what can be known of it
fwctl set start.fault refuse start.status 4 start.ext 0x77 start.times 1
exits 5 pfructl stage-activate /data/code-2.cap
err_like 'firmware refused; its status is hidden.*shown by the module pfru' \
	"in words"
fwctl set start.fault refuse start.status 4 start.ext 0x77 start.times 1
exits 5 pfructl --json stage --retries 3 /data/code-2.cap
out_like 'nothing will be retried' "no retry of what is hidden"
fwctl set cap.fault count cap.arg 3 cap.times 1
exits -n "a malformed capability" 1 pfructl capability
err_like 'method failed or its answer is malformed' "in words"
fwctl set start.fault abort-late start.times 1
exits -n "an activation without an answer: unknown outcome" 8 \
	pfructl --json stage-activate /data/code-2.cap
out_like '"outcome": *"unknown"' "in JSON"
is "$(fwctl get code_rt_version)" 2 "and the firmware had run it"
fresh
exits -n "an activation of nothing" 5 pfructl activate
exits -n "no such instance" 3 pfructl capability --device 1
run pfructl capability --device /dev/acpi_pfr_update0

# this project's module, when mainline's are bound already
log_mark
run modprobe pfru
exits -n "makes no update node" 1 test -e /dev/pfru/update
exits -n "nor a telemetry node" 1 test -e /dev/pfru/telemetry
is "$(find /sys/bus/platform/devices/ -name 'INTC108[01]*' | wc -l)" 2 \
	"and no second device"
run pfructl status
out_like "own driver pfr_update is bound.*modprobe -r pfr_update" \
	"status says what to do"
unlike "$(log_since)" 'pfru_(update|telemetry)' "the kernel log is quiet"
run pfructl stage-activate /data/code-2.cap
is "$(fwctl get code_rt_version)" 2 "and mainline's goes on working"
run rmmod pfru
run pfructl capability
run -n "modprobe -r pfr_update" rmmod pfr_update
run -n "modprobe -r pfr_telemetry" rmmod pfr_telemetry
exits -n "no driver: status says so" 3 pfructl status
out_like "module pfru is not loaded: run 'modprobe pfru'" "and what to do"
run modprobe pfru
run pfructl status
out_like 'driver pfru_update' "then this project's module serves"
fresh
run pfructl stage-activate /data/header-3.cap
is "$(fwctl get code_rt_version)" 2 "with what mainline's cannot"
run pfructl telemetry
fresh
done_testing
