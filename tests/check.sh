#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh: all tests, and one last line "N passed, N failed".

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"

# fuzzing takes one processor, and the tool's tests wait a good part of their time
beside "fuzzing" "$top/tests/fuzz/run.sh" 15
part "unit tests" "$top/tests/check-unit.sh"
part "the HECI model" "$top/tests/sim/heci/selftest.sh" host amt
part "fuzzing"
# guests wait most of their time; a fleet of fifty is in check-full
beside "fleets" env FLEET_SIZE="${FLEET_SIZE:-16}" nice "$top/tests/fleet/run.sh"
part "the test harness itself" "$top/tests/vm/selftest.sh"
part "virtual machines" "$top/tests/vm/run.sh" --no-skips \
	--kernel "${KERNEL:-6.1}"
part "fleets"
total
