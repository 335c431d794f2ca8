# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of amt-lms share: the daemon with a simulated engine, in a network
namespace of its own.

run.sh builds the daemon and names it in the environment (AMT_LMS_FAKE). A test
asserts, or makes several checks by "check" (tests/lib/checks.py).
"""
import os
import resource
import signal
import socket
import subprocess
import time

import pytest

from firmware import Firmware


def wait_until(what, seconds=20):
    """Wait for something to be true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class Daemon:
    """amt-lms below a root of its own."""

    def __init__(self, root):
        self.program = os.environ["AMT_LMS_FAKE"]
        self.root = root
        self.log_path = root / "log"
        self.process = None
        self.told = []
        self.speed = 1
        self.files = 1024           # that it may have open
        self.arguments = []
        self.more = {}              # of its environment
        self.log_to = None          # a descriptor in place of the log
        (root / "etc").mkdir()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(root / "notify"))

    def configure(self, text):
        """The configuration."""
        (self.root / "etc/amt-lms.conf").write_text(text)

    def environment(self):
        """What it sees."""
        return dict(os.environ, FAKE_ROOT=str(self.root),
                    FAKE_SPEED=str(self.speed),
                    NOTIFY_SOCKET=str(self.root / "notify"), **self.more)

    def start(self, ready=True):
        """Run it, and wait until it is ready."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, *self.arguments], env=self.environment(),
                stderr=self.log_to or log, stdout=log, stdin=subprocess.DEVNULL,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (self.files, self.files)))
        if ready:
            self.wait_told("READY=1")
        return self

    def wait_told(self, wanted, seconds=20):
        """Wait until the service manager was told something."""
        end = time.monotonic() + seconds
        while True:
            self.notify.settimeout(max(0.01, end - time.monotonic()))
            for line in self.told:
                if wanted in line:
                    self.told.remove(line)
                    return line
            try:
                self.told.append(self.notify.recv(4096).decode())
            except OSError as error:
                raise AssertionError(
                    f"not told {wanted}: {self.told}\n{self.log()}") from error

    def log(self):
        """All that it has said."""
        return self.log_path.read_text()

    def wait_log(self, wanted, seconds=20):
        """Wait until it has said something."""
        wait_until(lambda: wanted in self.log(), seconds)

    def stop(self):
        """End it, as the service manager does."""
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process = None
        assert status == 0, f"{status}\n{self.log()}"

    def kill(self):
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self.process = None

    @staticmethod
    def connect(port=16992, host="127.0.0.1"):
        """A program that connects."""
        one = socket.create_connection((host, port), timeout=20)
        return one

    def ask(self, line, data=b"", **where):
        """One connection, to its end."""
        with self.connect(**where) as one:
            one.sendall(line + b"\n" + data)
            return read_all(one)


def read_all(one):
    """To the end."""
    got = []
    while data := one.recv(65536):
        got.append(data)
    return b"".join(got)


def listening():
    """(address, port) of each TCP listener of this namespace, as the kernel says."""
    found = set()
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            for line in list(file)[1:]:
                fields = line.split()
                if fields[3] == "0A":
                    address, port = fields[1].split(":")
                    found.add((address, int(port, 16)))
    return found


LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


@pytest.fixture
def root(tmp_path_factory):
    """A root directory, with a name that is short enough for sockets."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def engine(root):
    """The engine of a machine with AMT."""
    engine = Firmware(root)
    yield engine
    assert not engine.faults
    engine.close()


@pytest.fixture
def daemon(root):
    """amt-lms, not yet running."""
    daemon = Daemon(root)
    yield daemon
    for address, _ in listening():
        assert address in LOOPBACK
    daemon.stop()
    log = daemon.log() if daemon.log_path.exists() else ""
    assert "Sanitizer" not in log and "runtime error" not in log, log


@pytest.fixture
def lms(daemon, engine):
    """amt-lms with AMT, running."""
    # the engine has to be there first
    assert engine.ports
    return daemon.start()
