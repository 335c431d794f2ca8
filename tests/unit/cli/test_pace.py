# SPDX-License-Identifier: GPL-2.0-or-later
"""Each firmware call stops every processor: a follower reads once a second at
most, whatever was asked of it and however often the log is written.

All followers run at once, since each needs seconds.
"""
import concurrent.futures
import signal
import threading
import time

import pytest

import conftest
import live

SECONDS = 2.2
FAST = ["--interval", "0.001"]
CASES = {
    "confirm": (["--confirm", "0.001"], {}),
    "confirm-and-interval": (["--confirm", "0.001", *FAST], {}),
    "unmapped": (FAST, {"mmap": 19}),
    "no-log-yet": (["--confirm", "0.001", *FAST], {"no_log": 1}),
    "changing": (FAST, {"resets": 1, "newer": 100}),
    "talks": ([], {"talks": 1, "newer": 20}),
    "talks-unmapped": (FAST, {"talks": 1, "newer": 20, "mmap": 19}),
    "scribble": (FAST, {}),
    "news": (FAST, {}),
}
NO_LIVE = ("no-log-yet", "changing", "talks", "talks-unmapped")


def act(name, log):
    """What happens to the log meanwhile, every 10 ms."""
    if name == "scribble":
        log.ring[100] = (log.ring[100] + 1) % 256
    if name == "news":
        log.append(b"x" * 100)


def follow(name, directory):
    """Firmware calls of a follower of SECONDS from its first look, how many
    looks a second each allows, what it printed and what was logged."""
    more, fake = CASES[name]
    tool = conftest.Tool(directory)
    log = live.Log(str(directory / "live"), 65536)
    log.append(b"a line\n")
    if name not in NO_LIVE:
        fake = dict(fake, live=directory / "live")
    printed = []
    began = time.monotonic()
    process = tool.start("telemetry", "--follow", "--state",
                         directory / "pos", *more, **fake)
    reader = threading.Thread(
        target=lambda: printed.append(process.stdout.read()))
    reader.start()
    deadline = time.monotonic() + 20
    while not (directory / "pos").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        act(name, log)
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    status = process.wait(20)
    looks = 1 + int(time.monotonic() - began)
    reader.join()
    err = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert status == 0, err
    return tool.counts()["calls"], looks, printed[0], log.written.decode()


@pytest.fixture(scope="module", name="runs")
def all_followers(tmp_path_factory):
    """What each case came to."""
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        waiting = {name: pool.submit(follow, name, tmp_path_factory.mktemp(name))
                   for name in CASES}
        return {name: w.result() for name, w in waiting.items()}


@pytest.mark.parametrize("name", ["confirm", "confirm-and-interval",
                                  "unmapped", "no-log-yet"])
def test_questions(runs, name):
    """The first look reads a line."""
    calls, looks, _, _ = runs[name]
    assert 2 <= calls <= looks + 1, (calls, looks)


def test_log_that_keeps_changing(runs):
    """Each look of these reads five times, with a call more than that."""
    calls, looks, _, _ = runs["changing"]
    assert 6 <= calls <= looks * 6, (calls, looks)


@pytest.mark.parametrize("name", ("talks", "talks-unmapped"))
def test_firmware_that_logs_the_questions(runs, name):
    """Each look finds what the one before has caused; the mapping costs one."""
    calls, looks, _, _ = runs[name]
    assert 4 <= calls <= 2 * looks + 1, (calls, looks)


def test_scribble(runs):
    """Memory that changes where no news is; the first look reads a line."""
    calls, looks, printed, _ = runs["scribble"]
    assert printed == "a line\n"
    assert 2 <= calls <= looks + 1, (calls, looks)


def test_log_that_is_written_all_the_time(runs):
    """Two calls a second, and nothing is lost but what the end cut off."""
    calls, looks, printed, written = runs["news"]
    assert 4 <= calls <= 2 * looks, (calls, looks)
    assert len(printed) > len(written) // 3
    assert written.startswith(printed)
