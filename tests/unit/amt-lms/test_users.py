# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may connect, and what the configuration may say."""
import signal
import socket
import subprocess
import time

import pytest

from conftest import read_all, wait_until
from firmware import pattern


def refused(daemon):
    """Is a program refused?"""
    try:
        return daemon.ask(b"GET 10") == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("line", [
    "AllowUsers=root", "AllowUsers=nobody 0", "AllowUsers=nobody\nAllowUsers=root",
    "AllowGroups=root", "AllowGroups=0", "AllowUsers=nobody\nAllowGroups=nogroup root",
    "AllowUsers=nobody\nAllowUsers=", " AllowUsers = root ", "# AllowUsers=nobody"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_allowed(daemon, engine, line, host):
    """One who is named, by name or number."""
    daemon.configure(line + "\n")
    daemon.start()
    assert daemon.ask(b"GET 10", host=host) == pattern(10)
    assert engine.opened == 1


@pytest.mark.parametrize("line", ["AllowUsers=root", ""])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_bound_to_the_interface(daemon, engine, line, host):
    """As curl --interface lo: its socket is found, for a user and as one that is there."""
    daemon.configure(line + "\n")
    daemon.start()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        one.settimeout(20)
        one.connect((host, 16992))
        one.sendall(b"PUT 3\n")
        wait_until(engine.slots)
        one.sendall(b"xyz")
        one.shutdown(socket.SHUT_WR)
        assert len(read_all(one)) == 64


def test_number_needs_no_lookup(daemon, engine):
    """A directory service that does not answer would hold all connections."""
    daemon.configure("AllowUsers=nobody 0\n")
    daemon.more = {"FAKE_NO_USERS": "1"}
    daemon.start()
    assert daemon.ask(b"GET 10") == pattern(10)
    assert engine.opened == 1


@pytest.mark.parametrize("line", [
    "AllowUsers=nobody", "AllowUsers=roo rootx", "AllowGroups=nogroup",
    "AllowUsers=nobody\nAllowGroups=daemon"])
def test_refused(daemon, engine, line):
    """One who is not; logged once."""
    daemon.configure(line + "\n")
    daemon.start()
    for _ in range(5):
        assert refused(daemon)
    daemon.wait_log("refused a connection of user root to port 16992")
    assert daemon.log().count("refused a connection") == 1
    assert not engine.opened


def test_closed_at_once(daemon, engine):
    """A socket that nobody has any more is not taken for root's: the kernel says 0."""
    daemon.configure("AllowUsers=root\n")
    daemon.start()
    daemon.process.send_signal(signal.SIGSTOP)
    one = daemon.connect()
    one.send(b"GET 10\n")
    one.close()
    daemon.process.send_signal(signal.SIGCONT)
    daemon.wait_log("its owner cannot be determined")
    assert daemon.ask(b"GET 10") == pattern(10)
    assert engine.opened == 1


def has_port(port):
    """Does a socket of this namespace have the port, be it one that lingers?"""
    with open("/proc/net/tcp", encoding="ascii") as file:
        return any(line.split()[1].endswith(f":{port:04X}") for line in list(file)[1:])


def test_listener_on_its_port(daemon, engine):
    """Who has gone is not taken for a listener that has the port by now."""
    daemon.configure("AllowUsers=root\n")
    daemon.start()
    daemon.process.send_signal(signal.SIGSTOP)
    one = daemon.connect()
    port = one.getsockname()[1]
    # a second, after which the kernel forgets the socket, and ours is left
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 1)
    one.send(b"GET 10\n")
    one.close()
    wait_until(lambda: not has_port(port))
    with socket.create_server(("127.0.0.1", port)):
        daemon.process.send_signal(signal.SIGCONT)
        daemon.wait_log("its owner cannot be determined")
    assert not engine.opened


@pytest.mark.parametrize("text, wanted", [
    ("AllowUser=root", "amt-lms.conf:1: 'AllowUser' is not known"),
    ("\n# x\nnonsense", "amt-lms.conf:3: 'nonsense' is not KEY=VALUE"),
    ("MaxConnections=0", "expected a number from 1 to 64"),
    ("MaxConnections=65", "expected a number from 1 to 64"),
    ("IdleSec=-1", "expected a number of seconds"),
    ("IdleSec=1x", "expected a number of seconds"),
    ("AllowAffectedFirmware=maybe", "expected yes or no"),
    ("LogAlerts=1", "expected yes or no"),
    ("AllowUsers=nobody\n\0\0\0", "amt-lms.conf:2: a NUL byte"),
    ("AllowUsers=\0nobody", "amt-lms.conf:1: a NUL byte"),
    ("Allow\x1b[2JUsers=x", "'Allow\\x1b[2JUsers' is not known")])
def test_wrong(daemon, text, wanted):
    """A line that is not understood lets nobody in: nothing runs."""
    daemon.configure(text + "\n")
    daemon.start(ready=False)
    assert daemon.process.wait(timeout=20) == 2
    daemon.process = None
    assert wanted in daemon.log()


def test_missing(daemon):
    """A configuration that is named has to be there."""
    daemon.arguments = ["--config", "/nonexistent"]
    daemon.start(ready=False)
    assert daemon.process.wait(timeout=20) == 2
    daemon.process = None
    assert "/nonexistent: No such file" in daemon.log()


def test_link_that_leads_nowhere(daemon, root):
    """As to a file system that is not mounted: no leave to let everybody in."""
    (root / "etc/amt-lms.conf").symlink_to("/nonexistent/amt-lms.conf")
    daemon.start(ready=False)
    assert daemon.process.wait(timeout=20) == 2
    daemon.process = None
    assert "amt-lms.conf: No such file" in daemon.log()


def test_named(daemon, engine, root):
    """The opener is given the same configuration as the daemon."""
    (root / "other").write_text("AllowAffectedFirmware=yes\n")
    daemon.arguments = ["-c", str(root / "other")]
    engine.versions = b"?"
    daemon.start()
    assert daemon.ask(b"GET 10") == pattern(10)


@pytest.mark.parametrize("arguments, status, wanted", [
    (["--help"], 0, "Usage: amt-lms"), (["-V"], 0, "amt-lms "),
    (["--nonsense"], 2, "nonsense"), (["word"], 2, "'word' is not expected")])
def test_line(daemon, arguments, status, wanted):
    """The command line."""
    done = subprocess.run([daemon.program, *arguments], capture_output=True,
                          text=True, check=False)
    assert done.returncode == status
    assert wanted in done.stdout + done.stderr


def test_kernel_that_cannot_tell(daemon, engine):
    """It says "no such socket" to everything: nobody is taken for gone, or allowed."""
    daemon.more = {"FAKE_NO_DIAG": "1"}
    daemon.speed = 20
    daemon.start()
    daemon.wait_log("the kernel cannot tell who owns a socket")
    with daemon.connect() as one:
        one.sendall(b"PUT 3\n")
        one.shutdown(socket.SHUT_WR)
        time.sleep(0.5)
        assert engine.slots() == 1
    wait_until(lambda: not engine.slots())
    daemon.stop()
    daemon.configure("AllowUsers=root\n")
    daemon.start()
    daemon.wait_log("every connection is refused")
    assert refused(daemon)
    daemon.wait_log("its owner cannot be determined")
