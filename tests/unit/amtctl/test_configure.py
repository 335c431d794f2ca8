# SPDX-License-Identifier: GPL-2.0-or-later
"""amtctl configure: what is refused, what is asked, what is reported."""
import errno
import os
import pty
import signal
import struct
import subprocess
import time

import pytest

from conftest import Result
from firmware import START, STOP

SPEED = 50


def changed(engine):
    """Was AMT asked to change anything?"""
    return START in engine.asked or STOP in engine.asked


def test_start_and_stop(tool, engine, journal):
    r = tool.run("configure", "start", "--yes", "--json")
    assert r.status == 0 and not r.err, r
    d = r.json()
    assert engine.state == 1 and d["changed"] is True, r
    assert d["state_after"] == "in provisioning" and d["status"] == 0
    # what the window would be opened to was shown
    assert d["configuration_server"]["port"] == 9971
    assert [h["name"] for h in d["hashes"]] == ["Root One", "Root Two",
                                                "Root Three"]
    assert tool.run("configure", "stop", "--yes").status == 0
    assert engine.state == 0
    assert engine.asked.count(START) == engine.asked.count(STOP) == 1


def test_journal_has_before_and_after(tool, engine, journal):
    tool.run("configure", "start", "--yes")
    begun, done = journal.entries
    assert begun["AMTCTL_ACTION"] == done["AMTCTL_ACTION"] == "configure start"
    assert begun["AMTCTL_STATE_BEFORE"] == "not provisioned"
    assert "AMTCTL_STATE_AFTER" not in begun
    assert done["AMTCTL_STATE_AFTER"] == "in provisioning"
    assert done["MESSAGE"].endswith(": done")
    assert begun["AMTCTL_LOGIN_UID"] and begun["SYSLOG_IDENTIFIER"] == "amtctl"
    assert begun["MESSAGE_ID"] == done["MESSAGE_ID"]
    assert len(begun["MESSAGE_ID"]) == 32


def test_journal_is_written_before_amt_is_asked(tool, engine, journal):
    seen = []
    command = engine.command

    def look(code, data):
        if code == START:
            seen.append(len(journal.entries))
        return command(code, data)

    engine.command = look
    tool.run("configure", "start", "--yes")
    assert seen == [1]


def test_who_logged_in_is_recorded(tool, engine, journal):
    (tool.root / "proc/self").mkdir(parents=True)
    (tool.root / "proc/self/loginuid").write_text("1000")
    tool.run("configure", "start", "--yes")
    assert journal.entries[0]["AMTCTL_LOGIN_UID"] == "1000"


def test_without_a_journal_there_is_a_warning(tool, engine):
    r = tool.run("configure", "start", "--yes")
    assert r.status == 0 and "no record of this in the journal" in r.err, r


def unwritable(tool, *arguments):
    """A run whose standard output is a full disk."""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [tool.program, *arguments], env=tool.environment(SPEED),
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
            check=False)
    done.stdout = ""
    return Result(done)


@pytest.mark.parametrize("json", [[], ["--json"], ["--json", "--quiet"]])
def test_done_and_not_printed(tool, engine, journal, json):
    """Whoever reads a failure would do it again."""
    r = unwritable(tool, "configure", "start", "--yes", *json)
    assert engine.state == 1 and r.status == 10, r
    assert "No space left" in r.err and "configure start: AMT did it" in r.err
    # nothing was done: an output like any other
    for more in ([], ["--dry-run"]):
        r = unwritable(tool, "configure", "start", "--yes", *more, *json)
        assert r.status == 1 and "did it" not in r.err, r
    assert engine.asked.count(START) == 1


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_refused_or_unknown_and_not_printed(tool, engine, journal, json):
    engine.statuses[START] = [0x10]
    r = unwritable(tool, "configure", "start", "--yes", *json)
    assert r.status == 7 and "AMT refused: NOT_PERMITTED" in r.err, r
    assert "may have" not in r.err and "did it" not in r.err, r
    engine.statuses.clear()
    answer = engine.answer
    engine.answer = lambda command, data: \
        None if command == START else answer(command, data)
    r = unwritable(tool, "configure", "start", "--yes", *json)
    assert r.status == 9 and "may still change" in r.err, r


@pytest.mark.parametrize("word,state", [("start", 0), ("stop", 1)])
def test_dry_run_changes_nothing(tool, engine, journal, word, state):
    engine.state = state
    r = tool.run("configure", word, "--dry-run", "--json")
    assert r.status == 0 and r.json()["dry_run"] is True, r
    assert not changed(engine) and not journal.entries
    assert "changed" not in r.json()


def test_dry_run_checks_all(tool, engine):
    engine.state = 2
    r = tool.run("configure", "start", "--dry-run")
    assert r.status == 7 and "provisioned" in r.err, r


