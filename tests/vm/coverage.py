#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py VM...: prints how many lines of the module, and of core in it, ran
in the guests whose results are in these directories VM of run.sh, and which did not.
Prints TAP: the share of the module's lines has to be WANTED."""

import glob
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import gcov_lines  # noqa: E402

WANTED = {"module": 85.0}


def read_counts(notes, counts, work):
    """{source: {line: how often}} of one guest"""
    lines = {}
    parts = sorted({os.path.relpath(os.path.dirname(note), notes)
                    for note in glob.glob(notes + "/**/*.gcno",
                                          recursive=True)})
    for part in parts:
        place = os.path.join(work, part.replace("/", "-"))
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(os.path.join(notes, part), place)
        for data in glob.glob(os.path.join(counts, part, "*.gcda")):
            shutil.copy(data, place)

        def name(path, part=part):
            inside = os.path.dirname(path).endswith("/" + part)
            return part + "/" + os.path.basename(path) if inside else None
        lines.update(gcov_lines.count(place, name))
    return lines


def main(directories):
    guests = sorted(guest for directory in directories
                    for guest in glob.glob(directory + "/*/notes"))
    if not guests:
        print("Bail out! there are no counts")
        sys.exit("coverage.py: no counts in %s: needs the kernel 'debug'"
                 % " ".join(directories))
    total = {}
    with tempfile.TemporaryDirectory() as work:
        for guest in guests:
            counts = os.path.join(os.path.dirname(guest), "guest", "gcov")
            for source, counted in read_counts(guest, counts, work).items():
                there = total.setdefault(source, {})
                for line, n in counted.items():
                    there[line] = there.get(line, 0) + n
    print("lines that ran, in %d guests:" % len(guests))
    return gcov_lines.judge(gcov_lines.table(total), WANTED)


if len(sys.argv) < 2:
    sys.exit("usage: coverage.py VM...")
sys.exit(main(sys.argv[1:]))
