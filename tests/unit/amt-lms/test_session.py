# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong: engines that are reset, go, are held by others, or lie."""
import contextlib
import errno
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import LOOPBACK, listening, read_all, wait_until
from firmware import AMTHI, LME, pattern, string, versions


def ports():
    """What is listened on."""
    return {port for _, port in listening()}


@contextlib.contextmanager
def opener_socket(daemon, root):
    """A listening socket in place of the opener's, which the daemon will ask."""
    path = str(root / "opener")
    daemon.arguments = ["--socket", path]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        yield listener


def test_ports(lms, engine):
    """Exactly those that AMT asks for, on loopback, both families."""
    wait_until(lambda: len(engine.granted) == 2)
    assert listening() == {(a, p) for a in LOOPBACK for p in (16992, 623)}
    assert engine.granted == [16992, 623]
    lms.wait_told("STATUS=Forwarding ports 623, 16992 of AMT")


def test_ready_within_one_handshake(daemon, engine):
    """READY=1 comes when AMT has named its first port: one connection to each of AMTHI
    and LME, and of the handshake no message twice."""
    engine.ports = [16992]
    daemon.start(ready=False)
    wait_until(lambda: engine.granted == [16992])
    # one that waited for more ports would wait for 5 s
    daemon.wait_told("READY=1", 2)
    assert engine.connected == [AMTHI, LME]
    assert engine.seen == [192, 6, 81]


def test_cancel(lms, engine):
    """What AMT takes back is closed; another takes its place."""
    wait_until(lambda: ports() == {623, 16992})
    with engine.session.lock:
        engine.session.forward(16992, b"cancel-tcpip-forward")
        engine.session.forward(16993)
    wait_until(lambda: ports() == {623, 16993})
    wait_until(lambda: engine.granted[2:] == [None, 16993])
    assert lms.ask(b"GET 10", port=16993) == pattern(10)


def test_ports_that_come_and_go(lms, engine):
    """All the time: each is reported once."""
    wait_until(lambda: ports() == {623, 16992})
    for i in range(50):
        with engine.session.lock:
            engine.session.forward(623, b"cancel-tcpip-forward")
            engine.session.forward(623)
        wait_until(lambda n=i: len(engine.granted) == 2 * n + 4)
    assert ports() == {623, 16992}
    assert lms.log().count("port 623 is closed") == 1
    assert lms.log().count("listening on 127.0.0.1:623") == 1


def test_no_other_port(daemon, engine):
    """A port that is not one of AMT's, or is for other machines."""
    engine.ports = [22, 16992, 8080]
    daemon.start()
    wait_until(lambda: engine.granted == [False, 16992, False])
    with engine.session.lock:
        engine.session.forward(16993, address=b"0.0.0.0")
    wait_until(lambda: len(engine.granted) == 4)
    assert listening() == {(a, 16992) for a in LOOPBACK}


def test_port_taken(daemon, engine):
    """By another program: says whose it is, and takes it when it is free."""
    daemon.speed = 50
    engine.ports = [16992]
    with socket.create_server(("127.0.0.1", 16992)):
        daemon.start()
        daemon.wait_log("127.0.0.1:16992 is in use by a program of user root")
        daemon.wait_told("STATUS=Forwarding port 16992 of AMT, 0 connections")
        assert daemon.ask(b"GET 10", host="::1") == pattern(10)
        time.sleep(1)
        assert daemon.log().count("is in use") == 1
    wait_until(lambda: ("0100007F", 16992) in listening())
    assert daemon.ask(b"GET 10") == pattern(10)


def test_all_ports_taken(daemon, engine):
    """The status names the ports that cannot be listened on, with others and alone."""
    daemon.speed = 50
    with socket.create_server(("127.0.0.1", 16992)), \
            socket.create_server(("::1", 16992), family=socket.AF_INET6):
        daemon.start()
        daemon.wait_told("STATUS=Forwarding port 623 of AMT, 0 connections; "
                         "cannot listen on port 16992, see the log")
        with engine.session.lock:
            engine.session.forward(623, b"cancel-tcpip-forward")
        daemon.wait_told("STATUS=Waiting: cannot listen on port 16992, see the log")
    daemon.wait_told("STATUS=Forwarding port 16992 of AMT")


