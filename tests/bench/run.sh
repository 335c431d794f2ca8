#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [--docs] [options of tests/vm/run.sh]: prints what everything costs: reading
# the log, from a ring of 64 KiB to one of 64 MiB, and a comparison with mainline's
# drivers and tool, in firmware calls, instructions and memory, medians of five runs.
# --docs also writes docs/performance.md. A row that costs more than mainline's and has
# no line in the file "reasons" is a failure. Whatever the reason, so is a start of the
# tool that takes more than 1.5 times mainline's instructions, and a log of 16 MiB that
# takes more of them. PFRU_BUILD applies.

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

# rows FILE: the rows of both boots: ROW, UNIT, values; a row's units together. A
# time of the first boot is left out: the second counts instructions for it, and the
# time of an emulation depends on what else its host does.
rows()
{
	awk -F '\t' -v OFS='\t' '
	FNR == 1 { file++ }
	file == 1 && $2 == "time" { next }
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

# what no reason excuses
limits()
{
	beside | awk -F '\t' '
	function hold(most) {
		found++
		if ($4 <= most * $3)
			return
		print "at most " most " times mainline'"'"'s instructions are allowed: " \
			$1 ": " $4 " instead of " $3 >"/dev/stderr"
		bad = 1
	}
	$2 !~ /instructions/ { next }
	$1 ~ /^start the tool/ { hold(1.5) }
	$1 ~ /^read a full log of 16 MiB/ { hold(1) }
	END {
		if (found != 2)
			print "rows are missing" >"/dev/stderr"
		exit bad || found != 2
	}'
}

# sha256 NAME [OPENSSL_ia32cap]: milliseconds for 16 MiB on this machine, one row
sha256()
{
	local speed

	speed=$(env ${2:+OPENSSL_ia32cap="$2"} openssl speed -mr -seconds 1 \
		-bytes 16777216 -evp sha256 2>/dev/null |
		sed -n 's/^+F:[0-9]*:[^:]*://p')
	awk -v name="$1" -v speed="$speed" 'BEGIN {
		if (speed + 0 <= 0)
			exit 1
		printf "%s\t%.1f\n", name, 16777216 / speed * 1000 }'
}

# with and without the SHA extensions of this processor, where it has them
hashing()
{
	if grep -qw sha_ni /proc/cpuinfo; then
		sha256 "with SHA extensions" &&
			sha256 "without SHA extensions" :~0x20000000
	else
		sha256 "without SHA extensions"
	fi
}

# what takes more, with the reason
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
	$4 <= $3 { next }
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
	# Performance

	Kernel $(cat "$vm/bench-mainline/guest/kernel") in QEMU, medians of five runs. Every
	firmware call halts all processors, so the number of calls counts most.
	Instructions are counted by the emulation in a separate boot; it counts one for each
	byte that a string instruction copies or clears. The processor time of an emulation,
	in microseconds, varies with the load of its host.

	## Reading the log

	$(sed 's/^/    /' "$vm/bench/guest/costs")

	## Compared with mainline's drivers and tool

	Mainline is \`pfr_update\`, \`pfr_telemetry\` and \`pfrut\`, unmodified, built from
	Debian's \`linux-source\`, in the same boot. A ratio below 1 means that this project
	costs less. The emulation has no caches: it does not show that mainline's driver maps
	the log uncached, so that on hardware each of its loads goes to the memory.

	$(as_markdown)

	Where it costs more:

	$(explained)

	## The SHA-256 of a capsule

	\`pfructl stage\` computes the SHA-256 of a capsule for the record, and the module
	for the log; mainline's driver and tool compute none. The emulated processor has no
	SHA extensions. On the processor that ran this benchmark, OpenSSL takes for 16 MiB:

	| | ms |
	|---|---:|
	$(tr '\t' '|' <<<"$hashed" | sed 's/|/ | /; s/^/| /; s/$/ |/')

	## What only this project's tool does

	| what | unit | this project |
	|---|---|---:|
	$(rows alone | awk -F '\t' '{ printf "| %s | %s | %s |\n", $1, $2, $3 }')
	END
}

explained >/dev/null && limits || exit 1
hashed=$(hashing) || exit 1
echo
cat "$vm/bench/guest/costs"
echo
{
	printf 'what\tunit\tmainline\tpfru\tratio\n'
	beside | awk -F '\t' -v OFS='\t' '{ print $0, sprintf("%.2f", $4 / $3) }'
	rows alone | awk -F '\t' -v OFS='\t' '{ print $1, $2, "", $3, "" }'
} | awk -F '\t' '{ printf "%-30s  %-17s  %10s  %10s  %5s\n", $1, $2, $3, $4, $5 }'
printf '\nSHA-256 of 16 MiB on this machine, ms:\n%s\n' "$hashed"
[ "$docs" = no ] || page >"$top/docs/performance.md"
