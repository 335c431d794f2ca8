#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: mainline
# timeout: 300
#
# Mainline's column of the comparison: its own drivers and tool, each case in
# which they go wrong. rows-ours.sh shows the same on this project's. A check that
# fails here says that mainline has changed, and its text wants to.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

update=/dev/acpi_pfr_update0
telemetry=/dev/acpi_pfr_telemetry0
bound=/sys/bus/platform/drivers/pfr_update

# splats REASON CMD...: kills the process that does it, with a kernel oops
splats()
{
	reason=$1
	shift
	log_mark
	expect_splat "$reason"
	capture "$@"
	end_expect_splat
	isnt "$status" 0 "$reason: the process dies"
	like "$(log_since)" 'Oops|general protection fault' \
		"$reason: with a kernel oops"
}

# unbound: what a process waits for to use its open file, and its end
# shellcheck disable=SC2317 # called by capture
unbound()
{
	touch "$tap_dir/unbound"
	wait $!
}

run -n "mainline's update driver is bound" test -c $update
run -n "mainline's telemetry driver is bound" test -c $telemetry
exits -n "this project's module is not loaded" 1 grep -q '^pfru ' /proc/modules
fresh

listed rollover
i=0
while [ "$i" -lt 2200 ]; do
	printf '[Test.Log] Line = %012d\r\n' "$i"
	i=$((i + 1))
done >"$tap_dir/lines"
fwctl append exec <"$tap_dir/lines"
size=$(fwctl get exec.size)
is "$(fwctl get exec.rollover)" 1 "the ring has wrapped"
run pfrut -R
is "$(wc -c <"$tap_dir/out")" $((size + 1)) "the whole ring is printed"
fwctl ring exec >"$tap_dir/ring"
head -c "$size" "$tap_dir/out" | cmp -s - "$tap_dir/ring"
is $? 0 "in physical order"
tail -c "$size" "$tap_dir/lines" >"$tap_dir/want"
head -c "$size" "$tap_dir/out" | cmp -s - "$tap_dir/want"
is $? 1 "which is not that of time: the newest line comes before the oldest"
cell "physical order: the newest lines before the oldest"

listed binary
{ printf 'before\000after'; head -c 70000 /dev/zero; } | fwctl append exec
fwctl reset exec
printf 'before\000after' | fwctl append exec
run pfrut -R
is "$(cat "$tap_dir/out")" before "printed up to the first NUL"
cell "printed up to the first NUL"

listed garbage
splats "cat of a text" sh -c "cat /tests/tap.sh >$update"
splats "cat of bytes 0xff" \
	sh -c "tr '\000' '\377' </dev/zero | head -c 4096 >$update"
cell "**kernel oops**"

listed pieces
fresh
run node-ops $update write /data/code-2.cap
is "$(answer_to write)" "$(stat -c %s /data/code-2.cap)" \
	"the whole capsule in one write is taken"
# what a piece's bytes 16 to 19 hold is taken for a size, with the last
# capsule behind the first piece
splats "dd bs=100" dd if=/data/code-2.cap of=$update bs=100
splats "cp" cp /data/large.cap $update
cell "**kernel oops** (dd bs=100, cp)"

listed stale
fresh
run node-ops $update write /data/code-2.cap
n=$(fwctl get stages)
run node-ops $update first /data/code-2.cap 20 stage
is "$(answer_to first)" 20 "20 bytes are taken"
is "$(answer_to stage)" 0 "and staged"
is "$(fwctl get stages)" $((n + 1)) "with what was in the buffer before"
cell "accepted: the bytes that were in the buffer are judged"

listed status
fresh
fwctl set start.fault refuse start.status 4 start.ext 0x77 start.times 1
log_mark
run pfrut -l /data/code-2.cap -u
out_like '^Update finished, return -1$' "pfrut says only that"
unlike "$out$err$(log_since)" '119|0x77' "the extended status is nowhere"
is "$(fwctl get last_ext)" 119 "though the firmware gave it"
cell "pfrut: \"return -1\", exit status 0; status and extended status are lost"

listed refused
fresh
n=$(fwctl get stages)
run node-ops $update write /data/driver.cap stage
is "$(answer_to write)" -EINVAL "a capsule is refused"
is "$(answer_to stage)" 0 "and can be staged"
is "$(fwctl get stages)" $((n + 1)) "the firmware has staged it"
is "$(fwctl get staged_kind)" 2 "the very one"
cell "stays in the buffer, and can be staged"

listed two
fresh
node-ops $update write /data/code-2.cap touch "$tap_dir/begun" \
	wait "$tap_dir/go" stage >"$tap_dir/first" &
wait_for 20 test -e "$tap_dir/begun"
run node-ops $update write /data/code-3.cap
is "$(answer_to write)" "$(stat -c %s /data/code-3.cap)" \
	"a second process loads another"
touch "$tap_dir/go"
wait
like "$(cat "$tap_dir/first")" '^stage: 0$' "the first stages"
is "$(fwctl get staged_rt)" 3 "what the second loaded"
cell "one stages what the other loaded"

# the code of old would write the 17th byte into the next field: harmless
listed guid
fresh
fwctl set cap.fault buffer cap.elem 2 cap.arg 17 cap.times 1
run node-ops $update query
case $(answer_to query) in
-EINVAL)
	ok "17 bytes are refused by this version"
	cell "refused; before 2026: stack overflow" ;;
