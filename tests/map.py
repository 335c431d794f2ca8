#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""map.py: checks docs/architecture.md against the tree: every path that the page
names in backquotes exists, and every directory of the tree is named."""

import os
import re
import subprocess
import sys

PAGE = "docs/architecture.md"
# directories whose only content is the directory below, which is named
PASSAGES = {"", "include", "include/uapi", "cli", "shell-completion", "tests/sim"}
# what is written like a path, and is none of this tree
FOREIGN = re.compile(r"^/|[*() ]|^test_\*")


def main():
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(PAGE, encoding="utf-8") as file:
        text = re.sub(r"```.*?```", "", file.read(), flags=re.S)
    named = {name.rstrip("/") for name in re.findall(r"`([^`\n]+)`", text)}
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    wrong = [f"{PAGE} names {name}, which does not exist"
             for name in sorted(named)
             if "/" in name and not FOREIGN.search(name)
             and not os.path.exists(name)]
    directories = {os.path.dirname(name) for name in files}
    wrong += [f"{PAGE} has no line for the directory {name}/"
              for name in sorted(directories - PASSAGES - named)]
    print("\n".join(wrong))
    return 1 if wrong or len(named) < 50 else 0


sys.exit(main())
