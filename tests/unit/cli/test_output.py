# SPDX-License-Identifier: GPL-2.0-or-later
"""--output: a name is opened as a shell's redirection opens it, only a regular
file or a free name is replaced by a new file, and nothing is left behind.

No test touches /dev: links like those of /dev are made in the test's directory.
"""
import errno
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import threading

import pytest

MODES = [[], ["--delta", "--state", "pos"]]
OLD = b"what was there before\n"


@pytest.fixture
def log(tool):
    """What a full read prints."""
    tool.full = {"newer": 1000}
    return (tool.inputs / "newer").read_bytes()


def full(tool, name, *more, popen=None, **fake):
    """A full read to a file, or to standard output with a name of "-"."""
    options = {"text": False, "errors": None}
    options.update(popen or {})
    return tool.run("telemetry", "-o", name, *more, popen=options,
                    **tool.full, **fake)


def names(directory):
    return sorted(os.listdir(directory))


@pytest.fixture
def place(tmp_path):
    """An empty directory with a link to the descriptors, like /dev/fd."""
    directory = tmp_path / "place"
    directory.mkdir()
    (tmp_path / "fd").symlink_to("/proc/self/fd")
    (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
    return directory


@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_link_to_stdout(tool, log, place, mode):
    """A pipe on standard output gets the log, and the link stays."""
    link = place.parent / "stdout"
    got = full(tool, link, *mode, popen={"cwd": place})
    assert (got.status, got.out, got.err) == (0, log, b""), got
    assert link.is_symlink(), got


def test_link_to_stdout_socket(tool, log, place):
    """A socket can't be opened by name: it is standard output all the same."""
    link = place.parent / "stdout"
    ours, theirs = socket.socketpair()
    got = full(tool, link, popen={"stdout": theirs})
    theirs.close()
    printed = ours.makefile("rb").read()
    ours.close()
    assert (got.status, printed) == (0, log), got


@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_link_to_stdout_file(tool, log, place, mode):
    """What others print to the same standard output stays around it."""
    with open(place / "all", "wb", buffering=0) as f:
        f.write(b"before\n")
        got = full(tool, place.parent / "stdout", *mode,
                   popen={"stdout": f, "cwd": place})
        f.write(b"after\n")
    assert got.status == 0, got
    assert (place / "all").read_bytes() == b"before\n" + log + b"after\n"


def test_descriptor_of_file(tool, log, place):
    """A file that somebody holds open keeps its inode."""
    with open(place / "x", "w+b", buffering=0) as f:
        f.write(OLD)
        got = full(tool, place.parent / f"fd/{f.fileno()}",
                   popen={"pass_fds": [f.fileno()]})
        assert got.status == 0, got
        assert os.pread(f.fileno(), 4096, 0) == log
        assert os.fstat(f.fileno()).st_nlink == 1


def test_descriptor_of_pipe(tool, log, place):
    """What a shell makes of >(cat)."""
    there, here = os.pipe()
    got = full(tool, place.parent / f"fd/{here}", popen={"pass_fds": [here]})
    os.close(here)
    with open(there, "rb") as f:
        assert (got.status, f.read()) == (0, log), got


@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_fifo(tool, log, place, mode):
    os.mkfifo(place / "fifo")
    read = []
    reader = threading.Thread(
        target=lambda: read.append((place / "fifo").read_bytes()), daemon=True)
    reader.start()
    got = full(tool, place / "fifo", *mode, popen={"cwd": place})
    reader.join(10)
    assert (got.status, read) == (0, [log]), got
    assert stat.S_ISFIFO((place / "fifo").lstat().st_mode)


@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_dangling_link(tool, log, place, mode):
    (place / "link").symlink_to("target")
    got = full(tool, place / "link", *mode, popen={"cwd": place})
    assert got.status == 0, got
    assert (place / "link").is_symlink()
    assert (place / "target").read_bytes() == log


def test_dangling_link_unread(tool, log, place):
    """No log, no file."""
    (place / "link").symlink_to("target")
    got = tool.run("telemetry", "-o", place / "link", no_log=1)
    assert got.status == 6, got
    assert names(place) == ["link"]


def test_link_to_file(tool, log, place):
    (place / "link").symlink_to("target")
    (place / "target").write_bytes(OLD)
    inode = (place / "target").stat().st_ino
    got = full(tool, place / "link")
    assert got.status == 0, got
    assert (place / "link").is_symlink()
    assert (place / "target").stat().st_ino != inode, "replaced as a whole"
    assert (place / "target").read_bytes() == log
    assert names(place) == ["link", "target"]


@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_dash_is_stdout(tool, log, place, mode):
    got = full(tool, "-", *mode, popen={"cwd": place})
    assert (got.status, got.out) == (0, log), got
    assert "-" not in names(place)


def test_dash_and_journal(tool):
    got = tool.run("telemetry", "--delta", "--journal", "-o", "-")
    assert got.status == 2 and "--journal excludes" in got.err, got


@pytest.mark.parametrize("arguments", [
    ["telemetry", "-o", ""],
    ["telemetry", "--delta", "-o", ""],
    ["telemetry", "--delta", "--state", ""],
    ["capsule", "--ca", "", "x"],
    ["capsule", ""],
    ["stage", ""]])
def test_empty_name(tool, arguments):
    """Refused at the command line, before the device is opened."""
    got = tool.run(*arguments, open=1)
    assert got.status == 2 and "empty name" in got.err, got


def test_standard_input_twice(tool):
    got = tool.run("capsule", "--ca", "-", "-")
    assert got.status == 2 and "standard input" in got.err, got


@pytest.mark.parametrize("name", ["no/x", "file/x", "x/", "."],
                         ids=["no-directory", "in-a-file", "slash", "dot"])
def test_not_opened(tool, log, place, name):
    """What can't be opened costs no firmware call, and changes nothing."""
    (place / "file").write_bytes(OLD)
    got = full(tool, os.path.join(place, name))
    assert got.status == 1 and b"cannot open it" in got.err, got
    assert got.counts["calls"] == 0, got
    assert names(place) == ["file"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0])
