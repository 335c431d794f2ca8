# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154
#
# The rows of the comparison with mainline, to be sourced after tap.sh by the
# test that makes a column. ROWS lists them, "ID TITLE" a line; each is begun
# by "listed ID" and ended by "cell TEXT" of tap.sh. rows_done checks that none
# is missing, and leaves the column in guest/column.

ROWS='garbage cat anything > the update node
pieces a capsule written in pieces (dd, cp)
stale the first 20 bytes of a capsule after a good one
status the firmware refuses (status 4, extended status 0x77)
refused a refused capsule
two two processes load and stage at once
guid the firmware reports GUIDs of 17 bytes
level answers to get and set level with missing elements
header3 image header version 3, as mkeficapsule and edk2 make it
type driver update of the type that the platform reports
cid _CID PNP0C02 on the device
ram the firmware reports a buffer inside System RAM
rollover the log after a rollover
binary a NUL byte in the log
single only one of the two devices is wanted or there
open log type and revision
oem OEM information
unbind unbind while a file is open
mmap the log while it is mapped write-back, as ACPI maps it
order GUIDs printed
cost-load firmware calls: load, stage and activate
cost-query firmware calls: capability
cost-info firmware calls: settings and sizes of the log
cost-log firmware calls: the whole log'

# nothing is kept of a column that was not made to its end
tap_table=$tap_dir/
: >"$tap_dir/column"

# listed ID: the row of this ID begins
listed()
{
	local title

	title=$(printf '%s\n' "$ROWS" | sed -n "s/^$1 //p")
	row "$1" "$title"
	[ -n "$title" ] || not_ok "there is no row '$1'"
}

# rows_keep: the column, for the host
rows_keep()
{
	# at a tab, as tables.py wants it
	printf '%s\n' "$ROWS" | sed 's/ /\t/' >"$tap_dir/titles"
	keep "$tap_dir/column"
	keep "$tap_dir/titles"
}

# hold_ring: maps the execution log's ring write-back, as ACPI does while it
# writes to it, until release_ring
hold_ring()
{
	rm -f "$tap_dir/held" "$tap_dir/release"
	node-ops /dev/mem hold "$(fwctl get exec.base)" "$(fwctl get exec.size)" \
		touch "$tap_dir/held" wait "$tap_dir/release" \
		>"$tap_dir/holder" &
	wait_for 20 test -e "$tap_dir/held"
	is "$(sed -n 's/^hold: //p' "$tap_dir/holder")" 0 \
		"the ring is mapped write-back"
}

release_ring()
{
	touch "$tap_dir/release"
	wait
}

# rows_done: every row but those named was shown
rows_done()
{
	local missing='' seen id rest

	seen=$(cut -f 1 "$tap_dir/column" | tr '\n' ' ')
	while read -r id rest; do
		case " $seen$* " in
		*" $id "*) ;;
		*) missing="$missing $id" ;;
		esac
	done <<-END
	$ROWS
	END
	is "$missing" "" "every row was shown"
	sort -u "$tap_dir/column" | cut -f 1 | uniq -d >"$tap_dir/twice"
	is "$(cat "$tap_dir/twice")" "" "and none twice"
	rows_keep
}

# fresh: the firmware model as it was at boot, but for its counters and logs
fresh()
{
	fwctl disarm
	fwctl set code_rt_version 1 drv_rt_version 1 drv_svn 1 staged_kind 0 \
		require_auth 0 level 2
}

# answer_to WORD: the answer that node-ops gave for WORD in the last capture
answer_to()
{
	printf '%s\n' "$out" | sed -n "s/^$1: //p"
}

# costs N CMD...: the number of firmware calls that a command makes
costs()
{
	local want=$1 before

	shift
	before=$(fwctl calls)
	capture "$@"
	is "$(($(fwctl calls) - before))" "$want" "$*: $want firmware calls"
}
