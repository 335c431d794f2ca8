#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of amtctl with a pretended management engine (fakemei.c and firmware.py), in
# a build with ASan and UBSan, or with COVER=1 in one that counts lines; after the
# tests of pfructl then, which forget what was counted before. Prints TAP. run.sh
# ARGUMENT...: builds the same, and runs pytest with these, as for one test.
set -u
cd "$(dirname "$0")/../../.." || exit 1
top=$PWD
build=${BUILD:-$top/build}
kind=SANITIZE=1
fake=$build/cli-fake/amtctl
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
	make -s -C cli BUILD="$build" $kind amtctl-objects || return 1
	flags=$(make -s -C cli BUILD="$build" $kind amtctl-link-flags) || return 1
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} -std=gnu11 -Wall -Wextra -g -D_GNU_SOURCE -I. \
		-D_FILE_OFFSET_BITS=64 -fPIC -o "$fake" \
		tests/unit/amtctl/fakemei.c \
		$(for f in open64 ioctl read write close poll nanosleep \
			clock_gettime; do
			echo "-Wl,--wrap=$f"
		done) $flags
}

if ! build_program >"$log" 2>&1; then
	cat "$log"
	echo "Bail out! the program cannot be built"
	exit 1
fi
[ $# -gt 0 ] || set -- --tap
AMTCTL_FAKE=$fake tests/lib/pytest.sh -o testpaths=tests/unit/amtctl "$@"
