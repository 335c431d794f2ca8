#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-debug.sh [--kernel NAME] [SCENARIO...]: the guest tests, all or these
# scenarios, on an instrumented kernel (debug, as in kernels/debug.config,
# or kcsan); any report of it fails. The first run builds that kernel. With all of
# them, the lines of the module that ran are counted, too.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../sum.sh disable=SC1091
. "$top/tests/sum.sh"

kernel=debug
if [ "${1:-}" = --kernel ]; then
	kernel=${2:?--kernel needs a name}
	shift 2
fi
export PFRU_BUILD=${PFRU_BUILD:-$top/build}/$kernel
args=()
for s in "$@"; do
	args+=(--scenario "$s")
done
# of a run before
rm -rf "$PFRU_BUILD"/vm/*/{guest,notes}
part "guests on the kernel $kernel" "$here/run.sh" --no-skips --kernel "$kernel" \
	"${args[@]}"
# what a kernel that looks for data races has looked at
for f in "$PFRU_BUILD"/vm/*/guest/kcsan; do
	[ ! -f "$f" ] || awk -v scenario="$(basename "${f%/guest/kcsan}")" '
		/^(setup_watchpoints|data_races):/ { n[$1] = $2 }
		END { print scenario ": " n["setup_watchpoints:"] \
			" accesses watched, " n["data_races:"] " data races" }' "$f"
done
[ $# -gt 0 ] || [ "$kernel" != debug ] ||
	part "lines of the module" "$here/coverage.py" "$PFRU_BUILD/vm"
total
