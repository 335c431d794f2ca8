#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh: all tests, and one last line "N passed, N failed".

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"

# what several of those that run beside each other would build
make --no-print-directory -s -C "$top/cli" || { echo "0 passed, 1 failed"; exit 1; }

# two guests at most: these boot one at a time
beside "the HECI model" "$top/tests/sim/heci/selftest.sh" host amt
part "the test harness itself" "$top/tests/vm/selftest.sh"
part "the HECI model"
# guests wait a third of their time, which is for the others, one after the other
beside "virtual machines" "$top/tests/vm/run.sh" --no-skips \
	--kernel "${KERNEL:-6.1}"
part "unit tests" nice -n 5 "$top/tests/check-unit.sh"
part "fuzzing" nice -n 5 "$top/tests/fuzz/run.sh" 15
# a fleet of fifty is in check-full
part "fleets" env FLEET_SIZE="${FLEET_SIZE:-8}" nice -n 5 "$top/tests/fleet/run.sh"
part "virtual machines"
total
