#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh: boots the scenario "bench" and prints what reading the log costs:
# firmware calls, processor time in the guest, bytes read from the log and
# memory, medians of five turns. Without KVM times are those of an emulation.
# PFRU_BUILD and the options of tests/vm/run.sh apply.

set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
table=${PFRU_BUILD:-$top/build}/vm/bench/guest/costs

rm -f "$table"
if ! "$top/tests/vm/run.sh" --scenario bench "$@" >&2; then
	echo "the benchmark failed" >&2
	exit 1
fi
echo
cat "$table"
