# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of amtctl share: the tool, with simulated engines.

run.sh builds the tool and names it in the environment (AMTCTL_FAKE). A test
asserts, or makes several checks by "check" (tests/lib/checks.py).
"""
import json
import os
import socket
import subprocess

import pytest

from firmware import Engine


class Result:
    """What one run of the tool left behind."""

    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json(self):
        """The one JSON document on standard output."""
        return json.loads(self.out)

    def __repr__(self):
        return (f"exit status {self.status}\nout: {self.out[-3000:]!r}\n"
                f"err: {self.err[-2000:]!r}")


class Tool:
    """amtctl below a root of its own."""

    def __init__(self, root):
        self.program = os.environ["AMTCTL_FAKE"]
        self.root = root
        self.engines = []
        self.port = None            # that stands for 16992

    def engine(self, number=0):
        """One more engine."""
        self.engines.append(Engine(self.root, number))
        return self.engines[-1]

    def environment(self, speed=1):
        """What a run sees."""
        port = {"FAKE_PORT": str(self.port)} if self.port else {}
        return dict(os.environ, FAKE_ROOT=str(self.root), FAKE_SPEED=str(speed),
                    **port)

    def run(self, *arguments, speed=1, timeout=60, given=""):
        """Run the tool to its end; a run that does not end is an error. The engines
        have taken all of its messages then, the last ones too."""
        result = Result(subprocess.run(
            [self.program, *arguments], env=self.environment(speed),
            input=given, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="surrogateescape",
            timeout=timeout, check=False))
        for engine in self.engines:
            engine.settle()
        return result


class Journal:
    """The journal's socket; entries are dictionaries."""

    def __init__(self, root):
        path = root / "run/systemd/journal"
        path.mkdir(parents=True)
        self.taken = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        # a path of its whole length may not fit into the address
        before = os.getcwd()
        os.chdir(path)
        self.socket.bind("socket")
        os.chdir(before)

    @property
    def entries(self):
        """All that were sent so far."""
        while True:
            try:
                data = self.socket.recv(65536).decode()
            except BlockingIOError:
                return self.taken
            self.taken.append(dict(line.split("=", 1)
                                   for line in data.splitlines()))


@pytest.fixture
def root(tmp_path_factory):
    """A root directory, with a name that is short enough for sockets."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def tool(root):
    """amtctl without an engine."""
    tool = Tool(root)
    yield tool
    for engine in tool.engines:
        engine.close()


@pytest.fixture
def engine(tool):
    """The engine of a machine with AMT, not provisioned."""
    return tool.engine()


@pytest.fixture
def journal(root):
    """A journal that is there."""
    return Journal(root)
