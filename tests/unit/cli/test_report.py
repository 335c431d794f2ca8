# SPDX-License-Identifier: GPL-2.0-or-later
"""The report for a vendor: one archive that other programs read, what is in it, and
what must not be."""
import json
import os
import re
import signal
import subprocess
import tarfile
import time

import pytest

import schema
from test_history import Machine

MEMBERS = ["CONTENTS", "version.json", "status.json", "capability.json",
           "history.json", "telemetry-execution.json", "telemetry-history.json",
           "metrics.json", "kernel.txt", "system.txt"]
MACHINE_ID = "feedfacefeedfacefeedfacefeedface"
KERNEL = b"""<6>[    0.000000] Command line: root=/dev/sda1 luks.key=hunter2
<6>[    2.100000] acpi INTC1080:00: found
<6>[    2.200000] pfru INTC1080:00: update device
<4>[    3.300000] firewall: SRC=192.0.2.7
<6>[    4.400000] pfr_telemetry INTC1081:00: log
"""


@pytest.fixture(name="full")
def full_machine(tool, tmp_path):
    """A machine that was updated, with an id and a log of its kernel."""
    machine = Machine(tool)
    (tool.root / "etc").mkdir()
    (tool.root / "etc/machine-id").write_text(MACHINE_ID + "\n")
    assert tool.run("stage-activate", tool.inputs / "signed.cap").status == 0
    assert MACHINE_ID in machine.file.read_text()
    (tmp_path / "kernel").write_bytes(KERNEL)
    tool.settings["kernel"] = tmp_path / "kernel"
    return machine


def contents(path):
    """What is in an archive, by name, as Python reads it."""
    with tarfile.open(path, "r:") as archive:
        for member in archive.getmembers():
            assert member.isreg() and member.mode == 0o600, member
            assert abs(member.mtime - time.time()) < 600, member
            assert member.name.startswith("pfru-report/"), member
        return {m.name.split("/")[1]: archive.extractfile(m).read()
                for m in archive.getmembers()}


def test_members(tool, full, check):
    file = tool.directory / "report.tar"
    r = tool.run("report", "--output", file)
    found = contents(file)
    check("succeeds", r.status == 0 and not r.err, r)
    check("what is in it, and the list first", list(found) == MEMBERS, r)
    check("the list is what is printed", found["CONTENTS"].decode() in r.out, r)
    for name, data in found.items():
        if name == "CONTENTS":
            continue
        line = re.search(rf"^(\d+) +(\S+) +{re.escape(name)} ", r.out, re.M)
        check(f"{name}: its size is in the list", int(line[1]) == len(data), r)
        check(f"{name}: its status is in the list",
              line[2] == ("0" if name.endswith(".json") else "-"), r)
    for name in MEMBERS:
        if name.endswith(".json"):
            command = re.match("[a-z]+", name)[0]
            words = ["--version"] if command == "version" else [command]
            schema.check(words + ["--json"], found[name].decode())
    attempts = json.loads(found["history.json"])["attempts"]
    for one, other in zip(attempts, full.attempts()):
        del other["machine_id"]
        check("the record, without the machine id", one == other, attempts)
    check("there is one", attempts, found)
    log = (tool.inputs / "ring").read_bytes().decode(errors="replace")
    shown = json.loads(found["telemetry-execution.json"])
    check("the log", shown.get("text", "")[:20] in log or "base64" in shown, shown)
    check("the kernel", os.uname().release in found["system.txt"].decode(), found)


def test_other_programs_read_it(tool, full):
    file = tool.directory / "report.tar"
    assert tool.run("report", "-o", file).status == 0 and full
    r = subprocess.run(["tar", "-tf", file], capture_output=True, text=True,
                       check=True)
    assert not r.stderr and r.stdout.split() == \
        [f"pfru-report/{n}" for n in MEMBERS], r
    r = subprocess.run(["tar", "-xOf", file, "pfru-report/kernel.txt"],
                       capture_output=True, check=True)
    assert file.read_bytes()[-1024:] == bytes(1024), "two blocks end it"
    assert r.stdout == b"".join(KERNEL.splitlines(True)[i] for i in (1, 2, 4))


def test_no_secrets(tool, full, check):
    """Wherever it would come from."""
    file = tool.directory / "report.tar"
    assert tool.run("report", "--machine", "--json", "-o", file).status == 0
    data = file.read_bytes()
    capsule = (tool.inputs / "signed.cap").read_bytes()
    check("the machine id", MACHINE_ID.encode() not in data and full, data[:99])
    check("the host's name", os.uname().nodename.encode() not in data, data[:99])
    check("the kernel's command line", b"hunter2" not in data, data[:99])
    check("others' lines", b"192.0.2.7" not in data, data[:99])
    check("the capsule", capsule[-64:] not in data, data[:99])
    check("nobody else may read it", file.stat().st_mode & 0o777 == 0o600, file)


