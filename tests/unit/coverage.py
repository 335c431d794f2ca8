#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py: prints how many lines of core and of AMT's codecs ran in their unit
tests, and of the tools in the tests that cli/run.sh, amtctl/run.sh and amt-lms/run.sh
have run, and which did not; amt-lms counts by itself. Prints TAP; see WANTED."""

import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))
import gcov_lines  # noqa: E402

WANTED = {"core": 100.0, "codecs": 100.0, "cli": 90.0, "amt-lms": 90.0}
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build"))


def source_in(part, start):
    """name in the table of a file of this part; its directory is start"""
    def name(path):
        path = os.path.normpath(os.path.join(start, path))
        inside = path.startswith(os.path.join(TOP, part) + os.sep)
        return os.path.relpath(path, TOP) if inside else None
    return name


def codec(path):
    """name in the table of a codec: apart from the rest of cli"""
    name = source_in("cli/amt", TOP)(path)
    return name and os.path.join("codecs", os.path.basename(name))


def tool(path):
    """name in the table of a file of the tools"""
    name = source_in("cli", os.path.join(TOP, "cli"))(path)
    return name and name.replace("cli/amt-lms/", "amt-lms/")


def main():
    unit = os.path.join(BUILD, "unit")
    done = subprocess.run(
        ["make", "-s", "-C", os.path.join(TOP, "tests/unit"), "counted",
         "BUILD=" + unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False)
    if done.returncode:
        print(done.stdout.decode(errors="replace"))
        print("Bail out! the unit tests failed")
        return 1
    lines = gcov_lines.count(os.path.join(unit, "coverage/core"),
                             source_in("core", TOP))
    codecs = gcov_lines.count(os.path.join(unit, "coverage/codecs"), codec)
    lines.update(codecs)
    tools = gcov_lines.count(os.path.join(BUILD, "cli-sanitize-cover"), tool)
    # once is enough, and some of them are in no tool yet
    lines.update({name: ran for name, ran in tools.items()
                  if name.replace("cli/amt/", "codecs/") not in codecs})
    return gcov_lines.judge(gcov_lines.table(lines), WANTED)


sys.exit(main())
