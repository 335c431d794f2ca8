#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-full.sh: make check, and all that takes too long for it: hours, without
# KVM. Ends with "N passed, N failed". The packages have targets of their own.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"
build=${PFRU_BUILD:-$top/build}

# guests BUILD-DIRECTORY ARGUMENT...: of run.sh
guests()
{
	local dir=$1

	shift
	PFRU_BUILD=$dir "$top/tests/vm/run.sh" --no-skips "$@"
}

# document NAME: docs/NAME.md, from what guests saw; prints TAP
document()
{
	# shellcheck source=SCRIPTDIR/lib/tap.sh disable=SC1091
	. "$top/tests/lib/tap.sh"
	if "$top/tests/vm/tables.py" "$1" >"$build/$1.md"; then
		cp "$build/$1.md" "$top/docs/$1.md"
		ok "docs/$1.md can be made"
	else
		not_ok "docs/$1.md can be made"
	fi
	done_testing
}

# beside_mainline: both columns of docs/watchdog.md. Mainline's driver does not
# survive the stress: what fails there is in the table, and counts for nothing.
beside_mainline()
{
	guests "$build" --scenario watchdog-stress-mainline |
		sed 's/^[0-9]* passed, .*/mainline: &/'
	document watchdog
}

# other_kernels: those of releases but the one that make check boots; names of
# flavours have letters
other_kernels()
{
	awk '$1 ~ /^[0-9.]+$/ && $5 != "host" { print $1 }' "$top/tests/vm/kernels.conf"
}

FLEET_SIZE=50 part "make check" "$top/tests/check.sh"
FLEET_SIZE=50 part "fleets on Debian 13" "$top/tests/fleet/run.sh" --tree trixie-fresh
part "amt-lms, more of it" guests "$build" --scenario amt-lms-large
part "what AMT's tools were tried against" document amt
FAIL_ALL=1 part "the tool, each of its allocations refused" \
	"$top/tests/unit/cli/run.sh"
part "scenarios that take long" guests "$build" --scenario watchdog-real-time \
	--scenario watchdog-faults-mainline --scenario watchdog-survives-mainline \
	--scenario watchdog-kexec --scenario secure-unknown-key
part "the AMT watchdog beside mainline's driver" beside_mainline
WATCHDOG_STRESS=10 part "the AMT watchdog, ten times the stress" \
	guests "$build/full" --scenario watchdog-stress --scenario watchdog-survives \
	--scenario watchdog-daemon --scenario watchdog-systemd
for kernel in $(other_kernels); do
	part "kernel $kernel" guests "$build/full/$kernel" --kernel "$kernel" \
		--scenario main --scenario demo --scenario watchdog \
		--scenario watchdog-survives --scenario watchdog-daemon
done
part "PREEMPT_RT" guests "$build/full/6.1-rt" --kernel 6.1-rt \
	--scenario watchdog --scenario watchdog-survives --scenario watchdog-stress
part "the instrumented kernel" "$top/tests/vm/check-debug.sh"
part "everything at once on it, for long" "$top/tests/vm/check-debug.sh" storm
part "the kernel that looks for data races" "$top/tests/vm/check-debug.sh" \
	--kernel kcsan hostile
total
