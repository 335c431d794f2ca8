#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: compat
# timeout: 180
#
# Mainline's own tool, pfrut, unmodified: every option of it on this module,
# through the names that mainline's drivers have; what it prints, and what the
# firmware saw of it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/rows.sh disable=SC1091
. /tests/rows.sh

# fw VALUE NAME WHAT: what the firmware model says
fw()
{
	is "$(fwctl get "$2")" "$1" "$3"
}

mainline_names
run -n "the update node has mainline's name" test -c /dev/acpi_pfr_update0
run -n "so has the telemetry node" test -c /dev/acpi_pfr_telemetry0
fresh
n=$(fwctl get stages)
m=$(fwctl get activations)

# -q: before anything else, since pfrut sets the log's information otherwise
costs 1 pfrut -q
is "$status" 0 "query: exit status"
out_like '^code injection image type:794bf8b2-6e7b-454e-885f-3fb9bb185402$' \
	"query: image type (pfrut swaps the bytes of GUIDs)"
out_like '^driver update image type:0e5f0b14-f849-7945-ad81-bc7b6d2bb245$' \
	"query: driver type"
out_like '^platform id:4e5a0c7d-b391-264c-8f17-2a6be04d9c51$' "query: platform"
out_like '^oem id:601f8e3b-2d5c-974a-b4e8-d1507f9a26c3$' "query: OEM"
out_like '^fw_version:65536$' "query: firmware version"
out_like '^code_rt_version:1$' "query: code version"
out_like '^drv_rt_version:1$' "query: driver version"
out_like '^drv_svn:1$' "query: SVN"
out_like '^oem information length:16$' "query: OEM information"
fwctl set code_rt_version 9 drv_svn 7
run pfrut --query
out_like '^code_rt_version:9$' "query: asks each time"
out_like '^drv_svn:7$' "query: of everything"
fresh

run -n "query: the versions of boot again" pfrut -q

# before the first update there is no log
exits -n "read before the first update fails" 1 pfrut -R
err_like 'mmap error' "by pfrut's own words"

# -l -s, -a
costs 2 pfrut -l /data/code-2.cap -s
is "$status" 0 "load and stage: exit status"
out_like "^Load $(stat -c %s /data/code-2.cap) bytes" "load: every byte"
out_like '^Load done' "load: done"
out_like '^Update finished, return 0$' "stage: done"
fw $((n + 1)) stages "the firmware staged it"
fw 1 staged_kind "a code injection"
fw 2 staged_rt "of version 2"
fw "$(stat -c %s /data/code-2.cap)" seen_bytes "of every byte"
fw 0 last_action "by action 0"
fw 1 last_revision "of revision 1"
costs 1 pfrut -a
is "$status" 0 "activate: exit status"
out_like '^Update finished, return 0$' "activate: done"
fw 1 last_action "by action 1"
fw $((m + 1)) activations "the firmware activated it"
fw 2 code_rt_version "the version rose"

# load in one run, stage in another, activate in a third
run pfrut --load /data/code-3.cap
out_like '^Load done' "load alone"
fw $((n + 1)) stages "stages nothing"
run pfrut --stage
out_like 'return 0$' "stage alone"
fw $((n + 2)) stages "stages what another run loaded"
run pfrut --activate
fw 3 code_rt_version "activate alone"
run pfrut --stage
out_like 'return -1$' "a second stage finds nothing loaded"
fw $((n + 2)) stages "and the firmware was not asked"

# -u: both in one run, and load before
costs 3 pfrut -l /data/code-4.cap -u
out_like 'return 0$' "load and update in one run"
fw 2 last_action "by action 2"
fw 4 code_rt_version "the version rose"
run pfrut -l /data/code-5.cap
run pfrut --update
out_like 'return 0$' "load in one run, update in another"
fw 5 code_rt_version "the version rose"
exits -n "an older capsule is refused" 1 pfrut -l /data/code-4.cap -u
err_like 'Failed to load capsule file' "by pfrut's own words"
fw 5 code_rt_version "the version stays"

