# SPDX-License-Identifier: GPL-2.0-or-later
"""amtctl activate: into client control mode, by both ways; what is refused; where
the secrets are. What all changes share is in test_configure.py."""
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

from firmware import Engine
from webservice import ACCOUNT, LME, MODE, Lme, Port, WebService, md5

# where silence has to end, and where an answer has to come as well
SPEED = 50
WALK = 10
# of <asm/ioctls.h>: a terminal is let open, and its number
TIOCSPTLCK = 0x40045431
TIOCGPTN = 0x80045430
PASSWORD = "Zq7!pFrU_testing-0nly"


@pytest.fixture(name="service")
def web_service(engine):
    """AMT's web service, without a way to it."""
    # a service whose local ports take more than TLS
    engine.flags = 0x83
    return WebService(engine)


@pytest.fixture(name="lme")
def lme_client(engine, service):
    """The way over LME."""
    return Lme(engine, service)


@pytest.fixture(name="port")
def local_service(tool, service):
    """The way over a local service."""
    port = Port(tool, service)
    yield port
    port.listener.close()


@pytest.fixture(name="file")
def password_file(root):
    """A file with the password."""
    file = root / "password"
    file.write_text(PASSWORD + "\n")
    file.chmod(0o600)
    return str(file)


def is_untouched(service, journal):
    """Was AMT not asked to change anything?"""
    return not service.digest and not journal.entries and \
        ("Setup", "IPS_HostBasedSetupService") not in service.actions


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("way", ["lme", "port"])
def test_activate(request, tool, service, journal, file, way, close):
    request.getfixturevalue(way)
    service.close = close
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 0 and not r.err, r
    d = r.json()
    assert d["changed"] is True and d["state_after"] == "client control mode"
    assert d["status"] == 0 and d["digest_realm"] == service.realm
    assert ("LME" in d["way"]) == (way == "lme")
    assert service.digest == md5(f"admin:{service.realm}:{PASSWORD}")
    assert service.actions == [("Get", "AMT_GeneralSettings"),
                               ("Get", "IPS_HostBasedSetupService"),
                               ("Setup", "IPS_HostBasedSetupService")]
    begun, done = journal.entries
    assert begun["AMTCTL_ACTION"] == done["AMTCTL_ACTION"] == "activate"
    assert begun["AMTCTL_STATE_BEFORE"] == "none"
    assert done["AMTCTL_STATE_AFTER"] == "client control mode"
    # and back
    assert tool.run("deactivate", "--yes").status == 0


def test_local_service_comes_first(tool, service, lme, port, file):
    assert tool.run("activate", "--yes", "--password-file", file).status == 0
    assert not lme.sessions


@pytest.mark.parametrize("option", [["--password-stdin"], ["--password-file", "-"],
                                    ["--password-file=-"]])
@pytest.mark.parametrize("end", ["", "\n"])
def test_password_on_standard_input(tool, service, port, option, end):
    r = tool.run("activate", "--yes", *option, given=PASSWORD + end)
    assert r.status == 0, r
    assert service.digest == md5(f"admin:{service.realm}:{PASSWORD}")


def test_file_that_others_may_read(tool, service, port, file):
    os.chmod(file, 0o644)
    r = tool.run("activate", "--dry-run", "--password-file", file)
    assert r.status == 0 and "may be read by others (mode 0644)" in r.err, r


def test_password_file_that_is_a_device(tool, service, port, journal):
    """Opening one may act: it starts a watchdog."""
    master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
    number = struct.unpack("I", fcntl.ioctl(master, TIOCGPTN, bytes(4)))[0]
    name = f"/dev/pts/{number}"
    r = tool.run("activate", "--yes", "--password-file", name, timeout=10)
    assert r.status == 1 and f"{name} is a device" in r.err, r
    assert is_untouched(service, journal) and ACCOUNT not in service.engine.asked
    poll = select.poll()
    poll.register(master, select.POLLIN)
    assert not poll.poll(0), "it was opened"
    # which would have been seen
    os.close(os.open(name, os.O_RDONLY | os.O_NOCTTY))
    assert poll.poll(0)
    os.close(master)


