# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: what is refused, and what help and version say."""
import pytest

COMMANDS = ("status", "capability", "capsule", "stage", "activate", "history",
            "stage-activate", "telemetry", "telemetry-info", "log-level",
            "watchdog", "metrics", "report")
REFUSED = {
    "unknown command": ["frobnicate"],
    "prefix of a command is no command": ["stat"],
    "missing value": ["capability", "--device"],
    "missing file": ["stage"],
    "two files": ["stage", "a", "b"],
    "argument where none belongs": ["activate", "a"],
    "revision 3": ["capability", "--revision", "3"],
    "revision 0": ["capability", "--revision", "0"],
    "revision 1x": ["capability", "--revision", "1x"],
    "type": ["telemetry", "--type", "old"],
    "full and delta": ["telemetry", "--full", "--delta"],
    "state without delta": ["telemetry", "--state", "x"],
    "state is the output": ["telemetry", "--delta", "--state", "x", "--output",
                            "x"],
    "journal without delta": ["telemetry", "--journal"],
    "interval without follow": ["telemetry", "--delta", "--interval", "1"],
    "journal and JSON": ["telemetry", "--follow", "--journal", "--json"],
    "raw and JSON": ["telemetry", "--raw", "--json"],
    "confirm x": ["telemetry", "--follow", "--confirm", "x"],
    "retries -1": ["stage", "--retries", "-1", "x"],
    "retries 3601": ["stage", "--retries", "3601", "x"],
    "dry run of an activation": ["activate", "--dry-run"],
    "level 3": ["log-level", "3"],
    "level debug": ["log-level", "debug"],
    "empty device": ["capability", "--device", ""],
}


@pytest.fixture(autouse=True)
def without_devices(tool):
    """None is needed to refuse a command line."""
    tool.use("bare")


def test_refused(expect):
    for what, arguments in REFUSED.items():
        expect(what, 2, *arguments)
    for value in ("0", "-1", "1.", ".5", "1.2345", "1x", "86401", ""):
        expect(f"interval '{value}'", 2, "telemetry", "--follow", "--interval",
               value)


def test_refused_and_named(expect, check):
    r = expect("no command", 2)
    check("no command: says so", r.says("no command was given"), r)
    check("no command: nothing on stdout", not r.out, r)
    r = expect("unknown option", 2, "--frobnicate")
    check("unknown option: names it", r.says("frobnicate"), r)
    r = expect("retries for an activation", 2, "stage-activate", "--retries",
               "1", "x")
    check("retries for an activation: says so", r.says("takes no --retries"),
          r)
    r = expect("delta of another command", 2, "capability", "--delta")
    check("delta of another command: says so", r.says("takes no --delta"), r)


def test_refused_in_json(expect, check):
    r = expect("usage in JSON", 2, "--frobnicate", "--json")
    check("usage in JSON: one document", r.json()["error"]["exit_status"] == 2,
          r)
    check("usage in JSON: nothing on stderr", not r.err, r)
    r = expect("usage in JSON, option later", 2, "frobnicate", "-j")
    check("usage in JSON, option later",
          r.json()["error"]["reason"] == "usage", r)


def test_help(tool, expect, check):
    r = expect("help", 0, "--help")
    check("help: exit statuses", r.prints("7  the log changed"), r)
    for c in COMMANDS:
        r = expect(f"{c} --help", 0, c, "--help")
        check(f"{c} --help: names itself", r.prints(f"^Usage: pfructl {c}"), r)
        r = tool.run("--help")
        check(f"help names {c}", r.prints(f"^  {c} "), r)
    r = expect("activation's help warns", 0, "activate", "--help")
    check("activation's help warns", r.prints("DANGER"), r)


def test_help_in_json(expect, check):
    r = expect("help in JSON", 0, "--help", "--json")
    commands = r.json()["commands"]
    check("help in JSON: commands",
          {c["name"]: c.get("argument") for c in commands}["stage"] == "FILE"
          and all(c["help"] for c in commands), r)
    r = expect("a command's help in JSON", 0, "stage", "--help", "--json")
    check("a command's help in JSON: commands",
          "status" in [c["name"] for c in r.json()["commands"]], r)


def test_version(expect, check):
    r = expect("version", 0, "--version")
    check("version: features", r.prints("^features: .*openssl"), r)
    r = expect("version in JSON", 0, "--version", "--json")
    features = r.json()["features"]
    check("version in JSON", "kmod" in features and "journal" in features, r)
