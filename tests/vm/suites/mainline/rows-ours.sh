#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: compat
# timeout: 300
#
# This project's column of the comparison with mainline: each case in which
# mainline's drivers and tool go wrong. rows-theirs.sh shows the same on theirs.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

update=/dev/pfru/update
telemetry=/dev/pfru/telemetry
gone=/sys/bus/platform/drivers/pfru_update

mainline_names
fresh
run pfructl capability

listed garbage
for file in /bin/busybox /tests/tap.sh /dev/zero; do
	exits -n "$file is refused" 1 dd if="$file" of=$update bs=65536 count=1
	err_like 'Invalid argument' "with EINVAL"
done
dd if=/dev/urandom of="$tap_dir/noise" bs=65536 count=4 2>/dev/null
exits -n "cat of noise is refused" 1 sh -c "cat $tap_dir/noise >$update"
exits -n "pfructl calls noise no capsule" 4 pfructl stage "$tap_dir/noise"
run -n "the node works on" pfructl stage /data/code-2.cap
cell "EINVAL, the kernel is unharmed"

listed pieces
fresh
for bs in 1 64 100 1000; do
	run dd if=/data/code-2.cap of=$update bs=$bs
	run node-ops $update stage
	is "$(answer_to stage)" 0 "what dd bs=$bs wrote is staged"
	is "$(fwctl get seen_bytes)" "$(stat -c %s /data/code-2.cap)" "all of it"
done
run cp /data/large.cap $update
run node-ops $update stage
is "$(answer_to stage)" 0 "what cp wrote is staged"
is "$(fwctl get seen_bytes)" "$(stat -c %s /data/large.cap)" "all of it"
run sh -c "cat /data/code-3.cap >$update"
run node-ops $update both
is "$(fwctl get code_rt_version)" 3 "what cat wrote is activated"
cell "works: dd bs=1, 64, 100 and 1000, cp and cat are staged"

listed stale
fresh
run pfructl capability
run node-ops $update write /data/code-2.cap
n=$(fwctl get start.calls)
run node-ops $update first /data/code-2.cap 20 stage
is "$(answer_to stage)" -ENODATA "20 bytes are no capsule"
is "$(fwctl get start.calls)" "$n" "and the firmware was not asked"
run node-ops $update stage
is "$(answer_to stage)" -ENODATA "the good one is gone too"
head -c 20 /data/code-2.cap >"$tap_dir/20"
exits -n "pfructl refuses 20 bytes" 4 pfructl stage "$tap_dir/20"
err_like 'too short' "and says why"
cell "refused: nothing is judged before CapsuleImageSize bytes have come"

listed status
fresh
fwctl set start.fault refuse start.status 4 start.ext 0x77 start.times 2
exits -n "pfructl's exit status is 5" 5 pfructl stage-activate /data/code-2.cap
err_like 'status 4 \(retry suggested\), extended status 0x77' "and it says why"
exits 5 pfructl --json stage-activate /data/code-2.cap
out_like '"status": *4,' "the status in JSON"
out_like '"ext_status": *119' "the extended status in JSON"
run pfructl --json stage-activate /data/code-2.cap
out_like '"auth_time_ns": *21000000' "the authentication time"
out_like '"exec_time_ns": *4500000' "the execution time"
cell "pfructl: exit status 5, \"status 4 (retry suggested), extended status 0x77\""
fresh
fwctl set start.fault abort-late start.times 1
exits -n "an activation without an answer: unknown outcome" 8 \
	pfructl --json stage-activate /data/code-2.cap
out_like '"outcome": *"unknown"' "in JSON"
out_like '"reason": *"no-answer"' "and why"
is "$(fwctl get code_rt_version)" 2 "and the firmware had run it"

listed refused
fresh
n=$(fwctl get calls)
run node-ops $update write /data/other.cap stage both result
is "$(answer_to write)" -EINVAL "a capsule for another platform is refused"
is "$(answer_to stage)" -ENODATA "and cannot be staged"
is "$(answer_to both)" -ENODATA "nor staged and activated"
is "$(fwctl dump-buffer 0 28 | tr -d '\000' | wc -c)" 0 "the buffer is scrubbed"
n=$(fwctl get start.calls)
run node-ops $update stage
is "$(answer_to stage)" -ENODATA "not by another file either"
is "$(fwctl get start.calls)" "$n" "and the firmware was not asked"
cell "the buffer is scrubbed; a stage gives ENODATA without a firmware call"

