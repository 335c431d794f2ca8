# SPDX-License-Identifier: GPL-2.0-or-later
"""Two operators: one update at a time, and nobody activates what another staged."""
import os
import signal
import time

import pytest

from test_history import Machine


@pytest.fixture
def holder(tool):
    """A stage-activate that the firmware keeps busy."""
    process = tool.start("stage-activate", tool.inputs / "signed.cap",
                         slow=4000, count=tool.directory / "other")
    end = time.monotonic() + 20
    while not (tool.root / "started").exists():
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
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


@pytest.mark.parametrize("staged", [True, False])
def test_activate_another_sum(tool, staged):
    Machine(tool)
    if staged:
        tool.run("stage", tool.inputs / "plain.cap")
    r = tool.run("activate", "--sha256", "0" * 64, "--json")
    e = r.json()["error"]
    assert (r.status, e["reason"]) == (4, "sha256"), r
    assert ("found" in e) is staged and r.counts["calls"] == 0, r
