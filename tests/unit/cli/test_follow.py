# SPDX-License-Identifier: GPL-2.0-or-later
"""Followers of a live log, and readers that go on from a position: what they
print, how often they call the firmware, and how they end."""
import os
import resource
import select
import signal
import time

import pytest

import live
from readers import end, ended, ignoring


@pytest.fixture
def rng(check):
    """Random bytes, the same each time for a SEED."""
    return live.generator(check.remark)


def next_line(p):
    """What a follower prints next; nothing when that does not come."""
    select.select([p.stdout], [], [], 20)
    os.set_blocking(p.stdout.fileno(), False)
    return p.stdout.readline()


def test_idle(readers, check):
    log = readers.log()
    log.append(b"a line\r\n")
    p = readers.start()
    time.sleep(1.5)
    status, out, err = end(p)
    check("idle follower: ends cleanly", status == 0 and not err, err)
    check("idle follower: prints", out == b"a line\r\n", out)
    # two of the double read, and none in two seconds of looks
    check("idle follower: no call for a look", readers.calls() <= 3,
          readers.calls())
    p = readers.start()
    status, out, err = end(p, signal.SIGINT)
    check("nothing new: ends cleanly", status == 0 and not out, err)
    check("nothing new: a call", readers.calls() == 1, readers.calls())
    p = readers.start("--confirm", "1")
    time.sleep(2)
    end(p)
    check("confirming question: asked in time", 2 <= readers.calls() <= 3,
          readers.calls())


def test_background(readers, check):
    """A script's background job does not end with the terminal's interrupt."""
    log = readers.log()
    p = readers.start(before=ignoring(signal.SIGINT))
    log.append(b"first\n")
    first = next_line(p)
    p.send_signal(signal.SIGINT)
    time.sleep(0.2)
    log.append(b"second\n")
    second = next_line(p)
    status, _, err = end(p)
    check("SIGINT ignored from the beginning: goes on", status == 0 and
          (first, second) == (b"first\n", b"second\n"),
          (first, second, status, err))


def test_news(readers, check):
    log = readers.log()
    p = readers.start()
    before = time.time()
    for i in range(5):
        log.append(b"line %d\n" % i)
        time.sleep(0.2)
    time.sleep(1.2)
    status, out, err = end(p)
    seconds = time.time() - before
    check("follower: prints what comes", status == 0 and
          out == bytes(log.written), out)
    check("follower: two calls for the news of a second",
          readers.calls() <= 2 * (seconds + 2), (readers.calls(), seconds))
    check("follower: in time", seconds < 5, seconds)


def test_news_at_once(readers, check):
    """What comes while the firmware rests from the last read waits for the end
    of that second; what comes later is read at the next look."""
    log = readers.log()
    p = readers.start(settle=2.2)
    times = []
    for line in (b"after the rest\n", b"during it\n"):
        began = time.monotonic()
        log.append(line)
        check("news: printed", next_line(p) == line, line)
        times.append(time.monotonic() - began)
    status, _, err = end(p)
    check("news after the rest: at the next look", times[0] < 0.7, times)
    check("news during the rest: when it is over", 0.7 < times[1] < 5, times)
    check("news: two calls each, after the two looks of the beginning",
          status == 0 and readers.calls() == 6, (readers.calls(), err))


def test_unseen(readers, check):
    """What equals what was there is found by the confirming question."""
    log = readers.log(4096)
    p = readers.start("--confirm", "2", settle=2)
    log.append(b"\0" * 100)
    time.sleep(0.2)
    early = select.select([p.stdout], [], [], 0)[0]
    time.sleep(1.8)
    status, out, _ = end(p)
    check("unseen news: found by the confirming question",
          status == 0 and not early and out == b"\0" * 100, (early, out))


def test_reset(readers, check):
    log = readers.log(4096)
    log.append(b"before" * 300)
    p = readers.start("--json")
    log.reset()
    log.append(b"after\n")
    time.sleep(1.2)
    status, out, err = end(p)
    lines = live.lines_of(out)
    check("reset: reported", status == 0 and len(lines) == 2 and
          lines[1]["discontinuity"] == "reset" and
          lines[1]["text"] == "after\n" and "reset" in err, out)


def test_overrun(readers, rng, check):
    log = readers.log(4096)
    log.append(b"0123456789" * 10)
    readers.run("--delta")
    log.append(live.some_bytes(rng) * 40)
    status, out, err = readers.run("--delta", "--json")
    lost = len(log.written) - 4096 - 100
    line = live.lines_of(out)[0]
    check("overrun: lost is a number in JSON", status == 0 and
          line["lost"] == lost and line["position"] == lost + 100, line)
    check("overrun: and on standard error", f"{lost} bytes before" in err, err)
    check("overrun: what is left is printed",
          live.text_of(line) == log.written[-4096:])


def test_unmapped(readers, check):
    log = readers.log(5000)
    p = readers.start(mmap=19)
    log.append(b"a line\n")
    time.sleep(1.2)
    status, out, err = end(p)
    check("unmapped log: said", "cannot be mapped" in err, err)
    check("unmapped log: followed", status == 0 and out == b"a line\n", out)
    check("unmapped log: slower", readers.calls() < 12, readers.calls())


