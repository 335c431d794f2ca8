#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh [--counted]: boots an unmodified Debian kernel under OVMF with the
# firmware model, updates that firmware, and shows the session. With --counted
# the last line is that of a test runner, and README's picture of the session has
# to show what the demo prints.

set -uo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
log=$build/demo.log

mkdir -p "$build"
"$top/tests/deps.sh" || exit 1
echo "Booting Debian's kernel in QEMU; without KVM this takes a minute or two." >&2
"$top/tests/vm/run.sh" --scenario demo --kernel "${KERNEL:-6.1}" >"$log"
status=$?
demo=$build/vm/demo/guest/demo.txt
[ ! -f "$demo" ] || cat "$demo"
if [ $status = 0 ]; then
	printf '\nThe demo did what it should; all checks: %s\n' "$log"
else
	grep -v '^ *ok' "$log"
	printf '\nThe demo failed; see %s\n' "$log"
fi
if [ "${1:-}" = --counted ]; then
	[ $status != 0 ] || "$top/tests/picture.py" --check "$demo" || status=1
	tail -n 1 "$log"
fi
exit $status
