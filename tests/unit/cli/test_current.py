# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs, what a capsule would bring, and what is left alone: --unless-current,
"changed", "relation", and the versions before and after an activation. The simulated
firmware remembers its versions in a file."""
import hashlib
import re
import struct
import subprocess
import uuid

import pytest

from test_history import Machine

# image types, in the order of bytes that EFI has
CODE = uuid.UUID("B2F84B79-7B6E-4E45-885F-3FB9BB185402").bytes_le
DRIVER = uuid.UUID("4569DD8C-75F1-429A-A3D6-24DE8097A0DF").bytes_le
PLATFORM = bytes.fromhex("4e5a0c7db391264c8f172a6be04d9c51")


def capsule(path, *payloads):
    """An unsigned capsule of these payloads: (runtime version, svn or None)."""
    items = []
    for version, svn in payloads:
        driver = svn is not None
        head = struct.pack("<IIIII", 0x31494353, 1, 40 if driver else 36,
                           0x10000, version) + PLATFORM
        body = head + (struct.pack("<I", svn) if driver else b"") + b"x" * 16
        kind = DRIVER if driver else CODE
        items.append(struct.pack("<I16sB3xIIQ", 2, kind, 1, len(body), 0, 0) +
                     body)
    offsets, at = [], 8 + 8 * len(items)
    for item in items:
        offsets.append(at)
        at += len(item)
    fmp = struct.pack("<IHH", 1, 0, len(items)) + \
        b"".join(struct.pack("<Q", o) for o in offsets) + b"".join(items)
    guid = bytes.fromhex("edd5cb6d2de8444cbda17194199ad92a")
    path.write_bytes(guid + struct.pack("<III", 28, 0x10000, 28 + len(fmp)) +
                     fmp)
    return path


@pytest.fixture
def versions(tool, tmp_path):
    """Sets and reads what runs: code injection, driver update, its SVN."""
    path = tmp_path / "versions"

    class Versions:
        def __init__(self):
            self.set(5, 5, 5)

        def set(self, *numbers):
            path.write_text("%u %u %u\n" % numbers)

        def get(self):
            return tuple(int(w) for w in path.read_text().split())

    tool.versions = path
    return Versions()


def run(tool, *arguments, **fake):
    r = tool.run(*arguments, "--json", versions=tool.versions, **fake)
    return r, r.json()


@pytest.mark.parametrize("payload, relation, status", [
    ((6, None), "newer", 0), ((5, None), "same", 0), ((4, None), "older", 4),
    ((6, 5), "newer", 0), ((5, 5), "same", 0), ((4, 5), "older", 0),
    ((4, 6), "newer", 0), ((9, 4), "older", 4)])
def test_relation(tool, tmp_path, versions, payload, relation, status):
    """Of a driver update the security version counts first."""
    file = capsule(tmp_path / "x.cap", payload)
    runs = {"running_runtime_version": 5}
    if payload[1] is not None:
        runs["running_svn"] = 5
    r, d = run(tool, "capsule", file)
    item = d["items"][0]
    assert r.status == status and item["relation"] == relation, r
    assert {k: v for k, v in item.items() if k.startswith("running")} == runs
    assert item["payload"]["runtime_version"] == payload[0]
    text = tool.run("capsule", file, versions=tool.versions).out
    words = "the same" if relation == "same" else relation
    assert f"; the capsule is {words}\n" in text, text
    r, d = run(tool, "stage", "--dry-run", file)
    if not status:
        assert (d["relation"], d["would_change"]) == (relation, True), r
        assert {k: v for k, v in d.items() if k.startswith("running")} == runs
    assert "changed" not in d and versions.get() == (5, 5, 5)


def test_no_relation_without_a_platform(tool, tmp_path):
    file = capsule(tmp_path / "x.cap", (6, None))
    item = tool.run("capsule", "--no-device", file, "--json").json()["items"][0]
    assert "relation" not in item and "running_runtime_version" not in item


@pytest.mark.parametrize("driver", ["ours", "mainline"])
@pytest.mark.parametrize("command", ["stage", "stage-activate"])
def test_unless_current(tool, versions, driver, command):
    """The second time nothing is written, started or recorded."""
    tool.use(driver)
    machine = Machine(tool)
    file = tool.inputs / "v2.cap"
    versions.set(2, 1, 1)
    r, d = run(tool, command, file, "--unless-current")
    assert (r.status, d["changed"], d["outcome"], d["relation"]) == \
        (0, False, "not-done", "same"), r
    assert (r.counts["calls"], r.counts["writes"], r.counts["starts"]) == \
        (1, 0, 0), r
    assert not machine.file.exists()
    versions.set(1, 1, 1)
    r, d = run(tool, command, file, "--unless-current")
    assert (r.status, d["changed"], d["outcome"]) == (0, True, "done"), r
    assert r.counts["starts"] == 1


def test_unless_current_says_so(tool, versions):
    versions.set(2, 1, 1)
    r = tool.run("stage", "--unless-current", tool.inputs / "signed.cap",
                 versions=tool.versions)
    assert r.status == 0 and "it runs already" in r.out, r
    r = tool.run("stage", "--unless-current", tool.inputs / "signed.cap", "-q",
                 versions=tool.versions)
    assert not r.out and not r.err, r


@pytest.mark.parametrize("cached, calls", [(0, 1), (1, 1)])
def test_what_is_known_is_asked_again(tool, versions, cached, calls):
    """Something else may have changed the firmware: "current" is no guess."""
    versions.set(2, 1, 1)
    r, d = run(tool, "stage", "--unless-current", tool.inputs / "signed.cap",
               cached=cached)
    assert d["changed"] is False and r.counts["calls"] == calls, r


def test_it_costs_no_call_when_it_is_newer(tool, versions):
    plain, _ = run(tool, "stage", tool.inputs / "signed.cap", cached=1)
    versions.set(1, 1, 1)
    r, d = run(tool, "stage", "--unless-current", tool.inputs / "signed.cap",
               cached=1)
    assert d["changed"] is True
    versions.set(1, 1, 1)
    plain, _ = run(tool, "stage", tool.inputs / "signed.cap", cached=1)
    assert r.counts["calls"] == plain.counts["calls"], (r, plain)


@pytest.mark.parametrize("driver", ["ours", "mainline"])
@pytest.mark.parametrize("line", [["stage"], ["stage-activate"], ["stage", "-n"]])
def test_asking_for_it_costs_no_call(tool, versions, driver, line):
    """What the firmware answers is good for judging the capsule, too."""
    tool.use(driver)
    counts = []
    for more in [], ["--unless-current"]:
        versions.set(1, 1, 1)
        r, d = run(tool, *line, tool.inputs / "v2.cap", *more)
        assert r.status == 0 and d.get("changed", True), r
        counts.append(r.counts["calls"])
    assert counts[0] == counts[1], counts


@pytest.mark.parametrize("driver", ["ours", "mainline"])
def test_what_was_just_asked_is_not_asked_again(tool, versions, driver):
    """Nor before it is refused."""
    tool.use(driver)
    versions.set(9, 9, 9)
    r, _ = run(tool, "stage", "-n", "--unless-current", tool.inputs / "v2.cap")
    assert (r.status, r.counts["calls"]) == (4, 1), r


@pytest.mark.parametrize("payloads, current", [
    ([(5, None), (5, 5)], True), ([(5, None), (6, 5)], False),
    ([(5, None), (5, 6)], False), ([(4, None), (5, None)], True),
    ([(5, None), (4, None)], True)])
def test_several_payloads(tool, tmp_path, versions, payloads, current):
    """The newest of each kind is what would run."""
    file = capsule(tmp_path / "x.cap", *payloads)
    r, d = run(tool, "stage", "--unless-current", "--dry-run", file)
    assert d["would_change"] is not current, r
    assert (r.status == 0) or not current, r
    if current:
        assert [i["relation"] for i in d["items"]] == \
            ["same" if 5 in p[:1] else "older" for p in payloads]


def test_dry_run_of_what_is_current(tool, versions):
    versions.set(2, 1, 1)
    file = tool.inputs / "signed.cap"
    _, d = run(tool, "stage", "--dry-run", "--unless-current", file)
    assert (d["dry_run"], d["would_change"]) == (True, False)
    _, d = run(tool, "stage", "--dry-run", file)
    assert (d["dry_run"], d["would_change"]) == (True, True)


@pytest.mark.parametrize("fake, changed", [
    ({}, True), ({"start": "5:1"}, False), ({"start": "5"}, None),
    ({"write": 16}, False)])
def test_changed(tool, fake, changed):
    d = tool.run("stage-activate", tool.inputs / "signed.cap", "--json",
                 **fake).json()
    assert d["changed"] is changed, d


def numbers(versions):
    return (versions["code_injection"]["runtime_version"],
            versions["driver_update"]["runtime_version"],
            versions["driver_update"]["svn"])


@pytest.mark.parametrize("driver", ["ours", "mainline"])
def test_before_and_after(tool, versions, driver):
    tool.use(driver)
    machine = Machine(tool)
    file = tool.inputs / "v2.cap"
    versions.set(1, 1, 1)
    r, d = run(tool, "stage-activate", file)
    assert (numbers(d["before"]), numbers(d["after"])) == \
        ((1, 1, 1), (2, 1, 1)), r
    assert d["after"]["fw_version"] == 0x10000
    last = machine.attempts()[-1]
    assert (last["before"], last["after"]) == (d["before"], d["after"])
    versions.set(1, 1, 1)
    r, d = run(tool, "stage", file)
    assert "after" not in d and versions.get() == (1, 1, 1)
    # what is on record of the stage is not asked again
    r, d = run(tool, "activate")
    assert (numbers(d["before"]), numbers(d["after"])) == \
        ((1, 1, 1), (2, 1, 1)), r
    assert (r.counts["calls"], r.counts["starts"]) == (2, 1), r
    assert versions.get() == (2, 1, 1)


def test_in_text(tool, versions):
    versions.set(1, 1, 1)
    out = tool.run("stage-activate", tool.inputs / "signed.cap",
                   versions=tool.versions).out
    assert "Versions before: " in out and \
        "code injection 2, driver update 1 (SVN 1)\n" in out, out


def test_after_that_cannot_be_had(tool, versions):
    """The activation was done all the same."""
    r, d = run(tool, "stage-activate", tool.inputs / "signed.cap", cached=1,
               query="0:0,5:1")
    r, d = run(tool, "activate", cached=1, query="5:1")
    assert (r.status, d["outcome"], d["changed"], d["after"]) == \
        (0, "done", True, None), r
    assert any(re.search("cannot find out which versions run now: .", n)
               for n in d["notes"])


@pytest.mark.parametrize("cached, calls", [(0, 4), (1, 3)])
def test_what_an_activation_costs(tool, cached, calls):
    """Buffer, capability when it is not known, start, and the capability after."""
    r = tool.run("stage-activate", tool.inputs / "signed.cap", cached=cached)
    assert (r.counts["calls"], r.counts["starts"]) == (calls, 1), r


def test_sum_is_in_every_document(tool):
    """Of the bytes of the file, as the kernel's audit record has it."""

    file = tool.inputs / "signed.cap"
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    for line in (["capsule"], ["stage"], ["stage", "-n"], ["stage-activate"]):
        assert tool.run(*line, file, "--json").json()["sha256"] == wanted


