# SPDX-License-Identifier: GPL-2.0-or-later
"""AMT's web service and the ways to it, for tests of amtctl activate: WS-Management
over HTTP with digest authentication, a port on loopback, or port forwarding (APF)
over the LME client of an Engine.

Written from the descriptions of the protocols; shares nothing with amtctl. A test
changes attributes, or replaces a method, to make it misbehave.
"""
import hashlib
import re
import socket
import struct
import threading
import time
import uuid

LME = uuid.UUID("6733a4db-0476-4e7b-b3af-bcfc29bee7a7").bytes_le
ACCOUNT, MODE = 0x04000067, 0x0400006b

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SETTINGS = "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_GeneralSettings"
SETUP = "http://intel.com/wbem/wscim/1/ips-schema/1/IPS_HostBasedSetupService"


def md5(text):
    """As digest authentication has it."""
    return hashlib.md5(text.encode()).hexdigest()


class WebService:
    """What listens behind AMT's port 16992."""

    def __init__(self, engine):
        self.engine = engine
        self.user, self.password = "$$OsAdmin", "Ak3!sYs+tEm-aCc0unt"
        self.realm = "Digest:0123456789ABCDEF0123456789ABCDEF"
        self.modes = [2, 1]
        self.value = 0              # what Setup returns
        self.digest = None          # what Setup was given
        self.actions = []
        self.before_setup = lambda: None
        self.nonces = 0
        self.close = False          # after each answer
        engine.account = struct.pack("33s33s", self.user.encode(),
                                     self.password.encode())
        command = engine.command

        def with_account(code, data):
            if code == ACCOUNT:
                assert data == bytes(40), data
                status = engine.status(code)
                return status, b"" if status else engine.account
            return command(code, data)

        engine.command = with_account

    def envelope(self, body):
        """An answer."""
        return (f'<?xml version="1.0" encoding="UTF-8"?><a:Envelope '
                f'xmlns:a="{SOAP}"><a:Header/><a:Body>{body}</a:Body>'
                f'</a:Envelope>').encode()

    def answer(self, request):
        """Status and body for a request of one who is known."""
        action = re.search(r"<a:Action[^>]*>([^<]*)<", request).group(1)
        resource = re.search(r"<w:ResourceURI[^>]*>([^<]*)<", request).group(1)
        self.actions.append((action.rsplit("/", 1)[1],
                             resource.rsplit("/", 1)[1]))
        if action == SETUP + "/Setup":
            return 200, self.envelope(self.setup(request))
        assert action == "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
        if resource == SETTINGS:
            return 200, self.envelope(self.settings())
        assert resource == SETUP
        modes = "".join(f"<h:AllowedControlModes>{m}</h:AllowedControlModes>"
                        for m in self.modes)
        return 200, self.envelope(
            f'<h:IPS_HostBasedSetupService xmlns:h="{SETUP}">{modes}'
            f'</h:IPS_HostBasedSetupService>')

    def settings(self):
        """AMT_GeneralSettings."""
        return (f'<h:AMT_GeneralSettings xmlns:h="{SETTINGS}"><h:DigestRealm>'
                f'{self.realm}</h:DigestRealm></h:AMT_GeneralSettings>')

    def setup(self, request):
        """The method that changes AMT."""
        self.before_setup()
        kind = re.search(r"NetAdminPassEncryptionType>(\d+)<", request).group(1)
        digest = re.search(r"NetworkAdminPassword>([^<]*)<", request).group(1)
        assert kind == "2" and re.fullmatch("[0-9a-f]{32}", digest), request
        if not self.value:
            self.digest = digest
            self.engine.payloads[MODE] = struct.pack("<I", 1)
            self.engine.state = 2
        return (f'<h:Setup_OUTPUT xmlns:h="{SETUP}"><h:ReturnValue>{self.value}'
                f'</h:ReturnValue></h:Setup_OUTPUT>')

    def known(self, head):
        """Does this request come from the local system account?"""
        line = re.search(r"^Authorization: Digest (.*)$", head, re.M | re.I)
        if not line:
            return False
        f = {k: v.strip('"') for k, v in
             re.findall(r'(\w+)=("[^"]*"|[^, \r]+)', line.group(1))}
        wanted = md5(":".join([
            md5(f"{self.user}:{self.realm}:{self.password}"), f["nonce"], f["nc"],
            f["cnonce"], f["qop"], md5(f"POST:{f['uri']}")]))
        return f["response"] == wanted and f["username"] == self.user

    def http(self, head, body):
        """The whole answer to a request."""
        if self.known(head):
            status, data = self.answer(body)
            extra = ""
        else:
            self.nonces += 1
            status, data = 401, b"<html>who is there?</html>"
            extra = (f'WWW-Authenticate: Digest realm="{self.realm}", '
                     f'nonce="n{self.nonces}", stale="false", qop="auth"\r\n')
        if self.close:
            extra += "Connection: close\r\n"
        return (f"HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\n"
                f"Content-Length: {len(data)}\r\n{extra}\r\n").encode() + data

    def take(self, buffer):
        """An answer to the first request in a buffer, and what is left of it;
        None when it is not whole."""
        head, end, rest = buffer.partition(b"\r\n\r\n")
        if not end:
            return None, buffer
        length = int(re.search(rb"Content-Length: (\d+)", head, re.I).group(1))
        if len(rest) < length:
            return None, buffer
        assert head.startswith(b"POST /wsman HTTP/1.1\r\n"), head
        return (self.http(head.decode(), rest[:length].decode()),
                rest[length:])