@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_mode_of_new(tool, log, place, mask, mode):
    """As a shell's redirection; a position is for its owner alone."""
    got = full(tool, place / "x", *mode,
               popen={"cwd": place, "umask": mask})
    assert got.status == 0, got
    assert stat.S_IMODE((place / "x").stat().st_mode) == 0o666 & ~mask
    if mode:
        assert stat.S_IMODE((place / "pos").stat().st_mode) == 0o600


def test_mode_of_old(tool, log, place):
    (place / "x").write_bytes(OLD)
    os.chmod(place / "x", 0o604)
    got = full(tool, place / "x")
    assert got.status == 0, got
    assert (place / "x").read_bytes() == log
    assert stat.S_IMODE((place / "x").stat().st_mode) == 0o604


@pytest.mark.parametrize("old", [True, False])
def test_longest_name(tool, log, place, old):
    name = "n" * 255
    if old:
        (place / name).write_bytes(OLD)
    got = full(tool, place / name)
    assert got.status == 0, got
    assert (place / name).read_bytes() == log
    assert names(place) == [name]


def test_killed_before_its_end(tool, log, place):
    """A file without a name leaves none, whatever ends the program."""
    (place / "x").write_bytes(OLD)
    got = tool.run("telemetry", "-o", place / "x", at=9, **tool.full)
    assert got.status == -signal.SIGKILL, got
    assert names(place) == ["x"]
    assert (place / "x").read_bytes() == OLD


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT,
                                    signal.SIGTERM])
@pytest.mark.parametrize("old", [True, False])
def test_ended_while_it_has_a_name(tool, log, place, number, old):
    """Where the filesystem wants a name from the beginning, a signal waits
    until that is gone."""
    if old:
        (place / "x").write_bytes(OLD)
    got = tool.run("telemetry", "-o", place / "x", at=int(number),
                   tmpfile=errno.EOPNOTSUPP, **tool.full)
    assert got.status == -number, got
    assert names(place) == ["x"]
    assert (place / "x").read_bytes() == log


def test_cannot_be_renamed_over(tool, log, place):
    """A file that something is mounted on, say: written in place."""
    (place / "x").write_bytes(OLD)
    inode = (place / "x").stat().st_ino
    got = full(tool, place / "x", renameat=errno.EBUSY)
    assert got.status == 0, got
    assert (place / "x").read_bytes() == log
    assert (place / "x").stat().st_ino == inode
    assert names(place) == ["x"]


@pytest.mark.parametrize("call", ["tmpfile", "fchown", "renameat"])
def test_broken_disk(tool, log, place, call):
    """What cannot be replaced for another reason stays as it was."""
    (place / "x").write_bytes(OLD)
    got = full(tool, place / "x", **{call: errno.ENOSPC})
    assert got.status == 1 and b"No space" in got.err, got
    assert (place / "x").read_bytes() == OLD
    assert names(place) == ["x"]


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
@pytest.mark.parametrize("old", [True, False])
def test_no_links(tool, log, place, error, old):
    """A filesystem that makes files without a name, and gives them none."""
    mask = os.umask(0o022)
    os.umask(mask)
    mode = 0o666 & ~mask
    if old:
        (place / "x").write_bytes(OLD)
        (place / "x").chmod(0o640)
        mode = 0o640
    got = full(tool, place / "x", linkat=error)
    assert (got.status, got.err) == (0, b""), got
    assert (place / "x").read_bytes() == log
    assert stat.S_IMODE((place / "x").stat().st_mode) == mode
    assert names(place) == ["x"]