@pytest.mark.parametrize("password,says", [
    ("", "8 to 32"), ("Aa1!567", "8 to 32"), ("Aa1!" + "x" * 29, "8 to 32"),
    ("Aa1!" + "x" * 300, "8 to 32"), ("aaaaaa1!", "upper-case"),
    ("AAAAAA1!", "lower-case"), ("Aaaaaaa!", "digit"), ("Aaaaaaa1", "like !"),
    ("Aaaaaa1_", "like !"), ("Aaaaa1!:", "none of"), ("Aaaaa1!,", "none of"),
    ('Aaaaa1!"', "none of"), ("Aaaaa1!\x7f", "printable"),
    ("Aaaaa1!\xe4", "printable"), ("Aaaa1!aa\nx", "printable"),
    ("Aaaa1!aa\0x", "NUL byte"),
])
def test_password_that_amt_does_not_take(tool, service, port, journal, password,
                                         says):
    r = tool.run("activate", "--yes", "--password-stdin", given=password)
    assert r.status == 1 and says in r.err, r
    assert is_untouched(service, journal) and ACCOUNT not in service.engine.asked
    assert len(password) < 8 or password not in r.err


@pytest.mark.parametrize("options,says,status", [
    ([], "give --password-file or --password-stdin", 2),
    (["--password-file", "/nonexistent/p"], "No such file", 1),
    (["--password-file", "/"], "Is a directory", 1),
    (["--password-stdin", "--password-file", "x"], "exclude each other", 2),
    (["--password", "x"], "unknown option --password", 2),
])
def test_password_that_is_not_there(tool, service, port, journal, options, says,
                                    status):
    r = tool.run("activate", "--yes", *options)
    assert r.status == status and says in r.err, r
    assert is_untouched(service, journal)


def test_yes_is_needed(tool, service, port, journal, file):
    r = tool.run("activate", "--password-file", file)
    assert r.status == 2 and "--yes" in r.err, r
    assert is_untouched(service, journal)


@pytest.mark.parametrize("way", ["lme", "port"])
@pytest.mark.parametrize("given", [True, False])
def test_dry_run(request, tool, service, journal, file, way, given):
    request.getfixturevalue(way)
    r = tool.run("activate", "--dry-run", "--json",
                 *(["--password-file", file] if given else []))
    assert r.status == 0 and r.json()["dry_run"] is True, r
    assert is_untouched(service, journal) and len(service.actions) == 2


def test_nothing_to_do(tool, engine, service, journal):
    engine.payloads[MODE] = struct.pack("<I", 1)
    r = tool.run("activate", "--yes", "--json")
    assert r.status == 0 and r.json()["changed"] is False, r
    assert ACCOUNT not in engine.asked and not journal.entries


@pytest.mark.parametrize("mode,state,flags,status,reason", [
    (2, 2, 0x83, 7, "admin-control-mode"), (9, 2, 0x83, 7, "state"),
    (0, 1, 0x83, 7, "state"), (0, 2, 0x83, 7, "state"), (0, 0, 0xc3, 7, "tls"),
])
def test_refused_by_the_state(tool, engine, service, lme, journal, file, mode,
                              state, flags, status, reason):
    engine.payloads[MODE] = struct.pack("<I", mode)
    engine.state = state
    engine.flags = flags
    for extra in "--yes", "--dry-run":
        r = tool.run("activate", extra, "--json", "--password-file", file)
        assert r.status == status and r.json()["error"]["reason"] == reason, r
    assert is_untouched(service, journal) and ACCOUNT not in engine.asked


@pytest.mark.parametrize("command", [MODE, 0x04000011])
def test_state_that_is_not_told(tool, engine, service, port, journal, file,
                                command):
    engine.statuses[command] = [0x10]
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 1 and "does not report" in r.err, r
    assert is_untouched(service, journal)


def test_client_control_mode_that_is_not_allowed(tool, service, port, journal,
                                                 file):
    service.modes = [2]
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 7 and r.json()["error"]["reason"] == "not-allowed", r
    assert is_untouched(service, journal)
    service.modes = []
    assert tool.run("activate", "--yes", "--password-file", file).status == 0


@pytest.mark.parametrize("account,says", [
    (b"x" * 65, "unexpected size"), (b"x" * 66, "unexpected size"),
    (bytes(66), "unexpected size"), (b"", "unexpected size"),
])
def test_account_that_is_malformed(tool, engine, service, port, journal, file,
                                   account, says):
    engine.account = account
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 1 and says in r.err, r
    assert is_untouched(service, journal)