def test_manager_that_reads_nothing(daemon, engine):
    """A service manager whose queue is full holds nobody, and gets the last status."""
    daemon.speed = 25
    daemon.start()
    # a status each time: more than the kernel's queue of a socket holds
    for _ in range(30):
        assert daemon.ask(b"GET 10") == pattern(10)
        time.sleep(0.04)
    daemon.told.clear()
    with daemon.connect() as one:
        one.sendall(b"HOLD\n")
        wait_until(engine.slots)
        daemon.wait_told("1 connection")
    daemon.wait_told("0 connections")


def test_reset(lms, engine):
    """Listeners stay, connections end, and another session begins."""
    wait_until(lambda: ports() == {623, 16992})
    with lms.connect() as one:
        one.sendall(b"HOLD\n")
        wait_until(lambda: engine.slots() == 1)
        engine.reset()
        with pytest.raises(ConnectionResetError):
            read_all(one)
    assert ports() == {623, 16992}
    # may come before there is a session
    assert lms.ask(b"GET 10") == pattern(10)
    assert len(engine.sessions) == 2


@pytest.mark.parametrize("why", ["reset", "begins anew", "beyond the window", "stop"])
def test_what_is_cut_short(lms, engine, why):
    """Does not look whole: AMT ends an answer without a length by closing its channel."""
    with lms.connect() as one:
        one.sendall(b"HOLD\n")
        wait_until(lambda: engine.slots() == 1)
        with engine.session.lock:
            channel = engine.session.channels[0]
            channel.out = b"half of"
            channel.flush()
            if why == "begins anew":
                engine.session.channels.clear()
                engine.session.open.clear()
                engine.session.send(struct.pack(">BIII80x", 192, 1, 0, 3))
                engine.session.send(b"\x05" + string(b"pfwd@amt.intel.com"))
            elif why == "beyond the window":
                data = struct.pack(">BII", 94, channel.theirs, 4096) + bytes(4096)
                engine.session.send(data)
        if why == "reset":
            engine.reset()
        elif why == "stop":
            assert one.recv(7) == b"half of"
            lms.stop()
        with pytest.raises(ConnectionResetError):
            read_all(one)


def test_reset_under_load(lms, engine):
    """Again and again; what is not cut short is right."""
    stop = threading.Event()
    wrong, right = [], []

    def client():
        while not stop.is_set():
            try:
                got = lms.ask(b"GET 50000")
            except OSError:
                continue
            if got == pattern(50_000):
                right.append(1)
            elif got != pattern(50_000)[:len(got)]:
                wrong.append(got)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.3)
        engine.reset()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert right and not wrong
    wait_until(lambda: not engine.slots())


def test_session_ends_with_channel(lms, engine):
    """As some firmware has it: each connection has a session of its own."""
    engine.drop_on_close = True
    for i in range(10):
        assert lms.ask(b"GET 10") == pattern(10)
        wait_until(lambda n=i: len(engine.sessions) == n + 2)
    assert lms.log().count("AMT ended the session") == 1


def test_stale_ports(daemon, engine):
    """What AMT does not ask for in the next session is closed."""
    daemon.speed = 10
    lms = daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    engine.ports = [16993]
    engine.reset()
    wait_until(lambda: ports() == {16993})
    assert lms.ask(b"GET 10", port=16993) == pattern(10)


def test_begins_anew(lms, engine):
    """AMT begins the handshake in the midst of a session."""
    wait_until(lambda: ports() == {623, 16992})
    with engine.session.lock:
        engine.session.channels.clear()
        engine.session.open.clear()
        engine.session.send(struct.pack(">BIII80x", 192, 1, 0, 3))
        engine.session.send(b"\x05" + string(b"pfwd@amt.intel.com"))
    assert lms.ask(b"GET 10") == pattern(10)
    assert len(engine.sessions) == 1


def test_begins_anew_with_other_ports(daemon, engine):
    """And asks for others: those of before are closed."""
    daemon.speed = 10
    daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    engine.ports = [16993]
    with engine.session.lock:
        engine.session.send(struct.pack(">BIII80x", 192, 1, 0, 3))
        engine.session.send(b"\x05" + string(b"pfwd@amt.intel.com"))
    wait_until(lambda: ports() == {16993})
    assert len(engine.sessions) == 1


def test_begins_anew_and_goes_silent(daemon, engine):
    """That session is of no use any more: it is given up, and another begun."""
    daemon.speed = 10
    daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    # past the time in which the ports of the beginning have to be named
    time.sleep(1)
    engine.silent = True
    with engine.session.lock:
        engine.session.send(struct.pack(">BIII80x", 192, 1, 0, 3))
    daemon.wait_log("AMT does not name a port")
    engine.silent = False
    daemon.told.clear()
    daemon.wait_told("STATUS=Forwarding")
    assert daemon.ask(b"GET 10") == pattern(10)


