#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# splat.sh [--allow-expected] [--taint-ok MASK] LOG: fails when a guest's
# console log shows that its kernel was harmed, or doesn't show a whole run
# from the guest's "begin" to its "end". Patterns: splat.patterns.
# --allow-expected: complaints between "expect-splat" marks are wanted
# --taint-ok MASK: taint bits allowed; default 12288 (out-of-tree, unsigned)

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

allow=0
taint_ok=12288
while [ $# -gt 1 ]; do
	case $1 in
	--allow-expected) allow=1; shift ;;
	--taint-ok)       taint_ok=$2; shift 2 ;;
	*)                die "unknown option: $1" ;;
	esac
done
[ $# -eq 1 ] || die "usage: splat.sh [--allow-expected] [--taint-ok MASK] LOG"
[ -s "$1" ] || { echo "no-log: $1 is missing or empty: the guest never said anything"; exit 1; }

# Prints one line for each thing wrong, "name: what was found"
tr -d '\000\r' <"$1" |
LC_ALL=C awk -v allow="$allow" -v taint_ok="$taint_ok" -v patterns="$here/splat.patterns" '
function bad(name, text) {
	print name ": " text
	failed = 1
}
# taint bits set in t and not in ok
function beyond(t, ok,    bit, rest) {
	for (bit = 1; bit <= t + 0; bit *= 2)
		if (int(t / bit) % 2 && !(int(ok / bit) % 2))
			rest += bit
	return rest + 0
}
BEGIN {
	while ((getline line < patterns) > 0) {
		if (line ~ /^(#|$)/)
			continue
		name = line
		sub(/[ \t].*/, "", name)
		sub(/^[^ \t]+[ \t]+/, "", line)
		names[++n] = name
		regexp[n] = line
	}
	if (!n)
		bad("no-patterns", patterns " holds none")
}
/pfru-vm: begin$/ {
	begins++
}
/pfru-vm: expect-splat begin/ {
	if (!allow)
		bad("marked", "line " NR " expects a splat, which this scenario does not permit (expect_splats=yes)")
	if (expecting)
		bad("marked", "line " NR " begins to expect a splat, line " expecting " has begun already")
	expecting = NR
	excused = 0
	next
}
/pfru-vm: expect-splat end/ {
	if (!expecting)
		bad("marked", "line " NR " ends an expected splat that never began")
	else if (!excused)
		bad("unseen", "lines " expecting " to " NR " expect a splat, and there is none")
	expecting = 0
	next
}
/pfru-vm: end tainted=[0-9]+$/ {
	ends++
	taint = $0
	sub(/.*=/, "", taint)
	next
}
{
	for (i = 1; i <= n; i++) {
		if ($0 !~ regexp[i])
			continue
		if (expecting && allow) {
			excused = any_excused = 1
			continue
		}
		if (seen[i]++ < 3)
			bad(names[i], "line " NR ": " $0)
	}
}
END {
	if (!begins)
		bad("no-begin", "the guest never reached its init")
	else if (begins > 1)
		bad("reboot", "the guest began " begins " times")
	if (!ends)
		bad("no-end", "the log stops before the end mark: the guest died, hung or was cut off")
	if (expecting)
		bad("marked", "line " expecting " expects a splat and nothing ends it")
	more = beyond(taint, taint_ok)
	# D (128) and W (512) are what an excused splat leaves behind
	if (any_excused)
		more = beyond(more, 128 + 512)
	if (more)
		bad("taint", "kernel tainted with " taint ", allowed are " taint_ok ", too much is " more " (Documentation/admin-guide/tainted-kernels.rst)")
	exit failed
}'
