# SPDX-License-Identifier: GPL-2.0-or-later
"""The file that a reader of the telemetry keeps its position in, written from
its description: a test can write what a killed reader leaves."""
import os

STREAM, FILE, JOURNAL = range(3)
NONE, RESET, SIZE, BACK = range(4)


def sum_of(data):
    total = 0xcbf29ce484222325
    for byte in data:
        total = (total ^ byte) * 0x100000001b3 % 2**64
    return total


class State:
    def __init__(self, path):
        self.path = path
        self.text = b""
        self.pending = None
        with open(path, "rb") as f:
            lines = f.read().decode().split("\n")
        self.lines = [line for line in lines if line.split(" ")[0] not in
                      ("sum", "pending", "")]

    def position(self):
        """RING RESET ROLLOVER OFFSET"""
        for line in self.lines:
            if line.startswith("position "):
                return [int(n) for n in line.split()[1:]]
        return None

    def pend(self, position, size, sink, lost=0, text=b"", file=None,
             offset=0, gap=NONE):
        st = os.stat(file) if file else None
        self.text = text
        self.pending = [*position, size, 0, 0, lost, gap, sink,
                        st.st_dev if st else 0, st.st_ino if st else 0, offset,
                        len(text), sum_of(text)]

    def save(self):
        lines = self.lines + ["pending " + " ".join(map(str, self.pending))]
        data = ("\n".join(lines) + "\n").encode()
        with open(self.path, "wb") as f:
            f.write(data + b"sum %016x\n" % sum_of(data) + self.text)
