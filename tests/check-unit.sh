#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-unit.sh [coverage]: every test that needs no virtual machine, or those
# that count the lines of core and of the tool. Ends with "N passed, N failed" of
# all of them.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"

if [ "${1:-}" = coverage ]; then
	part "the tool" env COVER=1 "$top/tests/unit/cli/run.sh"
	part "amtctl" env COVER=1 "$top/tests/unit/amtctl/run.sh"
	part "amt-lms" env COVER=1 "$top/tests/unit/amt-lms/run.sh"
	part "lines of core and of the tools" "$top/tests/unit/coverage.py"
else
	part "core, capsules and the ABI" \
		make --no-print-directory -C "$top/tests/unit" check
	part "the tool" "$top/tests/unit/cli/run.sh"
	part "amtctl" "$top/tests/unit/amtctl/run.sh"
	part "amt-lms" "$top/tests/unit/amt-lms/run.sh"
	part "how the tool is built" "$top/tests/unit/cli/hardening.sh"
	part "how amtctl is built" "$top/tests/unit/cli/hardening.sh" amtctl
	part "how amt-lms is built" "$top/tests/unit/cli/hardening.sh" amt-lms
	part "what the tool shows of capsules" "$top/tests/unit/cli/dumps.sh"
	part "how the module is built" "$top/tests/kbuild/run.sh"
	part "the judge of kernel logs" "$top/tests/vm/splat-test.sh"
	part "the lists of what failed" "$top/tests/sum-test.sh"
fi
total
