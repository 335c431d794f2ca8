#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run test programs that print TAP, and sum: run.sh PROGRAM...
# Prints what failed, what a program says behind "## " and, last, "N passed,
# N failed". A program that ends badly, or makes fewer checks than it planned, is
# a failure too. Nothing run is one.
set -u

passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 1' INT TERM

export CMOCKA_MESSAGE_OUTPUT=TAP
unset CMOCKA_XML_FILE CMOCKA_TEST_FILTER

complain()
{
	failed=$((failed + 1))
	echo "not ok - $1"
}

for program in "$@"; do
	name=${program##*/}
	timeout 300 "$program" >"$log" 2>&1
	rc=$?
	good=$(grep -c '^ok ' "$log")
	bad=$(grep -c '^not ok [0-9]' "$log")
	planned=$(awk -F '\\.\\.' '/^1\.\.[0-9]+$/ { n += $2 }
		END { print n + 0 }' "$log")
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$rc" -ne 0 ] || [ "$bad" -ne 0 ]; then
		grep -v '^ok ' "$log" | sed "s/^/$name: /"
	fi
	if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then
		complain "$name: ended with status $rc"
	elif [ "$rc" -eq 0 ] && [ "$bad" -ne 0 ]; then
		complain "$name: ended with status 0 in spite of failures"
	fi
	if [ "$planned" -ne $((good + bad)) ]; then
		complain "$name: planned $planned, ran $((good + bad))"
	elif [ "$planned" -eq 0 ]; then
		complain "$name: ran nothing"
	fi
	sed -n "s/^## /# $name: /p" "$log"
	echo "# $name: $good passed, $bad failed"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
