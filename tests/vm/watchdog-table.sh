#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# watchdog-table.sh: mainline's mei_wdt and this project's watchdog, side by
# side, as a Markdown table, from what the guests of the last runs saw; run
# these scenarios before:
#     for s in watchdog watchdog-survives watchdog-panic watchdog-faults watchdog-stress; do
#         echo --scenario $s --scenario $s-mainline
#     done | xargs tests/vm/run.sh
#     tests/vm/watchdog-table.sh >docs/watchdog.md

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vm=${PFRU_BUILD:-$here/../../build}/vm
ours=(watchdog watchdog-survives watchdog-panic watchdog-faults watchdog-stress)

# files SIDE KIND: those of a column that there are
files()
{
	local s f

	for s in "${ours[@]}"; do
		for f in "$vm/$s$1"/{guest/,host-}"$2"; do
			[ ! -f "$f" ] || echo "$f"
		done
	done
}

for s in "${ours[@]}"; do
	for side in "" -mainline; do
		[ -f "$vm/$s$side/status" ] || {
			echo "watchdog-table.sh: the scenario $s$side has left nothing in $vm: run it first" >&2
			exit 1
		}
	done
done
kernel=$(sed -n "s/.*VM_KERNEL='\([^']*\)'.*/\1/p" \
	"$vm"/watchdog{,-survives,-panic,-faults,-stress}{,-mainline}/env | sort -u)
[ "$(wc -l <<<"$kernel")" = 1 ] || {
	echo "watchdog-table.sh: the columns are of different kernels: ${kernel//$'\n'/, }" >&2
	exit 1
}

cat <<END
<!-- Made by tests/vm/watchdog-table.sh from what the guests saw; not typed. -->
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# The AMT watchdog: this project and mainline's mei_wdt, side by side

Kernel $kernel in QEMU with the HECI model of \`tests/sim/heci\`.
Mainline is the kernel's own \`mei_wdt\`. Each row is a group of checks in
\`tests/vm/suites/watchdog\`, which are the same for both; a text
stands here only when all its checks passed.

A ping of this project's watchdog notes that user space is alive, and returns at once:
an error, or a wait, would make the programs that drive a watchdog reboot the machine
or stand still, for a watchdog that only alarms. A thread tells the firmware. Where that
does not work, the kernel log says so once, and the files state, last_error and
last_heartbeat in sysfs show it. Where a row says "ETIMEDOUT is shown", former
versions gave that error to the ping; where it says that something "goes on", they
gave ENODEV and made a new device.

| case | mainline | this project |
|---|---|---|
END
# mainline's stress ends at an oops: what it saw until then
dead=$vm/watchdog-stress-mainline
oops=$(sed -n '/Oops:/,$s/.*RIP: 0010:\([a-z_0-9]*\)+.*/\1/p' \
	"$dead/console.log" | head -n 1)
if [ -n "$oops" ]; then
	mkdir -p "$dead/guest"
	tr -d '\r' <"$dead/results.tap" | sed -n 's/^# cell: //p' \
		>"$dead/guest/column"
fi
mapfile -t titles < <(files "" titles; files -mainline titles)
mapfile -t columns < <(files "" column; files -mainline column)
awk -F '\t' -v oops="$oops" '
function text(side, id) {
	if ((side, id) in cell)
		return cell[side, id]
	if (side == "theirs" && stress[id] && oops)
		return died++ ? "not reached" : "**kernel oops** (" oops ")"
	missing = 1
	return "(not shown)"
}
{ gsub(/\|/, "\\|", $2) }
FILENAME ~ /titles$/ {
	if (!($1 in title))
		ids[++n] = $1
	title[$1] = $2
	if (FILENAME ~ /watchdog-stress\//)
		stress[$1] = 1
	next
}
{
	cell[FILENAME ~ /-mainline\// ? "theirs" : "ours", $1] = $2
}
END {
	for (i = 1; i <= n; i++)
		printf "| %s | %s | %s |\n", title[ids[i]],
			text("theirs", ids[i]), text("ours", ids[i])
	if (missing)
		print "watchdog-table.sh: cells are missing" >"/dev/stderr"
	exit missing
}' "${titles[@]}" "${columns[@]}"
