# SPDX-License-Identifier: GPL-2.0-or-later
"""Two operators: one update at a time, and nobody activates what another staged."""
import fcntl
import os
import signal
import subprocess
import time

import pytest

from test_history import Machine, delayed, until


@pytest.fixture
def holder(tool):
    """A stage-activate that the firmware keeps busy."""
    process = tool.start("stage-activate", tool.inputs / "signed.cap",
                         slow=4000, count=tool.directory / "other")
    until(lambda: (tool.root / "started").exists())
    yield process
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_help_has_each_kind_of_busy(tool):
    text = " ".join(tool.run("stage", "--help").out.split())
    busy = text[text.index(" 6 busy:"):text.index(" 7 ")]
    for words in ("another update is under way", "staged by another operator",
                  "loads a capsule", "uses the position", "no log yet"):
        assert words in busy, words


@pytest.mark.parametrize("command", ["stage", "stage-activate", "activate"])
def test_busy_names_the_holder(tool, holder, command):
    line = [command] + [tool.inputs / "plain.cap"] * (command != "activate")
    r = tool.run(*line, "--json")
    d = r.json()
    assert (r.status, d["error"]["reason"], d["changed"]) == \
        (6, "locked", False), r
    assert (d["error"]["holder_pid"], d["error"]["holder_uid"],
            d["error"]["holder_command"]) == \
        (holder.pid, os.getuid(), "stage-activate"), r
    assert (r.counts["calls"], r.counts["writes"]) == (0, 0), r
    r = tool.run(*line)
    assert f"pfructl stage-activate, process {holder.pid} of user" in r.err, r


def test_what_changes_nothing_does_not_wait(tool, holder):
    for line in (["stage", "-n", tool.inputs / "plain.cap"], ["history"],
                 ["capability"], ["capsule", tool.inputs / "plain.cap"]):
        assert tool.run(*line).status == 0


def test_wait(tool, holder):
    begun = time.monotonic()
    r = tool.run("stage", "--wait", "0.5", tool.inputs / "plain.cap")
    assert r.status == 6 and 0.5 <= time.monotonic() - begun < 3.5, r
    r = tool.run("stage", "--wait", "30", tool.inputs / "plain.cap")
    assert r.status == 0 and holder.wait(1) == 0, r


def test_holder_that_was_killed(tool, holder):
    """The kernel gives its lock back; what it says of itself is not believed."""
    holder.kill()
    holder.wait()
    assert tool.run("stage", tool.inputs / "plain.cap").status == 0


@pytest.mark.parametrize("line", [["--wait", "0"], ["--wait=0.000"], []])
def test_wait_no_time(tool, holder, line):
    begun = time.monotonic()
    r = tool.run("stage", *line, tool.inputs / "plain.cap")
    assert r.status == 6 and time.monotonic() - begun < 2, r


def test_intervals_are_not_0(tool):
    for line in (["--interval", "0"], ["--confirm", "0.000"]):
        assert tool.run("telemetry", "--follow", *line).status == 2


