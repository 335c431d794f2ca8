#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""picture.py [--check] DEMO: makes docs/session.svg, the picture in README, from the
session that "make demo" recorded (build/vm/demo/guest/demo.txt). With --check it
only compares: each line of the picture must still be in the session, apart from
numbers, which differ from run to run. Python's standard library is enough."""

import os
import re
import sys
from xml.sax.saxutils import escape

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURE = os.path.join(TOP, "docs", "session.svg")
COLUMNS = 84
LINE = 18
COLOURS = {"prompt": "#7ee787", "remark": "#8b949e", "out": "#c9d1d9"}

# what is shown of each command: its line, and the lines of its output that match;
# a line that is left out between two shown ones becomes an ellipsis
SHOWN = [
    ("pfructl capsule --ca ca.pem v2.cap",
     r"File:|.*(Kind|Subject|Running version|Signature verified):|Would be"),
    ("pfructl stage-activate v2.cap",
     r"Duration|Status|Authentication time|Execution time|Versions (before|after)"),
    ("pfructl telemetry",
     r"\[(Authenticate|ProcessSmm.*START)|CPU"),
    ("pfructl stage-activate v2.cap", r"pfructl: "),
]


def session(text):
    """(remark, command, lines of output) of each command of a session."""
    remark = ""
    found = []
    for line in text.splitlines():
        if line.startswith("# "):
            remark = line
        elif line.startswith("$ "):
            found.append((remark, line[2:], []))
            remark = ""
        elif found and line:
            found[-1][2].append(line)
    return found


def shown(text):
    """(class, line) of each line of the picture."""
    commands = iter(session(text))
    for want, pattern in SHOWN:
        heading = ""
        for remark, command, output in commands:
            heading = remark or heading
            if command == want:
                break
        else:
            sys.exit(f"picture.py: the session has no '{want}' where the "
                     "picture shows it: change SHOWN, or the demo")
        if heading:
            yield "remark", heading
        yield "prompt", "$ " + command
        gap = False
        for line in output:
            if re.match(pattern, line):
                if gap:
                    yield "remark", "   ..."
                yield "out", line
            gap = not re.match(pattern, line)
        yield "out", ""


def folded(lines):
    """The same, with long lines folded as a terminal does it."""
    for kind, line in lines:
        yield kind, line[:COLUMNS]
        for start in range(COLUMNS, len(line), COLUMNS):
            yield kind, line[start:start + COLUMNS]


def svg(text):
    """The picture."""
    lines = list(folded(shown(text)))[:-1]
    width = COLUMNS * 8.43 + 40
    height = len(lines) * LINE + 40
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
        f'height="{height}" role="img">',
        "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
        "<!-- Made by tests/picture.py from what make demo recorded. -->",
        "<title>A session: an update, its log, and a refusal</title>",
        '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" '
        'font-size="14" xml:space="preserve">']
    for n, (kind, line) in enumerate(lines):
        if line:
            rows.append(f'<text x="20" y="{32 + n * LINE}" '
                        f'fill="{COLOURS[kind]}">{escape(line)}</text>')
    return "\n".join(rows + ["</g>", "</svg>", ""])


def texts(picture):
    """The lines of a picture, without what differs from run to run."""
    return [re.sub(r"[0-9A-F]*\d[0-9A-F]*", "0", line)
            for line in re.findall(r"<text [^>]*>(.*)</text>", picture)]


def main():
    check = sys.argv[1:2] == ["--check"]
    if len(sys.argv) != 2 + check:
        sys.exit("usage: picture.py [--check] DEMO")
    with open(sys.argv[-1], encoding="utf-8") as file:
        made = svg(file.read())
    if not check:
        with open(PICTURE, "w", encoding="utf-8") as file:
            file.write(made)
        return 0
    with open(PICTURE, encoding="utf-8") as file:
        kept = file.read()
    if texts(kept) == texts(made):
        return 0
    print("docs/session.svg no longer shows what the demo prints: run "
          "tests/picture.py " + sys.argv[-1])
    return 1


sys.exit(main())