def test_account_with_residue_and_fill(tool, engine, service, port, file):
    engine.account += b"\0\0"
    assert tool.run("activate", "--yes", "--password-file", file).status == 0


def test_account_that_is_not_given(tool, engine, service, port, journal, file):
    engine.statuses[ACCOUNT] = [0x10]
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 7 and r.json()["error"]["status_name"] == "NOT_PERMITTED"
    assert is_untouched(service, journal)


def test_account_that_the_service_does_not_know(tool, service, port, journal,
                                                file):
    service.password = "another"
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 7 and r.json()["error"]["reason"] == "account", r
    assert is_untouched(service, journal)


@pytest.mark.parametrize("uid", [1000, 65534, 4294967295])
def test_listener_that_is_not_the_systems(tool, service, lme, journal, file, uid):
    """Anybody may listen on 16992: no secret, not even a digest, goes there."""
    port = Port(tool, service, uid)
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 7 and r.json()["error"]["reason"] == "listener", r
    assert is_untouched(service, journal) and not service.actions
    assert not service.nonces
    port.listener.close()


@pytest.mark.parametrize("after", ["AMT_GeneralSettings", "IPS_HostBasedSetupService"])
def test_listener_that_takes_the_port_later(tool, service, port, journal, file, after):
    """As while a person is asked: it gets no digest, not even of a request that reads."""
    answer = service.answer

    def lose_port(text):
        if after in text:
            port.list(1000)
        return answer(text)

    service.answer = lose_port
    service.close = True
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 8 and r.json()["error"]["reason"] == "web-service", r
    assert "another program listens there" in r.json()["error"]["message"]
    assert service.actions[-1] == ("Get", after) and not service.digest
    assert not journal.entries or \
        "another program listens there" in journal.entries[-1]["MESSAGE"]


def test_listener_that_is_amt_lms(tool, service, lme, file, root):
    """Its unit has a user that the service manager makes up (DynamicUser=): no system
    account by its number. One that is another unit's is not trusted with a secret."""
    port = Port(tool, service, 61184)
    users = root / "run/systemd/dynamic-uid"
    users.mkdir(parents=True)
    (users / "direct:61184").symlink_to("another")
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.json()["error"]["reason"] == "listener" and not service.nonces, r
    (users / "direct:61184").unlink()
    (users / "direct:61184").symlink_to("amt-lms")
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 0 and "16992" in r.json()["way"], r
    assert not lme.sessions
    port.listener.close()


def test_service_that_is_gone(tool, service, port, journal, file):
    tool.port = 1
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 8 and r.json()["error"]["reason"] == "web-service", r
    assert is_untouched(service, journal)


@pytest.mark.parametrize("way", ["lme", "port"])
def test_silence_has_an_end(request, tool, service, journal, file, way):
    request.getfixturevalue(way)
    service.take = lambda buffer: (None, b"")
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=SPEED, timeout=20)
    assert r.status == 8 and "in time" in r.json()["error"]["message"], r
    assert is_untouched(service, journal)


ENTITY = ('<!DOCTYPE x [<!ENTITY a "' + "A" * 1000 + '"><!ENTITY b "'
          + "&a;" * 50 + '">]>')