listed two
fresh
run pfructl capability
node-ops $update first /data/code-2.cap 1000 touch "$tap_dir/begun" \
	wait "$tap_dir/go" >"$tap_dir/first" &
wait_for 20 test -e "$tap_dir/begun"
run node-ops $update write /data/code-3.cap stage activate
is "$(answer_to write)" -EBUSY "another process cannot load"
is "$(answer_to stage)" -EBUSY "nor stage"
is "$(answer_to activate)" -EBUSY "nor activate"
exits -n "pfructl's exit status is 6" 6 pfructl stage /data/code-3.cap
err_like 'another program is loading' "and it says why"
touch "$tap_dir/go"
wait
run -n "free when the first has ended" pfructl stage /data/code-3.cap
is "$(fwctl get staged_rt)" 3 "and the second's is staged"
cell "one owner, the other gets EBUSY"

listed guid
fresh
for elem in 2 5 8 9; do
	fwctl set cap.fault buffer cap.elem "$elem" cap.arg 17 cap.times 1
	exits -n "17 bytes in element $elem are refused" 1 pfructl capability
	err_like "element $elem .*17" "and it says why"
done
run -n "the next query works" pfructl capability
cell "refused: EPROTO, and the message names the element"

listed level
for count in 0 1 2; do
	fwctl set getlevel.fault count getlevel.arg $count getlevel.times 1
	exits -n "get level of $count elements is refused" 1 pfructl log-level
	err_like "too few elements.*$count" "and it says why"
done
for count in 0 1; do
	fwctl set setlevel.fault count setlevel.arg $count setlevel.times 1
	exits -n "set level of $count elements is refused" 1 \
		pfructl log-level 4
	err_like "too few elements.*$count" "and it says why"
done
fwctl set getlevel.fault refuse getlevel.status 3 getlevel.times 1
exits -n "pfrut learns of a refusal" 1 pfrut -G
unlike "$out" 'log_level' "and shows no level"
fwctl set level 2
cell "refused: EPROTO, \"the firmware's answer has too few elements\"; pfrut -G fails"

listed header3
fresh
run pfructl stage-activate /data/header-3.cap
is "$(fwctl get code_rt_version)" 2 "the version rose"
cell "accepted"

listed type
fresh
run pfructl stage-activate /data/driver.cap
is "$(fwctl get drv_svn)" 2 "of the type reported: the SVN rose"
fresh
run pfructl stage-activate /data/driver-known.cap
is "$(fwctl get drv_svn)" 2 "of the well-known type: the SVN rose"
cell "accepted: compared with what the platform reports"

listed ram
fresh
ram-page "$tap_dir/address" "$tap_dir/stop" "$tap_dir/content" &
wait_for 20 test -e "$tap_dir/address"
fwctl set buf.ovr 3 o_buf_addr "$(cat "$tap_dir/address")" o_buf_size 4096
run node-ops $update write /data/code-2.cap result
is "$(answer_to write)" -EPROTO "the buffer is refused"
exits -n "pfructl refuses it" 1 pfructl stage /data/code-2.cap
err_like 'buffer is not usable .*0x' "and says where it was"
touch "$tap_dir/stop"
wait
is "$(stat -c %s "$tap_dir/content")" 4096 "the page was looked at"
is "$(tr -d '\000' <"$tap_dir/content" | wc -c)" 0 "and is unharmed"
fresh
cell "refused: EPROTO, nothing is written"

listed rollover
fwctl set level 4
run pfructl stage-activate /data/code-2.cap
i=0
while [ "$i" -lt 2200 ]; do
	printf '[Test.Log] Line = %012d\r\n' "$i"
	i=$((i + 1))
done >"$tap_dir/lines"
fwctl append exec <"$tap_dir/lines"
size=$(fwctl get exec.size)
is "$(fwctl get exec.rollover)" 1 "the ring has wrapped"
run pfructl telemetry
is "$(wc -c <"$tap_dir/out")" "$size" "the whole ring is printed"
tail -c "$size" "$tap_dir/lines" | cmp -s - "$tap_dir/out"
is $? 0 "the oldest byte first"
cell "chronological"

