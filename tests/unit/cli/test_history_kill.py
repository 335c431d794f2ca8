# SPDX-License-Identifier: GPL-2.0-or-later
"""The record when the program is killed before each system call from the record's
first one on, and when the disk is full: no attempt without its beginning on the
disk, and no end that did not happen."""
import json
import os
import re
import subprocess

import pytest

import schema
from test_history import Machine, fill

CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)", re.M)
# what can change what is on record
CHANGES = {"unlink", "unlinkat", "open", "openat", "write", "fsync", "fdatasync",
           "link", "linkat", "rename", "renameat", "renameat2", "ftruncate"}


def strace(tool, *options, fake=()):
    """stage-activate under strace; FAKE_SLOW leaves a file when the firmware is
    called."""
    env = tool.environment({"slow": 1, **dict(fake)})
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    log = tool.directory / "strace"
    r = subprocess.run(
        ["strace", "-o", log, *options, tool.program, "stage-activate",
         tool.inputs / "signed.cap"], env=env, capture_output=True, text=True,
        timeout=60, check=False)
    return r, log.read_text()


def calls(log):
    """(name, which of that name, arguments) of each system call."""
    seen = {}
    for name, arguments in CALL.findall(log):
        seen[name] = seen.get(name, 0) + 1
        yield name, seen[name], arguments


def points(tool):
    """Where to kill: from the first look at the record until it is only the lines
    that ran that are counted."""
    _, log = strace(tool)
    all_calls = list(calls(log))
    first = next(i for i, c in enumerate(all_calls)
                 if "var/lib/pfructl" in c[2])
    last = next(i for i, c in enumerate(all_calls) if ".gcda" in c[2])
    return all_calls[first:last]


def fresh(tool):
    subprocess.run(["rm", "-rf", tool.root / "var", tool.root / "started"],
                   check=True)


def test_order(tool):
    """On the disk, the name too, before the firmware is called."""
    Machine(tool)
    (tool.root / "var/lib/pfructl").mkdir(parents=True, mode=0o700)
    log = [c for c in points(tool)]
    written = next(i for i, c in enumerate(log) if '\\"begun\\"' in c[2])
    synced = next(i for i, c in enumerate(log)
                  if c[0] == "fdatasync" and i > written)
    named = next(i for i, c in enumerate(log) if c[0] == "fsync")
    called = next(i for i, c in enumerate(log) if "started" in c[2])
    ended = next(i for i, c in enumerate(log) if '\\"done\\"' in c[2])
    assert named < written < synced < called < ended, log


@pytest.mark.parametrize("there", ["", "var", "var/lib", "var/lib/pfructl"])
def test_names_are_on_the_disk(tool, there):
    """Those of the directories, too, whoever made them, before the first line."""
    machine = Machine(tool)
    if there:
        (tool.root / there).mkdir(parents=True, mode=0o700)
    _, log = strace(tool, "-y")
    written = log.index('\\"begun\\"')
    for name in ("/var/lib/pfructl", "/var/lib", "/var", ""):
        assert re.search(rf"fsync\(\d+<{re.escape(str(tool.root))}{name}>\) += 0",
                         log[:written]), (name, log)
    assert machine.attempts()[0]["state"] == "done"
    _, log = strace(tool, "-y")
    assert "fsync" not in log.replace("fdatasync", ""), "once is enough"


def test_directory_name_that_is_not_on_the_disk(tool):
    machine = Machine(tool)
    r, _ = strace(tool, "--inject=fsync:error=EIO:when=2")
    assert r.returncode == 1 and "Input/output error" in r.stderr, r
    assert not (tool.root / "started").exists()
    assert machine.attempts() == []


@pytest.mark.parametrize("error", ["EINVAL", "EROFS"])
def test_directory_that_cannot_be_synced(tool, error):
    """As that of a read-only file system: nothing in it can be lost."""
    Machine(tool)
    r, _ = strace(tool, f"--inject=fsync:error={error}:when=2+")
    assert r.returncode == 0, r


def test_killed_before_each_call(tool):
    machine = Machine(tool)
    killed = states = 0
    seen = set()
    found = points(tool)
    assert len(found) > 20, found
    for name, number, _ in found:
        fresh(tool)
        if name == "exit_group":
            continue
        r, _ = strace(tool, f"--inject={name}:signal=KILL:when={number}")
        assert r.returncode in (-9, 137), (name, number, r)
        killed += 1
        called = (tool.root / "started").exists()
        lines = machine.lines()
        where = (name, number, lines)
        if called:
            assert lines and lines[0]["event"] == "begun", where
        # one of each kind of what is left is enough for what follows
        kind = called, machine.file.exists() and \
            re.sub("[0-9a-f]{32}|[0-9]+", "", machine.file.read_text())
        if kind in seen:
            continue
        seen.add(kind)
        attempts = machine.attempts()
        if not attempts:
            assert not called, where
            continue
        states |= {"unfinished": 1, "done": 2}[attempts[0]["state"]]
        assert called or attempts[0]["state"] == "unfinished", where
        # and the next one can go on from there
        assert tool.run("stage", tool.inputs / "plain.cap").status == 0
        assert machine.attempts()[-1]["state"] == "done", where
        machine.boot(1)
        wanted = 4 if attempts[0]["state"] == "unfinished" else 0
        assert tool.run("stage", tool.inputs / "signed.cap").status == wanted
        machine.boot(0)
    # before the end, and after it
    assert killed > 20 and states == 3


