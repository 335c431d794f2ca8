# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a reader keeps its position: what was printed is not printed again, a
file that is missing or not credible is reported, and files of others are not harmed."""
import fcntl
import os

import pytest

from conftest import RAW


@pytest.fixture
def pos(tool):
    """A position's file, for a log of 1000 bytes."""
    tool.settings = {"newer": 1000}
    return tool.directory / "pos"


@pytest.fixture
def lib(tool):
    """Where the position's own directory is made, for such a log."""
    tool.settings = {"newer": 1000}
    directory = tool.root / "var/lib"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def precious(tool):
    """Somebody else's file."""
    path = tool.directory / "precious"
    path.write_text("precious\n")
    return path


def test_directory(tool, lib, expect, check):
    elsewhere = tool.directory / "elsewhere"
    elsewhere.mkdir()
    (lib / "pfructl").symlink_to(elsewhere)
    r = expect("state directory is a link", 1, "telemetry", "--delta")
    check("state directory is a link: nothing behind it",
          not os.listdir(elsewhere))
    check("state directory is a link: nothing printed", not r.out, r)
    (lib / "pfructl").unlink()
    (lib / "pfructl").mkdir()
    (lib / "pfructl").chmod(0o777)
    r = expect("state directory of everybody", 1, "telemetry", "--delta")
    check("state directory of everybody: words", r.says("written by others"),
          r)
    (lib / "pfructl").rmdir()
    expect("state directory is made", 0, "telemetry", "--delta")
    modes = [p.stat().st_mode & 0o7777 for p in
             (lib / "pfructl", lib / "pfructl/telemetry0-execution")]
    check("state directory is made: mode", modes == [0o700, 0o600], modes)


def test_links(lib, precious, expect, check):
    expect("first read", 0, "telemetry", "--delta")
    state = lib / "pfructl/telemetry0-execution"
    state.unlink()
    state.symlink_to(precious)
    r = expect("state is a link", 1, "telemetry", "--delta")
    check("state is a link: words", r.says("cannot open it"), r)
    state.unlink()
    new = state.with_name(state.name + ".new")
    new.symlink_to(precious)
    expect("new state is a link", 0, "telemetry", "--delta")
    lock = state.with_name(state.name + ".lock")
    lock.unlink()
    lock.symlink_to(precious)
    expect("lock is a link", 1, "telemetry", "--delta")
    check("links: not followed", precious.read_text() == "precious\n")


def test_no_file(tool, lib, expect):
    expect("first read", 0, "telemetry", "--delta")
    state = lib / "pfructl/telemetry0-execution"
    state.unlink()
    os.mkfifo(state)
    expect("state is a FIFO", 1, "telemetry", "--delta")
    state.unlink()
    state.mkdir()
    expect("state is a directory", 1, "telemetry", "--delta")
    (tool.root / "dev/pfru/telemetry-x").touch()
    expect("state: no name for it", 2, "telemetry", "--delta", "-d",
           tool.root / "dev/pfru/telemetry-x")
    expect("state: a directory", 1, "telemetry", "--delta", "--state",
           f"{tool.directory}/")
    expect("state: no directory", 1, "telemetry", "--delta", "--state",
           tool.directory / "no/x")


def first_line(edit):
    """A change of the first line alone."""
    def change(data):
        first, rest = data.split(b"\n", 1)
        return edit(first) + b"\n" + rest
    return change


