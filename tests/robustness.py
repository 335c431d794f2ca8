#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""robustness.py: checks docs/robustness.md against the tree: every test that the last
column of a table names exists, no row stands twice, a guarantee has two cells and a
defect four, and nothing stands between the rows of a table: a merge of two versions easily
repeats a section."""

import collections
import os
import re
import subprocess
import sys

PAGE = "docs/robustness.md"
# the last cell of a defect; a guarantee names its own test
DEFECT = "the same|not seen to happen|.*`"


def rows(text):
    """(number of columns, cells) of each row of the tables; \\| does not end a cell."""
    columns = 0
    for line in text.splitlines():
        if line.startswith("|---"):
            columns = line.count("|") - 1
        elif line.startswith("|") and not line.startswith("| what |"):
            yield columns, [cell.strip() for cell in
                            re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def interrupted(text):
    """The rows that follow something else than a row, and are not a table's head."""
    lines = [""] + text.splitlines()
    return [line for before, line in zip(lines, lines[1:])
            if line.startswith("|") and not before.startswith("|") and
            not line.startswith("| what |")]


class Tests:
    """What can be named: files, directories, scenarios, functions."""

    def __init__(self):
        files = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        self.files = [f for f in files if os.path.exists(f)]
        self.places = collections.defaultdict(set)
        for file in self.files:
            self.add(file, file)

    def add(self, name, file):
        """A file is known by its path, the end of it, and what it has in it."""
        parts = name.split("/")
        for i in range(len(parts)):
            self.places["/".join(parts[i:])].add(file)
        if name.startswith("tests/"):
            for i in range(1, len(parts)):
                self.places["/".join(parts[:i])].add(file)
            self.places[os.path.splitext(parts[-1])[0]].add(file)
        if name.startswith("tests/") and name.endswith((".py", ".c")):
            with open(name, encoding="utf-8") as text:
                for function in re.findall(
                        r"^(?:def |static void )(test_\w+)", text.read(),
                        re.M):
                    self.places[function].add(file)

    def exists(self, name):
        """Is there something of that name?"""
        return name.rstrip("/") in self.places


def named(cell):
    """(name, the file it is said to be in or None) of each test in a cell."""
    names = re.findall(r"`([^`]+)`( in(?= `))?", cell)
    inside = None
    for name, within in reversed(names):
        if within:
            yield name, inside
            continue
        inside = name if re.search(r"\.\w+$", name) else inside
        yield name, None


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    table = list(rows(text))
    tests = Tests()
    wrong = [f"a row without a table's head: '{line[:70]}'"
             for line in interrupted(text)]
    for columns, row in table:
        if len(row) != columns:
            wrong.append(f"{len(row)} cells: {row[0][:70]}")
            continue
        if not re.match(DEFECT if columns == 4 else ".*`", row[-1]):
            wrong.append(f"names no test: {row[0][:70]}")
        for name, inside in named(row[-1]):
            if not tests.exists(name):
                wrong.append(f"no test {name}: {row[0][:70]}")
            elif inside and not tests.places[name] & tests.places[inside]:
                wrong.append(f"no {name} in {inside}: {row[0][:70]}")
    wrong += [f"twice: {what[:70]}" for what, n in collections.Counter(
        row[0] for _, row in table).items() if n > 1]
    sizes = collections.Counter(columns for columns, _ in table)
    if set(sizes) != {2, 4} or sizes[2] < 25 or sizes[4] < 100:
        wrong.append(f"tables of other shapes: {dict(sizes)} (columns, rows)")
    if wrong:
        print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
