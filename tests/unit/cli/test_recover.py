# SPDX-License-Identifier: GPL-2.0-or-later
"""How the next reader continues a file after a reader was killed while printing to
it, after others wrote to it, and on a disk that fails."""
import fcntl
import os
import resource
import threading
import time

import pytest

import live
import state

NOTE = "may have been printed or reported before"
NEWS = b"".join(b"line %d of the news\n" % i for i in range(20))
FOREIGN = b"somebody else's line, which is not to be taken for the log's\n" * 20


def write(name, data, mode="ab"):
    """Somebody writes to a file."""
    with open(name, mode) as f:
        f.write(data)


def printed_to_a_file(readers):
    """A log of which a first part was printed to a file."""
    log = readers.log(4096)
    log.append(b"the first line\n")
    readers.run("--delta", "--output", readers.out)
    return log


def killed(readers, log, news, text=None, lost=0, offset=None):
    """A reader was killed while it printed @news, as @text."""
    saved = state.State(readers.state)
    saved.pend([4096, 4, 0, len(log.written)], len(news), state.FILE, lost,
               news if text is None else text, readers.out,
               os.stat(readers.out).st_size if offset is None else offset)
    saved.save()
    log.append(news)


def test_before_a_byte(readers, check):
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS)
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("killed before a byte: printed once", status == 0 and not err and
          readers.read("out") == bytes(log.written), err)


def test_in_the_middle(readers, check):
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS)
    write(readers.out, NEWS[:100])
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("killed in the middle: the rest is printed", status == 0 and
          not err and readers.read("out") == bytes(log.written), err)


def test_after_all(readers, check):
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS, lost=77)
    write(readers.out, NEWS + FOREIGN)
    log.append(b"more\n")
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("killed after all, others wrote behind it: nothing again",
          status == 0 and readers.read("out") ==
          b"the first line\n" + NEWS + FOREIGN + b"more\n", err)
    check("killed after all: its loss is reported, perhaps again",
          "77 bytes before" in err and f"77 of the {77 + len(NEWS)}" in err and
          NOTE in err, err)


@pytest.mark.parametrize("what, foreign, begun", [
    ("others wrote more", FOREIGN, b""),
    ("others wrote less", FOREIGN[:30], b""),
    ("others wrote after some of it", FOREIGN, NEWS[:50])],
    ids=("more", "less", "after"))
def test_others_wrote(readers, check, what, foreign, begun):
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS)
    write(readers.out, begun + foreign)
    status, _, err = readers.run("--delta", "--output", readers.out)
    check(f"{what}: nothing is lost", status == 0 and readers.read("out") ==
          b"the first line\n" + begun + foreign + NEWS, err)
    check(f"{what}: what may be a repeat is reported",
          NOTE in err and f"to {len(NEWS)} of the {len(NEWS)}" in err, err)


def test_overwritten(readers, check):
    """The firmware has overwritten what was being printed."""
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS)
    write(readers.out, NEWS[:50])
    log.append(b"x" * 4000 + b"\n")
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("killed, and the ring has gone round: all is printed",
          status == 0 and readers.read("out") == bytes(log.written) and
          not err, err)


def test_emptied(readers, check):
    """logrotate(8) copies the file and truncates it."""
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS, offset=0)
    os.truncate(readers.out, 0)
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("killed, and the file was emptied: what may be a repeat is reported",
          status == 0 and readers.read("out") == NEWS and NOTE in err, err)


def test_json_line(readers, check):
    log = printed_to_a_file(readers)
    line = b'{"device":"a line of JSON, whatever it holds"}\n'
    killed(readers, log, NEWS, line)
    write(readers.out, line[:20])
    status, _, err = readers.run("--delta", "--json", "--output", readers.out)
    check("killed in a line of JSON: it is made whole", status == 0 and
          not err and readers.read("out") == b"the first line\n" + line,
          readers.read("out"))
    log = printed_to_a_file(readers)
    killed(readers, log, NEWS, line)
    write(readers.out, b"short\n")
    status, _, err = readers.run("--delta", "--json", "--output", readers.out)
    check("others wrote less than a line: it stays", status == 0 and
          readers.read("out").startswith(b"the first line\nshort\n{") and
          NOTE in err,
          readers.read("out"))
    last = live.lines_of(readers.read("out"))[-1]
    check("others wrote less than a line: the news follows",
          live.text_of(last) == NEWS and
          last["repeated_at_most"] == len(NEWS), last)


def test_unsynced(readers, check):
    """Nothing counts as printed before it is on the disk."""
    log = printed_to_a_file(readers)
    log.append(NEWS)
    status, _, err = readers.run("--delta", "--output", readers.out,
                                 fsync="/out")
    check("sync fails: said", status == 1 and "to the disk" in err, err)
    status, _, err = readers.run("--delta", "--output", readers.out,
                                 fsync="/out")
    check("sync fails after a kill: said", status == 1 and
          "to the disk" in err, err)
    log.append(b"more\n")
    status, _, err = readers.run("--delta", "--output", readers.out)
    check("sync failed: nothing lost, nothing again", status == 0 and
          not err and readers.read("out") == bytes(log.written),
          readers.read("out"))


