# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes that are forwarded: all of them, in order, in both directions, whichever side is
slow."""
import hashlib
import socket
import struct
import threading
import time

import pytest

from conftest import read_all, wait_until
from firmware import pattern

SIZES = [1, 4095, 4096, 4097, 100_000, 2_000_000]


def settled(what):
    """A number that does not change any more."""
    last, since = what(), time.monotonic()
    while time.monotonic() < since + 0.3:
        time.sleep(0.02)
        if what() != last:
            last, since = what(), time.monotonic()
    return last


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_down(lms, engine, size, host):
    """From AMT."""
    assert lms.ask(b"GET %d" % size, host=host) == pattern(size)
    wait_until(lambda: not engine.slots())


@pytest.mark.parametrize("window", [1, 100, 4096, 65536])
def test_up(lms, engine, window):
    """To AMT, through windows of any size."""
    engine.window = window
    data = pattern(300 if window == 1 else 300_000)
    got = lms.ask(b"PUT %d" % len(data), data)
    assert got.decode() == hashlib.sha256(data).hexdigest()


def test_both_ways(lms):
    """At once: neither direction waits for the other."""
    data = pattern(500_000)
    with lms.connect() as one:
        one.sendall(b"ECHO\n")
        thread = threading.Thread(target=one.sendall, args=(data,))
        thread.start()
        got = b""
        while len(got) < len(data):
            got += one.recv(65536)
        thread.join()
    assert got == data


def test_half_close(lms):
    """A program that sends no more gets its answer."""
    data = pattern(100_000)
    with lms.connect() as one:
        one.sendall(b"PUT %d\n" % len(data))
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        assert read_all(one).decode() == hashlib.sha256(data).hexdigest()


def test_half_close_of_a_slow_one(lms, engine):
    """And keeps its channel while AMT thinks."""
    with lms.connect() as one:
        one.sendall(b"HOLD\n")
        one.shutdown(socket.SHUT_WR)
        time.sleep(1)
        assert engine.slots() == 1
        with engine.session.lock:
            channel = next(iter(engine.session.channels.values()))
            channel.out, channel.closing = b"late", True
            channel.flush()
        assert read_all(one) == b"late"


def test_slow_reader(lms, engine):
    """It keeps AMT from sending, and nobody else."""
    with lms.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET 20000000\n")
        wait_until(lambda: engine.slots() == 1)
        channel = engine.session.channels[0]
        sent = settled(lambda: channel.at)
        assert sent < 10_000_000 and not channel.window
        assert lms.ask(b"GET 100000") == pattern(100_000)
        assert channel.at == sent
    wait_until(lambda: not engine.slots())


def test_slow_reader_gets_all(lms):
    """In small pieces, and long after AMT has closed the channel."""
    with lms.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET 120000\n")
        got = b""
        while data := slow.recv(7777):
            got += data
            time.sleep(0.005)
    assert got == pattern(120_000)


def test_answer_before_the_end_of_a_request(lms, engine):
    """AMT answers and closes with bytes unread, of a program that sends no more and is
    slow: it gets all of the answer."""
    engine.starve = True
    with lms.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET 100000\n" + bytes(20_000))
        slow.shutdown(socket.SHUT_WR)
        wait_until(lambda: engine.opened and not engine.session.open, 60)
        got = b""
        while data := slow.recv(65536):
            got += data
    assert got == pattern(100_000)


def test_full_socket(lms, engine):
    """What the socket does not take waits, also when AMT has closed the channel."""
    with lms.connect() as slow:
        slow.sendall(b"GET 12000000\n")
        wait_until(lambda: engine.slots() == 1)
        channel = engine.session.channels[0]
        sent = settled(lambda: channel.at)
        assert sent < 12_000_000
        assert read_all(slow) == pattern(12_000_000)
    with lms.connect() as slow:
        slow.sendall(b"GET %d\n" % sent)
        # as a rule AMT has closed then; the socket may take a little less than before
        wait_until(lambda: engine.opened == 2)
        settled(engine.slots)
        assert read_all(slow) == pattern(sent)


class Copies:
    """Bytes that the daemon copies in its memory, from start to end."""

    def __init__(self, daemon, root, piece):
        self.daemon, self.path = daemon, root / "copies"
        daemon.more["FAKE_PIECE"] = piece
        daemon.more["FAKE_COPIES"] = str(self.path)

    def count(self):
        """The daemon is stopped for it."""
        self.daemon.stop()
        return int(self.path.read_text())


@pytest.fixture
def copies(daemon, root, request):
    """Counted in a daemon that is not started yet. Its sockets take so many bytes in a
    piece, if any number is given."""
    return Copies(daemon, root, getattr(request, "param", "0"))


@pytest.fixture
def lms_counted(copies, engine):
    """amt-lms with AMT, running, whose copies are counted."""
    assert engine.ports
    return copies.daemon.start()


# whatever is no payload: names, addresses, times
FEW = 5000


def test_no_copy(lms_counted, copies):
    """Payload that nobody waits for goes from where it came to, in both directions."""
    data = pattern(60_000)
    assert lms_counted.ask(b"GET 60000") == data
    got = lms_counted.ask(b"PUT 60000", data)
    assert got.decode() == hashlib.sha256(data).hexdigest()
    assert copies.count() < FEW


@pytest.mark.parametrize("copies", ["100"], indirect=True)
def test_one_copy_down(lms_counted, engine, copies):
    """What a socket does not take is copied once, whatever pieces it goes in."""
    engine.piece = 4096
    assert lms_counted.ask(b"GET 200000") == pattern(200_000)
    assert 100_000 < copies.count() < 200_000 + FEW


def send_held(one, engine, data):
    """Send data that the engine begins to take only after a while."""
    engine.reads.clear()
    thread = threading.Thread(target=one.sendall, args=(data,))
    thread.start()
    time.sleep(0.5)
    engine.reads.set()
    thread.join()
    assert read_all(one).decode() == hashlib.sha256(data).hexdigest()


def test_one_copy_up(lms_counted, engine, copies):
    """So is what the engine does not take."""
    engine.window = 2_000_000
    data = pattern(1_000_000)
    with lms_counted.connect() as one:
        one.sendall(b"PUT 1000000\n")
        wait_until(lambda: engine.slots() and engine.session.channels[0].command)
        send_held(one, engine, data)
    assert 4096 <= copies.count() < len(data) + FEW


@pytest.mark.parametrize("window", [4096, 65536])
def test_whole_messages(lms, engine, window):
    """Bytes for AMT go in the largest messages that its window and LME's mailbox take,
    and one for the rest of each window."""
    engine.window = window
    size = 40 * 8183
    data = pattern(size)
    with lms.connect() as one:
        one.sendall(b"PUT %d\n" % size)
        wait_until(lambda: engine.slots() and engine.session.channels[0].command)
        before = len(engine.seen)
        send_held(one, engine, data)
    largest = min(window, 8183)
    sent = engine.seen[before:].count(94)
    rests = size / window if window > largest else 0
    # the first may have been on its way
    assert size / largest <= sent <= size / largest + rests + 3


def test_starved(lms, engine):
    """AMT gives no credit: no byte beyond its window is sent, or read."""
    engine.starve = True
    with lms.connect() as one:
        one.setblocking(False)
        sent = one.send(b"HOLD\n" + bytes(2_000_000))
        wait_until(lambda: engine.slots() and
                   engine.session.channels[0].received == 4096)
        time.sleep(0.2)
        assert engine.session.channels[0].received == 4096 < sent
        assert lms.process.poll() is None


def test_amt_closes(lms):
    """AMT's end of a channel is the end of the connection."""
    with lms.connect() as one:
        one.sendall(b"GET 5\n")
        assert read_all(one) == pattern(5)


