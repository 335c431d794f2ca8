#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# coverage.sh GCOV DIR NAME...: the share of lines that ran of each NAME.c whose
# object is in DIR, and each line that did not.
set -eu

gcov=$1
cd "$2"
shift 2
for name in "$@"; do
	"$gcov" -o . "$name.o" >/dev/null
	awk -F: -v name="$name.c" '
		$1 ~ /^ *[0-9]+\*?$/ { ran++ }
		$1 ~ /#####|=====/ { missed++; lines = lines "\n  " $0 }
		END {
			printf "%s: %d of %d lines, %.1f %%%s\n", name, ran,
				ran + missed, 100 * ran / (ran + missed), lines
		}' "$name.c.gcov"
done