listed binary
tr '\000-\011' '\001-\010\000\377' </bin/busybox | head -c 70000 >"$tap_dir/binary"
fwctl append exec <"$tap_dir/binary"
run pfructl telemetry
tail -c "$size" "$tap_dir/binary" | cmp -s - "$tap_dir/out"
is $? 0 "every byte of a binary log"
isnt "$(tr -d '\000' <"$tap_dir/out" | wc -c)" "$size" "with NULs in it"
cell "every byte is printed"

listed single
# the update device is taken away; telemetry-only and update-only start so
for dev in "$gone"/INTC1080:*; do
	basename "$dev" >"$gone/unbind"
done
rm /dev/acpi_pfr_update0	# as udev would
exits -n "there is no update node" 1 test -e $update
run pfructl telemetry-info
run pfructl log-level
run pfructl telemetry
exits -n "capability says what is missing" 3 pfructl capability
err_like 'no update device' "in words"
for dev in /sys/bus/platform/devices/INTC1080:*; do
	basename "$dev" >"$gone/bind"
done
run -n "the update device is back" pfructl capability
mainline_names
cell "each works without the other"

listed open
fresh
run node-ops $telemetry get
is "$(answer_to get)" 2/0/1 "as it was at boot"
node-ops $telemetry set - 0 1 touch "$tap_dir/a" wait "$tap_dir/b" get data \
	>"$tap_dir/reader" &
wait_for 20 test -e "$tap_dir/a"
run node-ops $telemetry set - 1 2 get
is "$(answer_to get)" 2/1/2 "one reader's type and revision"
touch "$tap_dir/b"
wait
like "$(cat "$tap_dir/reader")" '^get: 2/0/1$' "the other's are its own"
is "$(fwctl get last_type)" 0 "and the firmware is asked for its type"
run node-ops $telemetry set - 0 1
cell "of each open file"

listed oem
run pfructl --json capability
out_like '"oem_info_length": *16' "the length"
is "$(tail -c +89 <$update | od -An -v -tx1 | tr -d ' \n')" \
	"$(fwctl get oem_info | head -c 32)" "the bytes themselves, by read()"
run pfructl capability
out_like 'OEM information:.*PFRUSIM' "and shown by pfructl"
cell "length and content"

listed unbind
node-ops $update touch "$tap_dir/open" wait "$tap_dir/unbound" \
	write /data/code-2.cap stage query >"$tap_dir/late" &
wait_for 20 test -e "$tap_dir/open"
for dev in "$gone"/INTC1080:*; do
	basename "$dev" >"$gone/unbind"
done
touch "$tap_dir/unbound"
wait
for word in write stage query; do
	like "$(cat "$tap_dir/late")" "^$word: -ENODEV\$" \
		"$word of an open file gives ENODEV"
done
for dev in /sys/bus/platform/devices/INTC1080:*; do
	basename "$dev" >"$gone/bind"
done
fresh
run -n "bound again, it works" pfructl stage /data/code-2.cap
cell "open files get ENODEV"

listed mmap
run pfructl stage-activate /data/code-2.cap
hold_ring
run -n "pfrut's mapping works" pfrut -R
fwctl ring exec >"$tap_dir/ring"
run node-ops $telemetry map "$tap_dir/mapped"
cmp -s "$tap_dir/ring" "$tap_dir/mapped"
is $? 0 "a mapping shows the ring"
run sh -c "cat $telemetry >$tap_dir/read"
cmp -s "$tap_dir/ring" "$tap_dir/read"
is $? 0 "read() gives the same without one"
release_ring
cell "mmap works, and read() without it"

listed order
run pfructl capability
for guid in code_type drv_type platform_id oem_id; do
	out_like "$(fwctl get $guid)" "$guid is spelt as the firmware's vendor does"
done
cell "EFI order: B2F84B79-7B6E-4E45-..."

listed cost-load
fresh
run pfructl capability
costs 3 pfructl stage-activate /data/code-2.cap
is "$(fwctl get code_rt_version)" 2 "done"
costs 3 pfructl stage-activate /data/code-3.cap
is "$(fwctl get code_rt_version)" 3 "done"
cell "3, one of them for what runs afterwards; 4 when the capability was not known"

listed cost-query
costs 1 pfructl capability
cell 1

listed cost-info
costs 2 pfructl telemetry-info
cell 2

listed cost-log
costs 2 pfructl telemetry
is "$status" 0 "the log is read"
cell "2, with a consistency check"

# _CID needs another boot: devices/cid.sh shows that row of ours
rows_done cid
fresh
done_testing
