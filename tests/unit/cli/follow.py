#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""follow.py PFRUCTL DIR: followers of a live log, their firmware calls, their
ends, and the journal. Prints TAP without a plan."""
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live  # noqa: E402
import state  # noqa: E402

program, directory = sys.argv[1:3]
rng = live.generator()
environment = dict(os.environ, FAKE_LIVE=directory,
                   FAKE_COUNT=f"{directory}/counts")
node = os.environ["FAKE_ROOT"] + "/dev/pfru/telemetry"


def check(what, good, more=""):
    print(f"{'ok' if good else 'not ok'} - {what}")
    if not good:
        print(f"# {more}")


def ignoring(number):
    """What a child does to begin with that signal ignored."""
    return lambda: signal.signal(number, signal.SIG_IGN)


def start(*arguments, before=None, **settings):
    p = subprocess.Popen([program, "telemetry", *arguments],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=dict(environment, **settings), preexec_fn=before)
    time.sleep(0.5)
    return p


def end(p, how=signal.SIGTERM):
    p.send_signal(how)
    try:
        out, err = p.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        p.kill()
        return -1, b"", "did not end"
    return p.returncode, out, err.decode()


def ended(p):
    """Its status when it ends by itself."""
    try:
        return p.wait(timeout=10)
    except subprocess.TimeoutExpired:
        return None


def calls():
    with open(f"{directory}/counts", encoding="ascii") as f:
        return int(f.read().split()[0].split("=")[1])


def fresh(ring=65536):
    for name in ("state", "out", "counts"):
        if os.path.exists(f"{directory}/{name}"):
            os.remove(f"{directory}/{name}")
    return live.Log(directory, ring)


STATE = ["--state", f"{directory}/state"]
FAST = ["--follow", "--interval", "0.02"]


def idle():
    log = fresh()
    log.append(b"a line\r\n")
    p = start(*FAST, *STATE)
    time.sleep(1.5)
    status, out, err = end(p)
    check("idle follower: ends cleanly", status == 0 and not err, err)
    check("idle follower: prints", out == b"a line\r\n", out)
    # two of the double read, and none in two seconds of looks
    check("idle follower: no call for a look", calls() <= 3, calls())
    p = start(*FAST, *STATE)
    status, out, err = end(p, signal.SIGINT)
    check("nothing new: ends cleanly", status == 0 and not out, err)
    check("nothing new: two calls", calls() == 2, calls())
    p = start(*FAST, "--confirm", "1", *STATE)
    time.sleep(1)
    end(p)
    check("confirming question: asked in time", 3 <= calls() <= 4, calls())


def next_line(p):
    """What a follower prints next; nothing when that does not come."""
    select.select([p.stdout], [], [], 20)
    os.set_blocking(p.stdout.fileno(), False)
    return p.stdout.readline()


def background():
    """A script's background job does not end with the terminal's interrupt."""
    log = fresh()
    p = start(*FAST, *STATE, before=ignoring(signal.SIGINT))
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


def news():
    log = fresh()
    p = start(*FAST, *STATE)
    before = time.time()
    for i in range(5):
        log.append(b"line %d\n" % i)
        time.sleep(0.2)
    status, out, err = end(p)
    check("follower: prints what comes", status == 0 and
          out == bytes(log.written), out)
    check("follower: two calls for each news", calls() <= 2 + 5 * 2 + 2,
          calls())
    check("follower: in time", time.time() - before < 5)


def unseen():
    """What equals what was there is found by the confirming question."""
    log = fresh(4096)
    p = start(*FAST, "--confirm", "1", *STATE)
    log.append(b"\0" * 100)
    time.sleep(0.2)
    seen_early = os.path.exists(f"{directory}/counts")
    time.sleep(1.3)
    status, out, _ = end(p)
    check("unseen news: found by the confirming question",
          status == 0 and not seen_early and out == b"\0" * 100, out)


def reset():
    log = fresh(4096)
    log.append(b"before" * 300)
    p = start(*FAST, "--json", *STATE)
    log.reset()
    log.append(b"after\n")
    time.sleep(1.2)
    status, out, err = end(p)
    lines = live.lines_of(out)
    check("reset: told", status == 0 and len(lines) == 2 and
          lines[1]["discontinuity"] == "reset" and
          lines[1]["text"] == "after\n" and "reset" in err, out)


def overrun():
    log = fresh(4096)
    log.append(b"0123456789" * 10)
    run(*STATE, "--delta")
    log.append(live.some_bytes(rng) * 40)
    status, out, err = run(*STATE, "--delta", "--json")
    lost = len(log.written) - 4096 - 100
    line = live.lines_of(out)[0]
    check("overrun: lost is a number in JSON", status == 0 and
          line["lost"] == lost and line["position"] == lost + 100, line)
    check("overrun: and on standard error", f"{lost} bytes before" in err, err)
    check("overrun: what is left is printed",
          live.text_of(line) == log.written[-4096:])


def run(*arguments, before=None, **settings):
    p = subprocess.run([program, "telemetry", *arguments],
                       capture_output=True, check=False, preexec_fn=before,
                       env=dict(environment, **settings), timeout=60)
    return p.returncode, p.stdout, p.stderr.decode()


def unmapped():
    log = fresh(5000)
    p = start(*FAST, *STATE, FAKE_MMAP="19")
    log.append(b"a line\n")
    time.sleep(1.2)
    status, out, err = end(p)
    check("unmapped log: said", "cannot be mapped" in err, err)
    check("unmapped log: followed", status == 0 and out == b"a line\n", out)
    check("unmapped log: slower", calls() < 12, calls())


def gone():
    fresh()
    p = start(*FAST, *STATE)
    p.stdout.close()
    check("reader of the pipe is gone: ends", ended(p) == 1, p.poll())
    p.stderr.close()
    log = fresh(1 << 20)
    log.append(b"x" * 300000)
    p = start(*FAST, *STATE)
    p.send_signal(signal.SIGTERM)
    check("nobody empties the pipe: ends", ended(p) == 0, p.poll())
    out, _ = p.communicate()
    status, rest, _ = run("--delta", *STATE)
    check("nobody empties the pipe: goes on where it was",
          status == 0 and out + rest == bytes(log.written),
          (len(out), len(rest)))


def large():
    """Cost goes with the news; memory is bounded by a ring."""
    log = fresh(64 << 20)
    log.append(rng.randbytes(1 << 20) * 65)
    limit = str(100 << 20)
    status, out, err = run("--delta", *STATE)
    check("64 MiB: all of it", status == 0 and
          out == bytes(log.written[-(64 << 20):]), err[-300:])
    log.append(b"one line\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    status, out, _ = run("--delta", *STATE)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    check("64 MiB: a line costs a line", out == b"one line\n" and used < 0.5,
          (used, limit))
    check("64 MiB: two calls", calls() == 2, calls())


def fields(datagram):
    found = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
        else:
            size, = struct.unpack("<Q", rest[:8])
            value, rest = rest[8:8 + size], rest[9 + size:]
        found[name.decode()] = value
        datagram = rest
    return found


def entries(server):
    found = []
    try:
        while True:
            found.append(fields(server.recv(1 << 20)))
    except BlockingIOError:
        return found


def journal():
    path = os.environ["FAKE_ROOT"] + "/run/systemd/journal"
    os.makedirs(path, exist_ok=True)
    log = fresh(4096)
    status, _, err = run("--delta", "--journal", *STATE)
    check("no journal: said", status == 1 and "journal" in err, err)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(path + "/socket")
    server.setblocking(False)
    log.append(b"one\r\ntwo \xff\0\n\nrest")
    p = start(*FAST, "--journal", *STATE)
    status, _, err = end(p)
    got = entries(server)
    check("journal: a line is an entry", status == 0 and
          [e["MESSAGE"] for e in got] ==
          [b"one", b"two \xff\0", b" ", b"rest"], (got, err))
    check("journal: fields", got and got[1]["PFRU_POSITION"] == b"5" and
          got[1]["PFRU_END"] == b"4/12" and got[1]["PFRU_LOST"] == b"0" and
          got[1]["PFRU_TYPE"] == b"execution" and
          got[1]["PFRU_DEVICE"].decode() == node and
          got[1]["PRIORITY"] == b"6", got)
    log.append(b"y" * 9999 + b"\n")
    status, _, err = run("--delta", "--journal", *STATE)
    got = entries(server)
    check("journal: a loss is an entry", status == 0 and
          got[0]["PFRU_LOST"] == b"5904" and got[0]["PRIORITY"] == b"4" and
          b"5904 bytes" in got[0]["MESSAGE"] and len(got) == 2, (got, err))
    recover(log, server)


def quiet():
    """Before the first update there is nothing to ask for again and again."""
    fresh()
    del environment["FAKE_LIVE"]
    p = start(*FAST, *STATE, FAKE_NO_LOG="1")
    time.sleep(1)
    status, out, err = end(p)
    environment["FAKE_LIVE"] = directory
    check("no log yet: said, and waited for", status == 0 and not out and
          "waiting" in err, (status, out, err))
    check("no log yet: asked once in a while only", calls() <= 2, calls())


def unsaved():
    """Who can't save the position does not ask the firmware."""
    log = fresh()
    log.append(b"a line\n")
    os.mkdir(f"{directory}/state.new")
    status, out, err = run(*FAST, *STATE)
    check("no room for the position: said", status == 1 and not out and
          "cannot save the position" in err, err)
    check("no room for the position: the firmware is not asked",
          calls() == 0, calls())
    os.rmdir(f"{directory}/state.new")