@pytest.mark.parametrize("answer,says", [
    (b"", "not well-formed"), (b"<a", "not well-formed"),
    (b"\xff\xfe<\0a\0/\0>\0", "not well-formed"),
    (b"x" * 65536, "not well-formed"), (b"x" * 65537, "its answer is too large"),
    (b"<" * 60000, "not well-formed"), (b"<a>" * 20000, "not well-formed"),
    (b"<a/>", "not a SOAP 1.2"),
    (ENTITY.encode() + b"<x>&b;</x>", "document type"),
    (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
    ("body", "not a SOAP 1.2"), ("other", "is for another request"),
    ("namespace", "is for another request"), ("missing", "lacks a value"),
    ("long", "lacks a value"), ("nested", "lacks a value"),
    ("fault", "SOAP fault: not today \\xc2\\x9b["),
])
def test_answers_that_are_wrong(tool, service, port, journal, file, answer, says):
    good = service.envelope(service.settings()).decode()
    made = {
        "body": '<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope"/>',
        "other": good.replace("AMT_GeneralSettings", "AMT_Other"),
        "namespace": good.replace("amt-schema/1/AMT", "amt-schema/2/AMT"),
        "missing": good.replace("DigestRealm", "OtherRealm"),
        "long": good.replace(service.realm, "x" * 256),
        "nested": good.replace(service.realm, "<h:b>x</h:b>"),
        "fault": service.envelope(
            "<a:Fault><a:Code/><a:Reason><a:Text>not today &#x9b;[</a:Text>"
            "</a:Reason></a:Fault>").decode(),
    }
    data = made[answer].encode() if answer in made else answer
    asked = []

    def answer_wrongly(request):
        asked.append(request)
        return 200, data

    service.answer = answer_wrongly
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status in (1, 7, 8) and says in r.err, r
    assert len(asked) == 1
    assert is_untouched(service, journal)


def test_amt_refuses(tool, service, port, journal, file):
    service.value = 3
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 7, r
    assert r.json()["error"]["status_name"] == "INVALID_AMT_MODE"
    assert r.json()["changed"] is False
    assert journal.entries[-1]["MESSAGE"].endswith("refused")


@pytest.mark.parametrize("value", ["done", "", "4294967296", "0 or so", "-1",
                                   "99999999999999999999"])
def test_status_that_is_no_number(tool, service, port, journal, file, value):
    """It is no success."""
    setup = service.setup

    def say(text):
        service.value = 3
        return re.sub("(?<=ReturnValue>)3", value, setup(text))

    service.setup = say
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == 9 and r.json()["changed"] is False, r
    assert "cannot be read" in r.json()["error"]["message"], r
    assert "status" not in r.json(), r


def test_status_with_blanks_around_it(tool, service, port, file):
    setup = service.setup
    service.setup = lambda text: setup(text).replace(">0<", ">\r\n\t 0 <")
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 0 and r.json()["status"] == 0, r


@pytest.mark.parametrize("way", ["lme", "port"])
@pytest.mark.parametrize("did_it", [True, False])
def test_answer_that_is_lost(request, tool, service, journal, file, way, did_it):
    """The control mode decides, not the answer."""
    request.getfixturevalue(way)
    setup = service.setup

    def lose(text):
        if did_it:
            setup(text)
        return "<x/>"

    service.setup = lose
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == (0 if did_it else 9), r
    assert r.json()["changed"] is did_it
    assert [a for a, _ in service.actions].count("Setup") == 1


FAULT = ("<a:Fault><a:Code/><a:Reason><a:Text>not &#x9b;today</a:Text></a:Reason>"
         "</a:Fault>")


@pytest.mark.parametrize("way", ["lme", "port"])
@pytest.mark.parametrize("http,body,says", [
    (400, FAULT, "refused: not \x9btoday"),
    (500, FAULT, "refused: not \x9btoday"),
    (200, "<a:Fault/>", "no reason"), (403, "", "no reason"),
])
def test_fault_in_place_of_an_answer(request, tool, service, journal, file, way,
                                     http, body, says):
    request.getfixturevalue(way)
    answer = service.answer

    def refuse(text):
        good = answer(text)
        if "Setup_INPUT" not in text:
            return good
        return http, service.envelope(body)

    service.answer = refuse
    service.setup = lambda text: ""
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == 7, r
    d = r.json()
    assert d["error"]["reason"] == "refused" and says in d["error"]["message"]
    assert d["changed"] is False and d["state_after"] == "none"
    assert "status" not in d and journal.entries[-1]["MESSAGE"].endswith("refused")
    assert [a for a, _ in service.actions].count("Setup") == 1


def test_fault_after_which_amt_did_it(tool, service, port, journal, file):
    setup = service.setup
    service.setup = lambda text: setup(text) and FAULT
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 0 and r.json()["changed"] is True, r
    assert "its state shows that it succeeded" in str(r.json()["notes"])


def test_service_that_goes_before_it_is_asked(tool, service, port, journal, file):
    """Nothing was sent, so the outcome is known."""
    service.close = True
    answer = service.answer

    def leave(text):
        if "IPS_HostBasedSetupService" in text:
            port.listener.shutdown(socket.SHUT_RDWR)
            port.listener.close()
        return answer(text)

    service.answer = leave
    r = tool.run("activate", "--yes", "--json", "--password-file", file)
    assert r.status == 8 and r.json()["error"]["reason"] == "web-service", r
    assert r.json()["changed"] is False and r.json()["state_after"] == "none"
    assert "was not asked" in journal.entries[-1]["MESSAGE"]
    assert not service.digest


# LME


@pytest.mark.parametrize("window", [64, 700, 4096])
def test_small_windows(tool, service, lme, file, window):
    lme.window = window
    assert tool.run("activate", "--yes", "--password-file", file).status == 0


def test_request_that_is_taken_slowly(tool, service, lme, file):
    """It takes longer than AMT may be silent, and AMT never is."""
    lme.window = 64
    lme.pauses = [0.075] * 27
    r = tool.run("activate", "--yes", "--password-file", file, speed=WALK)
    assert r.status == 0 and not lme.pauses, r


def test_request_that_is_taken_all_too_slowly(tool, service, lme, journal, file):
    lme.window = 1
    lme.pauses = [0.05] * 1000
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=SPEED, timeout=20)
    assert r.status == 8 and "in time" in r.json()["error"]["message"], r
    assert is_untouched(service, journal) and len(lme.pauses) > 800, r


