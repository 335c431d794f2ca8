# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: where options and their values may stand."""
import pytest


@pytest.mark.parametrize("line", [
    ("-d", "0", "capability", "--json"),
    ("-jd", "0", "capability"),
    ("-d0", "-j", "capability"),
    ("--device", "0", "--json", "capability"),
    ("--device=0", "--json", "--", "capability"),
    ("capability", "-jd0"),
    ("-r", "1", "capability", "--json", "--device=0"),
])
def test_values_before_the_command(tool, line):
    """The word after an option that takes a value is not the command."""
    r = tool.run(*line)
    assert r.status == 0 and r.json()["device"].endswith("/pfru/update"), r


@pytest.mark.parametrize("line, says", [
    (("stage-activate", "--retries", "1", "x"),
     "'stage-activate' takes no --retries;"),
    (("--retries", "1", "activate"), "'activate' takes no --retries;"),
    (("--delta",), "--delta needs a command that takes it;"),
    (("stage", "--dry", "x"), "unknown option --dry;"),
    (("capability", "-t"), "'capability' takes no -t;"),
    (("telemetry", "--state", ""), "--state needs a file, not an empty name;"),
    (("stage",), "FILE is missing after 'stage';"),
])
def test_what_is_wrong_is_named(tool, line, says):
    """An option that is another command's is not called unknown."""
    r = tool.run(*line)
    assert r.status == 2 and says in r.err and not r.counts["opens"], r


def test_argument_that_begins_with_a_dash(tool):
    r = tool.run("capsule", "--no-device", "--", "--json")
    assert r.status == 1 and "--json: cannot read" in r.err, r
