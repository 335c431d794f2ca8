# SPDX-License-Identifier: GPL-2.0-or-later
"""One read of the log: every byte in order, in as few calls as that takes; the
log's description, its level, and the summary of its runs."""
import base64
import errno
import subprocess

import pytest

from conftest import RAW


def test_log(tool, inputs, expect, check):
    r = expect("log", 0, "telemetry", popen=RAW, newer=1000)
    check("log: bytes", r.out == (inputs / "newer").read_bytes(), r)
    check("log: two calls", r.counted(calls=2), r)
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("log that rolled over", 0, "telemetry", popen=RAW)
    check("log that rolled over: oldest first, every byte",
          r.out == (inputs / "chronological").read_bytes(), r)
    check("log that rolled over: two calls", r.counted(calls=2), r)
    r = expect("empty log", 0, "telemetry", newer=0, older=0)
    check("empty log: nothing", not r.out, r)


# what each run is given; whether the ring is mapped, or read
WAYS = {
    "most": ({"newer": 1000, "older": 3096}, "mapped"),
    "little": ({"newer": 1000}, "read"),
    "no-mapping": ({"newer": 1000, "older": 3096, "mmap": 19}, "read"),
    "two-places": ({"newer": 1000, "older": 3096, "elsewhere": 1}, "read"),
    "part-of-a-page": ({"newer": 3500, "ring": 4000}, "read"),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways(tool, inputs, expect, check, way):
    """Most of a ring is read through a mapping where there can be one; every byte is
    the same either way. A read that fails shows which way it is."""
    fake, how = WAYS[way]
    log = (inputs / "ring").read_bytes()
    older = fake.get("older", 0)
    log = log[len(log) - older:] + log[:fake["newer"]]
    r = expect("read", 0, "telemetry", popen=RAW, **fake)
    check("every byte", r.out == log, r)
    check("two calls", r.counted(calls=2), r)
    expect("no read", 0 if how == "mapped" else 1, "telemetry", popen=RAW,
           pread=71, **fake)


def test_pages(tool, inputs, expect, check):
    """The pages for the log are asked for at once, except one that holds something else,
    too; a kernel that cannot do that gives them one by one."""
    log = tool.directory / "log"
    log.write_bytes((inputs / "ring").read_bytes() * 64)
    ring = log.stat().st_size
    fake = {"log": log, "ring": ring, "newer": ring}
    for error in (0, errno.EINVAL):
        r = expect("read", 0, "telemetry", popen=RAW, madvise=error, **fake)
        check("every byte", r.out == log.read_bytes(), r)
        check("at once", r.counts["populated"] in (ring, ring - 4096), r)


def test_json(tool, inputs, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("binary log, JSON", 0, "telemetry", "--json")
    check("binary log, JSON: base64", base64.b64decode(r.json()["base64"]) ==
          (inputs / "chronological").read_bytes() and
          "text" not in r.json(), r)
    controls = tool.directory / "controls"
    controls.write_bytes("a\u009bb\x7fc\u202ed\u00e4\n".encode())
    r = expect("controls in JSON", 0, "telemetry", "--json", log=controls,
               older=0, newer=13)
    check("controls in JSON: escaped",
          r.json()["text"] == "a\u009bb\x7fc\u202ed\u00e4\n", r)
    check("controls in JSON: not as they are",
          r.prints(r"a\\u009bb\\u007fc\\u202ed"), r)
    r = expect("newest part empty", 0, "telemetry", "--json", newer=0)
    check("newest part empty", r.json()["size"] == 3096, r)
    check("newest part empty: two calls", r.counted(calls=2), r)
    r = expect("text log, JSON", 0, "telemetry", "--json", older=0)
    check("text log, JSON", r.json()["text"].startswith("new line 0\r\n") and
          r.json()["reset_count"] == 4, r)


def test_log_that_changes(tool, inputs, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("log changes twice", 0, "telemetry", popen=RAW, changes=2)
    check("log changes twice: read again",
          r.out == (inputs / "chronological").read_bytes(), r)
    check("log changes twice: four calls", r.counted(calls=4), r)
    r = expect("log keeps changing", 7, "telemetry", changes=100)
    check("log keeps changing: nothing printed", not r.out, r)
    check("log keeps changing: bounded", r.counted(calls=6), r)
    r = expect("log keeps changing, JSON", 7, "telemetry", "--json",
               changes=100)
    check("log keeps changing, JSON",
          r.json()["error"]["reason"] == "changing", r)


def test_on_a_terminal(tool, check):
    rude = tool.directory / "rude"
    rude.write_bytes(b"a\033[2Jb\tc\r\nd\re\r\n")
    shown = subprocess.run(
        ["script", "-qec", f"{tool.program} telemetry", "/dev/null"],
        env=tool.environment({"log": rude, "newer": 14, "older": 0}),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60,
        check=False).stdout
    check("log on a terminal: escapes shown", rb"a\x1b[2Jb" in shown, shown)
    check("log on a terminal: a carriage return alone is shown",
          rb"d\x0de" in shown, shown)


def test_refused(tool, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("before the first update", 6, "telemetry", no_log=1)
    check("before the first update: words",
          r.says("no telemetry before the first update"), r)
    r = expect("sizes that cannot be", 1, "telemetry", older=4000)
    check("sizes that cannot be: words", r.says("firmware bug"), r)
    r = expect("ring of 4 GiB", 1, "telemetry", ring=4294967295,
               newer=4294967295, older=0)
    check("ring of 4 GiB: words", r.says("an impossible log"), r)
    r = expect("data refused", 5, "telemetry", "--json", data="6:0x12")
    check("data refused: status", r.json()["error"]["ext_status"] == 0x12, r)
    r = expect("busy", 6, "telemetry", data=16)
    check("busy: words", r.says("another program uses it now"), r)
    r = expect("log out of reach", 1, "telemetry", pread=71, mmap=71,
               reason="32:0:4096:64")
    check("log out of reach: words",
          r.says(r"telemetry buffer is not usable \(address 0x1000"), r)


def test_types(tool, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("history", 0, "telemetry", "--type", "history", "-r", "2")
    check("history: type and revision are set", r.counted(revision=2, type=1),
          r)
    r = expect("execution", 0, "telemetry")
    check("execution: type and revision are set",
          r.counted(revision=1, type=0), r)


def test_info(tool, expect, check):
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("info", 0, "telemetry-info", "--json")
    check("info: two calls", r.counted(calls=2), r)
    d = r.json()
    check("info", d["level_name"] == "info" and d["available"] and
          d["older"]["size"] == 3096 and d["rollover_count"] == 3 and
          d["newest"]["address"] == 0x110000000, r)
    r = expect("info before the first update", 0, "telemetry-info", no_log=1)
    check("info before the first update", r.prints("Log available: *no"), r)


def test_level(expect, check):
    r = expect("level", 0, "log-level")
    check("level: one word", r.prints("^info$"), r)
    check("level: one call", r.counted(calls=1), r)
    r = expect("set level", 0, "log-level", "verbose")
    check("set level: one call", r.counted(calls=1), r)
    r = expect("set level by number", 0, "log-level", "--json", "1")
    check("set level by number", r.json()["level_name"] == "warning", r)
    expect("level refused", 5, "log-level", "4", level="2:0x3")
    expect("level refused when read", 5, "log-level", level="2:0x3")


def test_mainline(tool, inputs, expect, check):
    tool.use("mainline")
    tool.settings = {"newer": 1000, "older": 3096}
    r = expect("mainline: log", 0, "telemetry", popen=RAW)
    check("mainline: oldest first",
          r.out == (inputs / "chronological").read_bytes(), r)
    check("mainline: three calls", r.counted(calls=3), r)
    expect("mainline: log keeps changing", 7, "telemetry", changes=100)
    r = expect("mainline: older part elsewhere", 1, "telemetry", popen=RAW,
               elsewhere=1)
    check("mainline: older part elsewhere: the rest",
          r.out == (inputs / "newer").read_bytes(), r)
    check("mainline: older part elsewhere: words",
          r.says("3096 bytes. is not printed"), r)
    r = expect("mainline: no mapping", 1, "telemetry", mmap=11)
    check("mainline: no mapping: words", r.says("cannot map the log"), r)
    expect("mainline: errno for a level", 5, "log-level", level="4:1")
    expect("mainline: errno for a level, info", 5, "telemetry-info",
           level="4:1")
    r = expect("mainline: level", 0, "log-level")
    check("mainline: level", r.prints("^info$"), r)
    expect("mainline: data refused", 5, "telemetry", data="4:1")


def test_summary(inputs, expect, check):
    runs = inputs / "runs"
    fake = {"log": runs, "newer": runs.stat().st_size}
    r = expect("summary", 0, "telemetry", "--summary", **fake)
    check("summary: whole run",
          r.prints("^2 +stage and activate +4 +Success$"), r)
    check("summary: beginning is gone",
          r.prints(r"^1 +\(beginning is gone\) +1 +Device Error$"), r)
    check("summary: no end", r.prints(r"^3 +stage +1 +\(no end\)$"), r)
    r = expect("summary, JSON", 0, "telemetry", "--summary", "--json", **fake)
    check("summary, JSON", [(run["action"], run["status"])
                            for run in r.json()["runs"]] ==
          [(None, "Device Error"), (2, "Success"), (0, None)], r)
    r = expect("summary of no run", 0, "telemetry", "--summary", newer=1000)
    check("summary of no run: empty", r.out.count("\n") == 1, r)


def test_summary_of_an_odd_log(tool, tmp_path, check):
    """Numbers that are no actions, and what stands between lines besides a line
    feed: JSON matches its schema, which is checked with each run."""
    log = tmp_path / "odd"
    log.write_bytes(b"a = START, Action = -1\nb = End, Status = Odd\n"
                    b"a = START, Action = 18446744073709551614\n\0"
                    b"b = End, Status = Large\n\0"
                    b"a = START, Action = 0x1\n\r\0b = End, Status = Hex\n\r")
    fake = {"log": log, "newer": log.stat().st_size}
    r = tool.run("telemetry", "--summary", "--json", **fake)
    check("JSON", [(run["action"], run["action_name"], run["status"])
                   for run in r.json()["runs"]] ==
          [(None, "unknown", "Odd"), (None, "unknown", "Large"),
           (1, "activate", "Hex")], r)
    r = tool.run("telemetry", "--summary", **fake)
    check("text", r.prints("^1 +unknown +2 +Odd$") and
          r.prints("^3 +activate +2 +Hex$") and "gone" not in r.out, r)