def test_no_links_and_the_name_is_taken(tool, log, place):
    got = full(tool, place / "x", at=place / "x", linkat=errno.EPERM)
    assert got.status == 1 and b"File exists" in got.err, got
    assert (place / "x").read_bytes() == b"" and names(place) == ["x"]


def test_owner_that_cannot_be_kept(tool, log, place):
    """Rather written in place than given another owner."""
    (place / "x").write_bytes(OLD)
    inode = (place / "x").stat().st_ino
    got = full(tool, place / "x", fchown=errno.EPERM)
    assert got.status == 0, got
    assert (place / "x").read_bytes() == log
    assert (place / "x").stat().st_ino == inode
    assert names(place) == ["x"]


@pytest.mark.parametrize("tmpfile", [0, errno.EOPNOTSUPP])
def test_made_by_somebody_else_meanwhile(tool, log, place, tmpfile):
    """The file that took the name is not replaced."""
    got = full(tool, place / "x", at=place / "x", tmpfile=tmpfile)
    assert got.status == 1 and b"File exists" in got.err, got
    assert names(place) == ["x"]
    assert (place / "x").read_bytes() == b""


def test_full_disk(tool, log, place):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    got = full(tool, place / "new", popen={"preexec_fn": limit})
    assert got.status == 1 and b"cannot write to" in got.err, got
    assert names(place) == []


def shell(path, sign):
    """Does a shell's redirection open that name?"""
    return subprocess.run(["sh", "-c", f': {sign}"$1"', "sh", path],
                          stderr=subprocess.DEVNULL, timeout=10,
                          check=False).returncode == 0


@pytest.mark.parametrize("kind", ["link", "dangling", "regular"])
@pytest.mark.parametrize("mode,sign", [([], ">"),
                                       (MODES[1], ">>")],
                         ids=["full", "delta"])
def test_as_a_shell_in_a_sticky_directory(tool, log, place, kind, mode, sign):
    """fs.protected_symlinks and fs.protected_regular hold, whatever they are
    set to. As root, the files are somebody else's."""
    shared = place / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = place / "victim"
    name = shared / "x"
    if kind == "regular":
        name.write_bytes(OLD)
        name.chmod(0o666)
    else:
        name.symlink_to(victim)
    if kind == "link":
        victim.write_bytes(OLD)
    if os.geteuid() == 0:
        os.chown(name, 65534, 65534, follow_symlinks=False)
    before = victim.read_bytes() if victim.exists() else None
    got = full(tool, name, *mode, popen={"cwd": place})
    after = victim.read_bytes() if victim.exists() else None
    # a shell empties what it opens
    assert (got.status == 0) == shell(name, sign), got
    if got.status:
        assert b"cannot open it: Permission denied" in got.err, got
        assert (got.counts["calls"], after) == (0, before), got
    with open("/proc/sys/fs/protected_symlinks", encoding="ascii") as f:
        if os.geteuid() == 0 and kind != "regular" and f.read() == "1\n":
            assert got.status == 1, got


@pytest.mark.parametrize("state,output", [
    ("./x", "x"), ("x", "./x"), ("x", "hard"), ("x", "link"),
    ("y", "y.new"), ("y", "y.lock"), ("y", "../place/y.new"),
    ("y", "dangling")], ids=["dot-x", "x-dot", "hard", "link", "new", "lock",
                             "parent", "dangling"])
@pytest.mark.parametrize("there", [True, False])
def test_position_is_the_output(tool, log, place, state, output, there):
    """Whatever they are called: refused, and nothing is lost or made."""
    if there or output == "hard":
        got = tool.run("telemetry", "--delta", "--state", state,
                       popen={"cwd": place}, newer=500)
        assert got.status == 0, got
    if output == "hard":
        os.link(place / "x", place / "hard")
    if output == "link":
        (place / "link").symlink_to("x")
    if output == "dangling":
        (place / "dangling").symlink_to("y.new")
    before = {n: (place / n).read_bytes() for n in names(place)
              if (place / n).exists()}
    got = full(tool, output, "--delta", "--state", state,
               popen={"cwd": place})
    assert got.status == 2 and b"position" in got.err, got
    assert got.counts["calls"] == 0, got
    after = {n: (place / n).read_bytes() for n in names(place)
             if (place / n).exists()}
    after.pop(state.strip("./") + ".lock")
    before.pop(state.strip("./") + ".lock", None)
    assert after == before


