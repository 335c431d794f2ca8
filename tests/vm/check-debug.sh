#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check-debug.sh [SCENARIO...]: the guest tests, all or these scenarios, on the
# kernel that looks for harm (kernels/debug.config); any report of it fails. The
# first run builds that kernel. With all of them, the lines of the module that
# ran are counted, too.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../sum.sh disable=SC1091
. "$top/tests/sum.sh"

export PFRU_BUILD=${PFRU_BUILD:-$top/build}/debug
args=()
for s in "$@"; do
	args+=(--scenario "$s")
done
# of a run before
rm -rf "$PFRU_BUILD"/vm/*/{guest,notes}
part "guests on the debug kernel" "$here/run.sh" --kernel debug \
	--jobs "${JOBS:-2}" "${args[@]}"
[ $# -gt 0 ] ||
	part "lines of the module" "$here/coverage.py" "$PFRU_BUILD/vm"
total
