#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dumps.sh [--update]: what pfructl shows of some capsules, compared with the
# golden dumps in tests/corpus/dumps, which were read by a person when they were
# made. Prints TAP. What depends on today's date is left out.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source=SCRIPTDIR/../../lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

make -s --no-print-directory -C "$top/cli" >&2 || exit 1
cd "$top/tests/corpus" || exit 1

dump()
{
	# the exit status, 0 or 4, is part of the dump
	"${BUILD:-$top/build}/bin/pfructl" --json capsule --no-device "$1" 2>/dev/null |
		grep -v '"valid_now"'
	echo "exit status ${PIPESTATUS[0]}"
}

for golden in dumps/*.txt; do
	file=$(basename "$golden" .txt)
	if [ "${1:-}" = --update ]; then
		dump "$file" >"$golden"
	fi
	if difference=$(dump "$file" | diff -u "$golden" - 2>&1); then
		ok "dump of $file"
	else
		not_ok "dump of $file" "$difference"
	fi
done
done_testing
