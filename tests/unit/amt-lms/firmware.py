# SPDX-License-Identifier: GPL-2.0-or-later
"""A management engine with AMT's port forwarding, for tests of amt-lms: the other end
of fakenode.c.

Written from the description of the protocol; shares nothing with amt-lms, and
asserts what a real AMT relies on. A test changes its attributes to make it misbehave.

What a channel leads to takes one line and obeys:
    GET N   sends N bytes, then closes
    PUT N   takes N bytes, sends their SHA-256 and closes
    ECHO    sends back whatever comes
    HOLD    takes what comes, and says nothing
"""
import hashlib
import os
import shutil
import socket
import struct
import tempfile
import threading
import uuid

AMTHI = uuid.UUID("12f80028-b4b7-4b2d-aca8-46e0ff65814c").bytes_le
LME = uuid.UUID("6733a4db-0476-4e7b-b3af-bcfc29bee7a7").bytes_le

SLOTS = 8
ALERTS = 100                # numbers of channels that AMT opens begin here


def pattern(size):
    """So many bytes that show where they are from."""
    block = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(251))
    return (block * (size // len(block) + 1))[:size]


def string(data):
    """APF's."""
    return struct.pack(">I", len(data)) + data


def versions(amt, build):
    """AMTHI's answer with code versions."""
    payload = b"BIOS".ljust(65, b"\0") + struct.pack("<I", 2)
    for name, version in ((b"AMT", amt), (b"Build Number", build)):
        payload += struct.pack("<H20sH20s", len(name), name, len(version), version)
    return struct.pack("<BBHIII", 1, 1, 0, 0x0480001a, 4 + len(payload), 0) + payload


class Channel:
    """AMT's end of a channel."""

    def __init__(self, session, ours, theirs, window, port):
        self.session = session
        self.ours, self.theirs, self.window, self.port = ours, theirs, window, port
        self.credit = session.firmware.window
        self.line = b""
        self.command = None
        self.left = 0
        self.hash = hashlib.sha256()
        self.received = 0
        self.out, self.at = b"", 0  # what is to be sent, and how much of it was
        self.closing = False

    def data(self, data):
        """Bytes of the host."""
        self.credit -= len(data)
        assert self.credit >= 0, "beyond the window"
        self.received += len(data)
        if not self.session.firmware.starve:
            self.grant(len(data))
        if self.command is None:
            self.line += data
            if b"\n" not in self.line:
                return
            line, data = self.line.split(b"\n", 1)
            self.begin(*line.split())
        self.take(data)

    def grant(self, size):
        """Let the host send more."""
        self.credit += size
        self.session.send(struct.pack(">BII", 93, self.theirs, size))

    def begin(self, command, count=b"0"):
        """The first line has come."""
        self.command, self.left = command, int(count)
        if command == b"GET":
            self.out, self.closing = pattern(self.left), True

    def take(self, data):
        """What follows it."""
        if self.command == b"ECHO":
            self.out += data
        elif self.command == b"PUT":
            self.hash.update(data)
            self.left -= len(data)
            if not self.left and not self.closing:
                self.out += self.hash.hexdigest().encode()
                self.closing = True
        self.flush()

    def flush(self):
        """What the host's window takes."""
        piece = self.session.firmware.piece
        while self.at < len(self.out) and self.window:
            part = self.out[self.at:self.at + min(self.window, piece)]
            self.at += len(part)
            self.window -= len(part)
            self.session.send(struct.pack(">BII", 94, self.theirs, len(part)) + part)
        if self.at == len(self.out):
            self.out, self.at = b"", 0
        if self.closing and not self.out:
            self.close()

    def close(self):
        """AMT's half of it; the place is free when the host has closed, too."""
        if self.ours in self.session.open:
            self.session.open.remove(self.ours)
            self.session.send(struct.pack(">BI", 97, self.theirs))


class Alert:
    """A channel that AMT has opened."""

    def __init__(self, request):
        self.request = request      # what is not sent yet
        self.theirs = self.window = 0
        self.answer = b""
        self.state = None


class Session:
    """A connection to LME."""

    def __init__(self, firmware, link):
        self.firmware, self.link = firmware, link
        self.channels = {}          # ours: Channel, until both have closed
        self.open = set()           # ours, as long as AMT has not closed
        self.alerts = {}            # number: Alert
        self.lock = threading.RLock()

    def send(self, data):
        """To the host."""
        self.link.send(data)

    def forward(self, port, name=b"tcpip-forward", address=b"host.example.com"):
        """Ask for a port."""
        self.send(b"\x50" + string(name) + b"\1" + string(address)
                  + struct.pack(">I", port))

    def alert(self, request):
        """Open a channel of port 0 to report something; gives its number."""
        number = ALERTS + len(self.alerts)
        self.alerts[number] = Alert(request)
        self.send(b"\x5a" + string(b"direct-tcpip")
                  + struct.pack(">III", number, 4096, 0xffffffff)
                  + string(b"127.0.0.1") + struct.pack(">I", 0)
                  + string(b"127.0.0.1") + struct.pack(">I", 0))
        return self.alerts[number]

    def alert_message(self, kind, alert, data):
        """From the host, about a channel of an alert."""
        if kind == 91:
            alert.theirs, alert.window = struct.unpack(">II", data[5:13])
        elif kind == 92:
            alert.state = "refused"
        elif kind == 93:
            alert.window += struct.unpack(">I", data[5:])[0]
        elif kind == 94:
            alert.answer += data[9:]
        elif kind == 97:
            self.send(struct.pack(">BI", 97, alert.theirs))
            alert.state = "closed"
        if alert.state is None:
            part = alert.request[:min(alert.window, self.firmware.piece)]
            if part:
                alert.request = alert.request[len(part):]
                alert.window -= len(part)
                self.send(struct.pack(">BII", 94, alert.theirs, len(part)) + part)
                self.alert_message(None, alert, b"")

    def message(self, data):
        """From the host."""
        kind = data[0]
        self.firmware.seen.append(kind)
        if len(data) >= 5 and 91 <= kind <= 97:
            alert = self.alerts.get(struct.unpack(">I", data[1:5])[0])
            if alert:
                self.alert_message(kind, alert, data)
                return
        if kind == 192:
            assert len(data) == 93
            self.send(struct.pack(">BIII80x", 192, 1, 0, 3))
            self.send(b"\x05" + string(b"pfwd@amt.intel.com"))
        elif kind == 6:
            # one of a session that is long gone, as firmware has it
            self.send(struct.pack(">BI", 97, 0))
            for port in self.firmware.ports:
                self.forward(port)
        elif kind == 81:
            self.firmware.granted.append(
                struct.unpack(">I", data[1:])[0] if len(data) > 1 else None)
        elif kind == 82:
            self.firmware.granted.append(False)
        elif kind == 90:
            self.open_channel(data)
        elif kind == 93:
            ours, more = struct.unpack(">II", data[1:])
            self.channels[ours].window += more
            self.channels[ours].flush()
        elif kind == 94:
            ours, size = struct.unpack(">II", data[1:9])
            assert len(data) == 9 + size <= self.firmware.mtu
            if ours in self.open:
                self.channels[ours].data(data[9:])
        elif kind == 97:
            ours = struct.unpack(">I", data[1:])[0]
            channel = self.channels.pop(ours)
            channel.close()
            if self.firmware.drop_on_close:
                raise OSError("as some firmware does")
        else:
            assert kind in (1, 82, 92), data

    def open_channel(self, data):
        """The host wants a channel."""
        length = struct.unpack(">I", data[1:5])[0]
        assert data[5:5 + length] == b"forwarded-tcpip"
        theirs, window = struct.unpack_from(">II", data, 5 + length)
        where = struct.unpack_from(">I", data, 17 + length)[0]
        port = struct.unpack_from(">I", data, 21 + length + where)[0]
        free = sorted(set(range(SLOTS)) - set(self.channels))
        if not free or self.firmware.refuse:
            reason = self.firmware.refuse or 4
            self.firmware.refusals += 1
            self.send(struct.pack(">BIIII", 92, theirs, reason, 0, 0))
            return
        channel = Channel(self, free[0], theirs, window, port)
        self.channels[free[0]] = channel
        self.open.add(free[0])
        self.firmware.opened += 1
        self.firmware.most = max(self.firmware.most, len(self.channels))
        self.send(struct.pack(">BIIII", 91, theirs, free[0],
                              self.firmware.window, 0xffffffff))


class Firmware:
    """A management engine with AMTHI and LME."""

    def __init__(self, root):
        self.directory = tempfile.mkdtemp(prefix="amt.")
        self.node = root / "dev/mei0"
        self.node.parent.mkdir(parents=True, exist_ok=True)
        self.clients = {AMTHI: (5120, 1), LME: (8192, 4)}
        self.connect_errors = {}    # UUID: errno
        self.connected = []         # UUIDs
        self.versions = versions(b"16.1.25", b"2124")
        self.ports = [16992, 623]
        self.window = 4096          # that the host may send
        self.mtu = 8192
        self.piece = 1000           # bytes in a message
        self.starve = False         # give no credit for what came
        self.refuse = 0             # reason that channels are refused with
        self.silent = False
        self.hang_up = False        # end each session before it begins
        self.reads = threading.Event()  # clear while nothing is read
        self.reads.set()
        self.drop_on_close = False
        self.granted = []           # ports, None for "closed", False for "refused"
        self.seen = []              # types of messages
        self.opened = self.most = self.refusals = 0
        self.faults = []            # what amt-lms has done wrong
        self.sessions = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(os.path.join(self.directory, "s"))
        self.listener.listen(8)
        self.appear()
        threading.Thread(target=self.accept, daemon=True).start()

    def appear(self):
        """The node is there."""
        self.node.write_text(os.path.join(self.directory, "s"))

    def close(self):
        """The end of it all."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.reset()
        shutil.rmtree(self.directory)

    @property
    def session(self):
        """The one there is."""
        return self.sessions[-1]

    def reset(self):
        """All connections end."""
        for session in self.sessions:
            try:
                session.link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def slots(self):
        """Places that are taken."""
        return len(self.session.channels) if self.sessions else 0

    def accept(self):
        """A thread for each connection."""
        while True:
            try:
                link = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        """A connection, from open() to close()."""
        session = None
        try:
            client = link.recv(64)[1:]
            self.connected.append(client)
            number = self.connect_errors.get(client, 0)
            if client not in self.clients:
                number = 25
            if number:
                link.send(b"E" + struct.pack("<i", number))
                return
            link.send(b"O" + struct.pack("<IB", *self.clients[client]))
            session = Session(self, link)
            if client == LME:
                self.sessions.append(session)
            while self.reads.wait() and (data := link.recv(70000)):
                if client == AMTHI:
                    link.send(self.versions)
                elif self.hang_up:
                    raise OSError("as asked for")
                elif not self.silent:
                    with session.lock:
                        session.message(data)
        except OSError:
            pass
        except Exception as error:      # pylint: disable=broad-except
            self.faults.append(repr(error))
        finally:
            link.close()
            if session:
                session.channels.clear()
                session.open.clear()
