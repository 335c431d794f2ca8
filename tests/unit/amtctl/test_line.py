# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line, and that help, completions and manual page agree with it."""
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[3]
BASH = TOP / "shell-completion/bash/amtctl"
ZSH = TOP / "shell-completion/zsh/_amtctl"
FISH = TOP / "shell-completion/fish/amtctl.fish"
MAN = TOP / "man/amtctl.1.scd"


@pytest.mark.parametrize("line,says", [
    ([], "no command was given"),
    (["frobnicate"], "unknown command frobnicate"),
    (["stat"], "unknown command stat"),
    (["--frobnicate"], "unknown option --frobnicate"),
    (["-x"], "unknown option -x"),
    (["-qx"], "unknown option -x;"),
    (["-xq"], "unknown option -x;"),
    (["status", "-qx"], "unknown option -x;"),
    (["status", "--yes"], "'status' takes no --yes"),
    (["status", "-n"], "'status' takes no -n"),
    (["status", "--js"], "unknown option --js"),
    (["status", "--json=x"], "--json takes no value"),
    (["status", "x"], "one argument too many: x"),
    (["configure"], "start|stop is missing after 'configure'"),
    (["configure", "begin"], "'configure' takes start|stop, not begin"),
    (["configure", "sta"], "'configure' takes start|stop, not sta"),
    (["configure", "start", "stop"], "one argument too many: stop"),
    (["\x1b[2J"], r"unknown command \x1b[2J"),
])
def test_usage(tool, line, says):
    r = tool.run(*line)
    assert r.status == 2 and says in r.err and not r.out, r
    r = tool.run(*line, "--json")
    assert r.status == 2 and not r.err, r
    assert r.json()["error"]["exit_status"] == 2
    assert r.json()["schema_version"] == 1


@pytest.mark.parametrize("line", [
    ["status", "-jq"], ["-j", "status"], ["--json", "--quiet", "status"],
    ["status", "--json", "--"], ["configure", "-nj", "--", "start"]])
def test_options_anywhere(tool, engine, line):
    assert tool.run(*line).json()["schema_version"] == 1


def test_quiet_has_no_notes(tool, engine):
    engine.state = 1
    assert "nothing to do" in tool.run("configure", "start").err
    assert not tool.run("configure", "start", "--quiet").err


def test_version(tool):
    version = (TOP / "VERSION").read_text().strip()
    assert tool.run("--version").out == f"amtctl {version}\n"
    assert tool.run("-Vj").json()["version"] == version


def test_help(tool):
    r = tool.run("--help")
    assert r.status == 0 and "  9  unknown" in r.out, r
    for line in r.out.splitlines():
        assert len(line) <= 80, line
    r = tool.run("configure", "--help")
    assert "DANGER" in r.out and "-n, --dry-run" in r.out, r
    assert "--dry-run" not in tool.run("status", "--help").out


def line_of(tool):
    """{command: (argument, options)}, and what every command takes."""
    d = tool.run("--help", "--json").json()
    names = lambda options: [o["name"] for o in options]
    return ({c["name"]: (c.get("argument", ""), names(c["options"]))
             for c in d["commands"]}, names(d["options"]))


def complete(*words):
    """What bash would offer for the last word."""
    line = " ".join(f"'{w}'" for w in words)
    script = (f". {BASH}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
              "_amtctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return set(subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE,
                              check=True, text=True).stdout.split())


def test_bash_completion(tool):
    commands, every = line_of(tool)
    assert complete("amtctl", "") == set(commands)
    assert complete("amtctl", "--") == {"--" + o for o in every}
    for name, (argument, own) in commands.items():
        assert complete("amtctl", name, "--") == {
            "--" + o for o in every + own}, name
        assert complete("amtctl", name, "") == set(
            argument.split("|") if argument else []), name


def test_other_completions(tool):
    commands, every = line_of(tool)
    zsh, fish = ZSH.read_text(), FISH.read_text()
    assert set(re.findall(r"'([a-z]+):", zsh)) == set(commands)
    assert set(re.search(r"set -l commands (.*)", fish).group(1).split()) \
        == set(commands)
    wanted = set(every).union(*(own for _, own in commands.values()))
    assert set(re.findall(r"--([a-z-]+)[}'\[]", zsh)) == wanted
    assert set(re.findall(r"(?<!set) -l ([a-z-]+)", fish)) == wanted
    for argument, _ in commands.values():
        for word in filter(None, argument.split("|")):
            assert word in zsh and word in fish, word


def test_manual_page(tool):
    commands, every = line_of(tool)
    text = MAN.read_text().replace("\\", "")
    for name, (_, own) in commands.items():
        assert re.search(rf"^\*{name}\*", text, re.M), name
        for option in own + every:
            assert re.search(rf"^(\*-.\*, )?\*--{option}\*", text, re.M), option
    said = re.findall(r"^\*(\d)\*$", text, re.M)
    assert said == [str(n) for n in range(10)]