@pytest.mark.parametrize("word,state", [("start", 1), ("stop", 0)])
def test_nothing_to_do(tool, engine, journal, word, state):
    engine.state = state
    r = tool.run("configure", word, "--yes", "--json")
    assert r.status == 0 and r.json()["changed"] is False, r
    assert "nothing to do" in r.json()["notes"][0]
    assert not changed(engine) and not journal.entries


@pytest.mark.parametrize("word,change,status,reason", [
    ("start", {"state": 2}, 7, "provisioned"),
    ("stop", {"state": 2}, 7, "provisioned"),
    ("start", {"state": 3}, 7, "state"),
    ("start", {"control": 1}, 7, "provisioned"),
    ("start", {"seed": 1}, 8, "rng"),
    ("start", {"seed": 2}, 8, "rng"),
    ("start", {"hashes": [(1, 0, b"x" * 32, 2, b"off")]}, 7, "no-hash"),
    ("start", {"hashes": []}, 7, "no-hash"),
    ("start", {"unknown": 0x10}, 1, "state"),
    ("stop", {"unknown": 0x10}, 1, "state"),
])
def test_refused_before_amt_is_asked(tool, engine, journal, word, change, status,
                                     reason):
    engine.state = change.get("state", 0)
    engine.hashes = change.get("hashes", engine.hashes)
    engine.payloads[0x0400006b] = struct.pack("<I", change.get("control", 0))
    engine.payloads[0x0400002e] = struct.pack("<I", change.get("seed", 0))
    if "unknown" in change:
        engine.statuses[0x04000011] = [change["unknown"]]
    r = tool.run("configure", word, "--yes", "--json")
    assert r.status == status and r.json()["error"]["reason"] == reason, r
    assert not changed(engine) and not journal.entries


def test_with_a_shared_key_no_hash_is_needed(tool, engine):
    engine.payloads[0x0400002b] = struct.pack("<I", 1)
    engine.hashes = []
    assert tool.run("configure", "start", "--yes").status == 0


@pytest.mark.parametrize("status,leads_to,name", [
    (1, 7, "INTERNAL_ERROR"), (2, 8, "NOT_READY"),
    (3, 7, "INVALID_AMT_MODE"), (0x2f, 8, "RNG_GENERATION_IN_PROGRESS"),
    (0x30, 8, "RNG_NOT_READY"), (0x31, 8, "CERTIFICATE_NOT_READY"),
    (0x10, 7, "NOT_PERMITTED"), (0xdeadbeef, 7, "UNKNOWN"),
])
def test_amt_refuses(tool, engine, journal, status, leads_to, name):
    engine.statuses[START] = [status]
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    error = r.json()["error"]
    assert r.status == leads_to, r
    assert (error["status"], error["status_name"]) == (status, name)
    assert f"{name} (0x{status:x})" in error["message"]
    assert r.json()["changed"] is False
    assert journal.entries[-1]["MESSAGE"].endswith("refused")
    # it is asked once: what was refused is not tried again
    assert engine.asked.count(START) == 1


def test_state_decides_not_the_answer(tool, engine, journal):
    """Peers disagree whether CERTIFICATE_NOT_READY is success."""
    answer = engine.answer

    def other(command, data):
        if command == START:
            engine.state = 1
            return engine.header(command, 0x31, b"")
        return answer(command, data)

    engine.answer = other
    r = tool.run("configure", "start", "--yes", "--json")
    assert r.status == 0 and r.json()["changed"] is True, r
    assert "CERTIFICATE_NOT_READY" in r.json()["notes"][0]


def test_success_that_changes_nothing(tool, engine, journal):
    answer = engine.answer
    engine.answer = lambda command, data: (
        engine.header(command, 0, b"") if command == START
        else answer(command, data))
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    assert r.status == 9 and r.json()["error"]["reason"] == "unknown", r
    assert "is still 'not provisioned'" in r.json()["error"]["message"]
    assert "not known" in journal.entries[-1]["MESSAGE"]


def test_success_that_takes_a_while(tool, engine, journal):
    states = [0, 0, 0, 1]
    answer = engine.answer

    def slow(command, data):
        if command == 0x04000011:
            return engine.header(command, 0, struct.pack(
                "<I", states.pop(0) if len(states) > 1 else states[0]))
        return answer(command, data)

    engine.answer = slow
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    assert r.status == 0 and r.json()["changed"] is True, r


@pytest.mark.parametrize("did_it", [True, False])
@pytest.mark.parametrize("how", ["silence", "reset", "malformed"])
def test_answer_that_is_lost(tool, engine, journal, did_it, how):
    message = engine.message

    def lose(link, client, data):
        if struct.unpack_from("<I", data, 4)[0] != START:
            message(link, client, data)
            return
        engine.asked.append(START)
        if did_it:
            engine.state = 1
        if how == "reset":
            engine.error(link, errno.ENODEV)
        elif how == "malformed":
            link.send(b"Dxxxx")

    engine.message = lose
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    if did_it:
        says = "can't be read" if how == "malformed" else "was lost"
        assert r.status == 0 and f"answer {says}" in r.json()["notes"][0], r
    else:
        assert r.status == 9, r
        says = ("sent an answer that cannot be read" if how == "malformed" else
                "did not answer")
        assert f"AMT was asked and {says};" in r.json()["error"]["message"], r
    assert engine.asked.count(START) == 1