def test_restart(lms, engine):
    """Killed under load, and started again at once: no stale channel."""
    for _ in range(3):
        clients = [lms.connect() for _ in range(10)]
        for one in clients:
            one.sendall(b"GET 1000000\n")
        wait_until(lambda: engine.slots() == 8)
        lms.kill()
        lms.start()
        assert lms.ask(b"GET 10") == pattern(10)
        wait_until(lambda: not engine.slots())
        for one in clients:
            one.close()


def test_silent(daemon, engine):
    """AMT that says nothing: ready all the same, reported once."""
    engine.silent = True
    daemon.speed = 50
    daemon.start()
    daemon.wait_told("STATUS=Waiting: AMT does not name a port")
    wait_until(lambda: len(engine.sessions) > 2)
    assert daemon.log().count("does not name a port") == 1
    engine.silent = False
    daemon.wait_told("STATUS=Forwarding")


def test_silent_after_a_reset(daemon, engine):
    """That a session has ended is no reason not to say that the next is silent."""
    daemon.speed = 10
    daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    engine.silent = True
    engine.reset()
    daemon.wait_log("AMT ended the session")
    daemon.wait_log("AMT does not name a port", 10)


def test_ends_at_once(daemon, engine):
    """AMT that ends each session before it names a port: ready, and reported once."""
    engine.hang_up = True
    daemon.speed = 10
    daemon.start()
    wait_until(lambda: len(engine.sessions) > 3)
    assert daemon.log().count("AMT ended the session before it named a port") == 1
    engine.hang_up = False
    daemon.wait_told("STATUS=Forwarding")


def test_busy(daemon, engine):
    """Held by another program: reported once, and taken when it is free."""
    engine.connect_errors[LME] = errno.EBUSY
    daemon.speed = 10
    daemon.start()
    daemon.wait_told("another program holds AMT's port forwarding")
    wait_until(lambda: engine.connected.count(LME) > 16)
    assert daemon.log().count("another program holds") == 1
    engine.connect_errors.clear()
    daemon.wait_told("STATUS=Forwarding")


def test_host_interface_that_is_held(daemon, engine):
    """That another program has the other client is not said of the port forwarding."""
    engine.connect_errors[AMTHI] = errno.EBUSY
    daemon.speed = 10
    daemon.start()
    daemon.wait_told("another program holds AMT's host interface")
    assert "port forwarding" not in daemon.log() and LME not in engine.connected
    engine.connect_errors.clear()
    daemon.wait_told("STATUS=Forwarding")


def test_configuration_that_is_written_meanwhile(daemon, engine):
    """The opener finds it wrong for a moment: it is asked again."""
    daemon.speed = 10
    daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    daemon.configure("AllowU")
    engine.reset()
    daemon.wait_told("the opener refuses the configuration")
    daemon.told.clear()
    daemon.configure("AllowUsers=root\n")
    daemon.wait_told("STATUS=Forwarding")
    assert daemon.ask(b"GET 10") == pattern(10)


def busy_time(daemon):
    """Seconds in which it ran or wanted to: on a machine that is busy, both count."""
    with open(f"/proc/{daemon.process.pid}/schedstat", encoding="ascii") as file:
        ran, waited = file.read().split()[:2]
    return (int(ran) + int(waited)) / 1e9


