#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selftest.sh: tests the harness on guests that go wrong in every way it must
# notice. Boots eight small guests, one or two at a time, and prints TAP.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PFRU_BUILD=${PFRU_BUILD:-$(cd "$here/../.." && pwd)/build}/vm-selftest
export PFRU_BUILD
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$here/../lib/tap.sh"

# runs SCENARIO STATUS LAST-LINE [OPTION...]: sets $said
runs()
{
	local name=$1 want=$2 last=$3 rc=0 yes=no

	shift 3
	said=$("$here/run.sh" --scenario "$here/selftest/$name.conf" "$@" 2>&1) || rc=$?
	[ "$rc" != "$want" ] || [ "$(printf '%s\n' "$said" | tail -n 1)" != "$last" ] ||
		yes=yes
	verdict "$yes" "$name $*: exit status $want, '$last'" "exit status $rc
$said"
}

# says TEXT: in what the last run said
says()
{
	case $said in
	*"$1"*) verdict yes "it says: $1" ;;
	*)      verdict no "it says: $1" "$said" ;;
	esac
}

# guests: how many processes work in the build directory
guests()
{
	local d count=0

	for d in /proc/[0-9]*/cwd; do
		case $(readlink "$d" 2>/dev/null) in
		"$PFRU_BUILD"/vm/*) count=$((count + 1)) ;;
		esac
	done
	echo "$count"
}

ended_by_signal()
{
	local pid left=300 yes=no rc=0

	"$here/run.sh" --scenario "$here/selftest/frozen.conf" >/dev/null 2>&1 &
	pid=$!
	until grep -q endless "$PFRU_BUILD/vm/frozen/results.tap" 2>/dev/null; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || break
		sleep 0.1
	done
	kill -TERM "$pid"
	wait "$pid" || rc=$?
	sleep 1
	[ "$rc" != 143 ] || [ "$(guests)" != 0 ] || yes=yes
	verdict "$yes" "a signal ends the run and its guest" \
		"exit status $rc, processes left: $(guests)"
}

runs clean 0 "4 passed, 0 failed"
kept=$(cat "$PFRU_BUILD/vm/clean/guest/kept" 2>&1)
[ "$kept" = "from the guest" ] && yes=yes || yes=no
verdict "$yes" "a file is carried out of the guest" "$kept"
runs uefi 0 "4 passed, 0 failed"
runs skips 0 "5 passed, 0 failed, 1 skipped"
runs skips 1 "5 passed, 1 failed" --no-skips
runs tests 1 "14 passed, 15 failed, 1 skipped"
says "selftest/noplan: No plan found in TAP output"
says "selftest/dies: No plan found in TAP output; ended by signal 9"
says "stderr: a word on stderr"
says "selftest/hang: still running after 2 s, killed"
says "selftest/short: Bad plan.  You planned 2 tests but ran 1."
says "selftest/exit: ended with status 3"
says "selftest/zero: nothing was checked"
says "still here"
runs panic 1 "4 passed, 4 failed"
says "selftest/panic: died or was cut off"
says "selftest/after: never ran"
says "panic: line "
runs frozen 1 "3 passed, 5 failed"
says "selftest/endless: died or was cut off"
says "timeout"
runs splat 1 "2 passed, 1 failed"
runs expected 0 "3 passed, 0 failed"
ended_by_signal
said=$("$here/run.sh" --scenario "$here/selftest/clean.conf" nonsense 2>/dev/null) && yes=no || yes=yes
[ "$said" = "0 passed, 0 failed" ] || yes=no
verdict "$yes" "a run that has nothing to run fails" "$said"
done_testing
