# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong: each problem with its own message, advice and exit status."""
import errno
import re
import struct
import subprocess
import time

import pytest

from firmware import AMTHI

COMMANDS = ["status", "versions", "hashes", "features"]
# all waiting is shorter by this
SPEED = 50


def no_engine(tool):
    """A machine without one."""


def no_driver(tool):
    """An engine on the PCI bus, and mei_me is not loaded."""
    device = tool.root / "sys/bus/pci/devices/0000:00:16.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x8086\n")
    (device / "class").write_text("0x078000\n")


def only_gpu(tool):
    """A graphics card's engine."""
    (tool.engine().sysfs / "kind").write_text("gsc\n")


def no_client(tool):
    """An engine without AMT."""
    tool.engine().clients = {}


def disabled(tool):
    """AMT answers with nothing."""
    tool.engine().answer = lambda command, data: b""


def no_permission(tool):
    """A node that only root may open."""
    tool.engine().node.write_text(f"errno {errno.EACCES}")


def busy(tool):
    """Others hold the client, for longer than is waited."""
    tool.engine().connect_errors = [errno.EBUSY] * 99


def resetting(tool):
    """The engine is being reset, for longer than is waited."""
    tool.engine().connect_errors = [errno.ENODEV] * 99


STATES = {
    no_engine: (3, "no-engine", "no management engine was found", "Intel ME"),
    no_driver: (3, "no-driver", "0000:00:16.0 has no driver", "modprobe mei_me"),
    only_gpu: (3, "only-gpu", "belongs to a graphics card", "hidden"),
    no_client: (4, "no-client", "offers no AMT", "Manageability Feature"),
    disabled: (4, "disabled", "its answer is empty", "Ctrl.P"),
    no_permission: (5, "permission", "no permission to open", "run as root"),
    busy: (6, "busy", "another program holds", "wait until"),
    resetting: (8, "resetting", "is being reset", "half a minute"),
}


@pytest.mark.parametrize("state", STATES, ids=lambda s: s.__name__)
def test_eight_states(tool, state):
    status, reason, says, advice = STATES[state]
    state(tool)
    for command in COMMANDS + ["configure start --yes", "configure stop -n"]:
        r = tool.run(*command.split(), speed=SPEED)
        assert r.status == status, (command, r)
        assert says in r.err, (command, r)
        assert re.search(advice, r.err), (command, r)
        others = [s[2] for s in STATES.values() if s[2] != says]
        assert not any(o in r.err for o in others), (command, r)
    r = tool.run("status", "--json", speed=SPEED)
    assert r.json()["error"]["reason"] == reason, r
    assert r.json()["error"]["exit_status"] == r.status == status, r
    assert not r.err, r


def test_eight_messages_differ():
    assert len({s[1] for s in STATES.values()}) == 8
    assert len({s[2] for s in STATES.values()}) == 8
    assert len({s[3] for s in STATES.values()}) == 8


def test_driver_that_is_loaded_and_did_not_take_it(tool):
    no_driver(tool)
    (tool.root / "sys/module/mei_me").mkdir(parents=True)
    r = tool.run("status")
    assert r.status == 3 and "did not bind to it" in r.err, r
    # which is no use then
    assert "modprobe" not in r.err, r


def test_other_devices_are_no_engine(tool):
    """AMT's serial port, and a graphics card."""
    for name, vendor, kind in [("0000:00:16.3", "0x8086", "0x070002"),
                               ("0000:01:00.0", "0x10de", "0x078000")]:
        device = tool.root / "sys/bus/pci/devices" / name
        device.mkdir(parents=True)
        (device / "vendor").write_text(vendor)
        (device / "class").write_text(kind)
    assert "no management engine" in tool.run("status").err


def test_no_node(tool):
    (tool.root / "sys/class/mei/mei0").mkdir(parents=True)
    r = tool.run("status", "--json")
    assert r.status == 3 and r.json()["error"]["reason"] == "no-node", r


