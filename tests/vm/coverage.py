#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py VM: prints how many lines of the module, and of core in it, ran in
the guests whose results are in the directory VM of run.sh, and which did not.
Ends with "N passed, N failed": the share of the module's lines has to be WANTED."""

import glob
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile

WANTED = 85.0


def read_counts(notes, counts, work):
    """(file, line) -> how often, of one guest"""
    lines = {}
    for path in glob.glob(notes + "/*/*.gcno"):
        part = os.path.basename(os.path.dirname(path))
        name = os.path.basename(path)[:-5]
        data = os.path.join(counts, part, name + ".gcda")
        place = os.path.join(work, part)
        os.makedirs(place, exist_ok=True)
        shutil.copy(path, place)
        if os.path.exists(data):
            shutil.copy(data, place)
        elif os.path.exists(os.path.join(place, name + ".gcda")):
            os.remove(os.path.join(place, name + ".gcda"))
        done = subprocess.run(["gcov", "-j", "-t", name + ".gcda"], cwd=place,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True).stdout
        if done[:2] == b"\x1f\x8b":
            done = gzip.decompress(done)
        for file in json.loads(done)["files"]:
            source = os.path.basename(file["file"])
            if source != name + ".c":
                continue
            for line in file["lines"]:
                key = (part + "/" + source, line["line_number"])
                lines[key] = lines.get(key, 0) + line["count"]
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


def main(directory):
    notes = os.path.join(directory, "stage", "pfru.ko.gcov")
    guests = sorted(glob.glob(directory + "/*/guest/gcov"))
    if not os.path.isdir(notes) or not guests:
        print("0 passed, 1 failed")
        sys.exit("coverage.py: no counts in %s: needs the kernel 'debug'"
                 % directory)
    total = {}
    with tempfile.TemporaryDirectory() as work:
        for guest in guests:
            for key, count in read_counts(notes, guest, work).items():
                total[key] = total.get(key, 0) + count
    print("lines that ran, in %d guests:" % len(guests))
    sums = {}
    for source in sorted({key[0] for key in total}):
        there = {line: n for (s, line), n in total.items() if s == source}
        ran = sum(1 for n in there.values() if n)
        missed = [line for line, n in there.items() if not n]
        print("  %-22s %4d of %4d, %5.1f %%%s" % (
            source, ran, len(there), 100 * ran / len(there),
            "   not: " + ranges(missed) if missed else ""))
        part = source.split("/")[0]
        before = sums.get(part, (0, 0))
        sums[part] = (before[0] + ran, before[1] + len(there))
    for part, (ran, there) in sorted(sums.items()):
        print("%s: %d of %d lines, %.1f %%" % (part, ran, there,
                                               100 * ran / there))
    ran, there = sums["module"]
    good = 100 * ran / there >= WANTED
    print("%sok - %.1f %% of the module's lines ran, %.0f %% are wanted"
          % ("" if good else "not ", 100 * ran / there, WANTED))
    print("%d passed, %d failed" % (good, not good))
    sys.exit(not good)


if len(sys.argv) != 2:
    sys.exit("usage: coverage.py VM")
main(sys.argv[1])
