# SPDX-License-Identifier: GPL-2.0-or-later
"""When the firmware's log is escaped: on a terminal, and wherever --escape is
given, as through ssh without a terminal of its own."""
import os
import pty

import pytest

RUDE = b"a\x1b[2Jb\tc\r\nd\xc2\x9be\r\n"
SHOWN = b"a\\x1b[2Jb\tc\r\nd\\xc2\\x9be\r\n"


@pytest.fixture
def rude(tool, tmp_path):
    """A log that would act on a terminal."""
    (tmp_path / "rude").write_bytes(RUDE)

    def run(*arguments, popen=None, **fake):
        options = {"text": False, "errors": None}
        options.update(popen or {})
        arguments = [tmp_path / a if a == "pos" else a for a in arguments]
        return tool.run("telemetry", *arguments, popen=options,
                        log=tmp_path / "rude", newer=len(RUDE), **fake)
    return run


@pytest.mark.parametrize("mode", [[], ["--delta", "--state", "pos"]])
def test_pipe(rude, tmp_path, mode):
    got = rude(*mode)
    assert (got.status, got.out) == (0, RUDE), got


@pytest.mark.parametrize("mode", [[], ["--delta", "--state", "pos"]])
def test_escape(rude, tmp_path, mode):
    got = rude("--escape", *mode)
    assert (got.status, got.out) == (0, SHOWN), got


@pytest.mark.parametrize("mode", [[], ["--delta", "--state", "pos"]])
def test_escape_to_file(rude, tmp_path, mode):
    got = rude("--escape", "-o", tmp_path / "x", *mode)
    assert got.status == 0, got
    assert (tmp_path / "x").read_bytes() == SHOWN


@pytest.mark.parametrize("mode", [[], ["--delta", "--state", "pos"]])
@pytest.mark.parametrize("more,want", [([], SHOWN), (["--raw"], RUDE)],
                         ids=["escaped", "raw"])
def test_terminal_by_name(rude, mode, more, want):
    """-o with the name of a terminal prints to a terminal."""
    ours, theirs = pty.openpty()
    got = rude("-o", os.ttyname(theirs), *mode, *more)
    os.set_blocking(ours, False)
    printed = os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)
    assert got.status == 0, got
    # the terminal itself makes \r\n of \n
    assert printed.replace(b"\r\r\n", b"\r\n") == want


@pytest.mark.parametrize("mode", [[], ["--delta", "--state", "pos"]])
def test_from_a_terminal_to_a_file(rude, tmp_path, mode):
    """A file gets the log as it is, whatever standard output is."""
    ours, theirs = pty.openpty()
    got = rude("-o", tmp_path / "x", *mode, popen={"stdout": theirs})
    os.close(ours)
    os.close(theirs)
    assert got.status == 0, got
    assert (tmp_path / "x").read_bytes() == RUDE


@pytest.mark.parametrize("more", [
    ["--raw"], ["--json"], ["--summary"], ["--delta", "--journal"]])
def test_excluded(rude, more):
    got = rude("--escape", *more)
    assert got.status == 2 and b"--escape" in got.out + got.err, got


def test_other_commands_have_none(tool):
    got = tool.run("capability", "--escape")
    assert got.status == 2 and "takes no --escape" in got.err, got


def test_help(tool):
    assert "--escape" in tool.run("telemetry", "--help").out