def test_the_worst_of_several_engines_is_told(tool):
    first, second = tool.engine(), tool.engine(1)
    first.clients = {}
    second.node.write_text(f"errno {errno.EPERM}")
    r = tool.run("status")
    assert r.status == 5 and "/dev/mei1" in r.err, r
    (second.sysfs / "kind").write_text("gscfi\n")
    r = tool.run("status")
    assert r.status == 4 and "/dev/mei0" in r.err, r


def test_status_shows_what_it_can_without_permission(tool):
    no_permission(tool)
    d = tool.run("status", "--json").json()
    assert d["engine"]["firmware"] == "0:16.1.25.2124", d
    assert "protocol" not in d["engine"], d
    assert d["watchdog"]["offered"] is False and "local_service" in d


def test_busy_names_who_holds_it(tool):
    busy(tool)
    process = tool.root / "proc/12"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("lms\n")
    (process / "fd/3").symlink_to("/dev/mei0")
    r = tool.run("versions", speed=SPEED)
    assert "open in: lms (12)" in r.err, r


@pytest.mark.parametrize("number", [errno.EBUSY, errno.ENODEV, errno.ETIME,
                                    errno.EFAULT])
def test_a_short_while_is_waited_for(tool, engine, number):
    engine.connect_errors = [number] * 3
    r = tool.run("versions", speed=SPEED)
    assert r.status == 0 and len(engine.connected) == 4, r


def test_waiting_has_an_end(tool):
    busy(tool)
    begun = time.monotonic()
    tool.run("versions")
    assert len(tool.engines[0].connected) == 8
    assert 1.5 < time.monotonic() - begun < 10


def test_connecting_that_lasts_is_not_repeated(tool, engine):
    """The kernel gives up a connection after 15 seconds: no eight of these."""
    connect = engine.connect

    def slow(link, client):
        time.sleep(15 / SPEED)
        engine.connect_errors = [errno.ETIME]
        connect(link, client)

    engine.connect = slow
    r = tool.run("versions", speed=SPEED)
    assert r.status == 8 and len(engine.connected) == 1, r


def test_other_errors_are_named(tool, engine):
    engine.node.write_text(f"errno {errno.EIO}")
    r = tool.run("versions")
    assert r.status == 1 and "Input/output error" in r.err, r
    engine.node.write_text("errno 0")
    r = tool.run("versions", "--json")
    assert r.status == 1, r


def test_nodes_that_can_not_be_listed(tool):
    """Not seen is not missing."""
    (tool.root / "dev").symlink_to("dev")
    r = tool.run("versions")
    assert r.status == 1, r
    assert "at /dev can't be used: Too many levels of symbolic links" in r.err, r


def test_connection_that_is_refused_otherwise(tool, engine):
    engine.connect_errors = [errno.EINVAL]
    r = tool.run("versions")
    assert r.status == 1 and "Invalid argument" in r.err, r
    engine.connect_errors = [errno.EPERM]
    assert tool.run("versions").status == 5


@pytest.mark.parametrize("size", [0, 15, 0x7fffffff, 0xffffffff])
def test_sizes_that_cannot_be(tool, engine, size):
    engine.clients[AMTHI] = (size, 1)
    r = tool.run("versions")
    assert r.status == 1 and "impossible sizes" in r.err, r


def test_no_answer(tool, engine):
    engine.answer = lambda command, data: None
    begun = time.monotonic()
    r = tool.run("status", "--json", speed=SPEED)
    assert r.status == 8 and r.json()["error"]["reason"] == "no-answer", r
    assert len(engine.asked) == 1 and time.monotonic() - begun < 10


def test_link_that_breaks_before_the_answer(tool, engine):
    engine.message = lambda link, client, m: engine.error(link, errno.ENODEV)
    r = tool.run("features", "--json")
    assert r.status == 8 and r.json()["error"]["reason"] == "lost", r


