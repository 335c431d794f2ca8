# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# To be sourced by the runners of a tool's tests: builds the tool with sanitizers, so
# that it counts its lines, and with functions that simulate its devices. Sets top,
# where it goes, build, kind (make's variables) and counts (what is counted is there).

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top" || exit 1
build=${BUILD:-$top/build}
# shellcheck disable=SC2034 # for those who source this
kind=(SANITIZE=1 COVER=1)
counts=$build/cli-sanitize-cover
export ASAN_OPTIONS=detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
unset "${!FAKE_@}"
mkdir -p "$build/cli-fake" || exit 1

# tool WORD...: make of the tools
tool()
{
	make -s -C cli BUILD="$build" "$@"
}

# link_fake PROGRAM SOURCE FUNCTIONS FLAGS: SOURCE has these functions of the C
# library, as __wrap_NAME; FLAGS link the tool
link_fake()
{
	# of another compilation, which the program would complain of
	rm -f "$1"-*.gcda
	# shellcheck disable=SC2046,SC2086 # words
	${CC:-cc} -std=gnu11 -Wall -Wextra -g -D_GNU_SOURCE -I. -Iinclude/uapi \
		-D_FILE_OFFSET_BITS=64 -fPIC -o "$1" "$2" \
		$(printf -- '-Wl,--wrap=%s ' $3) $4
}

# all_tests TOOL CMD...: runs all its tests; $counts/ran-TOOL then says that they have
# been counted, and is as old as the beginning
all_tests()
{
	local ran=$counts/ran-$1 status=0

	shift
	rm -f "$ran"
	touch "$ran.new"
	"$@" || status=$?
	mv "$ran.new" "$ran"
	return "$status"
}

# or_bail_out CMD...: builds what all tests need
or_bail_out()
{
	local said

	said=$("$@" 2>&1) && return
	printf '%s\n' "$said"
	echo "Bail out! $1 failed"
	exit 1
}
