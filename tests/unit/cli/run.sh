#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of pfructl without devices and with pretended ones (fakedev.c), in a build
# with ASan and UBSan, or with COVER=1 in one that counts lines. Prints TAP.
# run.sh ARGUMENT...: builds the same, and runs pytest with these, as for one test.
# Touches nothing outside a temporary directory and the build directory.
set -u
# shellcheck source=SCRIPTDIR/../../lib/fake.sh disable=SC1091,SC2154
. "$(dirname "$0")/../../lib/fake.sh"
export PFRU_FAKE=$build/cli-fake/pfructl$cover
export PFRU_PLAIN=$build/cli-fake/pfructl-plain
export PFRU_FAILNTH=$build/failnth.so
export PFRU_KILLS=200
wrapped="open64 __open64_2 openat64 fstat64 close ioctl read pread64 write mmap64
	module_state_read flock fsync fchown renameat clock_gettime klogctl"

# program FILE MAKE-VARIABLE: the tool of that build, with pretended devices
program()
{
	local flags

	flags=$(tool "$2" link-flags) &&
		link_fake "$1" tests/unit/cli/fakedev.c "$wrapped" "$flags"
}

build_programs()
{
	tool "$kind" all objects && program "$PFRU_FAKE" "$kind"
}

# memory is refused without the sanitizers, which allocate too
build_plain()
{
	tool objects && program "$PFRU_PLAIN" SANITIZE= &&
		${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$PFRU_FAILNTH" \
			tests/unit/cli/failnth.c
}

more=()
if [ -n "$cover" ]; then
	# of a run before
	[ ! -d "$build/cli-cover" ] || find "$build/cli-cover" -name '*.gcda' -delete
	PFRU_KILLS=20
	more=(--ignore tests/unit/cli/test_memory.py)
fi
or_bail_out build_programs
[ -n "$cover" ] || or_bail_out build_plain
[ $# -gt 0 ] || set -- --tap
tests/lib/prometheus.sh tests/lib/pytest.sh -o testpaths=tests/unit/cli "${more[@]}" "$@"