def announce(subsystem):
    """What the kernel sends when a device appears."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15) as one:
        one.bind((0, 0))
        one.sendto(b"add@/devices/x\0ACTION=add\0SUBSYSTEM="
                   + subsystem + b"\0SEQNUM=1\0", (0, 1))


def test_disabled(daemon, engine):
    """No LME: nothing is tried before the kernel announces a device."""
    del engine.clients[LME]
    daemon.speed = 100
    daemon.start()
    daemon.wait_told("AMT is not there, or disabled")
    tries = len(engine.connected)
    announce(b"usb")
    time.sleep(1)
    assert len(engine.connected) == tries
    engine.clients[LME] = (8192, 4)
    announce(b"mei")
    daemon.wait_told("STATUS=Forwarding")


def test_no_engine(daemon, root):
    """Nothing there at all, and no processor time for it."""
    daemon.start()
    daemon.wait_told("no Intel management engine")
    # what it tells the service manager is collected for a second
    time.sleep(1.5)
    before = busy_time(daemon)
    time.sleep(0.5)
    assert busy_time(daemon) == before
    assert not (root / "dev").exists()


def test_affected(daemon, engine):
    """Firmware that INTEL-SA-00075 affects is not listened for, unless wanted."""
    engine.versions = versions(b"11.0.0", b"1205")
    daemon.start()
    daemon.wait_told("affected by INTEL-SA-00075")
    assert not listening() and LME not in engine.connected
    daemon.stop()
    daemon.configure("AllowAffectedFirmware=yes\n")
    engine.connected.clear()
    daemon.start()
    daemon.wait_told("STATUS=Forwarding")
    assert AMTHI not in engine.connected


def test_affected_later(daemon, engine):
    """Ports that were open are closed when the firmware turns out to be affected."""
    daemon.start()
    wait_until(lambda: ports() == {623, 16992})
    good, engine.versions = engine.versions, versions(b"11.0.0", b"1205")
    engine.reset()
    daemon.wait_told("affected by INTEL-SA-00075")
    wait_until(lambda: not listening())
    engine.versions = good
    announce(b"mei")
    wait_until(lambda: ports() == {623, 16992})


def test_unknown_version(daemon, engine):
    """The same while it does not say what it is; asked again."""
    good, engine.versions = engine.versions, b"\1\1\0\0"
    daemon.speed = 10
    daemon.start()
    daemon.wait_told("does not say whether INTEL-SA-00075")
    assert not listening()
    engine.versions = good
    daemon.wait_told("STATUS=Forwarding")


def test_opener(daemon, engine, root):
    """An opener that a service manager starts, for each session."""
    path = str(root / "opener")
    daemon.arguments = ["--socket", path]
    daemon.speed = 10
    daemon.start()
    daemon.wait_told("the opener of the engine's node cannot be reached")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        for i in range(3):
            one = listener.accept()[0]
            if i:
                subprocess.run([daemon.program, "--open"], stdin=one, check=True,
                               env=daemon.environment())
            one.close()
            if i:
                wait_until(ports)
                assert daemon.ask(b"GET 10") == pattern(10)
                engine.reset()
    daemon.wait_log("ended without an answer")


def test_lies(lms, engine):
    """What makes no sense is dropped, and logged once each."""
    wait_until(lambda: ports() == {623, 16992})
    with engine.session.lock:
        for _ in range(50):
            engine.session.send(b"\x5e\0\0")
            engine.session.send(b"\xee")
            engine.session.send(struct.pack(">BII", 94, 77, 1) + b"x")
            engine.session.send(
                b"\x5a" + string(b"direct-tcpip")
                + struct.pack(">III", 3, 4096, 0xffffffff)
                + string(b"192.0.2.1") + struct.pack(">I", 80)
                + string(b"127.0.0.1") + struct.pack(">I", 1))
            engine.session.send(b"\x50" + string(b"udp-send-to@amt.intel.com")
                                + b"\1" + string(b"192.0.2.1"))
    wait_until(lambda: engine.seen.count(92) == 50)
    assert lms.ask(b"GET 10") == pattern(10)
    log = lms.log()
    assert log.count("connect elsewhere") == 1
    assert log.count("AMT sent") < 8


def test_log_that_nobody_reads_any_more(daemon, engine):
    """A pipe whose reader has gone is no reason to end."""
    reader, daemon.log_to = os.pipe()
    daemon.start()
    os.close(daemon.log_to)
    wait_until(lambda: b"[::1]:623" in os.read(reader, 4096))
    os.close(reader)
    engine.reset()
    wait_until(lambda: len(engine.sessions) == 2)
    assert daemon.ask(b"GET 10") == pattern(10)


def test_no_ipv6(daemon, engine):
    """A family that the machine has not is left out, without a word."""
    switch = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
    with open(switch, "w", encoding="ascii") as file:
        file.write("1")
    try:
        daemon.start()
        wait_until(lambda: len(engine.granted) == 2)
        assert listening() == {("0100007F", 623), ("0100007F", 16992)}
        assert daemon.ask(b"GET 10") == pattern(10)
        assert "::1" not in daemon.log()
    finally:
        with open(switch, "w", encoding="ascii") as file:
            file.write("0")
    # it is there from the next session on
    engine.reset()
    wait_until(lambda: listening() == {(a, p) for a in LOOPBACK for p in (16992, 623)})


def test_no_descriptors(daemon, engine):
    """More connections than files can be open: the others wait, and nothing spins."""
    daemon.files = 20
    engine.ports = [16992]
    daemon.start()
    clients = [daemon.connect() for _ in range(20)]
    daemon.wait_log("cannot accept a connection to port 16992: Too many open files")
    # nor can a port be opened then, which is tried again later
    with engine.session.lock:
        engine.session.forward(623)
    daemon.wait_log("cannot listen on [::1]:623: Too many open files")
    before = busy_time(daemon)
    time.sleep(1)
    assert busy_time(daemon) - before < 0.5
    for one in clients:
        one.close()
    assert daemon.ask(b"GET 10") == pattern(10)
    wait_until(lambda: not engine.slots())
    assert daemon.log().count("cannot accept a connection") == 1


def test_opener_that_says_nothing(daemon, root):
    """It has a minute."""
    daemon.speed = 100
    with opener_socket(daemon, root):
        daemon.start()
        daemon.wait_log("does not answer")


def test_opener_without_a_socket(daemon, engine):
    """As by hand: it says why it fails."""
    done = subprocess.run([daemon.program, "--open"], stdin=subprocess.DEVNULL,
                          env=daemon.environment(), capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert "by standard input: Socket operation on non-socket" in done.stderr


def test_opener_that_is_stuck(daemon, engine):
    """As a child it can be ended by the signals that the service itself holds back."""
    blocked = []

    def child_is_there():
        path = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children"
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        if not children:
            return False
        with open(f"/proc/{children[0]}/status", encoding="ascii") as file:
            status = file.read()
        blocked[:] = re.findall(r"^Sig(?:Blk|Ign):\t(.*)", status, re.M)
        with open(f"/proc/{children[0]}/cmdline", encoding="ascii") as file:
            return "--open" in file.read()

    engine.reads.clear()
    daemon.start(ready=False)
    wait_until(child_is_there)
    # glibc keeps two signals above these for itself, and writing is to fail by no signal
    writing = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
    assert [int(mask, 16) & 0x7fffffff & ~writing for mask in blocked] == [0, 0]
    engine.reads.set()


def test_problem_again_and_again(daemon, engine, root):
    """An AMT that comes and goes all the time does not fill the log."""
    daemon.speed = 10
    with opener_socket(daemon, root) as listener:
        daemon.start(ready=False)
        for _ in range(5):
            with listener.accept()[0] as one:
                one.send(struct.pack("IIiI64s", 7, 0, 5, 0, b"/dev/mei0"))
            with listener.accept()[0] as one:
                subprocess.run([daemon.program, "--open"], stdin=one, check=True,
                               env=daemon.environment())
            wait_until(ports)
            assert daemon.ask(b"GET 10") == pattern(10)
            engine.reset()
    assert daemon.log().count("/dev/mei0") == 1


def test_problem_before_and_after_a_session(daemon, engine, root):
    """The status names it again; the log has it once."""
    daemon.speed = 10
    engine.hang_up = True
    with opener_socket(daemon, root) as listener:
        daemon.start(ready=False)
        for _ in range(2):
            daemon.told.clear()
            with listener.accept()[0] as one:
                one.send(struct.pack("IIiI64s", 8, 0, 16, 0, b"/dev/mei0"))
            daemon.wait_told("another program holds AMT's port forwarding")
            with listener.accept()[0] as one:
                subprocess.run([daemon.program, "--open"], stdin=one, check=True,
                               env=daemon.environment())
            daemon.wait_told("the session with AMT has ended")
    assert daemon.log().count("another program holds") == 1


@pytest.mark.parametrize("message", [
    b"short", struct.pack("IIiI64x", 0, 0, 0, 8192), struct.pack("IIiI64x", 99, 0, 0, 0),
    struct.pack("IIiI64x", 0, 99, 0, 0), struct.pack("IIiI", 0, 0, 0, 0) + b"x" * 64])
def test_opener_that_lies(daemon, root, message):
    """What it can't have sent is not believed."""
    with opener_socket(daemon, root) as listener:
        daemon.start(ready=False)
        listener.accept()[0].send(message)
        daemon.wait_told("the opener of the engine's node")
        listener.accept()[0].send(message)


@pytest.mark.parametrize("problem", range(1, 15))
def test_opener_that_has_a_problem(daemon, root, problem):
    """Whichever it is, there are words for it."""
    with opener_socket(daemon, root) as listener:
        daemon.start(ready=False)
        listener.accept()[0].send(struct.pack("IIiI64s", problem, 0, 5, 0, b"/dev/mei0"))
        assert "null" not in daemon.wait_told("STATUS=Waiting: /dev/mei0: ")