def test_link_that_is_closed_before_the_answer(tool, engine):
    engine.message = lambda link, client, m: link.shutdown(2)
    r = tool.run("features", "--json")
    assert r.status == 8 and r.json()["error"]["reason"] == "lost", r
    # no reset was seen
    assert "closed it, or was reset" in r.json()["error"]["message"], r


def test_write_that_fails(tool, engine):
    engine.write_errors = [errno.ENODEV]
    r = tool.run("features", "--json")
    assert r.status == 8 and r.json()["error"]["reason"] == "resetting", r
    engine.write_errors = [errno.EFBIG]
    assert tool.run("features").status == 1
    engine.write_errors = [errno.EINTR]
    assert tool.run("features").status == 0


def test_write_that_is_not_taken(tool, engine):
    """The driver's queue stays full: nobody else holds anything."""
    engine.write_errors = [errno.EAGAIN] * 100000
    r = tool.run("features", "--json", speed=SPEED)
    assert r.status == 8 and r.json()["error"]["reason"] == "not-taken", r
    r = tool.run("features", speed=SPEED)
    assert "takes no messages" in r.err and "program" not in r.err, r
    r = tool.run("configure", "start", "--yes", speed=SPEED)
    assert r.status == 8 and "takes no messages" in r.err, r
    engine.write_errors = [errno.EAGAIN] * 3
    assert tool.run("features").status == 0


def test_read_that_fails_otherwise(tool, engine):
    engine.message = lambda link, client, m: engine.error(link, errno.EIO)
    r = tool.run("features")
    assert r.status == 1 and "Input/output error" in r.err, r


def test_late_answer_is_waited_for(tool, engine):
    answer = engine.answer

    def late(command, data):
        time.sleep(0.03)
        return answer(command, data)

    engine.answer = late
    assert tool.run("status").status == 0


def test_not_ready_is_asked_again(tool, engine):
    engine.statuses[0x04000011] = [2, 2, 0]
    r = tool.run("status", "--json", speed=SPEED)
    assert r.status == 0, r
    assert r.json()["provisioning_state_number"] == 0
    assert engine.asked.count(0x04000011) == 3


def test_not_ready_has_an_end(tool, engine):
    """All together, not ten seconds for each command."""
    engine.status = lambda command: 2
    r = tool.run("status", "--json", speed=SPEED)
    assert len(engine.asked) < 30, len(engine.asked)
    assert r.json()["uuid_status_name"] == "NOT_READY"
    r = tool.run("versions", speed=SPEED)
    assert r.status == 8, r


