# SPDX-License-Identifier: GPL-2.0-or-later
"""Alerts that AMT sends to its local service."""
import re

import pytest

from conftest import wait_until
from firmware import pattern

CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AlertIndication"


def soap(inner, before=""):
    """A request with an alert."""
    body = (f'{before}<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope" '
            f'xmlns:g="{CIM}"><a:Header/><a:Body><g:CIM_AlertIndication>{inner}'
            f'</g:CIM_AlertIndication></a:Body></a:Envelope>').encode()
    return (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            % len(body)) + body


def alert(number, text="", severity=2):
    """A good one."""
    return soap(f"<g:MessageID>iAMT{number:04}</g:MessageID><g:Message>{text}"
                f"</g:Message><g:PerceivedSeverity>{severity}</g:PerceivedSeverity>")


def send(engine, request):
    """To amt-lms; gives what AMT sees of it in the end."""
    wait_until(lambda: engine.granted)
    with engine.session.lock:
        sent = engine.session.alert(request)
    wait_until(lambda: sent.state)
    return sent


def test_alert(lms, engine):
    """In the log, with what it means, and answered."""
    got = send(engine, alert(5))
    assert got.answer.startswith(b"HTTP/1.1 200 ") and got.state == "closed"
    assert "AMT: iAMT0005: an agent that AMT watches did not report in time " \
        "(information)" in lms.log()
    got = send(engine, alert(9999, "a \x1b[2J text".replace("\x1b", "&#x9b;"), 6))
    assert got.answer.startswith(b"HTTP/1.1 200 ")
    assert r"AMT: iAMT9999: a \xc2\x9b[2J text (critical)" in lms.log()
    assert lms.ask(b"GET 10") == pattern(10)


def test_unwanted(daemon, engine):
    """Refused where they are not wanted."""
    daemon.configure("LogAlerts=no\n")
    daemon.start()
    assert send(engine, alert(5)).state == "refused"
    assert "iAMT0005" not in daemon.log()


@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 405), (b"\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", 413),
    (soap("<g:MessageID>iAMT0005</g:MessageID>",
          '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), 400)], ids=["get", "nothing", "large", "entity"])
def test_broken(lms, engine, request_, status):
    """Reported once, answered, and never entities."""
    for _ in range(3):
        assert int(send(engine, request_).answer.split()[1]) == status
    assert lms.log().count("AMT sent an alert that can't be read: ") == 1


def test_flood(lms, engine):
    """So many in a minute are enough."""
    for _ in range(70):
        send(engine, alert(1))
    assert lms.log().count("iAMT0001") == 60
    assert len(re.findall("more than 60 alerts", lms.log())) == 1


def test_endless(daemon, engine):
    """One that never comes to its end takes a place for a time only."""
    daemon.speed = 30
    daemon.start()
    assert send(engine, b"POST / HTTP/1.1\r\n").state == "closed"
    assert send(engine, alert(5)).answer.startswith(b"HTTP/1.1 200 ")


def test_reset(lms, engine):
    """The session ends in the midst of one."""
    wait_until(lambda: engine.granted)
    with engine.session.lock:
        engine.session.alert(b"POST / HTTP/1.1\r\n")
    wait_until(lambda: 91 in engine.seen)
    engine.reset()
    wait_until(lambda: len(engine.sessions) == 2)
    wait_until(lambda: len(engine.granted) == 4)
    assert send(engine, alert(5)).answer.startswith(b"HTTP/1.1 200 ")
