#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-unit.sh [coverage]: every test that needs no virtual machine, or how many
# lines of core and of the tools their tests run; those of the tools are run when
# what they counted is not there, or older than sources and tests. Ends with
# "N passed, N failed" of all of them.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"

# counted TOOL: all its tests have run, on what is here now
counted()
{
	local ran=${BUILD:-$top/build}/cli-sanitize-cover/ran-$1

	[ -f "$ran" ] && [ -z "$(find "$top"/{cli,core,include,tests/unit,tests/lib} -type f \
		! -path '*/__pycache__/*' -newer "$ran" -print -quit)" ]
}

tools()
{
	part "the tool" "$top/tests/unit/cli/run.sh"
	# these wait most of their time, and all they share has been built for the tool
	beside "amt-lms" "$top/tests/unit/amt-lms/run.sh"
	part "amtctl" "$top/tests/unit/amtctl/run.sh"
	part "amt-lms"
}

if [ "${1:-}" = coverage ]; then
	{ counted cli && counted amtctl && counted amt-lms; } || tools
	part "lines of core and of the tools" "$top/tests/unit/coverage.py"
else
	part "core, capsules and the ABI" \
		make --no-print-directory -C "$top/tests/unit" check
	tools
	part "how the tool is built" "$top/tests/unit/cli/hardening.sh"
	part "how amtctl is built" "$top/tests/unit/cli/hardening.sh" amtctl
	part "how amt-lms is built" "$top/tests/unit/cli/hardening.sh" amt-lms
	part "how amt-lms is measured" "$top/tests/bench/stand-in.sh" --check
	part "what the tool shows of capsules" "$top/tests/unit/cli/dumps.sh"
	part "how the module is built" "$top/tests/kbuild/run.sh"
	part "the judge of kernel logs" "$top/tests/vm/splat-test.sh"
	part "the lists of what failed" "$top/tests/sum-test.sh"
fi
total
