#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# amt-table.sh: what amtctl was tried against, as Markdown, from what the guests of
# the last runs saw; run these scenarios before:
#     tests/vm/run.sh --scenario amt --scenario amt-meshcmd
#     tests/vm/amt-table.sh >docs/amt.md

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vm=${PFRU_BUILD:-$here/../../build}/vm
notes=()

for s in amt amt-meshcmd; do
	notes+=("$vm/$s/guest/amt-table")
	[ -f "$vm/$s/guest/amt-table" ] || {
		echo "amt-table.sh: the scenario $s has left nothing in $vm: run it first" >&2
		exit 1
	}
done
kernel=$(sed -n "s/.*VM_KERNEL='\([^']*\)'.*/\1/p" "$vm"/amt{,-meshcmd}/env | sort -u)
[ "$(wc -l <<<"$kernel")" = 1 ] || {
	echo "amt-table.sh: the scenarios ran on different kernels: ${kernel//$'\n'/, }" >&2
	exit 1
}
meshcentral=$(sed -n 's/^package=meshcentral@//p' "$here/amt-programs.sh")
samples=$(sed -n 's/^series=//p' "$here/amt-programs.sh")

cat <<END
<!-- Made by tests/vm/amt-table.sh from what the guests saw; not typed. -->
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# Intel AMT: what was tried against what

**Nothing of this was ever run on hardware with AMT.** All of it is \`amtctl\` on kernel
$kernel with the kernel's own \`mei\` and \`mei_me\`, in QEMU, with the
AMT of the HECI model in \`tests/sim/heci\`. The model is written from public
descriptions and shares no code with \`amtctl\`, but what real firmware does differently
neither of them knows. Where public sources disagree, \`amtctl\` shows raw values.

The model was tried with clients of others too, in the same guests: \`mei-amt-version\` of
Linux $samples, and MeshCmd of the npm package meshcentral $meshcentral, both unmodified.

Each row is a group of checks in \`tests/vm/guest/t-8*.sh\`; it stands here only when all
of them passed.
END
awk -F '\t' '
function text(column) {
	gsub(/\|/, "\\|", column)
	return column == "" ? "-" : column
}
function code(column) {
	return column == "" || column == "-" ? "-" : "`" text(column) "`"
}
function table(kind, title, lead, head,   i) {
	printf "\n## %s\n\n%s\n\n%s\n", title, lead, head
	gsub(/[^|]+/, "---", head)
	print head
	if (!rows[kind])
		missing = missing " " kind
	for (i = 1; i <= rows[kind]; i++)
		print row[kind, i]
}
/\(not as expected\)/ { missing = missing " " $1 ":" $2 }
# a word and its number are one value
$1 == "peer" {
	sub(/_number$/, "", $2)
	if (!index(peers[$2], $3))
		peers[$2] = peers[$2] (peers[$2] ? ", " : "") $3
	next
}
$1 == "value" { value[++values] = $0; next }
$1 == "change" { row[$1, ++rows[$1]] = "| " text($2) " | " text($3) " |" }
$1 == "fault" {
	row[$1, ++rows[$1]] = "| " code($2) " | " code($3) " | " $4
	said[rows[$1]] = $5
}
$1 == "also" {
	i = rows["fault"]
	said[i] = said[i] (said[i] ? "; " : "") $2
}
$1 == "state" { row[$1, ++rows[$1]] = "| " text($2) " | " $3 " | " text($4) " |" }
END {
	for (i = 1; i <= values; i++) {
		split(value[i], v, "\t")
		path = v[2]
		sub(/_number$/, "", path)
		row["value", ++rows["value"]] = "| " code(v[2]) " | " code(v[3]) \
			" | " code(v[4]) " | " text(peers[path]) " |"
	}
	for (i = 1; i <= rows["fault"]; i++)
		row["fault", i] = row["fault", i] " | " text(said[i]) " |"
	table("value", "Values",
	      "Every value is in JSON, under this key, and in text. The knob was turned beforehand; without one, the value is what it always is, or another row has the knob.",
	      "| key | amtctl | knob of the model | also shown by |")
	table("change", "Changes",
	      "What one program changed, the others see.",
	      "| made by | seen by |")
	table("fault", "Firmware that misbehaves",
	      "Each run ended within 10 seconds, or within 14 where an answer never comes or AMT is never ready; `activate`, which asks several times, within 20, and within 40 through a window of one byte; without its device, within 35. Where nothing is said, the usual values are shown.",
	      "| knob of the model | amtctl | exit status | what it says, or shows |")
	table("state", "What may be missing",
	      "A graphics card has no engine in QEMU: its is pretended by the file `kind` in sysfs.",
	      "| state | exit status | what it says |")
	if (missing)
		print "amt-table.sh: missing:" missing >"/dev/stderr"
	exit missing != ""
}' "${notes[@]}"
