# SPDX-License-Identifier: GPL-2.0-or-later
"""An option has one table: help in JSON shows it, and the completions of the real
shells, the manual page and the list of commands say the same."""
import os
import pathlib
import pty
import re
import subprocess
import time

import pytest

import test_usage

TOP = pathlib.Path(__file__).parents[3]
HERE = pathlib.Path(__file__).parent
NODES = ("pfru/update", "pfru/update1", "pfru/telemetry",
         "acpi_pfr_update0", "acpi_pfr_telemetry0")

# /dev with these nodes and little else, then a shell; the host's stays as it is
IN_OTHER_DEV = r"""
old=$(mktemp -d) && mount --rbind /dev "$old" && mount -t tmpfs none /dev || exit
mkdir /dev/pts /dev/pfru && mount --rbind "$old/pts" /dev/pts || exit
for n in null zero tty ptmx urandom; do
	touch "/dev/$n" && mount --bind "$old/$n" "/dev/$n" || exit
done
for n in """ + " ".join(NODES) + r"""; do touch "/dev/$n"; done
touch /dev/watchdog /dev/watchdog0
ln -s /proc/self/fd /dev/fd
umount -l "$old" && rmdir "$old"
exec "$@"
"""


def command(*arguments):
    """These arguments, run where /dev has our nodes and a watchdog."""
    return ["unshare", "-rm", "sh", "-c", IN_OTHER_DEV, "sh", *arguments]


class Bash:
    """The function that bash calls."""

    script = r"""
. "$1"; shift
for line; do
	read -ra COMP_WORDS <<<"$line"
	[[ $line != *' ' ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
	_pfructl
	printf '%s\n' "${COMPREPLY[@]}" END
done
"""

    def __call__(self, lines):
        r = subprocess.run(
            command("bash", "-c", self.script, "bash",
                    TOP / "shell-completion/bash/pfructl", *lines),
            capture_output=True, text=True, timeout=60, check=True)
        assert not r.stderr, r.stderr
        for part in r.stdout.split("END\n")[:-1]:
            yield set(part.splitlines()) - {""}


class Fish:
    """What fish itself answers."""

    def __init__(self, directory):
        self.home = directory

    def __call__(self, lines):
        script = f"source {TOP}/shell-completion/fish/pfructl.fish\n"
        for line in lines:
            script += f"complete -C '{line}'; echo END\n"
        r = subprocess.run(
            command("fish", "--no-config", "-c", script),
            capture_output=True, text=True, timeout=60, check=True,
            env={**os.environ, "HOME": str(self.home)})
        assert not r.stderr, r.stderr
        for part in r.stdout.split("END\n")[:-1]:
            yield {w.split("\t")[0] for w in part.splitlines()}


class Zsh:
    """An interactive zsh on a terminal."""

    def __init__(self, directory):
        self.found = directory / "found"

    def __call__(self, lines):
        pid, fd = pty.fork()
        if not pid:
            os.environ.update(COMPLETIONS=str(TOP / "shell-completion/zsh"),
                              FOUND=str(self.found), TERM="dumb")
            os.execvp("unshare", command("zsh", "-f", "-i"))
        try:
            os.write(fd, f"source {HERE}/complete.zsh\n".encode())
            self.until(fd, b"\rready> ")
            for line in lines:
                self.found.write_text("")
                os.write(fd, line.encode() + b"\x14")
                self.until(fd, None)
                yield set(self.found.read_text().split("\n")) - {"", "done"}
        finally:
            os.close(fd)
            os.waitpid(pid, 0)

    def until(self, fd, text):
        """Read until the text, or until the completion has been noted."""
        seen, end = b"", time.monotonic() + 20
        os.set_blocking(fd, False)
        while time.monotonic() < end:
            try:
                seen += os.read(fd, 4096)
            except BlockingIOError:
                time.sleep(0.01)
            if text and text in seen:
                return
            if not text and self.found.read_text().endswith("done\n"):
                return
        raise AssertionError(seen)


@pytest.fixture(params=("bash", "fish", "zsh"))
def complete(request, tmp_path):
    """The completion of a shell: from lines to sets of words."""
    return {"bash": Bash, "fish": lambda: Fish(tmp_path),
            "zsh": lambda: Zsh(tmp_path)}[request.param]()


@pytest.fixture
def commands(tool):
    """The tool's own table, by name."""
    return {c["name"]: c for c in tool.run("--help", "--json").json()["commands"]}


def longs(command):
    return {o["name"] for o in command["options"]}


def test_commands_and_options(complete, commands):
    """Each command has all of its options and no other."""
    lines = ["pfructl ", "pfructl --json "]
    lines += [f"pfructl {name} --" for name in commands]
    lines += [f"pfructl --quiet -d 1 {name} --" for name in commands]
    first, second, *rest = complete(lines)
    assert first == second == set(commands)
    for name, words in zip([*commands] * 2, rest):
        words = {w.rstrip("=") for w in words if w.startswith("--")}
        # what was given is not offered again, by zsh
        given = {"--quiet", "--device"}
        assert words | given == longs(commands[name]) | given, name