def test_large_answers_and_no_leaked_place(tool, service, lme, file):
    envelope = service.envelope
    service.envelope = lambda body: envelope(body).replace(
        b"<a:Header/>", b"<a:Header>" + b" " * 50000 + b"</a:Header>")
    service.close = True
    assert tool.run("activate", "--yes", "--password-file", file).status == 0
    assert lme.opened >= 3 and lme.most <= 2 and not lme.channels


def test_channel_that_is_refused_at_first(tool, service, lme, file):
    lme.refuse = 3
    assert tool.run("activate", "--yes", "--password-file", file).status == 0


def test_channels_are_closed_before_the_session(tool, service, lme, file):
    lme.slow_close = 0.2
    assert tool.run("activate", "--yes", "--password-file", file).status == 0
    assert not lme.left_early and not lme.channels


def test_channels_that_amt_does_not_close(tool, service, lme, file):
    lme.slow_close = None
    r = tool.run("activate", "--yes", "--password-file", file, speed=WALK,
                 timeout=20)
    assert r.status == 0, r


def test_alerts_are_refused(tool, service, lme, journal, file):
    """Who takes AMT's events is a service, not a program that activates it."""
    lme.alerts = 2
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 0 and not r.err, r
    assert lme.opened >= 3 and lme.refused == [(8, 1), (9, 1)] * lme.opened


@pytest.mark.parametrize("after", [1, 2])
def test_session_that_ends_with_a_channel(tool, service, lme, file, after):
    service.close = True
    lme.lose_after = after
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 0 and lme.sessions == 2, r


@pytest.mark.parametrize("close", [False, True])
def test_session_that_ends_after_each_channel(tool, service, lme, file, close):
    """A moment later: no connection begins before that."""
    service.close = close
    lme.lose_late = 0.05
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 0, r
    # the one for which AMT asked who it is, and one for each request
    assert lme.sessions == lme.opened == 4 and lme.most == 1
    assert len(service.actions) == 3


def test_what_only_reads_is_sent_again(tool, service, port, file):
    take = service.take
    cuts = [1, 2]

    def cut(buffer):
        if cuts and b"GeneralSettings" in buffer and b"</s:Envelope>" in buffer:
            cuts.pop()
            service.close = True
            return b"HTTP/1.1 ", b""
        return take(buffer)

    service.take = cut
    assert tool.run("activate", "--yes", "--password-file", file).status == 0
    assert not cuts


def test_service_that_closes_twice(tool, service, port, journal, file):
    """MeshCmd's: its second close ends the next connection."""
    port.closes_twice = 0.3
    r = tool.run("activate", "--yes", "--password-file", file)
    assert r.status == 0 and not r.err, r


@pytest.mark.parametrize("way", ["lme", "port"])
def test_what_changes_amt_is_sent_once(request, tool, service, journal, file,
                                       way):
    """Also when the connection ends in place of an answer."""
    request.getfixturevalue(way)
    take = service.take

    def cut(buffer):
        if b"Setup_INPUT" in buffer and b"</s:Envelope>" in buffer:
            service.actions.append(("Setup", ""))
            service.close = True
            return b"HTTP/1.1 ", b""
        return take(buffer)

    service.take = cut
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == 9, r
    assert [a for a, _ in service.actions].count("Setup") == 1


