# SPDX-License-Identifier: GPL-2.0-or-later
"""Readers of a live log, that end by themselves, are ended, or were killed."""
import os
import signal
import subprocess
import time

import live


class Readers:
    """A directory with a log (live.Log), a position and an output, and readers
    that have it as their firmware."""

    def __init__(self, tool):
        self.tool = tool
        self.directory = str(tool.directory / "live")
        self.state = f"{self.directory}/state"
        self.out = f"{self.directory}/out"
        self.node = f"{tool.root}/dev/pfru/telemetry"
        tool.settings = {"live": self.directory,
                         "count": f"{self.directory}/counts"}

    def log(self, ring=65536):
        """A log without a byte; nobody has read it."""
        for name in ("state", "state.lock", "out", "counts"):
            self.remove(name)
        return live.Log(self.directory, ring)

    def remove(self, name):
        """A file of the directory, if it is there."""
        if os.path.exists(f"{self.directory}/{name}"):
            os.remove(f"{self.directory}/{name}")

    def read(self, name):
        """What is in a file of the directory."""
        try:
            with open(f"{self.directory}/{name}", "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def popen(self, *arguments, before=None, stdout=subprocess.PIPE, **fake):
        """A reader with bytes for its output; before: what it does first."""
        return self.tool.start("telemetry", *arguments,
                               popen={"text": None, "errors": None,
                                      "stdout": stdout,
                                      "preexec_fn": before}, **fake)

    def start(self, *arguments, settle=0.5, **more):
        """A follower that keeps its position, and has looked at the log when it
        took no longer than "settle" to begin."""
        p = self.popen("--state", self.state, "--follow", "--interval", "0.02",
                       *arguments, **more)
        time.sleep(settle)
        return p

    def run(self, *arguments, **more):
        """A reader that keeps its position: (status, output, errors)."""
        p = self.popen("--state", self.state, *arguments, **more)
        try:
            out, err = p.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            raise
        return p.returncode, out, err.decode()

    def calls(self):
        """Firmware calls of the last reader."""
        return int(self.read("counts").split()[0].split(b"=")[1])


def end(p, how=signal.SIGTERM):
    """Have a reader end: (status, output, errors)."""
    p.send_signal(how)
    try:
        out, err = p.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
        return -1, b"", "did not end"
    return p.returncode, out, err.decode()


def ended(p):
    """The status of a reader that ends by itself, or nothing."""
    try:
        return p.wait(timeout=10)
    except subprocess.TimeoutExpired:
        return None


def ignoring(number):
    """What a child does to begin with that signal ignored."""
    return lambda: signal.signal(number, signal.SIG_IGN)
