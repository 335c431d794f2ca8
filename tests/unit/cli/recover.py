#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""recover.py PFRUCTL DIR: what the next reader makes of a file that a reader was
killed over, whoever else wrote to it, and of a disk that fails. Prints TAP
without a plan."""
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live  # noqa: E402
import state  # noqa: E402

program, directory = sys.argv[1:3]
environment = dict(os.environ, FAKE_LIVE=directory)
OUT = f"{directory}/out"
STATE = f"{directory}/state"
NOTE = "may have been printed or reported before"
MAINLINE = os.path.dirname(os.environ["FAKE_ROOT"]) + "/mainline"


def check(what, good, more=""):
    print(f"{'ok' if good else 'not ok'} - {what}")
    if not good:
        print(f"# {more}")


def run(*arguments, stdout=subprocess.PIPE, before=None, **settings):
    p = subprocess.run([program, "telemetry", "--state", STATE, *arguments],
                       stdout=stdout, stderr=subprocess.PIPE, check=False,
                       preexec_fn=before, timeout=60,
                       env=dict(environment, **settings))
    return p.returncode, p.stdout, p.stderr.decode()


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, data, mode="ab"):
    with open(name, mode) as f:
        f.write(data)


def fresh():
    """A log of which a first part was printed to a file."""
    for name in (OUT, STATE, STATE + ".lock"):
        if os.path.exists(name):
            os.remove(name)
    log = live.Log(directory, 4096)
    log.append(b"the first line\n")
    run("--delta", "--output", OUT)
    return log


def killed(log, news, text=None, lost=0, offset=None):
    """A reader was killed while it printed @news, as @text."""
    saved = state.State(STATE)
    saved.pend([4096, 4, 0, len(log.written)], len(news), state.FILE, lost,
               news if text is None else text, OUT,
               os.stat(OUT).st_size if offset is None else offset)
    saved.save()
    log.append(news)


NEWS = b"".join(b"line %d of the news\n" % i for i in range(20))
FOREIGN = b"somebody else's line, which is not to be taken for the log's\n" * 20


def before_a_byte():
    log = fresh()
    killed(log, NEWS)
    status, _, err = run("--delta", "--output", OUT)
    check("killed before a byte: printed once", status == 0 and not err and
          read(OUT) == bytes(log.written), err)


def in_the_middle():
    log = fresh()
    killed(log, NEWS)
    write(OUT, NEWS[:100])
    status, _, err = run("--delta", "--output", OUT)
    check("killed in the middle: the rest is printed", status == 0 and
          not err and read(OUT) == bytes(log.written), err)


def after_all():
    log = fresh()
    killed(log, NEWS, lost=77)
    write(OUT, NEWS + FOREIGN)
    log.append(b"more\n")
    status, _, err = run("--delta", "--output", OUT)
    check("killed after all, others wrote behind it: nothing again",
          status == 0 and read(OUT) ==
          b"the first line\n" + NEWS + FOREIGN + b"more\n", err)
    check("killed after all: its loss is told, perhaps again",
          "77 bytes before" in err and f"77 of the {77 + len(NEWS)}" in err and
          NOTE in err, err)


def others_wrote(what, foreign, begun=b""):
    log = fresh()
    killed(log, NEWS)
    write(OUT, begun + foreign)
    status, _, err = run("--delta", "--output", OUT)
    check(f"{what}: nothing is lost", status == 0 and read(OUT) ==
          b"the first line\n" + begun + foreign + NEWS, err)
    check(f"{what}: what may be a repeat is told of",
          NOTE in err and f"to {len(NEWS)} of the {len(NEWS)}" in err, err)


def overwritten():
    """The firmware has overwritten what was being printed."""
    log = fresh()
    killed(log, NEWS)
    write(OUT, NEWS[:50])
    log.append(b"x" * 4000 + b"\n")
    status, _, err = run("--delta", "--output", OUT)
    check("killed, and the ring has gone round: all is printed", status == 0 and
          read(OUT) == bytes(log.written) and not err, err)


def emptied():
    """logrotate(8) copies the file and truncates it."""
    log = fresh()
    killed(log, NEWS, offset=0)
    os.truncate(OUT, 0)
    status, _, err = run("--delta", "--output", OUT)
    check("killed, and the file was emptied: what may be a repeat is told of",
          status == 0 and read(OUT) == NEWS and NOTE in err, err)


def json_line():
    log = fresh()
    line = b'{"device":"a line of JSON, whatever it holds"}\n'
    killed(log, NEWS, line)
    write(OUT, line[:20])
    status, _, err = run("--delta", "--json", "--output", OUT)
    check("killed in a line of JSON: it is made whole", status == 0 and
          not err and read(OUT) == b"the first line\n" + line, read(OUT))
    log = fresh()
    killed(log, NEWS, line)
    write(OUT, b"short\n")
    status, out, err = run("--delta", "--json", "--output", OUT)
    check("others wrote less than a line: it stays", status == 0 and
          read(OUT).startswith(b"the first line\nshort\n{") and NOTE in err,
          read(OUT))
    last = live.lines_of(read(OUT))[-1]
    check("others wrote less than a line: the news follows",
          live.text_of(last) == NEWS and
          last["repeated_at_most"] == len(NEWS), last)


def unsynced():
    """Nothing counts as printed before it is on the disk."""
    log = fresh()
    log.append(NEWS)
    status, _, err = run("--delta", "--output", OUT, FAKE_FSYNC="/out")
    check("sync fails: said", status == 1 and "to the disk" in err, err)
    status, _, err = run("--delta", "--output", OUT, FAKE_FSYNC="/out")
    check("sync fails after a kill: said", status == 1 and
          "to the disk" in err, err)
    log.append(b"more\n")
    status, _, err = run("--delta", "--output", OUT)
    check("sync failed: nothing lost, nothing again", status == 0 and
          not err and read(OUT) == bytes(log.written), read(OUT))


def small_disk(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def full():
    """What did not arrive is not told of; the loss before it neither."""
    log = fresh()
    write(OUT, b"x" * 29999 + b"\n")
    log.append(b"y" * 5000 + b"\n")
    lost = 5001 - 4096
    status, out, err = run("--delta", "--json", "--output", OUT,
                           before=small_disk(32000))
    check("disk full: said, with the file's name", status == 1 and
          f"{OUT}: cannot write" in live.lines_of(out)[0]["error"]["message"],
          out)
    check("disk full: half a line is taken back",
          len(read(OUT)) == 30015, len(read(OUT)))
    check("disk full: no loss is told of", "were lost" not in err, err)
    status, out, err = run("--delta", "--json", "--output", OUT)
    line = live.lines_of(read(OUT))[-1]
    check("disk full: nothing lost by it", status == 0 and
          line["lost"] == lost and live.text_of(line) ==
          bytes(log.written[-4096:]), err)
    check("disk full: the loss is told of once",
          err.count("were lost") == 1 and NOTE not in err, err)


def closed():
    log = fresh()
    log.append(b"y" * 5000 + b"\n")
    there, here = os.pipe()
    os.close(there)
    status, _, err = run("--delta", stdout=here)
    os.close(here)
    check("nobody reads: no loss is told of", status == 1 and
          "were lost" not in err, err)
    status, out, err = run("--delta")
    check("nobody read: the loss is told of once", status == 0 and
          err.count("were lost") == 1 and NOTE not in err and
          out == bytes(log.written[-4096:]), err)


def shared_pipe():
    """Somebody else made the pipe one that does not wait."""
    log = fresh()
    os.remove(STATE)
    log.append(NEWS * 50)
    there, here = stuck_pipe()
    os.set_blocking(here, False)
    p = subprocess.Popen([program, "telemetry", "--json"], stdout=here,
                         stderr=subprocess.PIPE, env=environment)
    os.close(here)
    time.sleep(0.5)
    with open(there, "rb") as f:
        printed = f.read().lstrip(b"x")
    _, err = p.communicate(timeout=20)
    check("full, to a pipe that does not wait: all of it", p.returncode == 0 and
          b'"text"' in printed and printed.endswith(b"}\n"), err)


def fifo():
    fresh()
    os.mkfifo(OUT + ".fifo")
    p = subprocess.Popen([program, "telemetry", "--state", STATE, "--follow",
                          "--output", OUT + ".fifo"],
                         stderr=subprocess.PIPE, env=environment)
    with open(OUT + ".fifo", "rb"):
        time.sleep(0.5)
    _, err = p.communicate(timeout=20)
    check("nobody reads a FIFO any more: it is named", p.returncode == 1 and
          b"out.fifo: nobody reads it" in err, err)
    os.remove(OUT + ".fifo")


def noted():
    fresh()
    other = os.environ["FAKE_ROOT"] + "/dev/pfru/telemetry1"
    write(other, b"")
    status, out, _ = run("--delta", "--json")
    check("nothing new: no line for a note alone", status == 0 and not out, out)
    os.remove(other)


def not_appended():
    """Standard output is a file with a place of its own to write at."""
    log = fresh()
    os.remove(STATE)
    with open(OUT, "wb", buffering=0) as f:
        status, _, err = run("--delta", "--json", stdout=f)
        line = read(OUT)
        killed(log, NEWS, line, offset=len(line))
        f.write(line[:30])
        status, _, err = run("--delta", "--json", stdout=f)
        log.append(b"more\n")
        status, _, err = run("--delta", "--json", stdout=f)
    lines = read(OUT)
    check("not appended: no hole, nothing again", status == 0 and
          lines.startswith(line + line + b"{") and
          lines.count(b"\n") == 3 and b"\0" not in lines, lines)
    fresh()
    os.remove(STATE)
    write(OUT, b"o" * 1000, "wb")
    with open(OUT, "r+b", buffering=0) as f:
        status, _, err = run("--delta", stdout=f)
    check("not appended: written where the file is",
          read(OUT) == b"the first line\n" + b"o" * 985, read(OUT))


def locked():
    """Two readers that print to one file take turns."""
    log = fresh()
    log.append(NEWS)
    with open(OUT, "rb") as f:
        p = subprocess.Popen(["flock", OUT, "sh", "-c", "echo; sleep 3"],
                             stdout=subprocess.PIPE)
        p.stdout.read(1)
        status, _, err = run("--delta", "--output", OUT)
        check("file locked: waited for", status == 0 and
              p.poll() is not None and f.read() == bytes(log.written), err)
        p.wait()


def replaced():
    """--full --output: all of the new, or the old."""
    log = fresh()
    log.append(b"y" * 3000 + b"\n")
    os.remove(STATE)
    write(OUT, b"old", "wb")
    os.chmod(OUT, 0o640)
    arguments = [program, "telemetry", "--output", OUT]

    def full_read(**settings):
        p = subprocess.run(arguments, capture_output=True, check=False,
                           env=environment, timeout=60, **settings)
        return p.returncode, p.stderr.decode()

    status, err = full_read(preexec_fn=small_disk(1000))
    check("full, disk full: the old stays", status == 1 and
          read(OUT) == b"old", read(OUT)[:80])
    check("full, disk full: the file is named", "cannot write to" in err and
          "out: " in err, err)
    check("full, disk full: nothing is left behind",
          not [n for n in os.listdir(directory) if ".new" in n])
    status, err = full_read()
    check("full: replaced, with its mode", status == 0 and
          read(OUT) == bytes(log.written) and
          os.stat(OUT).st_mode & 0o777 == 0o640, err)
    os.rename(OUT, OUT + ".real")
    os.symlink(OUT + ".real", OUT)
    status, err = full_read()
    check("full: a link stays one", status == 0 and os.path.islink(OUT), err)
    os.remove(OUT)
    os.remove(OUT + ".real")
    arguments[-1] = "/dev/null"
    status, err = full_read()
    check("full: no file is replaced that is none", status == 0 and
          os.stat("/dev/null").st_rdev == os.makedev(1, 3), err)


def left_in_pipe(size):
    """A log of which a reader left so many bytes, nobody knows how, in a pipe."""
    fresh()
    os.remove(STATE)
    log = live.Log(directory, 1 << 20)
    log.append(b"a line\n")
    run("--delta")
    saved = state.State(STATE)
    saved.pend(saved.position(), size, state.STREAM)
    saved.save()
    return log


def partly():
    """A repeat that was told of in part only is told of further."""
    log = left_in_pipe(200000)
    log.append(b"0123456\n" * 25000)
    there, here = os.pipe()
    p = subprocess.Popen([program, "telemetry", "--state", STATE, "--follow"],
                         stdout=here, stderr=subprocess.PIPE, env=environment)
    os.close(here)
    time.sleep(1)
    p.terminate()
    _, err = p.communicate(timeout=20)
    with open(there, "rb") as f:
        printed = f.read()
    check("stuck pipe: ends with a part printed", p.returncode == 0 and
          0 < len(printed) < 200000 and b"up to 200000 of" in err,
          (len(printed), err))
    status, out, err = run("--delta")
    rest = 200000 - len(printed)
    check("repeat: the rest of it is told of", status == 0 and
          printed + out == bytes(log.written[7:]) and
          f"up to {rest} of" in err, (len(printed), err))


def stuck_pipe():
    there, here = os.pipe()
    os.set_blocking(here, False)
    try:
        while True:
            os.write(here, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(here, True)
    return there, here


def twice():
    """What an earlier reader may have told of is known to the one after the next,
    whose first piece is shorter."""
    log = left_in_pipe(200000)
    log.append(b"x" * 999 + b"\n" + b"z" * 299000)
    there, here = stuck_pipe()
    p = subprocess.Popen([program, "telemetry", "--state", STATE, "--delta"],
                         stdout=here, stderr=subprocess.PIPE, env=environment)
    time.sleep(1)
    p.kill()
    p.communicate()
    os.close(here)
    os.close(there)
    status, out, err = run("--delta", "--json")
    told = sum(line.get("repeated_at_most", 0) for line in live.lines_of(out))
    check("killed twice: what the first may have told of is told of",
          p.returncode == -9 and status == 0 and told == 200000, (told, err))


def repeat_of(news, lost, gap, old=b"the first line\n", resets=0):
    """A reader was killed while it printed a log that began anew."""
    fresh()
    os.remove(STATE)
    log = live.Log(directory, 4096)
    log.append(old)
    run("--delta")
    log.reset()
    log.resets += resets - 1
    log.append(news)
    saved = state.State(STATE)
    saved.pend([4096, log.resets, 0, lost], len(news) - lost, state.STREAM,
               lost, gap=gap)
    saved.save()
    status, out, err = run("--delta", "--json")
    return status, live.lines_of(out)[0]["repeated_at_most"], err


def began_anew():
    found = repeat_of(b"new line\n" * 500, 404, state.RESET, resets=1)
    check("killed after a reset: its loss may be told of again",
          found[:2] == (0, 4500), found)
    found = repeat_of(b"b" * 420, 0, state.BACK, b"a" * 280)
    check("killed over a log made anew: all of it may be told of again",
          found[:2] == (0, 420), found)
    found = repeat_of(b"b" * 420, 0, state.BACK, b"a" * 580)
    check("killed over a log that went back: not more than there is",
          found[:2] == (0, 420), found)


def shared():
    """Mainline's driver has one type for all: it is set before each question,
    and others are kept off."""
    log = live.Log(directory, 4096)
    log.append(NEWS)
    if os.path.exists(STATE):
        os.remove(STATE)
    status, out, err = run("--delta", FAKE_DRIVER="mainline", FAKE_OTHERS="1",
                           FAKE_ROOT=MAINLINE)
    check("one type for all: each reader gets its own", status == 0 and
          out == bytes(log.written), err)
    log.append(b"more\n")
    status, out, err = run("--delta", FAKE_DRIVER="mainline", FAKE_OTHERS="1",
                           FAKE_ROOT=MAINLINE)
    check("one type for all: again", status == 0 and out == b"more\n", err)


before_a_byte()
in_the_middle()
after_all()
others_wrote("others wrote more", FOREIGN)
others_wrote("others wrote less", FOREIGN[:30])
others_wrote("others wrote after some of it", FOREIGN, NEWS[:50])
overwritten()
emptied()
json_line()
unsynced()
full()
closed()
shared_pipe()
fifo()
noted()
not_appended()
locked()
replaced()
partly()
twice()
began_anew()
shared()
