#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of amt-lms with a simulated management engine (fakenode.c and firmware.py), in
# a network namespace with nothing but loopback and a build with ASan and UBSan that
# counts lines; the tests of pfructl forget what was counted before, and come first.
# Prints TAP.
# run.sh ARGUMENT...: builds the same, and runs pytest with these, as for one test.
set -u
# shellcheck source=SCRIPTDIR/../../lib/fake.sh disable=SC1091,SC2154
. "$(dirname "$0")/../../lib/fake.sh"
export AMT_LMS_FAKE=$build/cli-fake/amt-lms
wrapped="open64 ioctl send getpwuid sd_event_now sd_event_source_set_time
	sd_event_source_set_time_relative sd_event_add_time_relative
	memcpy memmove"

build_program()
{
	local flags

	tool "${kind[@]}" amt-lms-objects &&
		flags=$(tool "${kind[@]}" amt-lms-link-flags) &&
		link_fake "$AMT_LMS_FAKE" tests/unit/amt-lms/fakenode.c "$wrapped" \
			"$flags"
}

or_bail_out build_program
# ports of this machine are none of a test's business
# shellcheck disable=SC2016 # for the inner shell
run=(unshare -rn sh -c 'ip link set lo up && exec "$@"' sh
	tests/lib/pytest.sh -o testpaths=tests/unit/amt-lms)
[ $# -eq 0 ] || exec "${run[@]}" "$@"
all_tests amt-lms "${run[@]}" --tap