def test_a_record_that_makes_no_sense(tool, full):
    """A machine id in it is not passed on."""
    with open(full.file, "a", encoding="ascii") as file:
        file.write('{"event": "begun", "machine_id": "%s"\n' % MACHINE_ID)
        file.write('{"event": "begun", "id": "x", "action": "stage", '
                   '"more": {"machine_id": "%s"}}\n' % MACHINE_ID)
    report = tool.directory / "report.tar"
    assert tool.run("report", "-o", report).status == 0
    assert MACHINE_ID.encode() not in report.read_bytes()


def test_json(tool, full, check):
    file = tool.directory / "report.tar"
    r = tool.run("report", "--json", f"-o{file}")
    d = r.json()
    schema.check(["report", "--json"], r.out)
    found = contents(file)
    check("the file", d["file"] == str(file) and full, d)
    check("its members", [m["name"] for m in d["members"]] == MEMBERS[1:], d)
    check("their sizes", all(m["size"] == len(found[m["name"]])
                             for m in d["members"]), d)
    check("no status where nothing was run",
          [m["exit_status"] for m in d["members"]] == [0] * 7 + [None] * 2, d)


def test_machines_that_lack_something(tool, check):
    """That is what is reported."""
    tool.use("bare")
    file = tool.directory / "report.tar"
    r = tool.run("report", "-o", file)
    found = contents(file)
    check("succeeds", r.status == 0, r)
    check("what the commands said",
          json.loads(found["capability.json"])["error"]["exit_status"] == 3, found)
    check("and in the list", re.search(r"^\d+ +3 +capability.json", r.out, re.M), r)
    check("why there is nothing of the kernel", found["kernel.txt"] ==
          b"the kernel's log cannot be read: Operation not permitted\n", found)


@pytest.mark.parametrize("log", [b"", b"<6>[    0.1] nothing of ours\n",
                                 b"<6>[    0.1] pfru without an end"])
def test_kernels_that_say_little(tool, tmp_path, log):
    (tmp_path / "kernel").write_bytes(log)
    file = tool.directory / "report.tar"
    r = tool.run("report", "-o", file, kernel=tmp_path / "kernel")
    assert r.status == 0, r
    assert contents(file)["kernel.txt"] == (log if b"pfru" in log else b"")


def test_a_name_of_its_own(tool):
    """With the time, in this directory."""
    r = tool.run("report", popen={"cwd": tool.directory})
    name = re.search(r"^Report: +(pfru-report-\d{8}T\d{6}Z\.tar)$", r.out, re.M)[1]
    assert list(contents(tool.directory / name)) == MEMBERS


def test_standard_output(tool):
    r = tool.run("report", "-o", "-", popen={"text": None, "errors": None})
    file = tool.directory / "report.tar"
    file.write_bytes(r.out)
    assert r.status == 0 and list(contents(file)) == MEMBERS
    r = tool.run("report", "-o", "-", "--json")
    assert r.status == 2 and "standard output is for the document" in r.out, r


def test_a_terminal_gets_none(tool):
    master, slave = os.openpty()
    r = tool.run("report", "-o", "-", popen={"stdout": slave})
    os.set_blocking(master, False)
    assert r.status == 1 and r.says("cannot be shown on a terminal"), r
    with pytest.raises(BlockingIOError):
        os.read(master, 1)
    os.close(master)
    os.close(slave)


def test_what_cannot_be_written(tool, check):
    r = tool.run("report", "-o", tool.directory / "nowhere/report.tar")
    check("no directory", r.status == 1 and r.says("cannot open it"), r)
    r = tool.run("report", "-o", "/dev/full")
    check("a full disk", r.status == 1 and r.says("cannot write to it"), r)
    check("is not called a success", not r.out, r)
    old = tool.directory / "old.tar"
    old.write_bytes(b"old")
    r = tool.run("report", "-o", old, fsync="")
    check("the old one stays", r.status == 1 and old.read_bytes() == b"old", r)


def test_killed_leaves_nothing(tool):
    """The archive is there as a whole or not at all."""
    whole = 0
    for i in range(10):
        file = tool.directory / f"killed-{i}.tar"
        p = tool.start("report", "-o", file)
        try:
            p.wait(0.1 * i)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
        p.communicate()
        if file.exists():
            assert list(contents(file)) == MEMBERS
            whole += 1
    assert whole < 10
    assert not [f for f in tool.directory.iterdir() if ".tar." in f.name]