def test_many_in_turn(lms, engine):
    """A hundred, one after another."""
    for _ in range(100):
        assert lms.ask(b"GET 10") == pattern(10)
    wait_until(lambda: not engine.slots())
    assert engine.opened == 100


def test_driver_that_is_full(lms, engine):
    """The engine takes no messages for a while: none is lost, and programs wait."""
    engine.window = 4_000_000
    data = pattern(4_000_000)
    with lms.connect() as one, lms.connect() as other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        one.sendall(b"PUT %d\n" % len(data))
        other.sendall(b"ECHO\n")
        wait_until(lambda: 1 in engine.session.channels and
                   engine.session.channels[1].command)
        engine.reads.clear()
        one.setblocking(False)
        sent = 0

        def send_more():
            nonlocal sent
            try:
                sent += one.send(data[sent:])
            except BlockingIOError:
                pass
            return sent

        other.sendall(b"x")
        assert settled(send_more) < len(data)
        engine.reads.set()
        one.setblocking(True)
        one.sendall(data[sent:])
        assert other.recv(1) == b"x"
        assert read_all(one).decode() == hashlib.sha256(data).hexdigest()


def test_goes_on_after_the_end(lms, engine):
    """A program that sends on when AMT has closed keeps nothing for long."""
    with lms.connect() as one:
        one.sendall(b"GET 5\n")
        assert read_all(one) == pattern(5)
        wait_until(lambda: not engine.slots())
        with pytest.raises(ConnectionError):
            for _ in range(400):
                one.send(b"more")
                time.sleep(0.02)
    lms.wait_told("0 connections")


def test_reset_by_a_program(lms, engine):
    """A connection that a program resets ends at once."""
    one = lms.connect()
    one.sendall(b"HOLD\n")
    wait_until(lambda: engine.slots() == 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    wait_until(lambda: not engine.slots())


def test_killed_while_starved(lms, engine):
    """A program that is gone, with bytes that AMT takes no more."""
    engine.starve = True
    one = lms.connect()
    one.setblocking(False)
    one.send(b"HOLD\n" + bytes(200_000))
    wait_until(lambda: engine.slots() and
               engine.session.channels[0].received == 4096)
    one.close()
    wait_until(lambda: not engine.slots(), 30)
