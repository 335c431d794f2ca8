#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mainline-table.sh: the comparison with mainline as a Markdown table, from
# what the guests of the last runs saw; run these scenarios before:
#     tests/vm/run.sh --scenario compat --scenario cid \
#         --scenario mainline --scenario cid-mainline
#     tests/vm/mainline-table.sh >docs/mainline.md

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vm=${PFRU_BUILD:-$here/../../build}/vm

for scenario in compat cid mainline cid-mainline; do
	[ -f "$vm/$scenario/guest/column" ] || {
		echo "mainline-table.sh: the scenario $scenario has left no column in $vm: run it first" >&2
		exit 1
	}
done
kernel=$(cat "$vm"/{compat,cid,mainline,cid-mainline}/guest/kernel | sort -u)
[ "$(wc -l <<<"$kernel")" = 1 ] || {
	echo "mainline-table.sh: the columns are of different kernels: ${kernel//$'\n'/, }" >&2
	exit 1
}

cat <<END
<!-- Made by tests/vm/mainline-table.sh from what the guests saw; not typed. -->
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# This project and mainline's drivers, side by side

Kernel $kernel in QEMU with the firmware model of \`tests/sim/firmware\`.
Mainline is \`pfr_update\`, \`pfr_telemetry\` and \`pfrut\`, unmodified, built from
Debian's \`linux-source\`. Each row is a group of checks in
\`tests/vm/suites/mainline\`: \`rows-ours.sh\` (\`devices/cid.sh\` for \`_CID\`) for this
project, \`rows-theirs.sh\` (\`cid.sh\`) for mainline; a text stands here only when all
its checks passed.

| case | mainline | this project |
|---|---|---|
END
awk -F '\t' '
function text(side, id) {
	if ((side, id) in cell)
		return cell[side, id]
	missing = 1
	return "(not shown)"
}
FILENAME ~ /titles$/ {
	id = $0
	sub(/ .*/, "", id)
	ids[++n] = id
	titles[id] = substr($0, length(id) + 2)
	next
}
{
	side = FILENAME ~ /mainline\/guest/ ? "theirs" : "ours"
	gsub(/\|/, "\\|", $2)
	cell[side, $1] = $2
}
END {
	for (i = 1; i <= n; i++) {
		id = ids[i]
		printf "| %s | %s | %s |\n", titles[id], text("theirs", id),
			text("ours", id)
	}
	if (missing)
		print "mainline-table.sh: rows are missing" >"/dev/stderr"
	exit missing
}' "$vm/compat/guest/titles" \
	"$vm"/{compat,cid,mainline,cid-mainline}/guest/column
