# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP for tests in Python: for checks.py, and for programs without pytest."""


class Tap:
    """The lines of one run; only counted when they are not wanted."""

    def __init__(self, wanted=True):
        self.wanted = wanted
        self.number = 0
        self.failed = 0

    def line(self, good, what, more=""):
        """One check."""
        self.number += 1
        self.failed += not good
        if not self.wanted:
            return
        # nothing of a name may look like an escape or a directive
        name = what.replace("\\", "\\\\").replace("#", "\\#")
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}",
              flush=True)
        if not good:
            self.remark(more)

    def remark(self, text):
        """Lines for people."""
        if self.wanted:
            for line in str(text).splitlines():
                print(f"# {line}", flush=True)

    def plan(self):
        """The end: as many checks as were made; the exit status."""
        if self.wanted:
            print(f"1..{self.number}", flush=True)
        return 1 if self.failed or not self.number else 0
