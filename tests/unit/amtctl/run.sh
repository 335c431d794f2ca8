#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of amtctl with a simulated management engine (fakemei.c and firmware.py), in
# a build with ASan and UBSan that counts lines; the tests of pfructl forget what was
# counted before, and come first. Prints TAP.
# run.sh ARGUMENT...: builds the same, and runs pytest with these, as for one test.
set -u
# shellcheck source=SCRIPTDIR/../../lib/fake.sh disable=SC1091,SC2154
. "$(dirname "$0")/../../lib/fake.sh"
export AMTCTL_FAKE=$build/cli-fake/amtctl

build_program()
{
	local flags

	tool "${kind[@]}" amtctl-objects &&
		flags=$(tool "${kind[@]}" amtctl-link-flags) &&
		link_fake "$AMTCTL_FAKE" tests/unit/amtctl/fakemei.c \
			"open64 ioctl read write close poll nanosleep clock_gettime" \
			"$flags"
}

or_bail_out build_program
run=(tests/lib/pytest.sh -o testpaths=tests/unit/amtctl)
[ $# -eq 0 ] || exec "${run[@]}" "$@"
all_tests amtctl "${run[@]}" --tap