DAMAGE = {
    "another number": lambda data: data.replace(b"1000", b"1001"),
    "another version": first_line(lambda line: line[:-1] + b"3"),
    "empty": lambda data: b"",
    "a line more": lambda data: data + b"more\n",
    "sum": lambda data: data[:-2] + b"x\n",
    "a number too large": lambda data: data.replace(b"1000", b"99999999999"),
    "not ours": first_line(lambda line: b"[Unit]"),
    "bytes behind it": lambda data: data + b"\n",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage(tool, pos, expect, check, what):
    tool.run("telemetry", "--delta", "--state", pos)
    before = pos.read_bytes()
    damaged = DAMAGE[what](before)
    assert damaged != before
    pos.write_bytes(damaged)
    r = expect(f"state: {what}", 1, "telemetry", "--delta", "--state", pos)
    check(f"state: {what}: what to do", r.says("emove the file|Remove it"), r)
    check(f"state: {what}: nothing printed", not r.out, r)
    check(f"state: {what}: left as it is", pos.read_bytes() == damaged, r)


def test_of_another_log(tool, pos, expect, check):
    tool.run("telemetry", "--delta", "--state", pos)
    r = expect("delta: of the other log", 1, "telemetry", "--delta", "--type",
               "history", "--state", pos)
    check("delta: of the other log: words",
          r.says("of type 'execution', not 'history'"), r)
    (tool.root / "dev/pfru/telemetry1").touch()
    r = expect("delta: of another device", 1, "telemetry", "--delta", "-d",
               "1", "--state", pos)
    check("delta: of another device: words", r.says("of device 0, not 1"), r)


def test_delta(pos, inputs, expect, check):
    delta = ["telemetry", "--delta", "--state", pos]
    r = expect("delta: all of it", 0, *delta, popen=RAW)
    check("delta: all of it", r.out == (inputs / "newer").read_bytes(), r)
    check("delta: two calls", r.counted(calls=2), r)
    r = expect("delta: nothing new", 0, *delta)
    check("delta: nothing new", not r.out, r)
    check("delta: one call", r.counted(calls=1), r)
    r = expect("delta: what is new", 0, *delta, "--json", newer=1013)
    d = r.json()
    check("delta: what is new, JSON", d["position"] == 1000 and
          d["size"] == 13 and d["lost"] == 0 and
          d["discontinuity"] is None and "T" in d["time"], r)
    check("delta: one line", r.out.count("\n") == 1, r)
    check("delta: what is new: two calls", r.counted(calls=2), r)


def test_discontinuity(tool, pos, expect, check):
    delta = ["telemetry", "--delta", "--json", "--state", pos]
    tool.run(*delta)
    r = expect("delta: went back", 0, *delta, newer=900)
    check("delta: went back", r.json()["discontinuity"] == "back" and
          r.json()["size"] == 900, r)
    r = expect("delta: another size", 0, *delta, newer=900, ring=2048)
    check("delta: another size", r.json()["discontinuity"] == "size", r)
    r = expect("delta: keeps changing", 7, *delta, resets=1)
    check("delta: keeps changing: bounded", r.counted(calls=6), r)
    check("delta: keeps changing: one line", r.out.count("\n") == 1, r)
    expect("delta: no log yet", 6, *delta, no_log=1)
    expect("delta: nonsense", 1, *delta, older=4000)


def test_locked(pos, expect, check):
    with open(f"{pos}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        r = expect("delta: locked", 6, "telemetry", "--delta", "--state", pos)
        check("delta: locked: words", r.says("another reader"), r)
        expect("full: needs no lock", 0, "telemetry")


def test_nothing_is_lost(tool, pos, inputs, expect, check):
    delta = ["telemetry", "--delta", "--state", pos]
    with open("/dev/full", "w", encoding="ascii") as full:
        r = tool.run(*delta, popen={"stdout": full})
    check("delta: /dev/full is reported", r.status == 1, r)
    r = expect("delta: nothing lost at /dev/full", 0, *delta, popen=RAW)
    check("delta: nothing lost at /dev/full",
          r.out == (inputs / "newer").read_bytes(), r)


def test_output(tool, pos, inputs, expect, check):
    collected = tool.directory / "collected"
    delta = ["telemetry", "--delta", "--state", pos, "--output", collected]
    expect("delta: --output", 0, *delta)
    expect("delta: --output appends", 0, *delta, newer=1013)
    check("delta: --output appends", collected.stat().st_size == 1013)
    expect("full: --output keeps what it had", 7, "telemetry", "--output",
           collected, changes=100)
    check("full: --output keeps what it had",
          collected.stat().st_size == 1013)
    expect("full: --output", 0, "telemetry", "-o", collected)
    check("full: --output replaces",
          collected.read_bytes() == (inputs / "newer").read_bytes())
    expect("full: --output nowhere", 1, "telemetry", "-o",
           tool.directory / "no/x")


def test_since_reset(tool, inputs, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("since the reset", 0, "telemetry", "--since-reset", popen=RAW)
    check("since the reset: lost", r.says("warning: .*: 9192 bytes"), r)
    check("since the reset: all there is",
          r.out == (inputs / "chronological").read_bytes(), r)
    r = expect("since the reset, JSON", 0, "telemetry", "--since-reset", "-j")
    check("since the reset, JSON",
          r.json()["lost"] == 9192 and r.json()["position"] == 9192, r)


def test_mainline(tool, pos, inputs, expect, check):
    tool.use("mainline")
    tool.settings = {"newer": 1000, "older": 3096}
    delta = ["telemetry", "--delta", "--state"]
    r = expect("mainline: delta", 0, *delta, pos, popen=RAW)
    check("mainline: delta", r.out == (inputs / "chronological").read_bytes(),
          r)
    r = expect("mainline: delta, nothing new", 0, *delta, pos)
    check("mainline: delta, nothing new: one call", r.counted(calls=1), r)
    r = expect("mainline: delta, older part elsewhere", 0, *delta,
               tool.directory / "other", "--json", elsewhere=1)
    check("mainline: delta, older part elsewhere",
          r.json()["lost"] == 3096 and r.json()["size"] == 1000, r)
    expect("mainline: delta, no mapping", 1, *delta,
           tool.directory / "third", mmap=11)
