#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-unit.sh: every test that needs no virtual machine. Ends with
# "N passed, N failed" of all of them.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/sum.sh disable=SC1091
. "$top/tests/sum.sh"

part "core, capsules and the ABI" \
	make --no-print-directory -C "$top/tests/unit" check
part "the tool" "$top/tests/unit/cli/run.sh"
part "what the tool shows of capsules" "$top/tests/unit/cli/dumps.sh"
part "the judge of kernel logs" "$top/tests/vm/splat-test.sh"
total