def test_configuration_of_openssl_is_not_read(tool, tmp_path, monkeypatch):
    """It could have a library loaded, and a digest needs none of it."""
    left, config = tmp_path / "left", tmp_path / "evil.cnf"
    config.write_text("openssl_conf = all\n[all]\nproviders = them\n[them]\n"
                      f"evil = it\n[it]\nmodule = {tmp_path}/evil.so\n"
                      "activate = 1\n")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-x", "c", "-o", tmp_path / "evil.so", "-"],
        input="extern int creat(const char *, unsigned int);"
        "__attribute__((constructor)) static void run(void)"
        f'{{ creat("{left}", 0600); }}', text=True, check=True)
    monkeypatch.setenv("OPENSSL_CONF", str(config))
    subprocess.run(["openssl", "list", "-providers"], capture_output=True,
                   check=False)
    assert left.exists()
    left.unlink()
    r = tool.run("stage", tool.inputs / "signed.cap")
    assert r.status == 0 and not left.exists(), r


@pytest.mark.parametrize("fake", [{}, {"start": "5:1"}])
def test_duration_of_the_call(tool, fake):
    """Measured here: the kernel's own driver tells no times."""
    machine = Machine(tool)
    d = tool.run("stage-activate", tool.inputs / "signed.cap", "--json",
                 slow=300, **fake).json()
    assert 3e8 <= d["call_time_ns"] < 3e9, d
    assert machine.attempts()[-1]["call_time_ns"] == d["call_time_ns"]