class Port:
    """The service on a port of loopback, as a local service has it."""

    def __init__(self, tool, service, uid=0):
        self.service = service
        self.closes_twice = 0       # seconds, in which it ends the next one too
        self.listener = socket.create_server(("127.0.0.1", 0))
        tool.port = self.listener.getsockname()[1]
        self.net = tool.root / "proc/net"
        self.net.mkdir(parents=True)
        self.list(uid)
        threading.Thread(target=self.accept, daemon=True).start()

    def list(self, uid):
        """What the kernel says: who listens there."""
        (self.net / "tcp").write_text(
            "  sl  local_address rem_address   st\n   0: 0100007F:4260 "
            "00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
            f"{uid:5} 0 4711 1\n")

    def accept(self):
        """One connection after another."""
        ended = 0
        while True:
            try:
                link = self.listener.accept()[0]
            except OSError:
                return
            try:
                if time.monotonic() - ended < self.closes_twice:
                    link.recv(65536)
                else:
                    self.serve(link)
                    ended = time.monotonic()
            except OSError:
                pass
            link.close()

    def serve(self, link):
        """A connection, to its end."""
        buffer = b""
        while data := link.recv(65536):
            buffer += data
            answer, buffer = self.service.take(buffer)
            if answer:
                link.sendall(answer)
                if self.service.close:
                    return


def string(data):
    """APF's."""
    return struct.pack(">I", len(data)) + data


