# SPDX-License-Identifier: GPL-2.0-or-later
"""amtctl deactivate: client control mode only, and never twice. What all changes
share is in test_configure.py."""
import errno
import struct

import pytest

from firmware import UNPROVISION

SPEED = 50
MODE = 0x0400006b


@pytest.fixture(name="ccm")
def client_control_mode(engine):
    """An AMT in client control mode."""
    engine.state = 2
    engine.payloads[MODE] = struct.pack("<I", 1)
    return engine


def test_deactivate(tool, ccm, journal):
    r = tool.run("deactivate", "--yes", "--json")
    assert r.status == 0 and not r.err, r
    d = r.json()
    assert d["control_mode"] == "client control mode"
    assert d["state_after"] == "none" and d["changed"] is True
    assert ccm.state == 0 and ccm.asked.count(UNPROVISION) == 1
    begun, done = journal.entries
    assert begun["AMTCTL_ACTION"] == "deactivate"
    assert begun["AMTCTL_STATE_BEFORE"] == "client control mode"
    assert done["AMTCTL_STATE_AFTER"] == "none"


def test_dry_run(tool, ccm, journal):
    r = tool.run("deactivate", "--dry-run", "--json")
    assert r.status == 0 and r.json()["dry_run"] is True, r
    assert UNPROVISION not in ccm.asked and not journal.entries


def test_yes_is_needed(tool, ccm, journal):
    r = tool.run("deactivate")
    assert r.status == 2 and "--yes" in r.err, r
    assert UNPROVISION not in ccm.asked and not journal.entries


def test_nothing_to_do(tool, engine, journal):
    r = tool.run("deactivate", "--yes", "--json")
    assert r.status == 0 and r.json()["changed"] is False, r
    assert UNPROVISION not in engine.asked and not journal.entries


@pytest.mark.parametrize("mode,state,status,says", [
    (2, 2, 7, "admin control mode"),
    (0, 1, 7, "in no control mode"),
    (0, 2, 7, "in no control mode"),
    (9, 2, 7, "is 9, which is not known"),
])
def test_refused_before_amt_is_asked(tool, engine, journal, mode, state, status,
                                     says):
    engine.state = state
    engine.payloads[MODE] = struct.pack("<I", mode)
    for extra in ["--yes"], ["--dry-run"]:
        r = tool.run("deactivate", *extra)
        assert r.status == status and says in r.err, r
    assert UNPROVISION not in engine.asked and not journal.entries


def test_control_mode_that_is_not_told(tool, ccm, journal):
    ccm.statuses[MODE] = [0x10]
    r = tool.run("deactivate", "--yes")
    assert r.status == 1 and "does not report its control mode" in r.err, r
    ccm.statuses[MODE] = [0]
    ccm.payloads[MODE] = b"x"
    r = tool.run("deactivate", "--yes")
    assert r.status == 1 and "0x0400006b" in r.err, r
    assert UNPROVISION not in ccm.asked


def test_provisioning_state_that_is_not_told(tool, engine, journal):
    """In no control mode, and whether it is unprovisioned nobody knows."""
    engine.statuses[0x04000011] = [0x10]
    r = tool.run("deactivate", "--yes")
    assert r.status == 1, r
    assert "does not report its provisioning state" in r.err, r
    assert UNPROVISION not in engine.asked


@pytest.mark.parametrize("status,name", [(3, "INVALID_AMT_MODE"),
                                         (0x81c, "BLOCKING_COMPONENT")])
def test_amt_refuses(tool, ccm, journal, status, name):
    """A refusal is in the status, not in the payload: it is no success."""
    ccm.statuses[UNPROVISION] = [status]
    r = tool.run("deactivate", "--yes", "--json")
    assert r.status == 7 and r.json()["error"]["status_name"] == name, r
    assert r.json()["changed"] is False


@pytest.mark.parametrize("did_it", [True, False])
def test_answer_that_is_lost(tool, ccm, journal, did_it):
    message = ccm.message

    def lose(link, client, data):
        if struct.unpack_from("<I", data, 4)[0] != UNPROVISION:
            message(link, client, data)
            return
        ccm.asked.append(UNPROVISION)
        if did_it:
            ccm.payloads[MODE] = struct.pack("<I", 0)
        ccm.error(link, errno.ENODEV)

    ccm.message = lose
    r = tool.run("deactivate", "--yes", "--json", speed=SPEED)
    assert r.status == (0 if did_it else 9), r
    assert ccm.asked.count(UNPROVISION) == 1


def test_no_engine(tool):
    assert tool.run("deactivate", "--yes").status == 3
