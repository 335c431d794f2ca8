# SPDX-License-Identifier: GPL-2.0-or-later
"""Allocations that fail: every command with its first, its second, ...
allocation failing, those of libraries included, until none is left to fail; after
the first MANY only each STEP-th, unless FAIL_ALL is set. It must end by itself,
and either work as if nothing had failed or report what it could not do."""
import collections
import itertools
import json
import os
import re
import shutil
import subprocess

import pytest

MANY = 1000
STEP = 1 if os.environ.get("FAIL_ALL") else 29
# an action that succeeded stays one, and is said without memory
UNWRITTEN = 9
DONE = (b"the firmware succeeded: status 0 (success)",
        b"log-level: it is verbose now")
# the sanitizers' own allocations would be in the way
PROGRAM = os.environ["PFRU_PLAIN"]

Case = collections.namedtuple("Case", "arguments status fake")
# said: what the library says, "ended" when no allocation failed; count: how many
# were made; files: what was written
Found = collections.namedtuple("Found", "said count status out err files")


def case(arguments, status=0, **fake):
    """A command line (words with a dot or slash are files: see Refusal.name), its
    exit status when memory is there, and the settings of the simulated device."""
    return Case(arguments.split(), status, fake)


CASES = [
    case("--version"),
    case("frobnicate", 2),
    case("capability", oem="an OEM"),
    case("capsule signed.cap --ca cert.pem"),
    case("capsule plain.cap"),
    case("capsule nothing.cap", 1),
    case("capsule --no-device signed.cap plain.cap"),
    case("capsule --json signed.cap nothing.cap", 1),
    case("stage signed.cap"),
    case("stage signed.cap", 5, start="2:5"),
    case("activate"),
    case("activate", 8, start="71", reason="34:6:2:3"),
    case("stage-activate signed.cap --dry-run"),
    case("telemetry"),
    case("telemetry --full --output ./output"),
    case("telemetry --delta --state state/s"),
    case("telemetry --delta --state state/s --output ./output"),
    case("telemetry-info"),
    case("log-level"),
    case("log-level 4"),
    case("metrics"),
    case("watchdog", 3),
    case("status", module="loaded,available,signed"),
]
ALONE = [case("--help"), case("telemetry --summary", log="runs")]


class Refusal:
    """Runs of one case."""

    def __init__(self, tool, one):
        self.tool = tool
        self.one = one
        self.state = tool.directory / "state"
        self.output = tool.directory / "output"
        self.arguments = [self.name(word) for word in one.arguments]
        self.fake = {k: tool.inputs / v if k == "log" else v
                     for k, v in one.fake.items()}

    def name(self, word):
        """Inputs have names with a dot, what is written has one with a slash."""
        if "/" in word:
            return self.tool.directory / word
        return self.tool.inputs / word if "." in word else word

    def files(self):
        """What was written: {path: content}."""
        return {path: path.read_bytes()
                for path in [*self.state.iterdir(), self.output]
                if path.exists()}

    def run(self, nth):
        """What the case comes to without its nth allocation; 0: with all."""
        shutil.rmtree(self.state, ignore_errors=True)
        # the record of updates, which grows with each run
        shutil.rmtree(self.tool.root / "var", ignore_errors=True)
        self.state.mkdir()
        self.output.unlink(missing_ok=True)
        count = self.tool.directory / "allocations"
        env = {**self.tool.environment(self.fake), "FAIL_NTH": str(nth),
               "LD_PRELOAD": os.environ["PFRU_FAILNTH"],
               "FAIL_COUNT": str(count)}
        env.pop("FAKE_COUNT")
        try:
            done = subprocess.run([PROGRAM, *self.arguments], timeout=20,
                                  capture_output=True, env=env,
                                  stdin=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            return Found("hung", 0, -1, b"", b"", {})
        said, made = count.read_text().split()
        # identifiers of attempts are random, and no call takes the same time
        out = re.sub(b'"[0-9a-f]{32}"', b'"ID"', done.stdout)
        out = re.sub(b'(Duration of the call: +|"call_time_ns": )[0-9.]+',
                     b"\\1N", out)
        return Found(said, made, done.returncode, out, done.stderr,
                     self.files())


def is_json(text):
    """Documents one after the other, at least one, the last with the error?"""
    rest = text.decode().strip()
    last = None
    while rest:
        try:
            last, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            return False
        rest = rest[end:].lstrip()
    return isinstance(last, dict) and "error" in last


def wrong(usual, found, json_wanted):
    """What is wrong with a run in which an allocation failed, or None."""
    if found.status < 0:
        return f"killed by signal {-found.status}" if found.said != "hung" \
            else "hung"
    if (found.status, found.out, found.files) == \
            (usual.status, usual.out, usual.files):
        return None if found.status or found.err == usual.err else \
            f"also says {found.err!r}"
    if found.status == UNWRITTEN and any(said in found.err for said in DONE):
        return None
    if not found.status:
        return "exit status 0, and something is missing"
    if found.status > 7 and found.status != usual.status:
        return f"exit status {found.status}"
    if not found.err and b'"error"' not in found.out:
        return f"exit status {found.status}, and no word"
    if json_wanted and not is_json(found.out):
        return f"exit status {found.status}, and no document"
    return None


def numbers():
    """Which allocation fails, one after another."""
    return itertools.chain(range(1, MANY + 1),
                           itertools.count(MANY + STEP, STEP))


def every(refusal, usual):
    """Fail each: (failures that were reported, had no effect, were wrong)."""
    told = without = 0
    bad = []
    for nth in numbers():
        found = refusal.run(nth)
        if found.said == "ended":
            break
        what = wrong(usual, found, "--json" in refusal.one.arguments)
        if what:
            bad.append(f"{nth}: {what}")
        elif found[2:] == usual[2:]:
            without += 1
        else:
            told += 1
    return told, without, bad


def name(one):
    """For people, and for -k."""
    return " ".join([*one.arguments, *(f"{k}={v}" for k, v in
                                       one.fake.items())])


@pytest.mark.parametrize("one", [
    *CASES, *(c._replace(arguments=[*c.arguments, "--json"]) for c in CASES),
    *ALONE], ids=name)
def test_refused(tool, check, one):
    refusal = Refusal(tool, one)
    usual = refusal.run(0)
    told, without, bad = every(refusal, usual)
    check.remark(f"{name(one)}: {told + without + len(bad)} of {usual.count} "
                 f"allocations failed: {told} reported, {without} without effect, "
                 f"{len(bad)} wrong")
    check(f"memory: {name(one)}: each failure ends well",
          (usual.said, usual.status) == ("ended", one.status) and told and
          not bad, "; ".join(bad[:20]) or
          f"no failure was reported, or this is not what is done: {usual}")
