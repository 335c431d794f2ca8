#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of pfructl without devices and with simulated ones (fakedev.c), in a build
# with ASan and UBSan that counts lines. Prints TAP.
# run.sh ARGUMENT...: builds the same, and runs pytest with these, as for one test.
# Touches nothing outside a temporary directory and the build directory.
set -u
# shellcheck source=SCRIPTDIR/../../lib/fake.sh disable=SC1091,SC2154
. "$(dirname "$0")/../../lib/fake.sh"
export PFRU_FAKE=$build/cli-fake/pfructl
export PFRU_PLAIN=$build/cli-fake/pfructl-plain
export PFRU_FAILNTH=$build/failnth.so
export PFRU_KILLS=200
wrapped="open64 __open64_2 openat64 fstat64 close ioctl read pread64 write mmap64
	madvise module_state_read flock fsync fchown renameat clock_gettime klogctl"

# program FILE MAKE-VARIABLE...: the tool of that build, with simulated devices
program()
{
	local flags file=$1

	shift
	flags=$(tool "$@" link-flags) &&
		link_fake "$file" tests/unit/cli/fakedev.c "$wrapped" "$flags"
}

build_programs()
{
	tool "${kind[@]}" all objects && program "$PFRU_FAKE" "${kind[@]}"
}

# memory is refused without the sanitizers, which allocate too
build_plain()
{
	tool objects && program "$PFRU_PLAIN" SANITIZE= &&
		${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$PFRU_FAILNTH" \
			tests/unit/cli/failnth.c
}

or_bail_out build_programs
or_bail_out build_plain
run=(tests/lib/prometheus.sh tests/lib/pytest.sh -o testpaths=tests/unit/cli)
[ $# -eq 0 ] || exec "${run[@]}" "$@"
# of a run before, of all tools
find "$counts" \( -name '*.gcda' -o -name 'ran-*' \) -delete
all_tests cli "${run[@]}" --tap