def test_options_before_the_command(complete, commands):
    every = set.intersection(*(longs(c) for c in commands.values()))
    words, = complete(["pfructl --"])
    words = {w.rstrip("=") for w in words}
    assert every <= words, words
    assert words <= set.union(*(longs(c) for c in commands.values())), words


def test_only_our_nodes(complete):
    """A watchdog's node would be started by opening it."""
    update = {"/dev/pfru/update", "/dev/pfru/update1", "/dev/acpi_pfr_update0"}
    telemetry = {"/dev/pfru/telemetry", "/dev/acpi_pfr_telemetry0"}
    wanted = {"pfructl capability -d ": update,
              "pfructl stage --device ": update,
              "pfructl telemetry -d ": telemetry,
              "pfructl log-level --device /dev/pfru/": {"/dev/pfru/telemetry"},
              "pfructl -d ": update | telemetry,
              "pfructl capability -d /dev/watch": set()}
    for line, words in zip(wanted, complete(list(wanted))):
        assert words == wanted[line], (line, words)


def test_commands_without_an_argument(complete):
    """Options are all there is: none of this directory's files."""
    lines = [f"pfructl {name} " for name in (
        "status", "capability", "activate", "history", "telemetry", "telemetry-info",
        "watchdog")]
    for line, words in zip(lines, complete(lines)):
        assert all(w.startswith("-") for w in words), (line, words)


def choice(tool, *arguments):
    """The words that a refusal of these names."""
    said = tool.run(*arguments, "nonsense").err
    words = re.search(r"(?: is| use) ([a-z, ]+), (?:not|or its number)", said)[1]
    return set(re.split(", | or ", words))


def test_values(complete, tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    types = choice(tool, "telemetry", "--type")
    levels = choice(tool, "log-level")
    assert {"execution", "history"} <= types and {"error", "verbose"} <= levels
    (tmp_path / "a-file.cap").touch()
    wanted = {"pfructl telemetry --type ": types,
              "pfructl telemetry-info -t h": {"history"},
              "pfructl log-level ": levels,
              "pfructl stage a-": {"a-file.cap"},
              "pfructl capsule a-": {"a-file.cap"},
              "pfructl capsule --no-device x a-": {"a-file.cap"},
              "pfructl stage-activate --dry-run a-": {"a-file.cap"},
              "pfructl capsule --ca a-": {"a-file.cap"},
              "pfructl telemetry --output a-": {"a-file.cap"},
              "pfructl telemetry --state a-": {"a-file.cap"},
              "pfructl stage --retries ": set(),
              "pfructl activate x": set()}
    for line, words in zip(wanted, complete(list(wanted))):
        assert words == wanted[line], (line, words)


def test_help_in_text_says_the_same(tool, commands):
    for name, c in commands.items():
        out = tool.run(name, "--help").out
        for o in c["options"]:
            pattern = rf"^  {re.escape(o['short'] + ', ') if 'short' in o else '    '}{o['name']}"
            pattern += " [A-Z1]" if o["value"] else " {2,}"
            assert re.search(pattern, out, re.M), (name, o, out)
        assert set(re.findall(r"^  (?:-., |    )(--[a-z0-9-]+)", out, re.M)) == \
            longs(c), name


def test_options_are_taken(tool, commands):
    """Each is known to the command, and a value is wanted where it is said."""
    for name, c in commands.items():
        for o in c["options"]:
            if o["value"]:
                r = tool.run(name, o["name"])
                assert f"missing after {o['name']};" in r.err, (name, o, r)
            else:
                r = tool.run(name, o["name"] + "=x")
                assert "takes no value" in r.err, (name, o, r)


def test_manual_page(commands):
    text = (TOP / "man/pfructl.1.scd").read_text()
    synopsis = text[text.index("# SYNOPSIS"):text.index("# DESCRIPTION")]
    assert re.findall(r"^\*pfructl\* \*([a-z-]+)\*", synopsis, re.M) == \
        list(commands)
    for name, c in commands.items():
        line = re.search(rf"^\*pfructl\* \*{name}\*.*$", synopsis, re.M)[0]
        assert set(re.findall(r"\*(--[a-z0-9-]+)\*", line)) <= longs(c), line
        if c.get("argument"):
            word = c["argument"].strip("[]")
            assert f"_{word}_" in line, line
    options = text[text.index("# OPTIONS"):text.index("# TELEMETRY")]
    heads = "\n".join(line for line in options.splitlines()
                      if line.startswith("*-"))
    assert set(re.findall(r"\*(--[a-z0-9-]+)\*", heads)) == \
        set.union(*(longs(c) for c in commands.values()))


def test_every_command_is_tested(commands):
    """test_usage.py tries each one's help."""
    assert set(test_usage.COMMANDS) == set(commands)
