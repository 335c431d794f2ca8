# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal as a follower's output: a line is an entry, and a reader that was
killed between sending and saving asks the journal what arrived."""
import os
import select
import signal
import socket
import struct
import time

import pytest

import state
from readers import end, ignoring

# asked by its name: it answers from what it was told (END, and how --sync ends)
JOURNALCTL = """#!/bin/sh
echo "$*" >>{directory}/asked
[ "$*" != --sync ] || exit {sync}
case "$*" in
*_UID={uid}*_TRANSPORT=journal*) echo {end} ;;
*) echo 4/1 ;;
esac
"""


def fields(datagram):
    """An entry as it is sent: {name: value}."""
    found = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
        else:
            size, = struct.unpack("<Q", rest[:8])
            value, rest = rest[8:8 + size], rest[9 + size:]
        found[name.decode()] = value
        datagram = rest
    return found


class Journal:
    """Its socket, and the program that it is asked by."""

    def __init__(self, readers):
        self.readers = readers
        self.root = readers.tool.root
        directory = self.root / "run/systemd/journal"
        directory.mkdir(parents=True)
        (self.root / "usr/bin").mkdir(parents=True)
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.server.bind(str(directory / "socket"))
        self.server.setblocking(False)

    def entries(self):
        """What was sent since it was last asked."""
        found = []
        try:
            while True:
                found.append(fields(self.server.recv(1 << 20)))
        except BlockingIOError:
            return found

    def messages(self):
        """The same, the messages alone."""
        return [e["MESSAGE"] for e in self.entries()]

    def stored(self, last, sync=0):
        """What its program answers: the last entry's end, and the exit status of
        storing all that was sent before."""
        program = self.root / "usr/bin/journalctl"
        program.write_text(JOURNALCTL.format(
            directory=self.readers.directory, sync=sync, uid=os.geteuid(),
            end=last))
        program.chmod(0o755)


@pytest.fixture
def journal(readers):
    """A journal that is there."""
    journal = Journal(readers)
    yield journal
    journal.server.close()


@pytest.fixture
def log(readers, journal):
    """A log that has gone round, of which each line is in the journal."""
    log = readers.log(4096)
    log.append(b"y" * 9999 + b"\n")
    readers.run("--delta", "--journal")
    journal.entries()
    return log


def test_no_journal(readers, check):
    readers.log(4096)
    status, _, err = readers.run("--delta", "--journal")
    check("no journal: said", status == 1 and "journal" in err, err)


def test_entries(readers, journal, check):
    log = readers.log(4096)
    log.append(b"one\r\ntwo \xff\0\n\nrest")
    status, _, err = end(readers.start("--journal"))
    got = journal.entries()
    check("journal: a line is an entry", status == 0 and
          [e["MESSAGE"] for e in got] ==
          [b"one", b"two \xff\0", b" ", b"rest"], (got, err))
    check("journal: fields", got and got[1]["PFRU_POSITION"] == b"5" and
          got[1]["PFRU_END"] == b"4/12" and got[1]["PFRU_LOST"] == b"0" and
          got[1]["PFRU_TYPE"] == b"execution" and
          got[1]["PFRU_DEVICE"].decode() == readers.node and
          got[1]["PRIORITY"] == b"6", got)
    log.append(b"y" * 9999 + b"\n")
    status, _, err = readers.run("--delta", "--journal")
    got = journal.entries()
    check("journal: a loss is an entry", status == 0 and
          got[0]["PFRU_LOST"] == b"5904" and got[0]["PRIORITY"] == b"4" and
          b"5904 bytes" in got[0]["MESSAGE"] and
          [len(e["MESSAGE"]) for e in got[1:]] == [4087, 8], (got, err))


def killed(readers, size, lost=0):
    """A reader was killed while it sent so many bytes from its position."""
    saved = state.State(readers.state)
    saved.pend(saved.position(), size, state.JOURNAL, lost=lost)
    saved.save()


def test_no_repeat(readers, journal, log, check):
    killed(readers, 11)
    log.append(b"three\nfour\n")
    journal.stored(f"4/{len(log.written) - 5}")
    # as a daemon may start it that does not wait for its children
    status, _, err = readers.run("--delta", "--journal",
                                 before=ignoring(signal.SIGCHLD))
    got = journal.messages()
    check("journal: no repeat after a kill", status == 0 and not err and
          got == [b"four"], (got, err))
    asked = readers.read("asked")
    check("journal: it stored all before it was asked",
          asked.startswith(b"--sync\n"), asked)


def test_perhaps_not_stored(readers, journal, log, check):
    killed(readers, 5)
    log.append(b"five\n")
    journal.stored(f"4/{len(log.written)}", sync=1)
    status, _, err = readers.run("--delta", "--journal")
    got = journal.messages()
    check("journal: what it may not have stored is reported", status == 0 and
          "may have been printed or reported before" in err and
          got == [b"five"], (got, err))


def test_no_second_loss(readers, journal, log, check):
    killed(readers, 4, lost=7)
    log.append(b"six\n")
    journal.stored(f"4/{len(log.written) - 4}")
    status, _, err = readers.run("--delta", "--journal")
    got = journal.entries()
    check("journal: a loss that is in it is no loss again", status == 0 and
          [e["MESSAGE"] for e in got] == [b"six"] and
          got[0]["PFRU_LOST"] == b"0" and "7 bytes before" in err, (got, err))


def test_no_answer(readers, journal, log, check):
    killed(readers, 4)
    log.append(b"ten\n")
    journal.stored(f"4/{len(log.written)}", sync="0; exec sleep 30")
    status, _, err = end(readers.start("--journal"))
    got = journal.messages()
    check("journal that does not answer: ends", status == 0 and not got,
          (status, got, err))
    journal.stored(f"4/{len(log.written) - 4}")
    status, _, err = readers.run("--delta", "--journal")
    got = journal.messages()
    check("journal that did not answer: nothing lost", status == 0 and
          got == [b"ten"], (got, err))


def test_log_made_anew(readers, journal, log, check):
    log.reset()
    log.resets -= 1
    log.append(b"made anew, as it is\n" * 3)
    saved = state.State(readers.state)
    saved.pend([4096, 4, 0, 0], 60, state.JOURNAL, gap=state.BACK)
    saved.save()
    journal.stored("4/20")
    status, _, err = readers.run("--delta", "--journal")
    got = journal.messages()
    check("journal: the old log's entries are not those of a restarted one",
          status == 0 and got[1:] == [b"made anew, as it is"] * 3 and
          "up to 60 of" in err, (got, err))


def test_does_not_read(readers, journal, log, check):
    """A journal that does not read does not keep the program from its end."""
    log.append(b"".join(b"entry %d\n" % i for i in range(400)))
    p = readers.start("--journal")
    select.select([journal.server], [], [], 20)
    time.sleep(0.3)
    status, _, err = end(p)
    first = journal.messages()
    check("journal does not read: ends", status == 0 and not err, err)
    check("journal does not read: could not take all", 0 < len(first) < 400,
          len(first))
    for _ in range(100):
        p = readers.start("--journal", settle=0)
        select.select([journal.server], [], [], 20)
        end(p)
        first += journal.messages()
        if len(first) >= 400:
            break
    check("journal does not read: nothing lost, nothing repeated",
          first == [b"entry %d" % i for i in range(400)], len(first))