def test_killed_while_files_change_places(tool):
    """What was interrupted long ago is on record whenever the program ends, and
    after the next change."""
    machine = Machine(tool)
    begun = machine.cut_off("plain.cap")
    machine.boot(1)
    fill(machine, begun, "a")
    old = machine.file.with_name("history.1")
    machine.file.rename(old)
    fill(machine, begun, "b")
    files = {f: f.read_bytes() for f in (old, machine.file)}

    def reset():
        fresh(tool)
        machine.file.parent.mkdir(parents=True, mode=0o700)
        for file, content in files.items():
            file.write_bytes(content)
            file.chmod(0o600)

    reset()
    found = points(tool)
    at = [i for i, c in enumerate(found) if "history.new" in c[2]]
    changes = [c for c in found[at[0]:at[-1] + 5] if c[0] in CHANGES]
    assert len(changes) > 5, found
    for name, number, _ in changes:
        reset()
        r, _ = strace(tool, f"--inject={name}:signal=KILL:when={number}")
        assert r.returncode in (-9, 137), (name, number, r)
        for wanted, capsule in (4, "plain.cap"), (0, "signed.cap"), (4, "plain.cap"):
            r = tool.run("stage", tool.inputs / capsule)
            assert r.status == wanted, (name, number, r)


IN_SMALL = r"""
mkdir -p "$FAKE_ROOT/var/lib" && mount -t tmpfs -o size=64k none "$FAKE_ROOT/var/lib" &&
mkdir -m 700 "$FAKE_ROOT/var/lib/pfructl" || exit 99
head -c $((65536 - 4096 * PAGES)) /dev/zero > "$FAKE_ROOT/var/lib/filler" 2> /dev/null
rm -f "$FAKE_ROOT/started"
"$@"
status=$?
cat "$FAKE_ROOT/var/lib/pfructl/history" 2> /dev/null > "$FAKE_ROOT/kept"
exit $status
"""


@pytest.mark.parametrize("pages", range(0, 9))
def test_full_disk(tool, pages):
    """Either nothing is done, or begin and end are on record."""
    Machine(tool)
    env = tool.environment({"slow": 1})
    env["PAGES"] = str(pages)
    r = subprocess.run(
        ["unshare", "-rm", "sh", "-c", IN_SMALL, "sh", tool.program,
         "stage-activate", "--json", tool.inputs / "signed.cap"], env=env,
        capture_output=True, text=True, timeout=60, check=False)
    schema.check(["stage-activate", "--json"], r.stdout)
    called = (tool.root / "started").exists()
    kept = [json.loads(l) for l in
            (tool.root / "kept").read_text().split("\n")[:-1]]
    if r.returncode == 0:
        assert called and [l["event"] for l in kept][:2] == ["begun", "done"], r
    else:
        assert r.returncode == 1 and not called and kept == [], (r, kept)
        assert "No space left" in r.stdout, r
    assert pages < 8 or r.returncode == 0, "a case in which there is room"
    assert pages > 1 or r.returncode == 1, "and one in which there is none"


def test_no_room_for_the_end(tool):
    """The firmware did it: that is said, and the record claims nothing else."""
    machine = Machine(tool)
    r, _ = strace(tool, "--inject=fdatasync:error=EIO:when=2")
    assert r.returncode == 0 and "lacks how this one ended" in r.stderr, r
    assert machine.attempts()[0]["state"] == "unfinished"


def test_name_that_is_not_on_the_disk(tool):
    """No line is in the file before its name is on the disk: nothing is begun."""
    machine = Machine(tool)
    (tool.root / "var/lib/pfructl").mkdir(parents=True, mode=0o700)
    r, _ = strace(tool, "--inject=fsync:error=EIO:when=1")
    assert r.returncode == 1 and not (tool.root / "started").exists(), r
    assert machine.attempts() == []
    machine.boot(1)
    assert tool.run("stage", tool.inputs / "signed.cap").status == 0


def test_beginning_that_is_not_on_the_disk(tool):
    """It was written; the disk did not take it: it is taken back."""
    machine = Machine(tool)
    r, _ = strace(tool, "--inject=fdatasync:error=EIO:when=1")
    assert r.returncode == 1 and not (tool.root / "started").exists(), r
    assert machine.attempts() == []
    r, _ = strace(tool, "--inject=fdatasync:error=EIO:when=1",
                  "--inject=ftruncate:error=EPERM")
    assert r.returncode == 1, r
    assert os.path.getsize(machine.file) > 0
