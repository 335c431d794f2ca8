#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""failnth.py PFRUCTL FAILNTH.SO DIR: every command with its first, its second, ...
allocation failing, those of libraries included, until none is left to fail; after
the first MANY only each STEP-th, unless FAIL_ALL is set. It must end by itself,
and do as if nothing had been or say what it could not do. DIR holds signed.cap,
plain.cap, cert.pem, runs and the log. Prints TAP without a plan."""
import json
import os
import re
import shutil
import subprocess
import sys

program, library, directory = sys.argv[1:4]
STATE = os.path.join(directory, "failnth-state")
OUTPUT = os.path.join(directory, "failnth-output")
COUNT = os.path.join(directory, "failnth-count")
MANY = 1000
# an action that succeeded stays one, and is said without memory
UNWRITTEN = 9
DONE = (b"the firmware did it: status 0 (success)", b"log-level: it is verbose now")
STEP = 1 if os.environ.get("FAIL_ALL") else 29


def check(what, good, more=""):
    print("%sok - %s" % ("" if good else "not ", what))
    if not good:
        print("# %s" % more)


class Case:
    """a command line, with its exit status when memory is there, and the settings
    of the pretended device"""

    def __init__(self, *arguments, status=0, **settings):
        self.status = status
        self.name = " ".join(os.path.relpath(a, directory)
                             if a.startswith(directory) else a
                             for a in arguments)
        self.arguments = arguments
        self.environment = dict(os.environ, **settings)

    def run(self, nth):
        """(what the library says, exit status, stdout, stderr, files)"""
        shutil.rmtree(STATE, ignore_errors=True)
        # the record of updates, which grows with each run
        shutil.rmtree(os.environ["FAKE_ROOT"] + "/var", ignore_errors=True)
        os.mkdir(STATE)
        if os.path.exists(OUTPUT):
            os.remove(OUTPUT)
        environment = dict(self.environment, LD_PRELOAD=library,
                           FAIL_NTH=str(nth), FAIL_COUNT=COUNT)
        try:
            done = subprocess.run([program, *self.arguments], timeout=20,
                                  capture_output=True, env=environment,
                                  stdin=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            return "hung", -1, b"", b"", b"", 0
        with open(COUNT, encoding="ascii") as f:
            said = f.read().split()
        # identifiers of attempts are random, and no call takes the same time
        out = re.sub(b'"[0-9a-f]{32}"', b'"ID"', done.stdout)
        out = re.sub(b'(Duration of the call: +|"call_time_ns": )[0-9.]+',
                     b"\\1N", out)
        return (said[0], done.returncode, out, done.stderr,
                self.files(), said[1])

    @staticmethod
    def files():
        paths = [os.path.join(STATE, n) for n in sorted(os.listdir(STATE))]
        kept = b""
        for path in paths + [OUTPUT]:
            if os.path.exists(path):
                with open(path, "rb") as f:
                    kept += path.encode() + b"\0" + f.read() + b"\0"
        return kept


def is_json(text):
    """documents, one after the other, at least one; the last one with the error"""
    lines = text.decode().strip()
    last = None
    while lines:
        try:
            last, end = json.JSONDecoder().raw_decode(lines)
        except ValueError:
            return False
        lines = lines[end:].lstrip()
    return isinstance(last, dict) and "error" in last


def wrong(usual, found, json_wanted):
    """what is wrong with a run in which an allocation failed, or None"""
    _, status, out, err, files, _ = found
    if status < 0:
        return "killed by signal %d" % -status if found[0] != "hung" else "hung"
    if (status, out, files) == (usual[1], usual[2], usual[4]):
        return None if status or err == usual[3] else "also says %r" % err
    if status == UNWRITTEN and any(said in err for said in DONE):
        return None
    if not status:
        return "exit status 0, and something is missing"
    if status > 7 and status != usual[1]:
        return "exit status %d" % status
    if not err and b'"error"' not in out:
        return "exit status %d, and no word" % status
    if json_wanted and not is_json(out):
        return "exit status %d, and no document" % status
    return None


def every(case):
    usual = case.run(0)
    told = without = 0
    bad = []
    nth = 1
    while True:
        found = case.run(nth)
        if found[0] == "ended":
            break
        what = wrong(usual, found, "--json" in case.arguments)
        if what:
            bad.append("%d: %s" % (nth, what))
        elif found[1:5] == usual[1:5]:
            without += 1
        else:
            told += 1
        nth += STEP if nth > MANY else 1
    print("# %s: %d of %s allocations failed: %d told, %d without effect, %d wrong"
          % (case.name, told + without + len(bad), usual[5], told, without,
             len(bad)))
    check("%s: each failure ends well" % case.name,
          usual[:2] == ("ended", case.status) and told and not bad,
          "; ".join(bad[:20]) or "no failure was told, or not this is done: %r"
          % (usual,))


def cases():
    signed, plain = (os.path.join(directory, n)
                     for n in ("signed.cap", "plain.cap"))
    ca = os.path.join(directory, "cert.pem")
    for more in ((), ("--json",)):
        yield Case("--version", *more)
        yield Case("frobnicate", *more, status=2)
        yield Case("capability", *more, FAKE_OEM="an OEM")
        yield Case("capsule", signed, "--ca", ca, *more)
        yield Case("capsule", plain, *more)
        yield Case("capsule", directory + "/nothing", *more, status=1)
        yield Case("stage", signed, *more)
        yield Case("stage", signed, *more, status=5, FAKE_START="2:5")
        yield Case("activate", *more)
        yield Case("activate", *more, status=8, FAKE_START="71",
                   FAKE_REASON="34:6:2:3")
        yield Case("stage-activate", signed, "--dry-run", *more)
        yield Case("telemetry", *more)
        yield Case("telemetry", "--full", "--output", OUTPUT, *more)
        yield Case("telemetry", "--delta", "--state", STATE + "/s", *more)
        yield Case("telemetry", "--delta", "--state", STATE + "/s",
                   "--output", OUTPUT, *more)
        yield Case("telemetry-info", *more)
        yield Case("log-level", *more)
        yield Case("log-level", "4", *more)
        yield Case("watchdog", *more, status=3)
        yield Case("status", *more, FAKE_MODULE="loaded,available,signed")
    yield Case("--help")
    yield Case("telemetry", "--summary", FAKE_LOG=directory + "/runs")


for one in cases():
    if len(sys.argv) < 5 or sys.argv[4] in one.name:
        every(one)
