#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [--docs] [options of tests/vm/run.sh]: prints what things take: reading
# the log, from a ring of 64 KiB to one of 64 MiB, and everything beside
# mainline's drivers and tool, in firmware calls, processor time in the guest,
# instructions and memory, medians of five turns. Without KVM times are those of
# an emulation. --docs writes docs/performance.md, too. What takes more than
# mainline's, and isn't explained below, is a failure. PFRU_BUILD applies.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
vm=${PFRU_BUILD:-$top/build}/vm

docs=no
if [ "${1:-}" = --docs ]; then
	docs=yes
	shift
fi
rm -f "$vm"/bench*/guest/{costs,beside,alone}
if ! BENCH_TURNS=5 "$top/tests/vm/run.sh" --scenario bench --scenario bench-mainline \
	--scenario bench-instructions "$@" >&2; then
	echo "the benchmark failed" >&2
	exit 1
fi

# rows FILE: all rows of both boots: ROW, UNIT, values; a row's units together
rows()
{
	awk -F '\t' -v OFS='\t' '
	FNR == 1 { file++ }
	file == 1 && $2 == "time" { $2 = "us" }
	file == 2 && $2 != "time" { next }
	file == 2 { $2 = "1000 instructions" }
	!($1 in lines) { rows[++n] = $1 }
	{ lines[$1] = lines[$1] $0 "\n" }
	END {
		for (i = 1; i <= n; i++)
			printf "%s", lines[rows[i]]
	}' "$vm/bench-mainline/guest/$1" "$vm/bench-instructions/guest/$1"
}

# of the comparison: ROW, UNIT, mainline's, ours
beside()
{
	rows beside
}

# what takes more, with the reason; an emulation's times vary
explained()
{
	beside | awk -F '\t' -v reasons="$here/reasons" '
	BEGIN {
		while ((getline line < reasons) > 0) {
			if (line ~ /^#/)
				continue
			split(line, field, "\t")
			pattern[++n] = field[1]
			reason[n] = field[2]
		}
	}
	$4 <= $3 * ($2 == "us" ? 1.1 : 1) { next }
	{
		for (i = 1; i <= n; i++)
			if ($1 ~ pattern[i])
				break
		if (i > n) {
			print "no reason is known: " $1 ", " $2 ": " $4 \
				" instead of " $3 >"/dev/stderr"
			bad = 1
		} else if (!said[i]++) {
			print "- " $1 ": " reason[i]
		}
	}
	END { exit bad }'
}

# as_markdown: the comparison
as_markdown()
{
	echo '| what | unit | mainline | this project | ratio |'
	echo '|---|---|---:|---:|---:|'
	beside | awk -F '\t' '{
		printf "| %s | %s | %s | %s | %.2f |\n", $1, $2, $3, $4, $4 / $3
	}'
}

page()
{
	cat <<-END
	<!-- Made by make bench-docs from what the guests saw; not typed. -->
	<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
	# What things take

	Kernel $(cat "$vm/bench-mainline/guest/kernel") in QEMU, medians of five turns. A call
	of the firmware stops every processor of the machine: their number counts most.
	Microseconds are processor time of an emulation; instructions are counted in a
	boot of their own, by a clock that counts them.

	## Reading the log

	$(sed 's/^/    /' "$vm/bench/guest/costs")

	## Beside mainline's drivers and tool

	Mainline is \`pfr_update\`, \`pfr_telemetry\` and \`pfrut\`, unmodified, built from
	Debian's \`linux-source\`, in the same boot. Ratios below 1 are this project's gain.

	$(as_markdown)

	Where it takes more:

	$(explained)

	## What mainline's tool cannot do

	| what | unit | this project |
	|---|---|---:|
	$(rows alone | awk -F '\t' '{ printf "| %s | %s | %s |\n", $1, $2, $3 }')
	END
}

explained >/dev/null || exit 1
echo
cat "$vm/bench/guest/costs"
echo
{
	printf 'what\tunit\tmainline\tpfru\tratio\n'
	beside | awk -F '\t' -v OFS='\t' '{ print $0, sprintf("%.2f", $4 / $3) }'
	rows alone | awk -F '\t' -v OFS='\t' '{ print $1, $2, "", $3, "" }'
} | awk -F '\t' '{ printf "%-30s  %-17s  %10s  %10s  %5s\n", $1, $2, $3, $4, $5 }'
[ "$docs" = no ] || page >"$top/docs/performance.md"