def small_disk(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_full(readers, check):
    """What did not arrive is not reported, nor is the loss before it."""
    log = printed_to_a_file(readers)
    write(readers.out, b"x" * 29999 + b"\n")
    log.append(b"y" * 5000 + b"\n")
    lost = 5001 - 4096
    status, out, err = readers.run("--delta", "--json", "--output", readers.out,
                           before=small_disk(32000))
    check("disk full: said, with the file's name", status == 1 and
          f"{readers.out}: cannot write" in
          live.lines_of(out)[0]["error"]["message"], out)
    check("disk full: half a line is taken back",
          len(readers.read("out")) == 30015, len(readers.read("out")))
    check("disk full: no loss is reported", "were lost" not in err, err)
    status, _, err = readers.run("--delta", "--json", "--output", readers.out)
    line = live.lines_of(readers.read("out"))[-1]
    check("disk full: nothing lost by it", status == 0 and
          line["lost"] == lost and live.text_of(line) ==
          bytes(log.written[-4096:]), err)
    check("disk full: the loss is reported once",
          err.count("were lost") == 1 and NOTE not in err, err)


def test_closed(readers, check):
    log = printed_to_a_file(readers)
    log.append(b"y" * 5000 + b"\n")
    there, here = os.pipe()
    os.close(there)
    status, _, err = readers.run("--delta", stdout=here)
    os.close(here)
    check("nobody reads: no loss is reported", status == 1 and
          "were lost" not in err, err)
    status, out, err = readers.run("--delta")
    check("nobody read: the loss is reported once", status == 0 and
          err.count("were lost") == 1 and NOTE not in err and
          out == bytes(log.written[-4096:]), err)


def test_shared_pipe(readers, check):
    """Somebody else made the pipe one that does not wait."""
    log = printed_to_a_file(readers)
    os.remove(readers.state)
    log.append(NEWS * 50)
    there, here = stuck_pipe()
    os.set_blocking(here, False)
    p = readers.popen("--json", stdout=here)
    os.close(here)
    time.sleep(0.5)
    with open(there, "rb") as f:
        printed = f.read().lstrip(b"x")
    _, err = p.communicate(timeout=20)
    check("full, to a pipe that does not wait: all of it",
          p.returncode == 0 and b'"text"' in printed and printed.endswith(b"}\n"), err)


def test_fifo(readers, check):
    printed_to_a_file(readers)
    os.mkfifo(readers.out + ".fifo")
    p = readers.popen("--state", readers.state, "--follow", "--output",
                      readers.out + ".fifo")
    with open(readers.out + ".fifo", "rb"):
        time.sleep(0.5)
    _, err = p.communicate(timeout=20)
    check("nobody reads a FIFO any more: it is named", p.returncode == 1 and
          b"out.fifo: nobody reads it" in err, err)
    os.remove(readers.out + ".fifo")


def test_noted(readers, check):
    printed_to_a_file(readers)
    other = readers.node + "1"
    write(other, b"")
    status, out, _ = readers.run("--delta", "--json")
    check("nothing new: no line for a note alone", status == 0 and not out,
          out)
    os.remove(other)


def test_not_appended(readers, check):
    """Standard output is a file with a place of its own to write at."""
    log = printed_to_a_file(readers)
    os.remove(readers.state)
    with open(readers.out, "wb", buffering=0) as f:
        status, _, err = readers.run("--delta", "--json", stdout=f)
        line = readers.read("out")
        killed(readers, log, NEWS, line, offset=len(line))
        f.write(line[:30])
        status, _, err = readers.run("--delta", "--json", stdout=f)
        log.append(b"more\n")
        status, _, err = readers.run("--delta", "--json", stdout=f)
    lines = readers.read("out")
    check("not appended: no hole, nothing again", status == 0 and
          lines.startswith(line + line + b"{") and
          lines.count(b"\n") == 3 and b"\0" not in lines, lines)
    printed_to_a_file(readers)
    os.remove(readers.state)
    write(readers.out, b"o" * 1000, "wb")
    with open(readers.out, "r+b", buffering=0) as f:
        status, _, err = readers.run("--delta", stdout=f)
    check("not appended: written where the file is",
          readers.read("out") == b"the first line\n" + b"o" * 985,
          readers.read("out"))


def test_locked(readers, check):
    """Two readers that print to one file take turns."""
    log = printed_to_a_file(readers)
    log.append(NEWS)
    with open(readers.out, "rb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        unlock = threading.Timer(1, fcntl.flock, (f, fcntl.LOCK_UN))
        unlock.start()
        status, _, err = readers.run("--delta", "--output", readers.out)
        check("file locked: waited for", status == 0 and
              not unlock.is_alive() and f.read() == bytes(log.written), err)
        unlock.join()


def test_replaced(readers, check):
    """--full --output: all of the new, or the old."""
    log = printed_to_a_file(readers)
    log.append(b"y" * 3000 + b"\n")
    os.remove(readers.state)
    write(readers.out, b"old", "wb")
    os.chmod(readers.out, 0o640)

    def full_read(name=readers.out, **more):
        p = readers.popen("--output", name, **more)
        _, err = p.communicate(timeout=60)
        return p.returncode, err.decode()

    status, err = full_read(before=small_disk(1000))
    check("full, disk full: the old stays", status == 1 and
          readers.read("out") == b"old", readers.read("out")[:80])
    check("full, disk full: the file is named", "cannot write to" in err and
          "out: " in err, err)
    check("full, disk full: nothing is left behind",
          not [n for n in os.listdir(readers.directory) if ".new" in n])
    status, err = full_read()
    check("full: replaced, with its mode", status == 0 and
          readers.read("out") == bytes(log.written) and
          os.stat(readers.out).st_mode & 0o777 == 0o640, err)
    os.rename(readers.out, readers.out + ".real")
    os.symlink(readers.out + ".real", readers.out)
    status, err = full_read()
    check("full: a link stays one", status == 0 and
          os.path.islink(readers.out), err)
    os.remove(readers.out)
    os.remove(readers.out + ".real")
    status, err = full_read("/dev/null")
    check("full: only a regular file is replaced", status == 0 and
          os.stat("/dev/null").st_rdev == os.makedev(1, 3), err)


def left_in_pipe(readers, size):
    """A log of which a reader left so many bytes in a pipe, nobody knows
    how."""
    printed_to_a_file(readers)
    os.remove(readers.state)
    log = live.Log(readers.directory, 1 << 20)
    log.append(b"a line\n")
    readers.run("--delta")
    saved = state.State(readers.state)
    saved.pend(saved.position(), size, state.STREAM)
    saved.save()
    return log


def test_partly(readers, check):
    """Of a repeat that was reported in part, the rest is reported, too."""
    log = left_in_pipe(readers, 200000)
    log.append(b"0123456\n" * 25000)
    there, here = os.pipe()
    p = readers.popen("--state", readers.state, "--follow", stdout=here)
    os.close(here)
    time.sleep(1)
    p.terminate()
    _, err = p.communicate(timeout=20)
    with open(there, "rb") as f:
        printed = f.read()
    check("stuck pipe: ends with a part printed", p.returncode == 0 and
          0 < len(printed) < 200000 and b"up to 200000 of" in err,
          (len(printed), err))
    status, out, err = readers.run("--delta")
    rest = 200000 - len(printed)
    check("repeat: the rest of it is reported", status == 0 and
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


def test_twice(readers, check):
    """What an earlier reader may have printed is known to the one after the
    next, whose first piece is shorter."""
    log = left_in_pipe(readers, 200000)
    log.append(b"x" * 999 + b"\n" + b"z" * 299000)
    there, here = stuck_pipe()
    p = readers.popen("--state", readers.state, "--delta", stdout=here)
    time.sleep(1)
    p.kill()
    p.communicate()
    os.close(here)
    os.close(there)
    status, out, err = readers.run("--delta", "--json")
    told = sum(line.get("repeated_at_most", 0) for line in live.lines_of(out))
    check("killed twice: what the first may have printed is reported",
          p.returncode == -9 and status == 0 and told == 200000, (told, err))


def repeat_of(readers, news, lost, gap, old=b"the first line\n", resets=0):
    """A reader was killed while it printed a restarted log."""
    printed_to_a_file(readers)
    os.remove(readers.state)
    log = live.Log(readers.directory, 4096)
    log.append(old)
    readers.run("--delta")
    log.reset()
    log.resets += resets - 1
    log.append(news)
    saved = state.State(readers.state)
    saved.pend([4096, log.resets, 0, lost], len(news) - lost, state.STREAM,
               lost, gap=gap)
    saved.save()
    status, out, err = readers.run("--delta", "--json")
    return status, live.lines_of(out)[0]["repeated_at_most"], err


def test_began_anew(readers, check):
    found = repeat_of(readers, b"new line\n" * 500, 404, state.RESET, resets=1)
    check("killed after a reset: its loss may be reported again",
          found[:2] == (0, 4500), found)
    found = repeat_of(readers, b"b" * 420, 0, state.BACK, b"a" * 280)
    check("killed over a log that was recreated: all of it may be reported again",
          found[:2] == (0, 420), found)
    found = repeat_of(readers, b"b" * 420, 0, state.BACK, b"a" * 580)
    check("killed over a log that went back: not more than there is",
          found[:2] == (0, 420), found)


def test_shared(readers, check):
    """Mainline's driver has one type for all: it is set before each question,
    and others are kept off."""
    log = readers.log(4096)
    log.append(NEWS)
    settings = readers.tool.settings
    readers.tool.use("mainline")
    readers.tool.settings = {**settings, "others": 1}
    status, out, err = readers.run("--delta")
    check("one type for all: each reader gets its own", status == 0 and
          out == bytes(log.written), err)
    log.append(b"more\n")
    status, out, err = readers.run("--delta")
    check("one type for all: again", status == 0 and out == b"more\n", err)
