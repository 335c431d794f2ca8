#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh [--jobs N] [RELEASE...]: builds the packages in a tree of each
# Debian release, with its compiler and libraries, installs them there, and
# takes them away again. Ends with "N passed, N failed". Packages and logs are
# under ${PFRU_BUILD:-build}/packages/RELEASE.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES KDIR VERSION BUILD

children=()
trap 'kill "${children[@]}" 2>/dev/null; wait; exit 130' INT TERM

# tests_of RELEASE: in this order; one a line
tests_of()
{
	printf '%s\n' t-deb t-install t-trouble
	[ "$1" != bookworm ] || printf '%s\n' t-newuser t-rpm t-nodpkg t-image
}

# tree_of TEST: a new user's machine has no compiler yet
tree_of()
{
	case $1 in
	t-newuser) "$top/tests/vm/tree.sh" "$release-fresh" ;;
	*)	   "$top/tests/vm/tree.sh" "$release" ;;
	esac 2>>"$out/tree.log"
}

# in_tree TEST: of the release; in the place of this shell, so that a signal to
# it ends the test
in_tree()
{
	exec "$top/tests/vm/enter.sh" "$tree" -b "$out:/in" -b "$out:/out" \
		-b "$out/tests:/tests" -b "$out/tests:/packages" \
		env RELEASE="$release" bash "/packages/$1.sh"
}

# release NAME: all its tests, one after the other
release()
{
	local test child='' start=$SECONDS begin

	trap 'kill "$child" 2>/dev/null; exit 143' TERM

	release=$1
	out=$build/$1
	rm -rf "$out"
	mkdir -p "$out"
	cp -R "$build/pfru.tar.gz" "$build/capsules" "$out/"
	# a copy: nobody edits them while they run
	mkdir "$out/tests"
	cp "$here"/* "$top/tests/lib/tap.sh" "$out/tests/"
	{
		echo "$mark begin"
		for test in $(tests_of "$1"); do
			echo "$mark test $test"
			begin=$SECONDS
			tree=$(tree_of "$test") || {
				echo "$mark error the tree cannot be made"
				sed 's/^/# /' "$out/tree.log"
				break
			}
			in_tree "$test" 2>"$out/$test.log" &
			child=$!
			wait "$child"
			echo "$mark end $test exit $? $((SECONDS - begin)) 0"
		done
		echo "$mark end"
	} >"$out/tap"
	echo $((SECONDS - start)) >"$out/seconds"
}

# what the lines of release() begin with, for judge.pl
mark=pfru-packages
jobs=$(nproc)
[ "$jobs" -le 2 ] || jobs=2
if [ "${1:-}" = --jobs ]; then
	jobs=$2
	shift 2
fi
releases=("$@")
[ $# -gt 0 ] || mapfile -t releases < <(tree_releases "$top/tests/vm/trees.conf")
[ "$(id -u)" = 0 ] || { echo "0 passed, 1 failed"; die "these tests need root: they enter trees of Debian releases"; }

build=${PFRU_BUILD:-$top/build}/packages
mkdir -p "$build"
build=$(cd "$build" && pwd)
"$top/data/dist.sh" "$build/pfru.tar.gz" || exit 1
mkdir -p "$build/capsules"
"$top/tests/corpus/make-signed.py" --foreign "$build/capsules" >"$build/capsules.log" 2>&1 || {
	tail -n 5 "$build/capsules.log"
	die "the capsules of the demo cannot be made"
}
passed=0 failed=0
: >"$build/reports"
for name in "${releases[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	release "$name" </dev/null &
	children+=($!)
done
wait
for name in "${releases[@]}"; do
	mapfile -t tests < <(tests_of "$name")
	"$top/tests/lib/judge.pl" --marked $mark --no-skips "${tests[@]}" \
		<"$build/$name/tap" >"$build/$name/judged"
	{
		echo "== test $name"
		sed '$d' "$build/$name/judged"
	} | tee -a "$build/reports"
	echo "# $name: $(cat "$build/$name/seconds" 2>/dev/null || echo ?) s"
	IFS=', ' read -r p _ f _ < <(tail -n 1 "$build/$name/judged")
	passed=$((passed + p))
	failed=$((failed + f))
done
printf '\nlogs: %s\n' "$build"
[ "$failed" -eq 0 ] || LC_ALL=C awk -v failed="$failed" \
	-f "$top/tests/failures.awk" "$build/reports"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
