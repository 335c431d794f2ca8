# SPDX-License-Identifier: GPL-2.0-or-later
"""Several capsules at once: a table, in JSON a list."""
import os
import shutil

import pytest

from test_current import capsule


@pytest.fixture(name="shelf")
def shelf_with_capsules(tool, tmp_path):
    """A directory of capsules for a machine that runs code injection 5 and driver
    update 5 with SVN 5."""
    (tmp_path / "versions").write_text("5 5 5\n")
    tool.settings["versions"] = tmp_path / "versions"
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    capsule(shelf / "newer.cap", (6, None))
    capsule(shelf / "same.cap", (5, None))
    capsule(shelf / "both.cap", (5, None), (4, 6))
    (shelf / "junk.bin").write_bytes(b"no capsule, but long enough to be looked at " * 4)
    return shelf


def rows(text):
    """The lines of the table, by column; a column begins where its head does."""
    head, *lines = text.splitlines()
    names = [n for n in head.split("  ") if n.strip()]
    starts = [head.index(n) for n in names]
    ends = starts[1:] + [None]
    return [{n.strip(): line[a:b].strip()
             for n, a, b in zip(names, starts, ends)} for line in lines]


def test_directory(tool, shelf, check):
    r = tool.run("capsule", shelf)
    check("one would be refused", r.status == 4, r)
    check("and is named", r.says(r"junk.bin: not a firmware management capsule"), r)
    got = rows(r.out)
    check("a line for each payload item, by name",
          [g["Capsule"] for g in got] ==
          [f"{shelf}/{n}" for n in ("both.cap", "both.cap", "junk.bin",
                                    "newer.cap", "same.cap")], r)
    both, driver, junk, newer, same = got
    check("kinds", (both["Kind"], driver["Kind"], junk["Kind"]) ==
          ("code injection", "driver update", "-"), r)
    check("versions", [(g["Version"], g["Running"], g["Relation"]) for g in got] ==
          [("5", "5", "same"), ("4 (SVN 6)", "5 (SVN 5)", "newer"),
           ("-", "-", "-"), ("6", "5", "newer"), ("5", "5", "same")], r)
    check("verdicts", [g["Accepted"] for g in got] ==
          ["unknown", "unknown", "no", "unknown", "unknown"], r)
    check("what applies here", [g["Applies here"] for g in got] ==
          ["yes", "yes", "no", "yes", "no"], r)
    check("why", "firmware management capsule" in junk["Why"] and
          newer["Why"] == "it is not signed", r)
    check("the firmware was asked once", r.counted(calls=1, writes=0, starts=0), r)
    check("nor does JSON cost more",
          tool.run("capsule", shelf, "--json").counted(calls=1), r)


def test_mainline_is_asked_once(tool, inputs, check):
    """Its driver knows no capability: each question is a call."""
    tool.use("mainline")
    r = tool.run("capsule", *[inputs / "v2.cap"] * 3)
    check("accepted, as far as is known", r.status == 0 and
          [g["Relation"] for g in rows(r.out)] == ["newer"] * 3, r)
    check("one call", r.counted(calls=1), r)
    r = tool.run("capsule", *[inputs / "v2.cap"] * 2, query="5:1")
    check("a refusal to answer is not asked for again", r.counted(calls=1) and
          [g["Why"] for g in rows(r.out)] ==
          ["the firmware did not report its capability"] * 2, r)


def test_json_is_that_of_each(tool, shelf, check):
    """The same keys as for one capsule, and the same values."""
    names = sorted(shelf.iterdir())
    d = tool.run("capsule", "--json", shelf).json()
    check("the first failure", d["error"]["exit_status"] == 4 and
          "junk.bin" in d["error"]["message"], d)
    check("a list", [c["file"] for c in d["capsules"]] == [str(n) for n in names], d)
    for name, listed in zip(names, d["capsules"]):
        alone = tool.run("capsule", "--json", name).json()
        for key in ("schema_version", "error", "notes"):
            alone.pop(key, None)
        check(f"{name.name} as alone", listed == alone, (listed, alone))
    check("what applies", [c["applies"] for c in d["capsules"]] ==
          [True, False, True, False], d)


