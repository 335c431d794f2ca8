#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""layers.py: checks that no file includes what its room must not use, and that
no files of the product include each other, directly or in a circle.

A room is a directory. USES says which rooms the files of a room may include
besides their own; a room that is not named there may include no other. The files
of tests/, except the models, may use everything and are not checked.
"""

import os
import re
import subprocess
import sys

ABI = "include/uapi/linux"

# room: what its files may include besides their own room
USES = {
    ABI: [],
    "core": [ABI],
    "module": [],
    "module/compat": [],
    "module/pfru": [ABI, "core", "module"],
    "module/amt": ["core", "module", "module/compat"],
    "cli/common": ["core"],
    "cli/pfructl": [ABI, "core", "cli/common", "cli/pfructl/log"],
    "cli/pfructl/capsule": [ABI, "core", "cli/common", "cli/pfructl"],
    "cli/pfructl/device": [ABI, "core", "cli/common", "cli/pfructl",
                           "cli/pfructl/capsule"],
    "cli/pfructl/log": [ABI, "core", "cli/common", "cli/pfructl",
                        "cli/pfructl/device"],
    "cli/pfructl/record": [ABI, "core", "cli/common", "cli/pfructl",
                           "cli/pfructl/capsule", "cli/pfructl/device"],
    "cli/pfructl/commands": [ABI, "core", "cli/common", "cli/pfructl",
                             "cli/pfructl/capsule", "cli/pfructl/device",
                             "cli/pfructl/log", "cli/pfructl/record"],
    "cli/amt": ["core", "cli/common"],
    "cli/amtctl": ["core", "cli/common", "cli/amt"],
    "cli/amtctl/commands": ["cli/common", "cli/amt", "cli/amtctl"],
    "cli/amt-lms": ["cli/common", "cli/amt"],
    # the libraries that pfructl loads, for the packages' dependencies
    "debian": ["cli/pfructl/capsule", "cli/pfructl/device"],
    # the models are the other side of the wire, and share nothing with the product
    "tests/sim/firmware": [],
    "tests/sim/heci": ["tests/lib"],
    "tests/sim/heci/guest": ["tests/sim/heci"],
    # the assertions of all tests, those of the models too
    "tests/lib": [],
}
# where a file's include may start, besides its own directory
ROOTS = ["", "include/uapi/"]
# made by the build
GENERATED = ["ssdt.h"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(linux/pfru\.h)>)', re.M)


def includes(name, known):
    """The files of this tree that a file includes."""
    with open(name, encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        said = match.group(1) or match.group(2)
        starts = [os.path.dirname(name) + "/"] if match.group(1) else []
        for start in starts + ROOTS:
            path = os.path.normpath(start + said)
            if path in known:
                yield path
                break
        else:
            if said not in GENERATED:
                yield said


def forbidden(graph):
    """A line for each include that USES does not allow."""
    for name, found in graph.items():
        room = os.path.dirname(name)
        for other in found:
            if other not in graph:
                yield f"{name} includes {other}, which is not in the tree"
            elif os.path.dirname(other) not in [room] + USES[room]:
                yield (f"{name} includes {other}: files of {room}/ may use "
                       f"{', '.join(USES[room]) or 'no other room'}")


def units(graph):
    """The same graph with each X.c and X.h as one unit X."""
    joined = {}
    for name, found in graph.items():
        unit = os.path.splitext(name)[0]
        joined.setdefault(unit, set()).update(
            os.path.splitext(other)[0] for other in found)
    for unit, found in joined.items():
        found.discard(unit)
    return joined


def circles(graph):
    """A line for each circle of units of the product."""
    done, path = set(), []

    def visit(unit):
        if unit in path:
            yield "a circle: " + " -> ".join(path[path.index(unit):] + [unit])
        elif unit not in done:
            path.append(unit)
            for other in sorted(graph.get(unit, ())):
                yield from visit(other)
            done.add(path.pop())

    for unit in sorted(unit for unit in graph if not unit.startswith("tests/")):
        yield from visit(unit)


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard",
         "*.c", "*.h"], stdout=subprocess.PIPE, check=True,
        text=True).stdout.split()
    known = {name for name in names if os.path.exists(name)}
    graph = {}
    wrong = []
    for name in sorted(known):
        room = os.path.dirname(name)
        if room.startswith("tests/") and room not in USES:
            continue
        if room.startswith("module/compat/probes"):
            continue
        if room not in USES:
            wrong.append(f"{name}: the room {room}/ is not in the table")
            continue
        graph[name] = list(includes(name, known))
    wrong += list(forbidden(graph)) + list(circles(units(graph)))
    print("\n".join(wrong))
    return 1 if wrong or not graph else 0


sys.exit(main())