@pytest.mark.parametrize("ports,status,reason", [
    ([16993, 664], 7, "tls"), ([], 8, "no-port"), ([623], 8, "no-port")])
def test_port_that_is_not_forwarded(tool, service, lme, journal, file, ports,
                                    status, reason):
    lme.ports = ports
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == status and r.json()["error"]["reason"] == reason, r
    assert is_untouched(service, journal)


def test_lme_that_is_silent_or_busy_or_not_there(tool, engine, service, lme,
                                                 journal, file):
    lme.silent = True
    run = lambda: tool.run("activate", "--yes", "--password-file", file,
                           speed=SPEED)
    assert run().status == 8
    connect = engine.connect
    engine.connect = lambda link, client: engine.error(link, 16) \
        if client == LME else connect(link, client)
    # not the host interface, which answered
    r = run()
    assert r.status == 6 and "holds AMT's port forwarding (LME) at /dev/mei0" in r.err
    engine.connect = connect
    del engine.clients[LME]
    r = run()
    assert r.status == 4 and "offers no port forwarding of AMT (LME)" in r.err
    assert is_untouched(service, journal)


@pytest.mark.parametrize("pci,says", [
    (False, "no management engine was found: this machine has none"),
    (True, "the management engine at PCI 0000:00:16.0 has no driver: run"),
])
def test_engine_that_goes_before_lme(tool, engine, service, lme, journal, file,
                                     pci, says):
    """What is found missing is named, not what was there before."""
    command = engine.command

    def go(code, data):
        if code == ACCOUNT:
            engine.node.unlink()
            shutil.rmtree(engine.sysfs)
        return command(code, data)

    engine.command = go
    if pci:
        device = tool.root / "sys/bus/pci/devices/0000:00:16.0"
        device.mkdir(parents=True)
        (device / "vendor").write_text("0x8086\n")
        (device / "class").write_text("0x078000\n")
    r = tool.run("activate", "--yes", "--json", "--password-file", file,
                 speed=WALK)
    assert r.status == 3, r
    assert r.json()["error"]["message"].startswith(says), r
    assert is_untouched(service, journal)


# secrets


def dumped(pid):
    """What a core file of a process would hold."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for part in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )",
                             pathlib.Path(f"/proc/{pid}/smaps").read_text()):
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r?)", part)
            if not head or not head.group(3) or " dd" in part or \
                    "[v" in part.split("\n")[0]:
                continue
            begin, end = int(head.group(1), 16), int(head.group(2), 16)
            memory.seek(begin)
            found.append(memory.read(end - begin))
    return found


@pytest.mark.parametrize("how", ["file", "stdin"])
@pytest.mark.parametrize("way", ["lme", "port"])
def test_secrets_are_nowhere(request, tool, engine, service, journal, file, way,
                             how):
    """Looked for while AMT is asked, when all of them are in use."""
    request.getfixturevalue(way)
    secrets = [PASSWORD, service.password]
    # worth as much as the passwords, in hexadecimal and as bytes
    digests = [md5(f"admin:{service.realm}:{PASSWORD}"),
               md5(f"{service.user}:{service.realm}:{service.password}")]
    seen = {}

    def look():
        proc = pathlib.Path(f"/proc/{process.pid}")
        seen["core"] = dumped(process.pid)
        for name in "cmdline", "environ":
            seen[name] = [(proc / name).read_bytes()]
        seen["locked"] = re.findall(r"VmLck:\s+(\d+)",
                                    (proc / "status").read_text())

    service.before_setup = look
    process = subprocess.Popen(
        [tool.program, "activate", "--yes", "--json",
         *(["--password-file", file] if how == "file" else ["--password-stdin"])],
        env=tool.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    out = process.communicate(PASSWORD if how == "stdin" else "", timeout=60)[0]
    assert process.returncode == 0, out
    assert int(seen["locked"][0]) >= 1024
    # what is looked through is what is thought of: the realm is no secret
    assert any(service.realm.encode() in m for m in seen["core"])
    assert any(b"FAKE_ROOT" in m for m in seen["environ"])
    for secret in [s.encode() for s in secrets + digests] + \
            [bytes.fromhex(d) for d in digests]:
        for where in "core", "cmdline", "environ":
            assert not any(secret in m for m in seen[where]), \
                f"{secret} in {where}"
        assert secret not in out.encode()
        assert secret not in str(journal.entries).encode()


def typed(tool, *lines, arguments=(), interrupt=signal.SIG_DFL, speed=1):
    """A run on a terminal where each line is typed at a prompt.

    lines: each a prompt and what is typed, a signal, or a function that gives it.
    interrupt: SIGINT's action at the start; a shell ignores it for what runs in
    the background, as the tests themselves may.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [tool.program, "activate", *arguments], env=tool.environment(speed),
        stdin=slave, stdout=slave, stderr=slave,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupt))
    os.close(slave)
    said = ""
    for prompt, line in lines:
        while prompt not in said:
            said += os.read(master, 4096).decode()
        said = said.replace(prompt, "", 1)
        time.sleep(0.1)
        line = line() if callable(line) else line
        if isinstance(line, signal.Signals):
            process.send_signal(line)
        else:
            os.write(master, line.encode())
    try:
        while data := os.read(master, 4096):
            said += data.decode()
    except OSError:
        pass
    os.close(master)
    return process.wait(60), said


