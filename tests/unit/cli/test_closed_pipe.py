# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader that has gone has seen enough: "pfructl telemetry | head -1" ends
silently. A command that changed the machine does not."""
import os

import pytest

import live


def closed(tool, *arguments, **fake):
    """A run whose standard output is a pipe that nobody reads."""
    there, here = os.pipe()
    os.close(there)
    got = tool.run(*arguments, popen={"stdout": here}, **fake)
    os.close(here)
    return got


@pytest.mark.parametrize("arguments", [
    ["telemetry"],
    ["telemetry", "--json"],
    ["telemetry", "-o", "-"],
    ["telemetry", "--summary"],
    ["telemetry", "--delta", "--state", "pos"],
    ["telemetry", "--delta", "--json", "--state", "pos"],
    ["telemetry", "--follow", "--state", "pos"],
    ["capability"],
    ["telemetry-info"],
    ["--help"],
    ["--version", "--json"]])
def test_silent(tool, arguments, tmp_path):
    arguments = [tmp_path / a if a == "pos" else a for a in arguments]
    got = closed(tool, *arguments, newer=1000)
    assert (got.status, got.err) == (1, ""), got


@pytest.mark.parametrize("mode", ["--delta", "--follow"])
def test_closed_in_a_line(tool, tmp_path, mode):
    """Half a line of JSON for somebody who wanted ten bytes is no news."""
    log = live.Log(str(tmp_path / "live"), 1 << 20)
    log.append(b"a line of the log\n" * 20000)
    process = tool.start("telemetry", mode, "--json", "--state",
                         tmp_path / "pos", live=tmp_path / "live")
    assert process.stdout.read(10) == '{"schema_v'
    process.stdout.close()
    assert process.wait(20) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_nothing_lost(tool, tmp_path):
    """What was not read is printed the next time."""
    closed(tool, "telemetry", "--delta", "--state", tmp_path / "pos",
           newer=1000)
    got = tool.run("telemetry", "--delta", "--state", tmp_path / "pos",
                   popen={"text": False, "errors": None}, newer=1000)
    assert got.out == (tool.inputs / "newer").read_bytes(), got


# an action that succeeded must not look like one that failed
@pytest.mark.parametrize("arguments", [
    ["stage-activate", "signed.cap"], ["activate"], ["stage", "signed.cap"]])
def test_an_action_is_not_passed_over(tool, arguments):
    """What the firmware did is said, if not where it should be."""
    arguments = [tool.inputs / a if a.endswith(".cap") else a
                 for a in arguments]
    got = closed(tool, *arguments)
    assert got.status == 9, got.err
    assert "cannot write to standard output" in got.err, got.err
    assert "the firmware" in got.err, got.err


def test_closed_file_is_named(tool, tmp_path):
    """A FIFO that was named is not standard output."""
    there, here = os.pipe()
    os.close(there)
    got = tool.run("telemetry", "-o", f"/proc/self/fd/{here}",
                   popen={"pass_fds": [here]}, newer=1000)
    os.close(here)
    assert got.status == 1 and "cannot write to" in got.err, got


def test_dry_run(tool):
    """It changes nothing that would have to be said."""
    got = closed(tool, "stage", "-n", tool.inputs / "signed.cap")
    assert (got.status, got.err) == (1, ""), got
