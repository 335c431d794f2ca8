#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of amt-lms with a pretended management engine (fakenode.c and firmware.py), in
# a network namespace with nothing but loopback and a build with ASan and UBSan; with
# COVER=1 in a build that counts lines, after the tests of pfructl then, which forget
# what was counted before. Ends with "N passed, N failed". run.sh ARGUMENT... runs
# pytest with these.
set -u
cd "$(dirname "$0")/../../.." || exit 1
top=$PWD
build=${BUILD:-$top/build}
kind=SANITIZE=1
fake=$build/cli-fake/amt-lms
if [ -n "${COVER:-}" ]; then
	kind=COVER=1
	fake=$fake-cover
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export ASAN_OPTIONS=detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
unset "${!FAKE_@}"

build_program()
{
	local flags f

	mkdir -p "$build/cli-fake" || return 1
	make -s -C cli BUILD="$build" $kind amt-lms-objects || return 1
	flags=$(make -s -C cli BUILD="$build" $kind amt-lms-link-flags) || return 1
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} -std=gnu11 -Wall -Wextra -g -D_GNU_SOURCE -I. \
		-D_FILE_OFFSET_BITS=64 -fPIC -o "$fake" \
		tests/unit/amt-lms/fakenode.c \
		$(for f in open64 ioctl sd_event_now sd_event_source_set_time \
			sd_event_source_set_time_relative \
			sd_event_add_time_relative; do
			echo "-Wl,--wrap=$f"
		done) $flags
}

if ! build_program >"$log" 2>&1; then
	cat "$log"
	echo "0 passed, 1 failed"
	exit 1
fi
# ports of this machine are none of a test's business
# shellcheck disable=SC2016 # for the inner shell
pytest=(unshare -rn sh -c 'ip link set lo up && exec "$@"' sh
	env -u PYTHONPATH PYTHONDONTWRITEBYTECODE=1 "AMT_LMS_FAKE=$fake"
	pytest-3 -q -p no:cacheprovider)
if [ $# -gt 0 ]; then
	"${pytest[@]}" "$@" tests/unit/amt-lms
	exit
fi
"${pytest[@]}" -s tests/unit/amt-lms >"$log" 2>&1
status=$?
cat "$log"
passed=$(grep -c '^ok - ' "$log")
failed=$(grep -c '^not ok - ' "$log")
if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
	failed=1
	echo "not ok - pytest ended with status $status"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