def test_gone(readers, check):
    readers.log()
    p = readers.start()
    p.stdout.close()
    check("reader of the pipe is gone: ends", ended(p) == 1, p.poll())
    p.stderr.close()
    log = readers.log(1 << 20)
    log.append(b"x" * 300000)
    p = readers.start()
    p.send_signal(signal.SIGTERM)
    check("nobody empties the pipe: ends", ended(p) == 0, p.poll())
    out, _ = p.communicate()
    status, rest, _ = readers.run("--delta")
    check("nobody empties the pipe: goes on where it was",
          status == 0 and out + rest == bytes(log.written),
          (len(out), len(rest)))


def test_large(readers, rng, check):
    """Cost goes with the news; memory is bounded by a ring."""
    log = readers.log(64 << 20)
    log.append(rng.randbytes(1 << 20) * 65)
    status, out, err = readers.run("--delta")
    check("64 MiB: all of it", status == 0 and
          out == bytes(log.written[-(64 << 20):]), err[-300:])
    log.append(b"one line\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    status, out, _ = readers.run("--delta")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    check("64 MiB: a line costs a line", out == b"one line\n" and used < 0.5,
          used)
    check("64 MiB: two calls", readers.calls() == 2, readers.calls())


def test_quiet(readers, check):
    """Before the first update there is nothing to ask for again and again."""
    readers.log()
    del readers.tool.settings["live"]
    p = readers.start(no_log=1)
    time.sleep(1)
    status, out, err = end(p)
    check("no log yet: said, and waited for", status == 0 and not out and
          "waiting" in err, (status, out, err))
    check("no log yet: asked once in a while only", readers.calls() <= 2,
          readers.calls())


def test_unsaved(readers, check):
    """Who can't save the position does not ask the firmware."""
    log = readers.log()
    log.append(b"a line\n")
    os.mkdir(f"{readers.directory}/state.new")
    status, out, err = readers.run("--follow", "--interval", "0.02")
    check("no room for the position: said", status == 1 and not out and
          "cannot save the position" in err, err)
    check("no room for the position: the firmware is not asked",
          readers.calls() == 0, readers.calls())


def test_unlocked(readers, check):
    """Another reader may have the position when the lock is gone."""
    log = readers.log()
    p = readers.start()
    os.remove(f"{readers.directory}/state.lock")
    log.append(b"a line\n")
    ended(p)
    status, out, err = end(p)
    check("lock removed: nothing is printed any more", status == 1 and
          not out and "lock" in err, (status, out, err))
    status, out, _ = readers.run("--delta")
    check("lock removed: nothing is lost", status == 0 and out == b"a line\n",
          out)


def test_renamed(readers, check):
    """logrotate(8) renames the file: its name gets what comes."""
    log = readers.log()
    log.append(b"one\n")
    p = readers.start("--output", readers.out)
    os.rename(readers.out, f"{readers.directory}/out.1")
    log.append(b"two\n")
    time.sleep(1.2)
    status, _, err = end(p)
    check("file renamed: another takes its name", status == 0 and
          readers.read("out.1") == b"one\n" and
          readers.read("out") == b"two\n", err)


def test_anew(readers, rng, check):
    """A log that was restarted, and has grown past the position since: no
    counter tells."""
    log = readers.log(4096)
    log.append(live.some_bytes(rng, 300))
    readers.run("--delta")
    log.reset()
    log.resets -= 1
    log.append(b"another boot\n" * 200)
    status, out, err = readers.run("--delta", "--json")
    line = live.lines_of(out)[0]
    check("restarted log: reported", status == 0 and
          line["discontinuity"] == "back" and line["position"] == 0 and
          line["lost"] == 0 and "was restarted" in err, (line, err))
    check("restarted log: all of it is printed",
          live.text_of(line) == log.written, line)
    check("restarted log: one call more", readers.calls() == 3,
          readers.calls())
    log.append(b"more\n")
    status, out, err = readers.run("--delta")
    check("restarted log: goes on", (status, out, err) == (0, b"more\n", ""),
          (out, err))
    log.reset()
    log.resets -= 1
    log.append(b"another one\n" * 400)
    status, out, err = readers.run("--delta")
    lost = len(log.written) - 4096
    check("restarted and full log: what is lost is counted", status == 0 and
          out == bytes(log.written[lost:]) and
          f"{lost} bytes before" in err and "was restarted" in err, err)


def test_anew_by_lines(readers, check):
    """What came line by line is known as well as what came at once."""
    log = readers.log(8192)
    sizes = []
    for i in range(60):
        log.append(b"boot 1, number %2d, which differs\n" % i)
        log.append(b"the end\n")
        readers.run("--delta")
        with open(readers.state, encoding="ascii") as f:
            sizes += [int(line.split()[1]) for line in f
                      if line.startswith("tail ")]
    check("lines: enough of them is known", sizes[12:] and
          min(sizes[12:]) >= 450 and max(sizes) <= 1024, sizes)
    log.append(b"the end\n")
    readers.run("--delta")
    log.reset()
    log.resets -= 1
    log.append(b"".join(b"boot 2, number %2d, which differs\nthe end\n" % i
                        for i in range(60)) + b"the end\nmore\n")
    status, out, err = readers.run("--delta")
    check("lines of a restarted log, the last as before: reported",
          status == 0 and out == bytes(log.written) and
          "was restarted" in err, (len(out), err))