def test_engine_that_does_not_come_back(tool, engine, journal):
    message = engine.message

    def vanish(link, client, data):
        if struct.unpack_from("<I", data, 4)[0] == START:
            engine.connect_errors = [errno.ENODEV] * 99
            engine.error(link, errno.ENODEV)
        else:
            message(link, client, data)

    engine.message = vanish
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    assert r.status == 9 and r.json()["state_after"] == "not known", r
    assert journal.entries[-1]["AMTCTL_STATE_AFTER"] == "not known"


def test_request_that_was_not_taken(tool, engine, journal):
    """Not an unknown outcome: AMT was not asked."""
    answer = engine.answer
    sent = []

    def last(command, data):
        if command == 0x0400002d and data == struct.pack("<I", 12):
            engine.write_errors = [errno.ENODEV]
        sent.append(command)
        return answer(command, data)

    engine.answer = last
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    assert r.status == 8 and START not in sent, r
    assert r.json()["error"]["reason"] == "resetting", r
    assert r.json()["changed"] is False, r
    assert r.json()["state_after"] == "not provisioned", r
    assert "AMT was not asked" in journal.entries[-1]["MESSAGE"]


def test_request_that_was_not_taken_by_an_engine_that_is_gone(tool, engine,
                                                              journal):
    answer = engine.answer

    def last(command, data):
        if command == 0x0400002d and data == struct.pack("<I", 12):
            engine.write_errors = [errno.ENODEV]
            engine.connect_errors = [errno.ENODEV] * 99
        return answer(command, data)

    engine.answer = last
    r = tool.run("configure", "start", "--yes", "--json", speed=SPEED)
    assert r.status == 8 and "at /dev/mei0 is" in r.json()["error"]["message"], r
    assert r.json()["state_after"] == "not known", r


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_signal_does_not_lose_the_outcome(tool, engine, journal, name):
    command = engine.command

    def interrupt(code, data):
        if code == START:
            process.send_signal(getattr(signal, name))
            time.sleep(0.1)
        return command(code, data)

    engine.command = interrupt
    process = subprocess.Popen([tool.program, "configure", "start", "--yes"],
                               env=tool.environment(),
                               stdout=subprocess.PIPE, text=True)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and "Changed: " in out, out
    assert journal.entries[-1]["AMTCTL_STATE_AFTER"] == "in provisioning"


def test_yes_is_needed_without_a_terminal(tool, engine, journal):
    r = tool.run("configure", "start")
    assert r.status == 2 and "--yes" in r.err, r
    assert not changed(engine) and not journal.entries


@pytest.mark.parametrize("typed,status", [
    ("yes\n", 0), ("no\n", 1), ("\n", 1), ("y\n", 1), ("\4", 1)])
def test_a_terminal_is_asked(tool, engine, journal, typed, status):
    master, slave = pty.openpty()
    process = subprocess.Popen([tool.program, "configure", "start"],
                               env=tool.environment(), stdin=slave,
                               stdout=slave, stderr=slave)
    os.close(slave)
    said = ""
    while "Type yes:" not in said:
        said += os.read(master, 4096).decode()
    assert "Let a setup server on the network configure AMT" in said
    # to whom was said before
    assert said.index("Root Three") < said.index("Type yes:")
    assert not changed(engine)
    os.write(master, typed.encode())
    assert process.wait(60) == status
    os.close(master)
    assert changed(engine) == (status == 0)


@pytest.mark.parametrize("meanwhile,status,says", [
    ({"state": 1}, 7, "is now 'in provisioning'"),
    ({"statuses": {0x04000011: [0x10]}}, 1, "no longer reports its state"),
    ({"connect_errors": [errno.EBUSY] * 99}, 6, "another program holds"),
])
def test_state_that_changes_while_a_person_thinks(tool, engine, journal,
                                                  meanwhile, status, says):
    """Others can have AMT meanwhile; what they did is looked at."""
    serve = engine.serve
    ended = []

    def note_end(link):
        serve(link)
        ended.append(True)

    engine.serve = note_end
    master, slave = pty.openpty()
    process = subprocess.Popen([tool.program, "configure", "start"],
                               env=tool.environment(SPEED), stdin=slave,
                               stdout=slave, stderr=slave)
    os.close(slave)
    said = ""
    while "Type yes:" not in said:
        said += os.read(master, 4096).decode()
    begun = time.monotonic()
    while not ended and time.monotonic() < begun + 10:
        time.sleep(0.01)
    assert ended, "the connection is held while a person thinks"
    for name, value in meanwhile.items():
        setattr(engine, name, value)
    os.write(master, b"yes\n")
    said = ""
    while says not in said:
        said += os.read(master, 4096).decode()
    assert process.wait(60) == status
    os.close(master)
    assert not changed(engine) and not journal.entries
