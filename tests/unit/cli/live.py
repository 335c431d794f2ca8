# SPDX-License-Identifier: GPL-2.0-or-later
"""The firmware's side of a live log (FAKE_LIVE of fakedev.c), and what readers
printed of it, compared with every byte that was written."""
import base64
import fcntl
import json
import mmap
import os
import random
import re
import struct


class Log:
    """A ring in DIR/ring, described by DIR/info; every byte since the reset in
    self.written."""

    def __init__(self, directory, ring):
        os.makedirs(directory, exist_ok=True)
        self.size = ring
        self.written = bytearray()
        self.older = self.newest = self.rollovers = 0
        self.resets = 4
        with open(f"{directory}/ring", "wb") as f:
            f.truncate(ring)
        self.file = open(f"{directory}/ring", "r+b")
        self.ring = mmap.mmap(self.file.fileno(), ring)
        self.info = open(f"{directory}/info", "w+b", buffering=0)
        self.tell()

    def tell(self):
        os.pwrite(self.info.fileno(),
                  struct.pack("<5I", self.size, self.older, self.newest,
                              self.rollovers % 2**32, self.resets), 0)

    def put(self, data):
        while data:
            if self.newest == self.size:
                self.newest = 0
                self.rollovers += 1
            part = data[:self.size - self.newest]
            self.ring[self.newest:self.newest + len(part)] = part
            self.newest += len(part)
            if self.rollovers:
                self.older = self.size - self.newest
            data = data[len(part):]

    def append(self, data):
        fcntl.flock(self.info, fcntl.LOCK_EX)
        self.put(data)
        self.tell()
        self.written += data
        fcntl.flock(self.info, fcntl.LOCK_UN)

    def reset(self):
        fcntl.flock(self.info, fcntl.LOCK_EX)
        self.older = self.newest = self.rollovers = 0
        self.resets += 1
        self.written = bytearray()
        self.tell()
        fcntl.flock(self.info, fcntl.LOCK_UN)


def some_bytes(rng, limit=700):
    """A few lines, now and then with bytes that are no text."""
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(1, limit))
    return b"".join(b"[Some.Function] Key = %x, Other = %d\r\n"
                    % (rng.getrandbits(64), rng.randrange(100))
                    for _ in range(rng.randrange(1, 8)))


def text_of(line):
    """The log's bytes in one object of --json."""
    if "base64" in line:
        return base64.b64decode(line["base64"])
    return line["text"].encode()


LOST = re.compile(r"(\d+) bytes before byte (\d+) were lost")


def check_text(printed, errors, written):
    """printed + lost = written; what was lost stands in the errors."""
    losses = {int(at): int(lost) for lost, at in LOST.findall(errors)}
    rest = bytearray()
    at = 0
    for end in sorted(losses):
        rest += written[at:end - losses[end]]
        at = end
    rest += written[at:]
    if printed != rest:
        first = next((i for i, (a, b) in enumerate(zip(printed, rest))
                      if a != b), min(len(printed), len(rest)))
        return f"differs at {first} of {len(printed)} and {len(rest)}"
    return None


def check_lines(lines, written, repeats=False):
    """The same of --json; repeats only where they were reported."""
    at = 0
    lost = 0
    for line in lines:
        if line["discontinuity"]:
            return "a discontinuity"
        start = line["position"]
        again = at - (start - line["lost"])
        if again < 0:
            return f"a gap at {at}"
        if again and (not repeats or again > line.get("repeated_at_most", 0)):
            return f"{again} bytes again at {at}"
        data = text_of(line)
        if len(data) != line["size"] or data != written[start:start + len(data)]:
            return f"wrong bytes at {start}"
        lost += line["lost"]
        at = start + len(data)
    if at != len(written):
        return f"ends at {at} of {len(written)}"
    return None


def lines_of(text):
    """Whole objects only: a reader that was killed may leave half of one."""
    found = []
    for part in text.split(b"\n"):
        try:
            found.append(json.loads(part))
        except ValueError:
            pass
    return found


def generator(say):
    """Random numbers; say: what is given the line that names their seed."""
    seed = int(os.environ.get("SEED", "7"))
    say(f"seed {seed}")
    return random.Random(seed)
