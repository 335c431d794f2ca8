# SPDX-License-Identifier: GPL-2.0-or-later
"""The outcome of an activation is never lost, and never shown as certain when it
is not: signals, output that cannot be written, answers that say too little."""
import json
import os
import re
import select
import signal
import subprocess
import time

import pytest

ACTIONS = ("activate", "stage-activate")
DONE = "the firmware succeeded: status 0 (success)"
# what each reason of an answer that says too little is called
OPEN = {29: "no-answer", 30: "bad-answer", 33: "answer-count",
        34: "answer-type", 35: "answer-length", 36: "answer-range"}


def command(tool, action, name="signed.cap"):
    """The words of a command line."""
    if action == "activate":
        return [action]
    return [action, tool.inputs / name]


def begun(tool, process):
    """Wait until the firmware is called."""
    file = tool.root / "started"
    for _ in range(1000):
        if file.exists():
            file.unlink()
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("the firmware was never called")


def interrupted(tool, number, *arguments, popen=None, **fake):
    """A run that gets a signal while the firmware is busy."""
    process = tool.start(*arguments, slow=300, popen=popen, **fake)
    begun(tool, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("name", ("HUP", "TERM", "INT", "QUIT"))
@pytest.mark.parametrize("json", (False, True))
def test_signal_waits_for_the_outcome(tool, name, json):
    number = getattr(signal, "SIG" + name)
    status, out, err = interrupted(tool, number, "activate",
                                   *(["--json"] if json else []))
    word = '"outcome": "done"' if json else "success"
    assert word in out, (status, out, err)
    assert status == -number, "it takes effect then"


def test_signal_and_refusal(tool):
    status, _, err = interrupted(tool, signal.SIGTERM, "activate", start="5:7")
    assert "the firmware refused: status 5" in err
    assert status == -signal.SIGTERM


def test_ignored_signal_stays_ignored(tool):
    status, out, _ = interrupted(
        tool, signal.SIGHUP, "activate",
        popen={"preexec_fn": lambda: signal.signal(signal.SIGHUP,
                                                   signal.SIG_IGN)})
    assert status == 0 and "success" in out


def test_stop_waits(tool):
    process = tool.start("activate", slow=300)
    begun(tool, process)
    process.send_signal(signal.SIGTSTP)
    # a group of processes without a parent in its session is never stopped
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    ready, _, _ = select.select([process.stdout], [], [], 0)
    said = os.read(process.stdout.fileno(), 65536).decode() if ready else ""
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    assert "success" in said


def test_signal_ends_the_retries(tool):
    status, out, err = interrupted(tool, signal.SIGTERM, "stage", "--json",
                                   "--retries", "9",
                                   tool.inputs / "signed.cap", start="4:1")
    assert '"tries"' not in out and '"outcome": "refused"' in out, (out, err)
    assert status == -signal.SIGTERM


def test_signal_between_retries(tool):
    process = tool.start("stage", "--retries", "9",
                         tool.inputs / "signed.cap", start="4:1",
                         popen={"stderr": subprocess.PIPE})
    while "suggests a retry" not in process.stderr.readline():
        pass
    process.terminate()
    process.communicate(timeout=0.9)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("action", ACTIONS)
def test_intention_is_printed_before_the_call(tool, action):
    log = tool.directory / "log"
    with open(log, "w", encoding="utf-8") as file:
        process = tool.start(*command(tool, action), slow=300,
                             popen={"stdout": file})
        begun(tool, process)
        before = log.read_text(encoding="utf-8")
        said = process.stderr.readline()
        _, err = process.communicate(timeout=30)
    assert re.search(f"^Action: +{action}\n", before), before
    assert "Status" not in before
    assert f"calling the firmware to {action} " in said
    assert action == "activate" or "signed.cap" in said
    after = log.read_text(encoding="utf-8")
    assert after.startswith(before) and after.count("Action:") == 1
    assert process.returncode == 0 and "Status:" in after and not err


def test_intention_with_json_and_quiet(tool):
    r = tool.run("activate", "--json")
    assert r.json()["outcome"] == "done" and r.err.count("\n") == 1, r
    r = tool.run("activate", "--quiet")
    assert (r.out, r.err, r.status) == ("", "", 0), r
    r = tool.run("stage", "--json", tool.inputs / "signed.cap")
    assert r.json()["outcome"] == "done" and not r.err, r


def unwritable(tool, kind, *arguments, **fake):
    """A run whose standard output takes nothing."""
    if kind == "full":
        with open("/dev/full", "w", encoding="utf-8") as file:
            return tool.run(*arguments, popen={"stdout": file}, **fake)
    end, other = os.pipe()
    os.close(end)
    try:
        return tool.run(*arguments, popen={"stdout": other}, **fake)
    finally:
        os.close(other)


@pytest.mark.parametrize("kind", ("full", "pipe"))
@pytest.mark.parametrize("json", ((), ("--json",), ("--json", "--quiet")))
@pytest.mark.parametrize("action", ACTIONS)
def test_outcome_when_output_cannot_be_written(tool, kind, json, action):
    words = command(tool, action) + list(json)
    r = unwritable(tool, kind, *words)
    assert r.status == 9 and DONE in r.err, r
    assert r.counts["starts"] == 1
    r = unwritable(tool, kind, *words, start="5:7")
    assert r.status == 5 and "the firmware refused: status 5" in r.err, r
    r = unwritable(tool, kind, *words, start=71, reason="34:6:2:3")
    assert r.status == 8 and "may have" in r.err, r


def test_stage_when_output_cannot_be_written(tool):
    r = unwritable(tool, "full", "stage", tool.inputs / "signed.cap", "--json")
    assert r.status == 9 and f"stage: {DONE}" in r.err, r


def test_level_when_output_cannot_be_written(tool):
    r = unwritable(tool, "full", "log-level", "verbose", "--json")
    assert r.status == 9 and "log-level: it is verbose now" in r.err, r


def test_error_in_json_that_cannot_be_written(tool):
    tool.use("bare")
    r = unwritable(tool, "full", "activate", "--json")
    assert r.status == 3 and "no update device" in r.err, r


@pytest.mark.parametrize("reason", OPEN)
@pytest.mark.parametrize("action", ACTIONS + ("stage",))
def test_answers_that_say_too_little(tool, reason, action):
    error = 5 if reason == 29 else 71
    words = command(tool, action)
    r = tool.run(*words, "--json", start=error, reason=f"{reason}:3:1:2")
    d = r.json()
    assert r.status == 8 and d["outcome"] == "unknown", r
    assert d["error"]["exit_status"] == 8, r
    assert d["error"]["reason"] == OPEN[reason], r
    r = tool.run(*words, start=error, reason=f"{reason}:3:1:2")
    assert r.status == 8 and "may have" in r.err, r
    for what in ("pfructl capability", "pfructl telemetry"):
        assert what in r.err, r


@pytest.mark.parametrize("error", (4, 5, 12, 14, 22, 71, 110))
def test_errno_alone(tool, error):
    r = tool.run("activate", "--json", start=error, answerless=1)
    assert (r.status, r.json()["outcome"]) == (8, "unknown"), r
    assert r.json()["error"]["errno"] == error, r


@pytest.mark.parametrize("error,status", ((1, 1), (13, 1), (16, 6), (11, 6),
                                          (19, 3), (25, 1), (61, 6)))
def test_errno_that_says_that_nothing_happened(tool, error, status):
    r = tool.run("activate", "--json", start=error, answerless=1)
    assert (r.status, r.json()["outcome"]) == (status, "not-done"), r


@pytest.mark.parametrize("error,status,outcome", (
    (16, 5, "refused"), (22, 8, "unknown"), (71, 8, "unknown"),
    (4, 8, "unknown"), (5, 8, "unknown"), (19, 3, "not-done"),
    (1, 1, "not-done"), (25, 1, "not-done")))
@pytest.mark.parametrize("action", ACTIONS)
def test_mainline(tool, error, status, outcome, action):
    tool.use("mainline")
    r = tool.run(*command(tool, action, "v2.cap"), "--json", start=error)
    assert (r.status, r.json()["outcome"]) == (status, outcome), r


def test_a_question_is_no_action(tool):
    """A malformed answer to a question leaves nothing open."""
    r = tool.run("capability", "--json", query=71, reason="34:6:2:3")
    assert r.status == 1 and "outcome" not in r.json(), r
    r = tool.run("stage", "--json", tool.inputs / "signed.cap", query=71,
                 reason="34:6:2:3")
    assert (r.status, r.json()["outcome"]) == (1, "not-done"), r


def test_dry_run_has_no_outcome(tool):
    r = tool.run("stage-activate", "-n", "--json", tool.inputs / "signed.cap")
    assert r.status == 0 and "outcome" not in r.json(), r


def test_help_names_the_status(tool):
    assert "\n  8  unknown outcome" in tool.run("--help").out


@pytest.mark.parametrize("name,found", (("signed.cap", "header has version 3"),
                                        ("image-version-5.cap", "found 5")))
def test_limit_of_mainline_names_the_version(tool, name, found):
    tool.use("mainline")
    directory = tool.inputs if name == "signed.cap" else "tests/corpus"
    r = tool.run("stage", os.path.join(directory, name))
    assert r.status == 4 and found in r.err, r
    # what no driver can take is no limit of this one
    assert ("own driver" in r.err) == (name == "signed.cap"), r


def full_pipe():
    """A pipe that takes nothing: its end to read from, and the other one."""
    end, other = os.pipe()
    os.set_blocking(other, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(other, bytes(4096))
    os.set_blocking(other, True)
    return end, other


def waits_for_a_pipe(process):
    """Wait until the program waits for somebody who reads."""
    asleep = f"/proc/{process.pid}/wchan"
    for _ in range(1000):
        if "pipe" in open(asleep, encoding="ascii").read():
            return
        time.sleep(0.01)
    raise AssertionError("it never had to wait")


def said(process, words):
    """Does it say that on standard error, before long?"""
    text = b""
    deadline = time.monotonic() + 10
    while words.encode() not in text and time.monotonic() < deadline:
        if select.select([process.stderr], [], [], 0.1)[0]:
            more = os.read(process.stderr.fileno(), 4096)
            if not more:
                break
            text += more
    return words.encode() in text


def ended(process, end):
    """The exit status of what is to end although nobody reads."""
    try:
        return process.wait(timeout=10)
    finally:
        process.kill()
        os.close(end)
        process.communicate(timeout=30)


@pytest.mark.parametrize("stream", ("stdout", "stderr"))
def test_signal_while_the_intention_is_not_read(tool, stream):
    """Nothing has happened yet: a reader that is stuck keeps nobody from ending
    the program."""
    end, other = full_pipe()
    process = tool.start("activate", popen={stream: other})
    os.close(other)
    waits_for_a_pipe(process)
    process.terminate()
    assert ended(process, end) == -signal.SIGTERM
    assert "starts" not in tool.counts()


@pytest.mark.parametrize("start", ("0", "5:7"))
def test_signal_while_the_outcome_is_not_read(tool, start):
    """A reader that is stuck keeps nobody from ending the program for long, and
    standard error has the outcome by then."""
    end, other = full_pipe()
    process = tool.start("activate", "--json", start=start, slow=1,
                         popen={"stdout": other})
    os.close(other)
    begun(tool, process)
    waits_for_a_pipe(process)
    process.terminate()
    time.sleep(0.5)
    assert process.poll() is None, "the outcome was not read, nor said"
    found = said(process,
                 DONE if start == "0" else "the firmware refused: status 5")
    assert ended(process, end) == -signal.SIGTERM and found


def test_outcome_is_read_late(tool):
    """Who reads at last gets all of it."""
    end, other = full_pipe()
    process = tool.start("activate", "--json", slow=1,
                         popen={"stdout": other})
    os.close(other)
    begun(tool, process)
    waits_for_a_pipe(process)
    assert said(process, DONE)
    with open(end, "rb") as file:
        text = file.read().lstrip(b"\0")
    assert json.loads(text)["outcome"] == "done"
    assert process.wait(timeout=10) == 0
    process.communicate()


def test_no_retry_by_an_older_answer(tool):
    """The second try fails, and its result is that of the first: the firmware has
    not asked for a third."""
    r = tool.run("stage", "--json", "--retries", "2",
                 tool.inputs / "signed.cap", start="4:1", later=5)
    assert (r.status, r.counts["starts"]) == (8, 2), r
    assert r.json()["error"]["tries"] == 2, r