FIRST, AGAIN, SURE = "New password", "The same again", "Type yes:"


def test_terminal(tool, service, port, journal):
    status, said = typed(tool, (FIRST, PASSWORD + "\n"), (AGAIN, PASSWORD + "\n"),
                         (SURE, "yes\n"))
    assert status == 0 and PASSWORD not in said, said
    assert service.digest == md5(f"admin:{service.realm}:{PASSWORD}")
    # the echo is back
    assert "yes" in said


def test_amt_is_free_while_a_person_thinks(tool, engine, service, lme, journal):
    """Its port forwarding too: a service may want it, and messages would be left."""
    def think():
        # fails while any client is held
        engine.settle()
        assert lme.sessions == 1 and not lme.left_early
        return "yes\n"

    status, said = typed(tool, (FIRST, PASSWORD + "\n"), (AGAIN, PASSWORD + "\n"),
                         (SURE, think))
    assert status == 0 and lme.sessions == 2, said
    assert service.digest == md5(f"admin:{service.realm}:{PASSWORD}")


@pytest.mark.parametrize("busy", [False, True])
def test_lme_that_another_has_by_now(tool, engine, service, lme, journal, busy):
    """Or that is silent: AMT was not asked, which is what is said."""
    def take():
        engine.settle()
        if busy:
            engine.connect = lambda link, client: engine.error(link, 16) \
                if client == LME else Engine.connect(engine, link, client)
        else:
            lme.silent = True
        return "yes\n"

    status, said = typed(tool, (FIRST, PASSWORD + "\n"), (AGAIN, PASSWORD + "\n"),
                         (SURE, take), speed=WALK)
    assert status == 8 and "AMT's web service failed" in said, said
    assert "was not asked" in journal.entries[-1]["MESSAGE"]
    assert journal.entries[-1]["AMTCTL_STATE_AFTER"] == "none"


@pytest.mark.parametrize("lines,status,says", [
    ([(FIRST, PASSWORD + "\n"), (AGAIN, PASSWORD + "x\n")], 1, "differ"),
    ([(FIRST, "\n")], 1, "no password was given"),
    ([(FIRST, "\4")], 1, "no password was given"),
    ([(FIRST, signal.SIGTERM)], -15, ""),
    ([(FIRST, PASSWORD + "\n"), (AGAIN, signal.SIGINT)], -2, ""),
    ([(FIRST, PASSWORD + "\n"), (AGAIN, PASSWORD + "\n"), (SURE, "no\n")], 1,
     "was not yes"),
])
def test_terminal_without_a_password(tool, service, port, journal, lines, status,
                                     says):
    got, said = typed(tool, *lines)
    assert got == status and says in said and PASSWORD not in said, said
    assert is_untouched(service, journal)