def test_holder_is_not_named_by_what_was_left(tool):
    """Who has the lock, and has not said so yet, is not the one before."""
    assert tool.run("stage", tool.inputs / "plain.cap").status == 0
    lock = tool.root / "var/lib/pfructl/lock"
    assert lock.read_text() == ""
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    for text in ("", f"{gone.pid} 0 activate\n"):
        lock.write_text(text)
        with open(lock, encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            r = tool.run("stage", "--json", tool.inputs / "plain.cap")
        assert r.status == 6 and "holder_pid" not in r.json()["error"], r


def test_lock_that_was_removed(tool):
    """Between opening and locking it: the new one counts."""
    (tool.root / "var/lib/pfructl").mkdir(parents=True, mode=0o700)
    lock = tool.root / "var/lib/pfructl/lock"
    with delayed(tool, "flock", lock, "stage",
                 tool.inputs / "plain.cap") as late:
        until(lock.exists)
        time.sleep(0.3)
        lock.unlink()
        lock.touch(0o600)
        with open(lock, encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            _, err = late.communicate(timeout=30)
    assert late.returncode == 6 and "another update" in err, err


def test_the_one_waited_for_was_interrupted(tool):
    """What the record says is read again when the lock is ours."""
    machine = Machine(tool)
    machine.cut_off()
    machine.boot(1)
    assert tool.run("stage", "--wait", "1",
                    tool.inputs / "signed.cap").status == 4


def login(tool, uid):
    path = tool.root / "proc/self/loginuid"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(uid))


@pytest.mark.parametrize("first, second, status", [
    (1000, 1000, 0), (1000, 1001, 6), (4294967295, 1000, 0),
    (1000, 4294967295, 0)])
def test_staged_by_another(tool, first, second, status):
    machine = Machine(tool)
    login(tool, first)
    d = tool.run("stage", tool.inputs / "signed.cap", "--json").json()
    login(tool, second)
    r = tool.run("activate", "--json")
    assert r.status == status, r
    if not status:
        return
    assert r.json()["error"]["reason"] == "staged-by-another", r
    assert r.json()["error"]["sha256"] == d["sha256"]
    assert r.counts["calls"] == 0 and len(machine.attempts()) == 1, r
    r = tool.run("activate", "--sha256", d["sha256"], "--json")
    assert r.status == 0 and r.json()["outcome"] == "done", r


def test_another_staged_meanwhile(tool):
    """The last one to stage is who may activate."""
    Machine(tool)
    login(tool, 1000)
    tool.run("stage", tool.inputs / "signed.cap")
    login(tool, 1001)
    tool.run("stage", tool.inputs / "plain.cap")
    login(tool, 1000)
    assert tool.run("activate").status == 6
    login(tool, 1001)
    assert tool.run("activate").status == 0


def refused_to_another(tool, *node):
    """Is what user 1000 staged kept from user 1001 at that node?"""
    login(tool, 1001)
    r = tool.run("activate", "--json", *node)
    assert r.status in (0, 6), r
    return r.status == 6


def test_node_of_another_name(tool):
    """What counts is the device."""
    machine = Machine(tool)
    (tool.root / "dev/mine").symlink_to("pfru/update")
    for stage, activate in (([], ["-d", tool.root / "dev/mine"]),
                            (["-d", tool.root / "dev/pfru/../mine"], [])):
        login(tool, 1000)
        tool.run("stage", tool.inputs / "signed.cap", *stage)
        assert refused_to_another(tool, *activate), activate
    assert {a["device_id"] for a in machine.attempts()} == {"INTC1080:00"}


def test_node_of_another_driver(tool):
    """It is the same firmware."""
    Machine(tool)
    login(tool, 1000)
    tool.run("stage", tool.inputs / "signed.cap")
    (tool.root / "dev/pfru/update").unlink()
    (tool.root / "dev/acpi_pfr_update0").touch()
    login(tool, 1001)
    assert tool.run("activate", driver="mainline").status == 6


def test_platform_device_that_the_module_made(tool):
    """It is called otherwise after a reload; the ACPI device is not."""
    machine = Machine(tool)
    parent = tool.root / "sys/devices/virtual/misc/pfru_update0/device"
    tool.run("status")
    for number in range(2):
        made = tool.root / f"sys/devices/platform/pfru_update.{number}.auto"
        made.mkdir(parents=True)
        (made / "firmware_node").symlink_to("../../LNXSYSTM:00/INTC1080:07")
        parent.unlink()
        parent.symlink_to(f"../../../platform/{made.name}")
        if not number:
            login(tool, 1000)
            tool.run("stage", tool.inputs / "signed.cap")
    assert refused_to_another(tool)
    assert [a["device_id"] for a in machine.attempts()] == ["INTC1080:07"]


@pytest.mark.parametrize("parent, found", [("INTC1080:01", "INTC1080:01"),
                                           (None, "10:220")])
def test_another_device_of_that_name(tool, parent, found):
    machine = Machine(tool)
    login(tool, 1000)
    tool.run("stage", tool.inputs / "signed.cap")
    misc = tool.root / "sys/devices/virtual/misc/pfru_update1"
    misc.mkdir()
    if parent:
        (misc / "device").symlink_to("../../../platform/" + parent)
    (tool.root / "sys/dev/char/10:220").symlink_to(
        "../../devices/virtual/misc/pfru_update1")
    (tool.root / "dev/pfru/update").write_text("10:220")
    assert not refused_to_another(tool)
    last = machine.attempts()[-1]
    assert (last["device_id"], last["sha256"]) == (found, None)


def test_failed_stage_over_a_good_one(tool):
    """What the firmware holds then is not known, and nothing says it is."""
    machine = Machine(tool)
    good = tool.run("stage", tool.inputs / "signed.cap", "--json").json()
    assert tool.run("stage", tool.inputs / "plain.cap", start="5:1").status == 5
    r = tool.run("activate", "--json", "--sha256", good["sha256"])
    error = r.json()["error"]
    assert (r.status, error["reason"]) == (4, "sha256"), r
    assert "not known" in error["message"] and "found" not in error, r
    assert r.counts["calls"] == 0, r
    r = tool.run("activate", "--json")
    assert r.status == 0 and any("not known" in n for n in r.json()["notes"]), r
    assert machine.attempts()[-1]["sha256"] is None
    # and it is known again
    good = tool.run("stage", tool.inputs / "signed.cap", "--json").json()
    tool.run("stage", tool.inputs / "plain.cap", start="5:1")
    tool.run("stage", tool.inputs / "signed.cap")
    r = tool.run("activate", "--json", "--sha256", good["sha256"])
    assert r.status == 0 and "not known" not in r.out, r
    assert machine.attempts()[-1]["sha256"] == good["sha256"]


@pytest.mark.parametrize("line, start, known", [
    (["stage"], "5", False), (["stage-activate"], "5:1", False),
    (["stage-activate"], "5", False), (["activate"], "5:1", True),
    (["activate"], "5", False)])
def test_what_may_have_replaced_it(tool, line, start, known):
    machine = Machine(tool)
    good = tool.run("stage", tool.inputs / "signed.cap", "--json").json()
    if line != ["activate"]:
        line = line + [tool.inputs / "plain.cap"]
    assert tool.run(*line, start=start).status in (5, 8)
    assert tool.run("activate").status == 0
    assert machine.attempts()[-1]["sha256"] == \
        (good["sha256"] if known else None)


@pytest.mark.parametrize("start", ["5:1", "5"])
@pytest.mark.parametrize("first, second, third", [
    (1000, 1001, 1000), (1001, 1000, 1000), (1001, 1001, 1000)])
def test_failed_stage_by_another(tool, start, first, second, third):
    """Neither one's can be activated by mistake, and no sum is promised."""
    Machine(tool)
    login(tool, first)
    tool.run("stage", tool.inputs / "signed.cap")
    login(tool, second)
    tool.run("stage", tool.inputs / "plain.cap", start=start)
    login(tool, third)
    r = tool.run("activate", "--json")
    error = r.json()["error"]
    assert (r.status, error["reason"]) == (6, "staged-by-another"), r
    assert "not known" in error["message"], r
    assert "sha256" not in error and "--sha256" not in error["message"], r
    assert r.counts["calls"] == 0, r


@pytest.mark.parametrize("staged", [True, False])
def test_activate_another_sum(tool, staged):
    Machine(tool)
    if staged:
        tool.run("stage", tool.inputs / "plain.cap")
    r = tool.run("activate", "--sha256", "0" * 64, "--json")
    e = r.json()["error"]
    assert (r.status, e["reason"]) == (4, "sha256"), r
    assert ("found" in e) is staged and r.counts["calls"] == 0, r


def test_record_that_stays_locked(tool):
    """Before the call, with signals held, and after it: nobody waits for ever."""
    tool.run("stage", tool.inputs / "signed.cap")
    record = tool.root / "var/lib/pfructl/history"
    with open(record, encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        r = tool.run("stage-activate", tool.inputs / "plain.cap", timeout=20)
        assert r.status == 1 and r.counted(starts=0), r
        assert "history: cannot lock it: Device or resource busy" in r.err, r
        fcntl.flock(held, fcntl.LOCK_UN)
        process = tool.start("stage-activate", tool.inputs / "signed.cap",
                             slow=1000)
        until(lambda: (tool.root / "started").exists())
        fcntl.flock(held, fcntl.LOCK_EX)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "lacks how this one ended: cannot lock it" in err, err
