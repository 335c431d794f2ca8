# SPDX-License-Identifier: GPL-2.0-or-later
"""AMT's eight places for channels."""
import signal
import subprocess
import sys
import threading
import time

from conftest import read_all, wait_until
from firmware import SLOTS, pattern


def test_queue(lms, engine):
    """32 at once: eight have a channel, the others wait their turn."""
    results = []

    def one():
        results.append(lms.ask(b"GET 20000"))

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [pattern(20000)] * 32
    assert engine.most <= SLOTS and not engine.refusals
    wait_until(lambda: not engine.slots())


def test_first_come(lms, engine):
    """Who came first is served first."""
    holders = [lms.connect() for _ in range(SLOTS)]
    wait_until(lambda: engine.slots() == SLOTS)
    waiting = []
    for i in range(3):
        waiting.append(lms.connect())
        waiting[i].sendall(b"ECHO\n%d" % i)
        time.sleep(0.05)
    for i in range(3):
        holders.pop().close()
        assert waiting[i].recv(10) == b"%d" % i
    for one in holders + waiting:
        one.close()
    wait_until(lambda: not engine.slots())


def test_gone_while_waiting(lms, engine):
    """Who goes while waiting takes no place."""
    holders = [lms.connect() for _ in range(SLOTS)]
    wait_until(lambda: engine.slots() == SLOTS)
    for _ in range(5):
        lms.connect().close()
    time.sleep(0.5)
    for one in holders:
        one.close()
    wait_until(lambda: not engine.slots())
    assert engine.opened == SLOTS


def test_killed(lms, engine):
    """Programs that are killed leave no channel."""
    program = ("import socket, time; s = socket.create_connection(('127.0.0.1', "
               "16992)); s.sendall(b'%s\\n'); print(1, flush=True); time.sleep(60)")
    for line in ("HOLD", "ECHO", "GET 5000000", "PUT 5000000") * 2:
        with subprocess.Popen([sys.executable, "-c", program % line],
                              stdout=subprocess.PIPE) as client:
            client.stdout.readline()
            client.send_signal(signal.SIGKILL)
    wait_until(lambda: engine.opened == 8 and not engine.slots())
    assert lms.ask(b"GET 10") == pattern(10)


def test_refused_for_good(lms, engine):
    """A channel that AMT does not open ends the connection."""
    engine.refuse = 2
    try:
        with lms.connect() as one:
            assert read_all(one) == b""
    except ConnectionResetError:
        pass


def test_refused_for_now(lms, engine):
    """AMT has no place for a moment, as it is when it changes its ports."""
    engine.refuse = 4
    with lms.connect() as one:
        one.sendall(b"GET 10\n")
        wait_until(lambda: engine.refusals)
        engine.refuse = 0
        assert read_all(one) == pattern(10)


def test_limit(daemon, engine):
    """More than are wanted wait outside."""
    daemon.configure("MaxConnections=2\n")
    daemon.start()
    first, second, third = (daemon.connect() for _ in range(3))
    third.sendall(b"GET 10\n")
    wait_until(lambda: engine.opened == 2)
    time.sleep(0.2)
    assert engine.opened == 2
    first.close()
    assert read_all(third) == pattern(10)
    second.close()
    third.close()


def test_limit_at_once(daemon, engine):
    """Also when several come in the same moment, by different ports."""
    daemon.configure("MaxConnections=1\n")
    daemon.start()
    wait_until(lambda: len(engine.granted) == 2)
    daemon.process.send_signal(signal.SIGSTOP)
    clients = [daemon.connect(port, host) for port in (623, 16992)
               for host in ("127.0.0.1", "::1")]
    daemon.process.send_signal(signal.SIGCONT)
    wait_until(lambda: engine.opened)
    time.sleep(0.3)
    assert engine.opened == 1
    for one in clients:
        one.close()


def test_idle(daemon, engine):
    """One that is idle ends; one that is used does not."""
    daemon.configure("IdleSec=1\n")
    daemon.start()
    idle, used = daemon.connect(), daemon.connect()
    used.sendall(b"ECHO\n")
    idle.sendall(b"HOLD\n")
    for _ in range(6):
        time.sleep(0.3)
        used.sendall(b"x")
        assert used.recv(1) == b"x"
    assert read_all(idle) == b""
    wait_until(lambda: engine.slots() == 1)
    used.close()
    idle.close()


def test_idle_while_others_wait(daemon, engine):
    """Idle connections make room for those that wait; those that are used stay."""
    daemon.speed = 20
    daemon.start()
    idle = [daemon.connect() for _ in range(SLOTS - 1)]
    used = daemon.connect()
    used.sendall(b"ECHO\n")
    wait_until(lambda: engine.slots() == SLOTS)
    for _ in range(10):
        time.sleep(0.2)
        used.sendall(b"x")
        assert used.recv(1) == b"x"
    assert engine.slots() == SLOTS
    waiting = daemon.connect()
    waiting.sendall(b"GET 10\n")
    end = time.monotonic() + 10
    waiting.settimeout(0.2)
    got = b""
    while not got and time.monotonic() < end:
        used.sendall(b"x")
        assert used.recv(1) == b"x"
        try:
            got = waiting.recv(10)
        except TimeoutError:
            pass
    assert got == pattern(10)
    used.sendall(b"x")
    assert used.recv(1) == b"x"
    for one in idle + [used, waiting]:
        one.close()


def test_idle_that_waited(daemon, engine):
    """Those that had to wait themselves make room, too, when others still do."""
    daemon.configure("IdleSec=0\n")
    daemon.speed = 20
    daemon.start()
    idle = [daemon.connect() for _ in range(2 * SLOTS)]
    with daemon.connect() as waiting:
        waiting.sendall(b"GET 10\n")
        assert read_all(waiting) == pattern(10)
    assert engine.opened == 2 * SLOTS + 1
    for one in idle:
        one.close()