def test_position_is_stdout(tool, log, place):
    tool.run("telemetry", "--delta", "--state", "x", popen={"cwd": place},
             newer=500)
    before = (place / "x").read_bytes()
    with open(place / "x", "ab") as f:
        got = tool.run("telemetry", "--delta", "--state", "x",
                       popen={"cwd": place, "stdout": f}, **tool.full)
    assert got.status == 2 and "position" in got.err, got
    assert (place / "x").read_bytes() == before


def test_default_position_is_the_output(tool, log, place):
    (tool.root / "var/lib").mkdir(parents=True)
    tool.run("telemetry", "--delta", newer=500)
    position = tool.root / "var/lib/pfructl/telemetry0-execution"
    before = position.read_bytes()
    got = full(tool, position, "--delta")
    assert got.status == 2 and b"position" in got.err, got
    assert position.read_bytes() == before


def test_position_in_no_file(tool, log, place):
    """What can't hold a position gets no lock beside it."""
    os.mkfifo(place / "fifo")
    got = tool.run("telemetry", "--delta", "--state", "fifo",
                   popen={"cwd": place})
    assert got.status == 1 and "cannot open it" in got.err, got
    assert names(place) == ["fifo"]


def test_other_file_beside_the_position(tool, log, place):
    """x.new is somebody's file: it is not removed for the position's sake."""
    (place / "x.new").write_bytes(OLD)
    got = tool.run("telemetry", "--delta", "--state", "x",
                   popen={"cwd": place}, **tool.full)
    assert got.status == 1 and "ends with .new" in got.err, got
    assert (place / "x.new").read_bytes() == OLD
    # one that a reader left is
    for left in (b"", b"pfructl-tele", b"pfructl-telemetry 2\nlog 0 0\n"):
        (place / "x.new").write_bytes(left)
        (place / "x.new").chmod(0o600)
        (place / "x").unlink(missing_ok=True)
        got = tool.run("telemetry", "--delta", "--state", "x",
                       popen={"cwd": place}, **tool.full)
        assert got.status == 0 and "x.new" not in names(place), got


def test_directory_that_cannot_be_read(tool, log, place):
    """One that is open for writing only: the file is in its place all the same."""
    got = full(tool, place / "x", directory=errno.EACCES)
    assert (got.status, got.err) == (0, b""), got
    assert (place / "x").read_bytes() == log


@pytest.mark.parametrize("old", [None, OLD], ids=["new", "old"])
def test_failure_to_write_in_json(tool, log, place, old, monkeypatch):
    """One document on standard output, as for any other failure."""
    # the limit is for the files of a build that counts lines, too: elsewhere
    monkeypatch.setenv("GCOV_PREFIX", str(tool.directory / "gcov"))
    monkeypatch.setenv("GCOV_ERROR_FILE", "/dev/null")
    if old:
        (place / "x").write_bytes(old)
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                      (100, 100))}
    got = full(tool, place / "x", "--json", popen=limit)
    error = json.loads(got.out)["error"]
    assert (got.status, got.err) == (1, b""), got
    assert (error["reason"], error["exit_status"], error["errno"]) == \
        ("output", 1, errno.EFBIG), got
    assert ((place / "x").read_bytes() == old) if old else not names(place)


def test_failure_to_write_in_json_that_nobody_reads(tool, log, place):
    end, other = os.pipe()
    os.close(end)
    got = full(tool, place / "x", "--json", fsync="", popen={"stdout": other})
    os.close(other)
    assert got.status == 1 and b"cannot write to it" in got.err, got


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("mode", MODES, ids=["full", "delta"])
def test_link_to_a_closed_descriptor(tool, log, place, mode, number):
    """Not to /dev/null, which the tool has in its place."""
    link = place / "link"
    link.symlink_to(f"/proc/self/fd/{number}")
    got = full(tool, link, *mode,
               popen={"cwd": place, "preexec_fn": lambda: os.close(number)})
    assert got.status == 1 and got.counts["calls"] == 0, got
    assert number == 2 or b"Bad file descriptor" in got.err, got


def test_link_to_stdout_that_is_dev_null(tool, log, place):
    """It was asked for, even while another descriptor is closed."""
    got = full(tool, place.parent / "stdout",
               popen={"stdout": subprocess.DEVNULL,
                      "preexec_fn": lambda: os.close(2)})
    assert got.status == 0, got
