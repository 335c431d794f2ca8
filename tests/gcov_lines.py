# SPDX-License-Identifier: GPL-2.0-or-later
"""What gcov counted: which lines ran, and a table of it. To be imported."""

import glob
import gzip
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import tap  # noqa: E402


def count(directory, wanted):
    """{source: {line: how often}} of the objects in a directory; wanted() takes
    a path of a source and gives its name in the table, or None"""
    lines = {}
    for notes in sorted(glob.glob(os.path.join(directory, "**/*.gcno"),
                                  recursive=True)):
        done = subprocess.run(
            ["gcov", "-j", "-t", os.path.basename(notes)[:-5] + ".gcda"],
            cwd=os.path.dirname(notes), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=True).stdout
        if done[:2] == b"\x1f\x8b":
            done = gzip.decompress(done)
        for file in json.loads(done)["files"]:
            source = wanted(file["file"])
            if source is None:
                continue
            there = lines.setdefault(source, {})
            for line in file["lines"]:
                number = line["line_number"]
                there[number] = there.get(number, 0) + line["count"]
    return lines


def ranges(numbers):
    """1 2 3 7 -> "1-3 7" """
    text, numbers = [], sorted(numbers)
    while numbers:
        end = 1
        while end < len(numbers) and numbers[end] == numbers[0] + end:
            end += 1
        text.append("%d" % numbers[0] if end == 1 else
                    "%d-%d" % (numbers[0], numbers[end - 1]))
        numbers = numbers[end:]
    return " ".join(text)


def share(ran, there):
    """100 only of all"""
    return int(1000 * ran / there) / 10 if there else 0


def table(lines):
    """prints each source; {part: (ran, there)}, a part being the directory"""
    sums = {}
    for source in sorted(lines):
        there = lines[source]
        missed = [line for line, n in there.items() if not n]
        ran = len(there) - len(missed)
        print("  %-24s %4d of %4d, %5.1f %%%s" % (
            source, ran, len(there), share(ran, len(there)),
            "   not: " + ranges(missed) if missed else ""))
        part = source.split("/")[0]
        before = sums.get(part, (0, 0))
        sums[part] = (before[0] + ran, before[1] + len(there))
    for part, (ran, there) in sorted(sums.items()):
        print("%s: %d of %d lines, %.1f %%" % (part, ran, there,
                                               share(ran, there)))
    return sums


def judge(sums, wanted):
    """wanted is {part: per cent}; prints the verdicts, gives the exit status"""
    lines = tap.Tap()
    for part, least in sorted(wanted.items()):
        found = share(*sums.get(part, (0, 0)))
        lines.line(found >= least, f"{found:.1f} % of the lines of {part} ran, "
                   f"{least:.0f} % are wanted")
    return lines.plan()