def unlocked():
    """Another reader may have the position when the lock is gone."""
    log = fresh()
    p = start(*FAST, *STATE)
    os.remove(f"{directory}/state.lock")
    log.append(b"a line\n")
    ended(p)
    status, out, err = end(p)
    check("lock removed: nothing is printed any more", status == 1 and
          not out and "lock" in err, (status, out, err))
    status, out, _ = run("--delta", *STATE)
    check("lock removed: nothing is lost", status == 0 and out == b"a line\n",
          out)


def renamed():
    """logrotate(8) renames the file: its name gets what comes."""
    log = fresh()
    log.append(b"one\n")
    p = start(*FAST, *STATE, "--output", f"{directory}/out")
    os.rename(f"{directory}/out", f"{directory}/out.1")
    log.append(b"two\n")
    time.sleep(1.2)
    status, _, err = end(p)
    check("file renamed: another takes its name", status == 0 and
          read("out.1") == b"one\n" and read("out") == b"two\n", err)
    os.remove(f"{directory}/out.1")


def read(name):
    try:
        with open(f"{directory}/{name}", "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def anew():
    """A log that was made anew, and has grown past the position since: no
    counter tells."""
    log = fresh(4096)
    log.append(live.some_bytes(rng, 300))
    run("--delta", *STATE)
    log.reset()
    log.resets -= 1
    log.append(b"another boot\n" * 200)
    status, out, err = run("--delta", "--json", *STATE)
    line = live.lines_of(out)[0]
    check("log made anew: told", status == 0 and
          line["discontinuity"] == "back" and line["position"] == 0 and
          line["lost"] == 0 and "was restarted" in err, (line, err))
    check("log made anew: all of it is printed",
          live.text_of(line) == log.written, line)
    check("log made anew: one call more", calls() == 3, calls())
    log.append(b"more\n")
    status, out, err = run("--delta", *STATE)
    check("log made anew: goes on", (status, out, err) == (0, b"more\n", ""),
          (out, err))
    log.reset()
    log.resets -= 1
    log.append(b"another one\n" * 400)
    status, out, err = run("--delta", *STATE)
    lost = len(log.written) - 4096
    check("log made anew and full: what is lost is counted", status == 0 and
          out == bytes(log.written[lost:]) and f"{lost} bytes before" in err and
          "was restarted" in err, err)


def anew_by_lines():
    """What came line by line is known as well as what came at once."""
    log = fresh(8192)
    sizes = []
    for i in range(60):
        log.append(b"boot 1, number %2d, which differs\n" % i)
        log.append(b"the end\n")
        run("--delta", *STATE)
        with open(f"{directory}/state", encoding="ascii") as f:
            sizes += [int(line.split()[1]) for line in f
                      if line.startswith("tail ")]
    check("lines: enough of them is known", sizes[12:] and
          min(sizes[12:]) >= 450 and max(sizes) <= 1024, sizes)
    log.append(b"the end\n")
    run("--delta", *STATE)
    log.reset()
    log.resets -= 1
    log.append(b"".join(b"boot 2, number %2d, which differs\nthe end\n" % i
                        for i in range(60)) + b"the end\nmore\n")
    status, out, err = run("--delta", *STATE)
    check("lines of a log made anew, the last as before: told", status == 0 and
          out == bytes(log.written) and "was restarted" in err, (len(out), err))


def recover(log, server):
    """A reader that was killed between sending and saving asks the journal."""
    where = os.environ["FAKE_ROOT"] + "/usr/bin"
    os.makedirs(where, exist_ok=True)

    def journalctl(end, sync=0):
        with open(f"{where}/journalctl", "w", encoding="ascii") as f:
            f.write(f"""#!/bin/sh
echo "$*" >>{directory}/asked
[ "$*" != --sync ] || exit {sync}
case "$*" in
*_UID={os.geteuid()}*_TRANSPORT=journal*) echo {end} ;;
*) echo 4/1 ;;
esac
""")
        os.chmod(f"{where}/journalctl", 0o755)

    def killed(size, lost=0):
        saved = state.State(f"{directory}/state")
        saved.pend(saved.position(), size, state.JOURNAL, lost=lost)
        saved.save()

    killed(11)
    log.append(b"three\nfour\n")
    journalctl(f"4/{len(log.written) - 5}")
    # as a daemon may start it that does not wait for its children
    status, _, err = run("--delta", "--journal", *STATE,
                         before=ignoring(signal.SIGCHLD))
    got = entries(server)
    check("journal: no repeat after a kill", status == 0 and not err and
          [e["MESSAGE"] for e in got] == [b"four"], (got, err))
    check("journal: it stored all before it was asked",
          read("asked").startswith(b"--sync\n"), read("asked"))
    killed(5)
    log.append(b"five\n")
    journalctl(f"4/{len(log.written)}", 1)
    status, _, err = run("--delta", "--journal", *STATE)
    got = entries(server)
    check("journal: what it may not have stored is told of", status == 0 and
          "may have been printed or reported before" in err and
          [e["MESSAGE"] for e in got] == [b"five"], (got, err))
    killed(4, lost=7)
    log.append(b"six\n")
    journalctl(f"4/{len(log.written) - 4}")
    status, _, err = run("--delta", "--journal", *STATE)
    got = entries(server)
    check("journal: a loss that is in it is no loss again", status == 0 and
          [e["MESSAGE"] for e in got] == [b"six"] and
          got[0]["PFRU_LOST"] == b"0" and "7 bytes before" in err, (got, err))
    journalctl(f"4/{len(log.written)}", "0; exec sleep 30")
    killed(4)
    log.append(b"ten\n")
    p = start(*FAST, "--journal", *STATE)
    status, _, err = end(p)
    got = entries(server)
    check("journal that does not answer: ends", status == 0 and not got,
          (status, got, err))
    journalctl(f"4/{len(log.written) - 4}")
    status, _, err = run("--delta", "--journal", *STATE)
    got = entries(server)
    check("journal that did not answer: nothing lost", status == 0 and
          [e["MESSAGE"] for e in got] == [b"ten"], (got, err))
    log.reset()
    log.resets -= 1
    log.append(b"made anew, as it is\n" * 3)
    saved = state.State(f"{directory}/state")
    saved.pend([4096, 4, 0, 0], 60, state.JOURNAL, gap=state.BACK)
    saved.save()
    journalctl("4/20")
    status, _, err = run("--delta", "--journal", *STATE)
    got = [e["MESSAGE"] for e in entries(server)]
    check("journal: the old log's entries are not those of one made anew",
          status == 0 and got[1:] == [b"made anew, as it is"] * 3 and
          "up to 60 of" in err, (got, err))
    stuck(log, server)


def stuck(log, server):
    """A journal that does not read does not keep the program from its end."""
    log.append(b"".join(b"entry %d\n" % i for i in range(400)))
    p = start(*FAST, "--journal", *STATE)
    select.select([server], [], [], 20)
    time.sleep(0.3)
    status, _, err = end(p)
    first = entries(server)
    check("journal does not read: ends", status == 0 and not err, err)
    check("journal does not read: could not take all", 0 < len(first) < 400,
          len(first))
    for _ in range(100):
        p = start(*FAST, "--journal", *STATE)
        end(p)
        first += entries(server)
        if len(first) >= 400:
            break
    check("journal does not read: nothing lost, nothing repeated",
          [e["MESSAGE"] for e in first] ==
          [b"entry %d" % i for i in range(400)], len(first))


for test in (idle, background, news, unseen, reset, overrun, unmapped, gone,
             large, journal, quiet, unsaved, unlocked, renamed, anew,
             anew_by_lines):
    test()
