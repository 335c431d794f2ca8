#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: bench-mainline bench-instructions
# timeout: 500
#
# What the same things take with mainline's drivers and tool and with this
# project's, in one boot, medians of five turns. Leaves guest/beside, lines of
# ROW, UNIT, mainline's and ours, separated by tabs; the times are processor
# time, or instructions where the scenario counts them. Also guest/alone: what
# mainline's tool cannot do, lines of ROW, UNIT and ours.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

mainline="pfr_update pfr_telemetry"
sizes="4096 1048576 16777216"

# median CMD...: of measure; sets $calls, $us and $rss. At each turn the capability
# has been asked for since the last change.
median()
{
	: >"$tap_dir/turns"
	for turn in 1 2 3 4 5; do
		fwctl set code_rt_version 1
		$capability >"$tap_dir/capability" 2>&1
		measure "$@" >>"$tap_dir/turns" 2>"$tap_dir/trouble" ||
			not_ok "turn $turn: $*" "$(cat "$tap_dir/trouble")"
	done
	calls=$(sed 's/calls \([0-9]*\) .*/\1/' "$tap_dir/turns" | sort -n | sed -n 3p)
	us=$(sed 's/.* us \([0-9]*\) .*/\1/' "$tap_dir/turns" | sort -n | sed -n 3p)
	rss=$(sed 's/.* rss \([0-9]*\)$/\1/' "$tap_dir/turns" | sort -n | sed -n 3p)
}

# note COLUMN ROW UNIT VALUE
note()
{
	printf '%s\t%s\t%s\n' "$2" "$3" "$4" >>"$tap_dir/$1"
}

label()
{
	if [ "$1" -lt 1048576 ]; then
		echo "$(($1 >> 10)) KiB"
	else
		echo "$(($1 >> 20)) MiB"
	fi
}

# column NAME UPDATE-NODE TOOL: all rows, with the words that the tool has
# shellcheck disable=SC2086 # words
column()
{
	who=$1
	node=$2
	tool=$3
	# what is asked once only is asked
	median run $capability
	note "$who" "query the capability" "firmware calls" "$calls"
	median run $update
	note "$who" "load, stage and activate" "firmware calls" "$calls"
	for size in 4096 16777216; do
		median run $stage "/data/size-$size.cap" $stage_too
		note "$who" "stage a capsule of $(label "$size")" "firmware calls" "$calls"
		note "$who" "stage a capsule of $(label "$size")" time "$us"
		note "$who" "stage a capsule of $(label "$size")" "KiB of memory" "$rss"
	done
	median run $settings
	note "$who" "settings and sizes of the log" "firmware calls" "$calls"
	for size in $sizes; do
		median write "$node" "/data/size-$size.cap"
		note "$who" "write a capsule of $(label "$size")" "firmware calls" "$calls"
		note "$who" "write a capsule of $(label "$size")" time "$us"
	done
	for size in 65536 1048576 16777216; do
		measure fill "$size"
		median run $read
		note "$who" "read a full log of $(label "$size")" "firmware calls" "$calls"
		note "$who" "read a full log of $(label "$size")" time "$us"
		note "$who" "read a full log of $(label "$size")" "KiB of memory" "$rss"
	done
	median run $help
	note "$who" "start the tool, for its help" time "$us"
	note "$who" "start the tool, for its help" "KiB of memory" "$rss"
	note "$who" "the tool's file" KiB $(($(stat -c %s "$(command -v "$tool")") / 1024))
}

# memory COLUMN MODULE...: of loaded modules
memory()
{
	who=$1
	shift
	bytes=0
	for m in "$@"; do
		bytes=$((bytes + $(awk -v m="$m" '$1 == m { print $2 }' /proc/modules)))
	done
	note "$who" "the modules, loaded" KiB $((bytes / 1024))
}

fwctl set exec.live 1
capability="pfrut -q" update="pfrut -l /data/code-2.cap -u"
stage="pfrut -l" stage_too="-s"
settings="pfrut -G" read="pfrut -R" help="pfrut -h"
# shellcheck disable=SC2086 # words
memory mainline $mainline
n=$(fwctl get activations)
column mainline /dev/acpi_pfr_update0 pfrut
is $(($(fwctl get activations) - n)) 5 "mainline's have updated the firmware"
for m in $mainline; do
	run rmmod "$m"
done

run modprobe pfru
wait_for 10 test -c /dev/pfru/telemetry
capability="pfructl capability" update="pfructl stage-activate /data/code-2.cap"
stage="pfructl stage" stage_too=""
settings="pfructl telemetry-info" read="pfructl telemetry" help="pfructl --help"
memory ours pfru
n=$(fwctl get activations)
column ours /dev/pfru/update pfructl
is $(($(fwctl get activations) - n)) 5 "so has this project's"
# and what only this project's tool has, when it has it
for command in history metrics; do
	pfructl "$command" --help >"$tap_dir/help" 2>&1 || continue
	median run pfructl "$command"
	note alone "pfructl $command" "firmware calls" "$calls"
	note alone "pfructl $command" time "$us"
	note alone "pfructl $command" "KiB of memory" "$rss"
done

is "$(cut -f 1,2 "$tap_dir/ours")" "$(cut -f 1,2 "$tap_dir/mainline")" "the same rows"
awk -F '\t' -v OFS='\t' 'NR == FNR { ours[NR] = $3; next } { print $0, ours[FNR] }' \
	"$tap_dir/ours" "$tap_dir/mainline" >"$tap_dir/beside"
sed 's/^/# /' "$tap_dir/beside"
# a call stops every processor of the machine
is "$(awk -F '\t' '$2 == "firmware calls" && $4 > $3' "$tap_dir/beside")" "" \
	"nothing takes more calls of the firmware"
keep "$tap_dir/beside"
sed 's/^/# /' "$tap_dir/alone"
keep "$tap_dir/alone"
printf '%s\n' "$VM_KERNEL" >"$tap_dir/kernel"
keep "$tap_dir/kernel"
done_testing