# what mainline's own drivers refuse
fresh
run pfrut -l /data/header-3.cap -u
out_like 'return 0$' "image header version 3"
fw 2 code_rt_version "the version rose"
run pfrut -l /data/driver.cap -u
out_like 'return 0$' "driver update"
fw 2 drv_svn "the SVN rose"

# a file that is no capsule
exits -n "load of no capsule fails" 1 pfrut -l /bin/busybox
err_like 'Failed to load capsule file' "by pfrut's own words"
exits -n "load of another platform's capsule fails" 1 pfrut -l /data/other.cap

# -d: the revision of the update, kept for later runs
fresh
run pfrut -d 2 -l /data/code-2.cap -s
out_like '^pfru update revid set to 2$' "revision 2 is set"
fw 2 last_revision "the firmware was asked by revision 2"
run pfrut -a
fw 2 last_revision "a later run uses it too"
run pfrut -q
fw 2 last_revision "for a query too"
exits -n "revision 3 is refused" 1 pfrut -d 3
err_like 'revid set failed' "by pfrut's own words"
run pfrut --setrev 1
out_like 'set to 1$' "revision 1 is set again"
run pfrut -q
fw 1 last_revision "the firmware was asked by revision 1"

# -L: each level
for level in 0 1 2 4; do
	run pfrut -L "$level"
	fw "$level" last_level "the firmware was told level $level"
	fw "$level" level "and has it"
	run pfrut -G
	out_like "^log_level:$level\$" "getloginfo shows it"
done
exits -n "level 3 is refused by pfrut" 1 pfrut --level 3
fw 4 level "and never set"

# -T: both logs, kept for later runs
run pfrut -T 1
costs 2 pfrut -G
out_like '^log_type:1$' "type 1"
fw 1 last_type "the firmware was asked for the history"
run pfrut --type 0
run pfrut --getloginfo
out_like '^log_type:0$' "type 0"
fw 0 last_type "the firmware was asked for the execution log"
exits -n "type 2 is refused by pfrut" 1 pfrut -T 2

# -D: the revision of the log
run pfrut -D 2
run pfrut -G
out_like '^log_revid:2$' "revision 2 of the log"
fw 2 last_revision "the firmware was asked by revision 2"
run pfrut --setrevlog 1
run pfrut -G
out_like '^log_revid:1$' "revision 1 again"
fw 1 last_revision "the firmware was asked by revision 1"
run pfrut -D 3
out_like 'Invalid log revid 3' "revision 3 is refused by pfrut"
run pfrut -G
out_like '^log_revid:1$' "and never set"

# -G: everything
run pfrut -G
for pair in max_data_size:exec.size chunk2_size:exec.pos \
	    rollover_cnt:exec.rollover reset_cnt:exec.reset; do
	out_like "^${pair%:*}:$(fwctl get "${pair#*:}")\$" \
		"getloginfo: ${pair%:*} as the firmware has it"
done
out_like '^chunk1_size:0$' "getloginfo: no older part"

# -R: both logs, as the firmware has them
size=$(fwctl get exec.pos)
run pfrut -R
fwctl ring exec | head -c "$size" >"$tap_dir/want"
head -c "$size" "$tap_dir/out" | cmp -s - "$tap_dir/want"
is $? 0 "read: the log, byte for byte"
like "$out" 'Status = Success' "read: what happened is in it"
run pfrut -T 1 --read
size=$(fwctl get history.pos)
fwctl ring history | head -c "$size" >"$tap_dir/want"
head -c "$size" "$tap_dir/out" | cmp -s - "$tap_dir/want"
is $? 0 "read of the history, byte for byte"
run pfrut -T 0

# one run that does all of it
fresh
run pfrut -l /data/code-6.cap -u -L 4 -T 0 -D 1 -d 1 -R
out_like 'return 0$' "load, update, level, type, revisions and read in one run"
out_like 'CapsuleGuid|Image' "with the log of it"
fw 6 code_rt_version "the version rose"
fw 4 level "the level is set"

exits -n "help" 0 pfrut -h
err_like 'usage: pfrut' "is pfrut's own"
fresh
done_testing
