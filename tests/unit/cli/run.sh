#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of pfructl without devices and with pretended ones (fakedev.c), in a
# build with ASan and UBSan, or with COVER=1 in one that counts lines. Prints TAP.
# run.sh ARGUMENT...: builds the same, and runs pytest with these, as for one test.
# Touches nothing outside a temporary directory and the build directory.
set -u
cd "$(dirname "$0")/../../.." || exit 1
top=$PWD
build=${BUILD:-$top/build}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export ASAN_OPTIONS=detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
unset "${!FAKE_@}"

kind=SANITIZE=1
fake=$build/cli-fake/pfructl
plain=$build/cli-fake/pfructl-plain
more=()
export PFRU_KILLS=200
if [ -n "${COVER:-}" ]; then
	kind=COVER=1
	fake=$build/cli-fake/pfructl-cover
	plain=
	more=(--ignore tests/unit/cli/test_memory.py)
	PFRU_KILLS=20
fi

# link_fake PROGRAM MAKE-VARIABLE: the tool of that build, with pretended devices
link_fake() {
	local flags

	flags=$(make -s -C cli BUILD="$build" "$2" link-flags) || return 1
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} -std=gnu11 -Wall -Wextra -g -D_GNU_SOURCE -I. -Iinclude/uapi \
		-D_FILE_OFFSET_BITS=64 -fPIC -o "$1" \
		tests/unit/cli/fakedev.c \
		$(for f in open64 __open64_2 openat64 fstat64 close ioctl read pread64 write \
			mmap64 module_state_read flock fsync fchown renameat \
			clock_gettime; do
			echo "-Wl,--wrap=$f"
		done) $flags
}

build_programs() {
	mkdir -p "$build/cli-fake" || return 1
	# of a run before
	[ ! -d "$build/cli-cover" ] || find "$build/cli-cover" -name '*.gcda' -delete
	make -s -C cli BUILD="$build" $kind all objects && link_fake "$fake" "$kind" ||
		return 1
	# memory is refused without the sanitizers, which allocate too
	[ -z "$plain" ] || {
		make -s -C cli BUILD="$build" objects &&
			link_fake "$plain" SANITIZE= &&
			${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$build/failnth.so" \
				tests/unit/cli/failnth.c
	}
}

if ! build_programs >"$log" 2>&1; then
	cat "$log"
	echo "Bail out! the programs cannot be built"
	exit 1
fi
[ $# -gt 0 ] || set -- --tap
PFRU_FAKE=$fake PFRU_PLAIN=$plain PFRU_FAILNTH=$build/failnth.so \
	tests/lib/pytest.sh -o testpaths=tests/unit/cli "${more[@]}" "$@"