class Lme:
    """AMT's end of its port forwarding."""

    def __init__(self, engine, service, ports=(16992, 623)):
        self.service = service
        self.ports = ports
        self.window = 4096          # that the host may send
        self.channels = {}          # ours: see open()
        self.most = 0               # channels that were open at once
        self.opened = 0
        self.refuse = 0             # so many opens fail
        self.lose_after = None      # channels, then the connection is lost
        self.lose_late = 0          # seconds after each channel, the same
        self.sessions = 0
        self.silent = False
        self.slow_close = 0         # seconds; None: closes are not answered
        self.left_early = False     # before its channel was closed
        self.alerts = 0             # channels that AMT opens with each of the host's
        self.refused = []           # reasons, of these
        self.pauses = []            # seconds before each of the next credits
        self.credit = {}
        engine.clients[LME] = (8192, 4)
        engine.others[LME] = self.message
        self.engine = engine

    def lose(self, link):
        """The connection, unless the host has ended it."""
        try:
            self.engine.error(link, 19)
        except OSError:
            pass

    @staticmethod
    def has_left(link):
        """Has the host ended the connection?"""
        try:
            return not link.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
        except BlockingIOError:
            return False

    @staticmethod
    def send(link, data):
        """To the host."""
        link.send(b"D" + data)

    def message(self, link, data):
        """From the host."""
        kind = data[0]
        if self.silent:
            return
        if kind == 192:
            self.sessions += 1
            self.channels = {}
            assert len(data) == 93
            self.send(link, struct.pack(">BIII80x", 192, 1, 0, 3))
            self.send(link, b"\x05" + string(b"pfwd@amt.intel.com"))
        elif kind == 6:
            # one of a connection that is long gone, as firmware has it
            self.send(link, struct.pack(">BI", 97, 0))
            for port in self.ports:
                self.send(link, b"\x50" + string(b"tcpip-forward") + b"\1"
                          + string(b"host.example.com")
                          + struct.pack(">I", port))
        elif kind == 90:
            self.open(link, data)
        elif kind == 93:
            ours, more = struct.unpack(">II", data[1:9])
            # the host may not know yet that the channel was closed
            if not self.channels[ours][5]:
                self.channels[ours][1] += more
                self.flush(link, ours)
        elif kind == 94:
            ours, size = struct.unpack(">II", data[1:9])
            assert len(data) == 9 + size <= 8192
            self.credit[ours] -= size
            assert self.credit[ours] >= 0, "beyond the window"
            self.data(link, ours, data[9:])
        elif kind == 97:
            ours = struct.unpack(">I", data[1:5])[0]
            if self.slow_close:
                time.sleep(self.slow_close)
                self.left_early |= self.has_left(link)
            if self.slow_close is None:
                return
            if not self.channels[ours][5]:
                self.shut(link, ours)
            del self.channels[ours]
        elif kind == 92:
            self.refused.append(struct.unpack(">II", data[1:9]))
        else:
            assert kind in (81, 82), data

    def open(self, link, data):
        """A channel is to be opened."""
        length = struct.unpack(">I", data[1:5])[0]
        assert data[5:5 + length] == b"forwarded-tcpip"
        theirs, window = struct.unpack_from(">II", data, 5 + length)
        if self.refuse:
            self.refuse -= 1
            self.send(link, struct.pack(">BIIII", 92, theirs, 1, 0, 0))
            return
        ours = min(set(range(8)) - set(self.channels))
        # the host's number, its window, bytes from and for it, whether the last
        # of these ends it, whether it was closed here
        self.channels[ours] = [theirs, window, b"", b"", False, False]
        self.credit[ours] = self.window
        self.opened += 1
        self.most = max(self.most, len(self.channels))
        for number in range(8, 8 + self.alerts):
            self.send(link, b"\x5a" + string(b"direct-tcpip") + struct.pack(
                ">III", number, 4096, 0xffffffff) + string(b"127.0.0.1")
                + struct.pack(">I", 0) + string(b"127.0.0.1")
                + struct.pack(">I", 16992))
        self.send(link, struct.pack(">BIIII", 91, theirs, ours, self.window,
                                    0xffffffff))

    def data(self, link, ours, data):
        """Bytes of the host in a channel."""
        channel = self.channels[ours]
        if channel[5]:
            return
        channel[2] += data
        if self.pauses:
            time.sleep(self.pauses.pop())
        self.credit[ours] += len(data)
        self.send(link, struct.pack(">BII", 93, channel[0], len(data)))
        answer, channel[2] = self.service.take(channel[2])
        if answer:
            channel[3] += answer
            channel[4] = self.service.close
            self.flush(link, ours)

    def flush(self, link, ours):
        """What the host's window takes."""
        channel = self.channels[ours]
        while channel[3] and channel[1]:
            part = channel[3][:min(channel[1], 1000)]
            channel[3] = channel[3][len(part):]
            channel[1] -= len(part)
            self.send(link, struct.pack(">BII", 94, channel[0], len(part))
                      + part)
        if not channel[3] and channel[4]:
            self.shut(link, ours)

    def shut(self, link, ours):
        """A channel ends, and is free when the host has closed it as well."""
        self.channels[ours][5] = True
        self.send(link, struct.pack(">BI", 97, self.channels[ours][0]))
        if self.lose_late:
            threading.Timer(self.lose_late, self.lose, (link,)).start()
        if self.lose_after is not None and self.opened >= self.lose_after:
            self.lose_after = None
            self.engine.error(link, 19)
