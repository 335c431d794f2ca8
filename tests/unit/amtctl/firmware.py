# SPDX-License-Identifier: GPL-2.0-or-later
"""A management engine with AMT, for tests of amtctl: the other end of fakemei.c.

Written from the description of the protocol; shares nothing with amtctl. A test
changes its attributes, or replaces a method, to make it misbehave.
"""
import errno
import os
import shutil
import socket
import struct
import tempfile
import threading
import uuid

AMTHI = uuid.UUID("12f80028-b4b7-4b2d-aca8-46e0ff65814c").bytes_le
WD = uuid.UUID("05b79a6f-4628-4d7f-899d-a91514cb32ab").bytes_le

START, STOP, UNPROVISION = 0x04000029, 0x0400005e, 0x04000010


def ansi(data):
    """A string with its length before it."""
    return struct.pack("<H", len(data)) + data


def versions(bios, pairs):
    """The payload of the code versions."""
    payload = bios.ljust(65, b"\0") + struct.pack("<I", len(pairs))
    for name, version in pairs:
        payload += struct.pack("<H20sH20s", len(name), name, len(version), version)
    return payload


class Engine:
    """A management engine with AMTHI and the watchdog's client."""

    def __init__(self, root, number=0):
        self.directory = tempfile.mkdtemp(prefix="amt.")
        self.node = root / "dev" / f"mei{number}"
        self.node.parent.mkdir(parents=True, exist_ok=True)
        self.node.write_text(os.path.join(self.directory, "s"))
        sysfs = root / "sys/class/mei" / f"mei{number}"
        (sysfs / "device").mkdir(parents=True)
        (sysfs / "kind").write_text("mei\n")
        (sysfs / "dev_state").write_text("ENABLED\n")
        (sysfs / "fw_ver").write_text("0:16.1.25.2124\n")
        (sysfs / "device/driver").symlink_to("../../../../bus/pci/drivers/mei_me")
        self.sysfs = sysfs
        self.clients = {AMTHI: (5120, 1), WD: (5120, 2)}
        self.others = {}            # UUID: what takes a message to it
        self.connect_errors = []    # one for each connection, then none
        self.write_errors = []
        self.asked = []             # commands of AMTHI, in order
        self.connected = []         # UUIDs
        self.flags = 0x83 | 0x40
        self.state = 0
        self.statuses = {}          # command: list of statuses, the last stays
        self.pairs = [(b"Flash", b"16.1.25"), (b"AMT", b"16.1.25"),
                      (b"Sku", b"16392"), (b"Build Number", b"2124")]
        self.hashes = [(1, 1, b"\x11" * 32, 2, b"Root One"),
                       (0, 0, b"\x22" * 20, 1, b"Root Two"),
                       (0, 1, b"\x33" * 48, 3, b"Root Three")]
        self.payloads = {
            0x04000008: struct.pack("<II", 1, 0),
            0x0400006b: struct.pack("<I", 0),
            0x0400005c: uuid.UUID("01020304-0506-0708-090a-0b0c0d0e0f10").bytes_le,
            0x04000036: ansi(b"example.com"),
            0x0400003e: ansi(b"example.com\0example.org\0"),
            0x04000046: struct.pack("<III", 2, 1, 3) + ansi(b"mps.example.com"),
            0x04000025: bytes.fromhex("0200000000010200000000ff"),
            0x04000030: struct.pack("<I", 1),
            0x0400002b: struct.pack("<I", 2),
            0x0400002e: struct.pack("<I", 0),
            0x0400001b: struct.pack("<17I", 1, 0, 1, 2, 1, 1, 0, 1, 1, 1,
                                    *range(7)),
            0x04000084: struct.pack("<I", 1),
            0x0400004a: struct.pack("<II", 1, 1700000000),
            0x04000056: struct.pack("<IIIII", 1, 0, 1440, 900, 4)
            + ansi(b"host.example.com"),
            0x0400008e: b"\1\2\3\4",
            0x04000068: struct.pack("<I", 0),
            0x0400004e: struct.pack("<H", 9971) + ansi(b"provisionserver"),
            0x04000006: b"\x06\x01",
            0x04000047: b"\x47\x02",
            0x0400004d: b"\x4d\x03",
            0x04000050: b"\x50\x04",
            0x04000058: b"\x58\x05",
        }
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(os.path.join(self.directory, "s"))
        self.listener.listen(8)
        self.links = []             # a thread for each connection
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def close(self):
        """No more connections; the descriptor may be another's from here on."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        shutil.rmtree(self.directory)

    def accept(self):
        """One thread a connection."""
        while True:
            try:
                link = self.listener.accept()[0]
            except OSError:
                return
            self.links.append(threading.Thread(target=self.serve, args=(link,),
                                               daemon=True))
            self.links[-1].start()

    def settle(self):
        """Take what a tool that has ended left in its connections."""
        for thread in self.links:
            thread.join(30)
            assert not thread.is_alive(), "a connection has no end"
        self.links.clear()

    def serve(self, link):
        """A connection, from open() to close()."""
        client = None
        try:
            while message := link.recv(8192):
                if message[:1] == b"C":
                    client = message[1:]
                    self.connect(link, client)
                elif self.write_errors:
                    self.error(link, self.write_errors.pop(0))
                else:
                    link.send(b"A")
                    self.message(link, client, message[1:])
        except OSError:
            pass
        link.close()

    @staticmethod
    def error(link, number):
        """The operation that waits fails."""
        link.send(b"E" + struct.pack("<i", number))

    def connect(self, link, client):
        """A client is to be connected."""
        self.connected.append(client)
        if self.connect_errors:
            number = self.connect_errors.pop(0)
            if number:
                self.error(link, number)
                return
        if client not in self.clients:
            self.error(link, errno.ENOTTY)
        else:
            link.send(b"O" + struct.pack("<IB", *self.clients[client]))

    def message(self, link, client, message):
        """A message of the host: send what answers it."""
        if client in self.others:
            self.others[client](link, message)
            return
        if client == WD:
            assert message == bytes.fromhex("05025110"), message
            link.send(b"D" + bytes([self.flags]))
            return
        major, minor, reserved, command, length = struct.unpack_from(
            "<BBHII", message)
        assert (major, minor, reserved) == (1, 1, 0), message
        assert length == len(message) - 12, message
        self.asked.append(command)
        answer = self.answer(command, message[12:])
        if answer is not None:
            link.send(b"D" + answer)

    def answer(self, command, data):
        """The whole answer to a command; None for none at all."""
        status, payload = self.command(command, data)
        return self.header(command, status, payload)

    @staticmethod
    def header(command, status, payload):
        """An answer with a good header."""
        return struct.pack("<BBHIII", 1, 1, 0, command | 0x800000,
                           4 + len(payload), status) + payload

    def status(self, command):
        """The status that a test wants next."""
        wanted = self.statuses.get(command, [0])
        return wanted.pop(0) if len(wanted) > 1 else wanted[0]

    def command(self, command, data):
        """Status and payload."""
        status = self.status(command)
        if status:
            return status, b""
        if command == START:
            if self.state != 0:
                return 3, b""
            self.state = 1
            return 0, b""
        if command == STOP:
            if self.state != 1:
                return 3, b""
            self.state = 0
            return 0, b""
        if command == UNPROVISION:
            if data != bytes(4):
                return 0x24, b""
            if self.payloads[0x0400006b] != struct.pack("<I", 1):
                return 3, b""
            self.payloads[0x0400006b] = struct.pack("<I", 0)
            self.state = 0
            return 0, b""
        if command == 0x04000011:
            return 0, struct.pack("<I", self.state)
        return self.read(command, data)

    def read(self, command, data):
        """Commands that only read."""
        if command == 0x0400001a:
            return 0, versions(b"BIOS 1.2.3", self.pairs)
        if command == 0x04000048:
            if data == struct.pack("<I", 1):
                return 2501, b""
            return 0, struct.pack("<IIIBB6s", 1, 0xc0a80117, 1, 2, 1,
                                  bytes.fromhex("020000000001"))
        if command == 0x04000049:
            return 0, data + b"\xab\xcd"
        if command == 0x04000052:
            return 0, data + b"\x06"
        if command == 0x01000001:
            if len(data) != 16:
                return 4, b""
            return 0, data + struct.pack("<I5s", 5, b"\1\2\3\4\5")
        if command == 0x0400002c:
            handles = [10 + i for i in range(len(self.hashes))]
            return 0, struct.pack(f"<I{len(handles)}I", len(handles), *handles)
        if command == 0x0400002d:
            default, active, digest, kind, name = self.hashes[
                struct.unpack("<I", data)[0] - 10]
            return 0, struct.pack("<II64sB", default, active, digest, kind) \
                + ansi(name)
        if command in self.payloads:
            return 0, self.payloads[command]
        return 0x812, b""