WRONG = {
    "short": lambda a: a[:15],
    "one byte": lambda a: a[:1],
    "length too large": lambda a: a[:8] + struct.pack("<I", len(a)) + a[12:],
    "length too small": lambda a: a[:8] + struct.pack("<I", len(a) - 13) + a[12:],
    "length of nothing": lambda a: a[:8] + b"\xff\xff\xff\xff" + a[12:],
    "cut": lambda a: a[:-1],
    "more": lambda a: a + b"x",
    "another command": lambda a: a[:4] + b"\xff" + a[5:],
    "not an answer": lambda a: a[:6] + b"\0" + a[7:],
    "major 2": lambda a: b"\2" + a[1:],
    "minor 0": lambda a: a[:1] + b"\0" + a[2:],
    "reserved": lambda a: a[:2] + b"\1" + a[3:],
    "data missing": lambda a: a[:8] + b"\4\0\0\0" + a[12:16],
    "data too many": lambda a: a[:8] + struct.pack("<I", len(a) - 8) + a[12:]
    + b"abcd",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_malformed_answers(tool, engine, wrong):
    answer = engine.answer
    engine.answer = lambda command, data: WRONG[wrong](answer(command, data))
    for command in COMMANDS:
        r = tool.run(command, "--json")
        assert r.status in (0, 1) and not r.err, (command, r)
        if wrong != "data too many" or command != "features":
            assert r.status == 1, (command, r)
            assert r.json()["error"]["reason"] == "malformed", (command, r)
    r = tool.run("configure", "start", "--yes", "--json")
    assert r.status == 1 and 0x04000029 not in engine.asked, r


def test_one_malformed_answer_leaves_the_others(tool, engine):
    engine.payloads[0x0400005c] = b"short"
    r = tool.run("status", "--json")
    assert r.status == 1, r
    assert "uuid" not in r.json() and r.json()["dns_suffixes"], r
    assert "0x0400005c" in r.json()["error"]["message"], r


def test_a_link_that_breaks_after_a_malformed_answer(tool, engine):
    """The second is the end; the first is what the exit status says."""
    message = engine.message
    engine.payloads[0x04000030] = b"short"

    def fail(link, client, data):
        if struct.unpack_from("<I", data, 4)[0] == 0x0400002e:
            engine.error(link, errno.EIO)
        else:
            message(link, client, data)

    engine.message = fail
    r = tool.run("features")
    assert r.status == 1 and "0x04000030" in r.err, r
    assert r.err.count("\n") == 2 and "Input/output error" in r.err, r
    assert 0x0400001b not in engine.asked


@pytest.mark.parametrize("count", [2, 65, 0xffffffff])
def test_counts_that_lie(tool, engine, count):
    command = engine.command

    def lie(code, data):
        status, payload = command(code, data)
        if code == 0x0400002c:
            payload = struct.pack("<I", count) + payload[4:]
        if code == 0x0400001a:
            payload = payload[:65] + struct.pack("<I", count) + payload[69:]
        return status, payload

    engine.command = lie
    for name in "hashes", "versions":
        r = tool.run(name)
        assert r.status == 1 and "unexpected size" in r.err, r


def test_hash_that_is_not_there(tool, engine):
    engine.statuses[0x0400002d] = [0x23, 0]
    r = tool.run("hashes", "--json")
    assert r.status == 0 and len(r.json()["hashes"]) == 2, r
    assert "INVALID_INDEX" in r.json()["notes"][0]


def test_hashes_that_are_refused(tool, engine):
    engine.statuses[0x0400002c] = [0x10]
    r = tool.run("hashes", "--json")
    assert r.status == 0 and r.json()["hashes"] is None, r
    assert r.json()["hashes_status_name"] == "NOT_PERMITTED"


def test_versions_that_are_refused(tool, engine):
    engine.statuses[0x0400001a] = [0x10]
    r = tool.run("versions")
    assert r.status == 7 and "NOT_PERMITTED" in r.err, r
    assert tool.run("status").status == 0


def test_full_standard_output(tool, engine):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([tool.program, "status"], stdout=full,
                              env=tool.environment(), stderr=subprocess.PIPE,
                              check=False)
    assert done.returncode == 1 and b"No space left" in done.stderr


def test_closed_descriptors(tool, engine):
    done = subprocess.run(["sh", "-c", '"$0" status <&- >&- 2>&-', tool.program],
                          env=tool.environment(), check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("wrong", ["disabled", "malformed"])
def test_the_watchdog_is_asked_whatever_amt_answers(tool, engine, wrong):
    """It is another client, and can tell that AMT is off."""
    engine.answer = lambda command, data: b"" if wrong == "disabled" else b"x"
    engine.flags = 0x81
    r = tool.run("status", "--json")
    assert r.status == (4 if wrong == "disabled" else 1), r
    assert r.json()["watchdog"]["enabled"] is False, r


def test_an_amt_that_is_silent_is_not_waited_for_twice(tool, engine):
    engine.message = lambda link, client, m: None
    r = tool.run("status", "--json", speed=SPEED)
    assert r.status == 8 and len(engine.connected) == 1, r


def test_status_of_an_engine_without_amt(tool):
    no_client(tool)
    e = tool.run("status", "--json").json()["engine"]
    assert e["node"] == "/dev/mei0" and "protocol" not in e, e