@pytest.mark.parametrize("meanwhile,status,says", [
    ({}, 0, "client control mode"),
    ({"connect_errors": [16] * 99}, 6, "another program holds"),
])
def test_amt_is_free_while_a_password_is_awaited(tool, engine, service, port,
                                                 journal, meanwhile, status, says):
    process = subprocess.Popen(
        [tool.program, "activate", "--yes", "--password-stdin"],
        env=tool.environment(speed=WALK), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    begun = time.monotonic()
    while engine.asked != [0x04000011, MODE] and time.monotonic() < begun + 10:
        time.sleep(0.01)
    # fails while AMT is held
    engine.settle()
    for name, value in meanwhile.items():
        setattr(engine, name, value)
    said = process.communicate(PASSWORD, timeout=60)[0]
    assert process.returncode == status and says in said, said
    assert bool(service.digest) == (status == 0)


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_terminal_when_stopped(tool, service, port, journal, stop):
    """A shell may turn the echo on; it is off again when the password is awaited."""
    master, slave = pty.openpty()
    # an orphaned group can not be stopped: one of its own, below this one
    process = subprocess.Popen(
        [tool.program, "activate", "--yes"], env=tool.environment(), stdin=slave,
        stdout=slave, stderr=slave,
        preexec_fn=lambda: os.setpgid(0, 0))

    def until(text):
        said = ""
        while text not in said:
            assert select.select([master], [], [], 20)[0], said
            said += os.read(master, 4096).decode()

    def echo(on=None):
        mode = termios.tcgetattr(slave)
        if on is not None:
            mode[3] |= termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, mode)
        return bool(mode[3] & termios.ECHO)

    until(FIRST)
    time.sleep(0.1)
    process.send_signal(stop)
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    assert echo() == (stop == signal.SIGTSTP)
    echo(True)
    process.send_signal(signal.SIGCONT)
    until(FIRST)
    assert not echo()
    time.sleep(0.1)
    os.write(master, (PASSWORD + "\n").encode())
    until(AGAIN)
    time.sleep(0.1)
    os.write(master, (PASSWORD + "\n").encode())
    until("Changed:")
    assert process.wait(60) == 0
    assert echo()
    os.close(master)
    os.close(slave)


def test_terminal_that_is_gone_when_it_goes_on(tool, service, port, journal):
    master, slave = pty.openpty()

    def alone():
        os.setpgid(0, 0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = subprocess.Popen(
        [tool.program, "activate", "--yes"], env=tool.environment(), stdin=slave,
        stdout=subprocess.DEVNULL, stderr=slave, preexec_fn=alone)
    os.close(slave)
    said = ""
    while FIRST not in said:
        said += os.read(master, 4096).decode()
    time.sleep(0.1)
    process.send_signal(signal.SIGTSTP)
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    os.close(master)
    process.send_signal(signal.SIGCONT)
    try:
        assert process.wait(20) == 1
    finally:
        process.kill()
    assert is_untouched(service, journal)


def test_ignored_interrupt(tool, service, port):
    status, said = typed(tool, (FIRST, signal.SIGINT), ("", PASSWORD + "\n"),
                         (AGAIN, PASSWORD + "\n"), (SURE, "yes\n"),
                         interrupt=signal.SIG_IGN)
    assert status == 0, said


def test_echo_is_back_after_a_signal(tool, service, port):
    import termios
    master, slave = pty.openpty()
    process = subprocess.Popen([tool.program, "activate"],
                               env=tool.environment(), stdin=slave,
                               stdout=slave, stderr=slave)
    said = ""
    while FIRST not in said:
        said += os.read(master, 4096).decode()
    assert not termios.tcgetattr(slave)[3] & termios.ECHO
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == -signal.SIGTERM
    assert termios.tcgetattr(slave)[3] & termios.ECHO
    os.close(master)
    os.close(slave)


def test_memory_that_can_not_be_locked(tool, service, port, journal, file):
    if os.geteuid() == 0:
        # root may lock what it likes: without that right it may not
        command = ["setpriv", "--bounding-set", "-ipc_lock", "--inh-caps",
                   "-ipc_lock"]
    else:
        command = []
    r = subprocess.run(["prlimit", "--memlock=65536:65536", *command,
                        tool.program, "activate", "--yes", "--json",
                        "--password-file", file], env=tool.environment(),
                       stdout=subprocess.PIPE, text=True, check=False)
    assert r.returncode == 1 and '"memory-lock"' in r.stdout, r
    assert is_untouched(service, journal) and ACCOUNT not in service.engine.asked
