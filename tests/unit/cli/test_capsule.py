# SPDX-License-Identifier: GPL-2.0-or-later
"""What "capsule" shows of a file, whatever the file and its name are."""
import os
import threading

import inputs as made
from conftest import CORPUS


def test_signed(tool, inputs, expect, check):
    tool.use("bare")
    r = expect("signed", 0, "capsule", inputs / "signed.cap")
    check("signed: signer", r.prints("Subject: *CN=Signer,O=Test"), r)
    check("signed: flags in words", r.prints("persist across reset"), r)
    check("signed: version", r.prints("Runtime version: *2"), r)
    r = expect("signed, JSON", 0, "capsule", "--json", inputs / "signed.cap")
    item = r.json()["items"][0]
    check("signed, JSON: items", r.json()["accepted"] and
          item["authentication"]["signers"][0]["subject"] ==
          "CN=Signer,O=Test", r)
    check("signed, JSON: GUID in EFI order", item["type"] == made.CODE, r)
    check("signed, JSON: count",
          item["authentication"]["monotonic_count"] == 7, r)
    check("signed, JSON: payload",
          item["payload"]["signature"]["text"] == "SCI1", r)


def test_plain(tool, inputs, expect, check):
    tool.use("bare")
    r = expect("plain", 0, "capsule", "--json", inputs / "plain.cap")
    check("plain: not authenticated",
          not r.json()["items"][0]["authenticated"], r)


def test_no_capsule(tool, inputs, expect, check, tmp_path):
    tool.use("bare")
    r = expect("missing", 1, "capsule", tmp_path / "missing.cap")
    check("missing: why", r.says("No such file"), r)
    expect("directory", 1, "capsule", inputs / "directory.cap")
    r = expect("empty", 4, "capsule", inputs / "empty.cap")
    check("empty: words", r.says(r"too short to be a capsule at offset 0 "
                                 r"\(bytes found 0, needed 28\)"), r)
    r = expect("short", 4, "capsule", inputs / "short.cap", "--json")
    error = r.json()["error"]
    check("short: reason", error["reason"] == "capsule-size" and
          error["found"] == 100 and not r.json()["accepted"], r)
    r = expect("huge", 4, "capsule", inputs / "huge.cap")
    check("huge: words", r.says("larger than any capsule"), r)
    expect("one's own memory", 1, "capsule", "/proc/self/mem")


def test_endless(tool, expect, endless):
    tool.use("bare")
    expect("endless", 4, "capsule", f"/proc/self/fd/{endless}",
           popen={"pass_fds": [endless]})


def test_hostile_names(tool, inputs, expect, check):
    tool.use("bare")
    r = expect("terminal escape in a name", 0, "capsule", inputs / made.EVIL)
    check("terminal escape in a name: escaped",
          r.prints(r"evil\\x1b\[2J\\x0aname"), r)
    check("terminal escape in a name: gone", "\033" not in r.out + r.err, r)
    r = expect("terminal escape, JSON", 0, "capsule", "--json",
               inputs / made.EVIL)
    check("terminal escape, JSON", "\033[2J\n" in r.json()["file"], r)
    r = expect("name that is not UTF-8, JSON", 0, "capsule", "--json",
               inputs / made.NOT_UTF8)
    check("name that is not UTF-8, JSON",
          "not-utf8-\\xff.cap" in r.json()["file"], r)
    r = expect("missing, hostile name", 1, "capsule", "a\033]0;x\007")
    check("missing, hostile name: escaped", r.says(r"a\\x1b\]0;x\\x07"), r)
    r = expect("name with conversions", 1, "capsule", "%s%n%s%n")
    check("name with conversions", r.says("%s%n%s%n"), r)


def test_standard_input(tool, inputs, check):
    tool.use("bare")
    with open(inputs / "signed.cap", "rb") as f:
        r = tool.run("capsule", "-", popen={"stdin": f})
    check("standard input",
          r.prints("Would be accepted: *unknown .no device."), r)
    r = tool.run("capsule", "-", popen={"preexec_fn": lambda: os.close(0)})
    check("closed standard input", r.status == 1, r)


def test_fifo(tool, inputs, expect, tmp_path):
    tool.use("bare")
    os.mkfifo(tmp_path / "fifo")

    def pieces():
        with open(tmp_path / "fifo", "wb", buffering=0) as f:
            data = (inputs / "signed.cap").read_bytes()
            for at in range(0, len(data), 7):
                f.write(data[at:at + 7])

    writer = threading.Thread(target=pieces)
    writer.start()
    expect("FIFO, in pieces", 0, "capsule", tmp_path / "fifo")
    writer.join()


def verdicts():
    """The corpus's list: (file, verdict, offset or nothing)."""
    for line in (CORPUS / "MANIFEST").read_text().splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            yield words[0], words[1], words[2] if len(words) > 2 else None


def wrong(tool, file, verdict, offset):
    """Why "capsule" and "stage" do not agree with the list; None when they do."""
    want = 0 if verdict == "accepted" else 4
    r = tool.run("capsule", "--json", CORPUS / file)
    if r.status != want:
        return f"capsule: exit status {r.status}, not {want}", r
    if want:
        error = r.json()["error"]
        at = int(offset) if offset else error.get("offset")
        if (error["reason"], error.get("offset")) != (verdict, at):
            return f"capsule: expected {verdict} {offset or ''}", r
    r = tool.run("stage-activate", CORPUS / file)
    if r.status != want:
        return f"stage-activate: exit status {r.status}, not {want}", r
    if want and not r.counted(starts=0):
        return "stage-activate: the firmware was called", r
    return None


def test_corpus(tool, check):
    """The same verdict as the list's, by capsule and by stage."""
    tool.settings = {"cached": 1}
    for file, verdict, offset in verdicts():
        what = wrong(tool, file, verdict, offset)
        check(f"corpus: {file} {verdict}", not what, what)
