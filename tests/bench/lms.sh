#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lms.sh [--docs | --only-docs] [options of tests/vm/run.sh]: prints what amt-lms takes, and
# what MeshCmd's microlms takes for the same, in one guest on one model of AMT. --docs
# writes docs/performance-amt-lms.md, too; --only-docs writes it of what the last run
# saw. PFRU_BUILD applies.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
seen=${PFRU_BUILD:-$top/build}/vm/bench-lms

docs=no run=yes
case ${1:-} in
--docs) docs=yes; shift ;;
--only-docs) docs=yes run=no; shift ;;
esac
if [ $run = yes ]; then
	rm -f "$seen/guest/lms-costs"
	if ! "$top/tests/vm/run.sh" --scenario bench-lms "$@" >&2; then
		echo "the benchmark failed" >&2
		exit 1
	fi
fi
costs=$seen/guest/lms-costs
if [ ! -s "$costs" ]; then
	echo "there is no $costs: run the benchmark first" >&2
	exit 1
fi

# rows: WHAT, UNIT, microlms, amt-lms, RATIO; no ratio to nothing
rows()
{
	awk -F '\t' -v OFS='\t' '{
		print $1, $2, $3, $4, ($3 + 0 > 0 ? sprintf("%.2f", $4 / $3) : "-")
	}' "$costs"
}

package()
{
	sed -n 's/^package=meshcentral@//p' "$top/tests/vm/amt-programs.sh"
}

page()
{
	cat <<-END
	<!-- Made by make bench-lms-docs from what a guest saw; not typed. -->
	<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
	# Performance of amt-lms, compared with MeshCmd's microlms

	Kernel $(cat "$seen/guest/kernel") in QEMU, with the AMT of the HECI model. microlms is that of
	MeshCmd, npm package meshcentral $(package), unmodified, in the same guest after amt-lms.
	Times of an emulation can be compared with each other only. Most of a transfer is the
	time that the kernel takes to read and write the emulated engine's registers, word by
	word. It is the same for both services, and hides their differences; writing also counts
	as processor time of the service, but not as time outside the kernel. For times and
	memory, a ratio below 1 means that amt-lms costs less.

	| what | unit | microlms | amt-lms | ratio |
	|---|---|---:|---:|---:|
	END
	rows | awk -F '\t' '{ printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5 }'
	cat <<-END

	Processor time is counted in ticks of 10 ms. In an initramfs every page of a file
	counts as dirty, so private dirty memory leaves out the pages of files. A service that
	answers only some of the requests also does less work.
	END
}

rows | awk -F '\t' '
BEGIN { printf "%-70s %5s %10s %10s %6s\n", "what", "unit", "microlms", "amt-lms", "ratio" }
{ printf "%-70s %5s %10s %10s %6s\n", $1, $2, $3, $4, $5 }'
[ "$docs" = no ] || page >"$top/docs/performance-amt-lms.md"
