#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lms.sh [--docs | --only-docs] [--stand-in] [options of tests/vm/run.sh]: prints what
# amt-lms takes, and what MeshCmd's microlms takes for the same: in one guest on one model
# of AMT, and on this host with a stand-in for it (stand-in.sh); with --stand-in, the
# latter only. --docs writes docs/performance-amt-lms.md, too; --only-docs writes it of
# what the last runs saw. PFRU_BUILD applies.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
seen=${PFRU_BUILD:-$top/build}/vm/bench-lms/guest
direct=${PFRU_BUILD:-$top/build}/bench-lms

docs=no run=yes guest=yes
while :; do
	case ${1:-} in
	--docs) docs=yes ;;
	--only-docs) docs=yes run=no ;;
	--stand-in) guest=no ;;
	*) break ;;
	esac
	shift
done

failed()
{
	echo "the benchmark failed" >&2
	exit 1
}

if [ $run = yes ]; then
	if [ $guest = yes ]; then
		rm -f "$seen/lms-costs"
		"$top/tests/vm/run.sh" --scenario bench-lms "$@" >&2 || failed
	fi
	rm -f "$direct/costs"
	"$here/stand-in.sh" "$direct" || failed
fi
needed=("$direct/costs")
[ $docs$guest = nono ] || needed+=("$seen/lms-costs")
for costs in "${needed[@]}"; do
	if [ ! -s "$costs" ]; then
		echo "there is no $costs: run the benchmark first" >&2
		exit 1
	fi
done

# times of a transfer that other programs held up are nothing to publish
calm()
{
	[ -s "$direct/varied" ] || return 0
	echo "other programs use the processors; the times of a transfer vary:" >&2
	cat "$direct/varied" >&2
	return 1
}

# rows COSTS: WHAT, UNIT, microlms, amt-lms, RATIO; no ratio to nothing
rows()
{
	awk -F '\t' -v OFS='\t' '{
		print $1, $2, $3, $4, ($3 + 0 > 0 ? sprintf("%.2f", $4 / $3) : "-")
	}' "$1"
}

# table COSTS: the same, in Markdown
table()
{
	echo '| what | unit | microlms | amt-lms | ratio |'
	echo '|---|---|---:|---:|---:|'
	rows "$1" | awk -F '\t' '{ printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5 }'
}

package()
{
	sed -n 's/^package=meshcentral@//p' "$top/tests/vm/amt-programs.sh"
}

page()
{
	cat <<-END
	<!-- Made by make bench-lms-docs from what a guest and this host saw; not typed. -->
	<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
	# Performance of amt-lms, compared with MeshCmd's microlms

	Kernel $(cat "$seen/kernel") in QEMU, with the AMT of the HECI model. microlms is that of
	MeshCmd, npm package meshcentral $(package), unmodified, in the same guest after amt-lms.
	Times of an emulation can be compared with each other only. Most of a transfer is the
	time that the kernel takes to read and write the emulated engine's registers, word by
	word. It is the same for both services, and hides their differences; writing also counts
	as processor time of the service, but not as time outside the kernel. For times and
	memory, a ratio below 1 means that amt-lms costs less.

	END
	table "$seen/lms-costs"
	cat <<-END

	Processor time is counted in ticks of 10 ms. In an initramfs every page of a file
	counts as dirty, so private dirty memory leaves out the pages of files. A service that
	answers only some of the requests also does less work.

	## Without the emulated engine

	The same services on the host that ran the guest, where the AMT of the HECI model is a
	process that they reach through a socket. This stand-in has no registers, no interrupts
	and no driver, and its messages pass in microseconds, so it shows what the services
	themselves take; what a transfer takes on a machine with AMT depends on the engine, too.
	Both services send and receive the same bytes, checked by SHA-256, and take turns: times
	are medians, and processor time is counted in nanoseconds.

	END
	table "$direct/costs"
}

print()
{
	rows "$1" | awk -F '\t' '
	BEGIN { printf "%-70s %5s %10s %10s %6s\n", "what", "unit", "microlms", "amt-lms", "ratio" }
	{ printf "%-70s %5s %10s %10s %6s\n", $1, $2, $3, $4, $5 }'
}

[ $guest = no ] || print "$seen/lms-costs"
print "$direct/costs"
calm || [ "$docs" = no ] || {
	echo "docs/performance-amt-lms.md is not written: measure on a quiet machine" >&2
	exit 1
}
[ "$docs" = no ] || page >"$top/docs/performance-amt-lms.md"
