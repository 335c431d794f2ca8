#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""map.py: checks docs/architecture.md against the tree: every path that the page
names in backquotes exists, every directory of the tree is named, and the places that
the page names for one more of a kind contain all that the tree already has of it."""

import os
import re
import subprocess
import sys

PAGE = "docs/architecture.md"
# directories whose only content is the directory below, which is named
PASSAGES = {"", "include", "include/uapi", "cli", "shell-completion", "tests/sim"}
# what looks like a path, but is not one of this tree
FOREIGN = re.compile(r"^/|[*() ]|^test_\*")
ABI = "include/uapi/linux/pfru.h"
# where one more of a kind must be added, other than to tests and pages
ROOMS = ("Makefile", "cli/", "core/", "data/", "debian/", "include/", "module/",
         "rpm/", "tests/sim/")

# line of the page, as it begins: where the tree has all there are of its kind, each
# the first group of a pattern, the structure or the list that they stand in, and how
# they are written in the places; one place of several, with "or" between, is enough
PLACES = [
    ("an element of the capability", ABI, r"^\t__u\w+ (\w+)", "struct pfru_capability {",
     r"cap\.{}(?!\w)", ["module/pfru/dsm.c"]),
    ("a command of the devices", ABI,
     r"(?:define |CONSTANT\()(\w+),?[\s\\]+_IO[RW]\(", "",
     r"\b{}(?!\w)", ["module/pfru/update.c or module/pfru/telemetry.c"]),
    ("a command of the devices", ABI, r"_IO[RW]\(\w+, 0x\w+, struct (\w+)\)", "",
     r"\b{}(?!\w)", ["module/pfru/ioctl.h"]),
    ("a status code of the firmware", ABI, r"^\t(PFRU_STATUS_\w+)",
     "enum pfru_status {", r"\b{}(?!\w)", ["core/status.c"]),
    ("a reason for a refusal", ABI, r"^\t(PFRU_REASON_\w+)", "enum pfru_reason {",
     r"\b{}(?!\w)", ["core/status.c"]),
    ("a telemetry log type", ABI, r"^\t(PFRU_LOG_\w+)", "enum pfru_log_type {",
     r"\b{}(?!\w)", ["core/status.c"]),
    ("a command of `pfructl`", "cli/pfructl/pfructl.h", r"\bcommand\((\w+)\)", "",
     r"\bcmd_{}(?!\w)", ["cli/pfructl/commands"]),
    ("a command of `amtctl`", "cli/amtctl/amtctl.h", r"\bcommand\((\w+)\)", "",
     r"\bcmd_{}(?!\w)", ["cli/amtctl/commands"]),
    ("a fault of the HECI model", "tests/sim/heci/sim.h", r"(?:^\tlong|,) (\w+)",
     "struct faults {", r"\b{}(?!\w)", ["tests/sim/heci/faults.c"]),
    ("a client of the HECI model", "tests/sim/heci/sim.h", r"\b(\w+_client)[,;]",
     "", r"&{}(?!\w)", ["tests/sim/heci/hbm.c"]),
    ("a systemd unit", "data", r"^(.+\.(?:service|socket|timer))$", "",
     r"\b{}(?!\w)", ["Makefile", "debian or debian/rules"]),
    ("a systemd unit", "data", r"^(.+\.(?:service|socket|timer))$", "",
     r"^%{_unitdir}/{}$", ["rpm/pfru.spec.in"]),
    ("a systemd unit", "data", r"^(.+)\.(?:service|socket|timer)$", "",
     r"\b{}(?!\w)", ["debian/rules"]),
]


def content(path):
    """The text of a file; of a directory, the names in it, and the texts."""
    if not os.path.isdir(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    names = sorted(os.listdir(path))
    texts = [content(f"{path}/{name}") for name in names
             if name.endswith((".c", ".h"))]
    return "\n".join(names + texts)


def within(name, paths):
    """Is a file one of these paths, or in one of them?"""
    return any(name == path or name.startswith(path + "/") for path in paths)


def of_kind(source, pattern, begin):
    """All there are of a kind in a file or directory, from the line that begins the
    structure that they stand in up to the brace that ends it."""
    part = content(source)
    if begin:
        part = part.partition(begin)[2].partition("\n}")[0]
    return re.findall(pattern, part, re.M)


def unnamed(row, named, source, places, holds_all, files):
    """A line for each place that the line of the page lacks."""
    needed = [source] + [place for some in places for place in some.split(" or ")]
    for place in needed:
        if not within(place, named) and not any(within(name, [place]) for name in named):
            yield f"{PAGE} does not name {place} for {row}"
    for name in files:
        if (name.startswith(ROOMS) and not within(name, named + needed)
                and holds_all(content(name))):
            yield f"{PAGE} does not name {name} for {row}, which has all there are"


def missing(text, files):
    """A line for each thing that is not in a place that the page names for it, and
    for each place that the page does not name."""
    lines = [line.split("|") for line in text.splitlines() if line.startswith("| a")]
    for row, source, pattern, begin, form, places in PLACES:
        cells = [line[2] for line in lines if line[1].startswith(f" {row}")]
        there = of_kind(source, pattern, begin)
        if not cells or not there:
            yield f"{PAGE} or {source} has nothing on {row}"
            continue
        forms = {one: re.compile(form.replace("{}", re.escape(one)), re.M)
                 for one in there}
        yield from unnamed(
            row, re.findall(r"`([^`]+)`", cells[0]), source, places,
            lambda held: len(forms) > 1 and all(f.search(held) for f in forms.values()),
            files)
        for place in places:
            held = "\n".join(content(path) for path in place.split(" or "))
            for one in [one for one in there if not forms[one].search(held)]:
                yield (f"{place}: {one} of {source} is not there; "
                       f"see {PAGE}, {row}")


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(PAGE, encoding="utf-8") as file:
        text = re.sub(r"```.*?```", "", file.read(), flags=re.S)
    named = {name.rstrip("/") for name in re.findall(r"`([^`\n]+)`", text)}
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    files = [name for name in files if os.path.exists(name)]
    wrong = [f"{PAGE} names {name}, which does not exist"
             for name in sorted(named)
             if "/" in name and not FOREIGN.search(name)
             and not os.path.exists(name)]
    directories = {os.path.dirname(name) for name in files}
    wrong += [f"{PAGE} has no line for the directory {name}/"
              for name in sorted(directories - PASSAGES - named)]
    wrong += missing(text, files)
    print("\n".join(wrong))
    return 1 if wrong or len(named) < 50 else 0


sys.exit(main())