*)
	is "$(answer_to query)" 16 "17 bytes are taken by this version"
	cell "stack overflow" ;;
esac
fresh

listed level
fwctl set getlevel.fault refuse getlevel.status 3 getlevel.times 1
run pfrut -G
out_like '^log_level:-16$' "a negative errno is returned as a level"
fwctl set getlevel.fault count getlevel.arg 1 getlevel.times 1
run pfrut -G
out_like '^log_level:' "elements that are not there are read"
fwctl set setlevel.fault count setlevel.arg 0 setlevel.times 1
run node-ops $telemetry set 4 - -
isnt "$(answer_to set)" -EPROTO "of set level too"
fresh
cell "read out of bounds; pfrut -G: \"log_level:-16\", exit status 0"

listed header3
fresh
exits -n "pfrut fails" 1 pfrut -l /data/header-3.cap -u
err_like 'Failed to load capsule file: Invalid argument' "with EINVAL"
cell "refused"

listed type
fresh
exits -n "of the type reported: pfrut fails" 1 pfrut -l /data/driver.cap -u
run pfrut -l /data/driver-known.cap -u
out_like 'return 0$' "of the type built in: accepted"
is "$(fwctl get drv_svn)" 2 "the SVN rose"
cell "refused unless it is the type built in"

listed ram
fresh
ram-page "$tap_dir/address" "$tap_dir/stop" "$tap_dir/content" &
wait_for 20 test -e "$tap_dir/address"
fwctl set buf.ovr 3 o_buf_addr "$(cat "$tap_dir/address")" o_buf_size 4096
run node-ops $update write /data/code-2.cap
touch "$tap_dir/stop"
wait
is "$(answer_to write)" "$(stat -c %s /data/code-2.cap)" "the capsule is taken"
head -c "$(stat -c %s /data/code-2.cap)" "$tap_dir/content" |
	cmp -s - /data/code-2.cap
is $? 0 "and lies in the page of a process that has nothing to do with it"
fresh
cell "the capsule is written over memory in use"

listed single
run rmmod pfr_update
exits -n "without the update device pfrut gives up" 1 pfrut -G
out_like 'PFRU device not supported' "in its words"
run modprobe pfr_update
run rmmod pfr_telemetry
exits -n "without the telemetry device too" 1 pfrut -q
out_like 'PFRT device not supported' "in its words"
run modprobe pfr_telemetry
run -n "with both it works" pfrut -q
cell "pfrut gives up"

listed open
fresh
node-ops $telemetry set - 0 1 touch "$tap_dir/a" wait "$tap_dir/b" get data \
	>"$tap_dir/reader" &
wait_for 20 test -e "$tap_dir/a"
run node-ops $telemetry set - 1 2
touch "$tap_dir/b"
wait
like "$(cat "$tap_dir/reader")" '^get: 2/1/2$' \
	"one reader's settings are changed by the other"
is "$(fwctl get last_type)" 1 "and it is given the other log"
run node-ops $telemetry set - 0 1
cell "of the device: two readers disturb each other"

listed oem
run pfrut -q
out_like '^oem information length:16$' "the length"
unlike "$out" 'PFRUSIM' "and no more"
exits -n "read() gives nothing" 1 sh -c "head -c 100 <$update"
cell "length only"

listed mmap
fresh
run pfrut -l /data/code-2.cap -u
hold_ring
exits -n "pfrut -R fails" 1 pfrut -R
err_like 'mmap error.*Resource temporarily unavailable' "with EAGAIN"
exits -n "read() gives nothing" 1 sh -c "head -c 100 <$telemetry"
release_ring
cell "\"Resource temporarily unavailable\": the log cannot be read"

listed order
run pfrut -q
out_like '^code injection image type:794bf8b2-6e7b-454e-' "by pfrut"
is "$(fwctl get code_type | cut -c 1-18)" B2F84B79-7B6E-4E45 \
	"as the firmware's vendor spells it"
cell "byte-swapped: 794bf8b2-6e7b-454e-..."

listed cost-load
fresh
costs 3 pfrut -l /data/code-2.cap -u
is "$(fwctl get code_rt_version)" 2 "done"
cell 3

listed cost-query
costs 1 pfrut -q
cell 1

listed cost-info
costs 2 pfrut -G
cell 2

listed cost-log
costs 2 pfrut -R
cell "2, without a consistency check"

# last: it leaves a device that is half there. Freed memory is poisoned
# (slub_debug=P), so that its use shows.
listed unbind
like "$(cat /proc/cmdline)" 'slub_debug=P' "freed memory is poisoned"
node-ops $update touch "$tap_dir/open" wait "$tap_dir/unbound" query \
	>"$tap_dir/late" &
wait_for 20 test -e "$tap_dir/open"
for dev in "$bound"/INTC1080:*; do
	basename "$dev" >"$bound/unbind"
done
splats "ioctl of a file open since before" unbound
unlike "$(cat "$tap_dir/late")" 'ENODEV' "no ENODEV"
cell "**use of freed memory**, a kernel oops here"

# _CID needs another boot: cid.sh shows that row of theirs
rows_done cid
done_testing