def test_files(tool, shelf, check):
    """In the order of the command line; one that is not there keeps none from
    being shown."""
    names = [shelf / "newer.cap", shelf / "nothing.cap", shelf / "both.cap"]
    r = tool.run("capsule", *names)
    check("exit status", r.status == 1 and r.says("nothing.cap: cannot read"), r)
    got = rows(r.out)
    check("all are there", [g["Capsule"] for g in got] ==
          [str(names[i]) for i in (0, 1, 2, 2)], r)
    check("nothing is known of one", got[1]["Why"] == "cannot be read" and
          got[1]["Accepted"] == "-", r)
    d = tool.run("capsule", *names, "--json").json()
    check("in JSON too", d["capsules"][1] == {"file": str(names[1])} and
          d["error"]["reason"] == "file", d)
    check("none failed", tool.run("capsule", names[0], names[2]).status == 0)


def test_options_between_files(tool, shelf):
    d = tool.run("capsule", shelf / "same.cap", "--no-device", shelf / "newer.cap",
                 "-j", "--", shelf / "both.cap").json()
    assert [c["file"].rsplit("/")[-1] for c in d["capsules"]] == \
        ["same.cap", "newer.cap", "both.cap"]
    assert [c["applies"] for c in d["capsules"]] == [None] * 3
    assert {c["acceptable_why"] for c in d["capsules"]} == \
        {"not compared with a machine"}


def test_older_does_not_apply(tool, shelf):
    """Though the firmware takes a driver update whose runtime version goes down."""
    old = capsule(shelf / "older.cap", (4, 5))
    d = tool.run("capsule", old, shelf / "newer.cap", "--json").json()
    assert [(c["accepted"], c["items"][0]["relation"], c["applies"])
            for c in d["capsules"]] == [(True, "older", False),
                                        (True, "newer", True)], d


def test_without_a_device(tool, shelf):
    tool.use("bare")
    (shelf / "junk.bin").unlink()
    r = tool.run("capsule", shelf)
    assert r.status == 0 and r.err.count("note:") == 1, r
    assert {(g["Running"], g["Relation"], g["Accepted"], g["Applies here"],
             g["Why"]) for g in rows(r.out)} == \
        {("-", "-", "unknown", "unknown", "no device")}, r


def test_verified(tool, inputs, shelf):
    """Each with the same certificates."""
    for name in ("signed.cap", "tampered.cap"):
        shutil.copy(inputs / name, shelf)
    tool.settings.clear()
    r = tool.run("capsule", "--ca", inputs / "cert.pem", shelf / "signed.cap",
                 shelf / "tampered.cap")
    good, bad = rows(r.out)
    assert r.status == 4 and good["Accepted"] == "yes", r
    assert bad["Accepted"] == "no" and "is not valid" in bad["Why"], r


def test_what_in_a_directory_is_no_file(tool, shelf, check):
    """Links are followed; a FIFO is not waited for."""
    (shelf / "junk.bin").unlink()
    (shelf / ".hidden.cap").write_bytes(b"x")
    (shelf / "below").mkdir()
    os.mkfifo(shelf / "fifo")
    (shelf / "dangling.cap").symlink_to("nowhere")
    (shelf / "z.cap").symlink_to("newer.cap")
    r = tool.run("capsule", f"{shelf}/", "--json", timeout=20)
    check("regular files only", [c["file"] for c in r.json()["capsules"]] ==
          [f"{shelf}/{n}" for n in ("both.cap", "newer.cap", "same.cap", "z.cap")],
          r)
    r = tool.run("capsule", shelf / "below")
    check("an empty one is a failure", r.status == 1 and
          r.says("there is no file in this directory") and not r.out, r)


def test_names_are_escaped(tool, inputs, shelf):
    """A table stays one, whatever a file is called."""
    name = shelf / "a\n\x1b[2Jb.cap"
    shutil.copy(shelf / "newer.cap", name)
    r = tool.run("capsule", shelf / "newer.cap", name)
    assert r.status == 0 and "\x1b" not in r.out, r
    assert len(r.out.splitlines()) == 3, r


def test_one_standard_input(tool, shelf):
    with open(shelf / "newer.cap", "rb") as f:
        r = tool.run("capsule", "-", shelf / "same.cap", "--json",
                     popen={"stdin": f})
    assert [c["file"] for c in r.json()["capsules"]] == \
        ["-", str(shelf / "same.cap")], r
    for words in (("-", "-"), ("-", "x", "-"), ("x", "-", "--ca", "-")):
        r = tool.run("capsule", *words)
        assert r.status == 2 and r.says("only one file can be standard input"), r


def test_only_capsule_takes_several(tool):
    for command in ("stage", "stage-activate"):
        r = tool.run(command, "a", "b")
        assert r.status == 2 and r.says("one argument too many: b"), r
    r = tool.run("capsule", "a", "")
    assert r.status == 2 and r.says("an empty name is no file"), r
