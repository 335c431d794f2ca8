# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of updates: on the disk before the firmware is called, whatever ends
the program; and what was interrupted is not repeated by itself."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[3]
BOOTS = ["0123456789abcdef0123456789abcd%02x" % n for n in range(4)]


class Machine:
    """A root with a boot id, and its record."""

    def __init__(self, tool):
        self.tool = tool
        self.boot(0)

    def boot(self, number):
        path = self.tool.root / "proc/sys/kernel/random/boot_id"
        path.parent.mkdir(parents=True, exist_ok=True)
        i = BOOTS[number]
        path.write_text(f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}\n")

    @property
    def file(self):
        return self.tool.root / "var/lib/pfructl/history"

    def lines(self):
        """The file's whole lines."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in
                self.file.read_text().split("\n")[:-1]
                if not line.endswith("#torn")]

    def attempts(self, *more):
        return self.tool.run("history", "--json", *more).json()["attempts"]

    def cut_off(self, capsule="signed.cap", action="stage-activate"):
        """What a machine leaves that died in the call."""
        r = self.tool.run(action, self.tool.inputs / capsule)
        assert r.status == 0, r
        kept = [l for l in self.lines() if l["event"] == "begun"][-1]
        lines = [l for l in self.file.read_text().split("\n")[:-1]
                 if kept["id"] not in l or '"begun"' in l]
        self.file.write_text("\n".join(lines) + "\n")
        return kept


@pytest.fixture(params=["ours", "mainline"])
def machine(tool, request):
    tool.use(request.param)
    tool.capsule = tool.inputs / ("v2.cap" if request.param == "mainline"
                                  else "signed.cap")
    return Machine(tool)


def test_done(tool, machine):
    r = tool.run("stage-activate", tool.capsule, "--json")
    begun, done = machine.lines()[:2]
    assert (begun["event"], done["event"]) == ("begun", "done")
    assert begun["id"] == done["id"] == r.json()["attempt"]
    assert begun["sha256"] == \
        hashlib.sha256(tool.capsule.read_bytes()).hexdigest()
    assert (begun["action"], begun["file"], begun["kind"],
            begun["runtime_version"], begun["boot_id"]) == \
        ("stage-activate", str(tool.capsule), "code_injection", 2, BOOTS[0])
    assert begun["before"]["code_injection"] == {"runtime_version": 1}
    assert begun["uid"] == os.getuid() and begun["pid"] > 0
    assert done["exit_status"] == 0
    assert machine.file.stat().st_mode & 0o777 == 0o600
    assert machine.file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("fake, status, state", [
    ({"start": "5:7"}, 5, "failed"), ({"start": "5"}, 8, "unknown"),
    ({"start": "16"}, None, "failed")])
def test_failed(tool, machine, fake, status, state):
    r = tool.run("stage-activate", tool.capsule, "--json", **fake)
    assert status in (None, r.status), r
    a, = machine.attempts()
    assert a["state"] == state and a["exit_status"] == r.status
    error = r.json()["error"]
    assert (a["reason"], a["message"]) == (error["reason"], error["message"])


def test_status_is_on_record(tool):
    """This project's module tells it."""
    machine = Machine(tool)
    tool.run("stage-activate", tool.inputs / "signed.cap", start="5:7")
    tool.run("stage-activate", tool.inputs / "signed.cap")
    bad, good = machine.attempts()
    assert (bad["status"], bad["ext_status"]) == (5, 7)
    assert (good["status"], good["exec_time_ns"]) == (0, 7654321)


@pytest.mark.parametrize("line", [
    ("stage", "short.cap"), ("stage", "signed.cap", "--dry-run"),
    ("stage-activate", "signed.cap", "-d", "7"), ("capability",), ("status",)])
def test_nothing_is_recorded_that_was_not_tried(tool, line):
    machine = Machine(tool)
    tool.run(*(tool.inputs / w if w.endswith(".cap") else w for w in line))
    assert not machine.file.exists()


def test_each_try_is_an_attempt(tool):
    machine = Machine(tool)
    tool.run("stage", tool.inputs / "signed.cap", "--retries", "2",
             start="4:0,4:0,0:0")
    assert [a["state"] for a in machine.attempts()] == \
        ["failed", "failed", "done"]
    assert len({a["id"] for a in machine.attempts()}) == 3


def test_activation_knows_what_was_staged(tool, machine):
    tool.run("stage", tool.capsule)
    tool.run("activate")
    tool.run("activate")
    staged, first, second = machine.attempts()
    assert first["sha256"] == staged["sha256"] and second["sha256"] is None
    tool.run("stage", tool.capsule)
    machine.boot(1)
    tool.run("activate")
    assert machine.attempts()[-1]["sha256"] is None


def test_interrupted(tool, machine):
    begun = machine.cut_off(tool.capsule)
    assert machine.attempts()[-1]["state"] == "unfinished"
    assert tool.run("stage", tool.capsule, "--dry-run").status == 0
    machine.boot(1)
    assert machine.attempts()[-1]["state"] == "interrupted"
    for line in (["stage"], ["stage-activate"], ["stage", "--dry-run"]):
        r = tool.run(*line, tool.capsule, "--json")
        e = r.json()["error"]
        assert (r.status, e["reason"], e["attempt"], e["begun"]) == \
            (4, "interrupted", begun["id"], begun["time"]), r
        assert r.counts["calls"] == r.counts["opens"] == 0, r
    assert len(machine.attempts()) == 1
    s = tool.run("status", "--json", module="loaded").json()
    assert [i["id"] for i in s["interrupted"]] == [begun["id"]]
    told = [p for p in s["problems"] if "interrupted" in p]
    told += tool.run("history", "--json").json()["notes"] + [e["message"]]
    assert len(told) == 3, told
    for words in told:
        assert "no end" in words and "crash" not in words, words


def test_another_capsule_is_not_meant(tool):
    machine = Machine(tool)
    machine.cut_off("signed.cap")
    machine.boot(1)
    assert tool.run("stage", tool.inputs / "plain.cap").status == 0
    # it is still refused, whatever was done since
    assert tool.run("stage", tool.inputs / "signed.cap").status == 4


@pytest.mark.parametrize("fake, state", [({}, "done"), ({"start": "5:1"}, "failed")])
def test_forced(tool, machine, fake, state):
    machine.cut_off(tool.capsule)
    machine.boot(1)
    r = tool.run("stage-activate", tool.capsule, "--force-after-interruption",
                 **fake)
    assert r.counts["starts"] == 1, r
    assert [a["state"] for a in machine.attempts()] == ["interrupted", state]
    s = tool.run("status", "--json", module="loaded").json()
    assert s["interrupted"] == []
    # an attempt with an end settles it
    assert tool.run("stage", tool.capsule).status == 0


def test_forced_and_interrupted_again(tool, machine):
    machine.cut_off(tool.capsule)
    machine.boot(1)
    tool.run("stage", tool.capsule, "--force-after-interruption")
    text = machine.file.read_text().split("\n")
    machine.file.write_text("\n".join(
        l for l in text if '"event":"done"' not in l))
    machine.boot(2)
    assert tool.run("stage", tool.capsule).status == 4


def test_interrupted_activation(tool, machine):
    """The capsule is that which was staged."""
    tool.run("stage", tool.capsule)
    tool.run("activate")
    text = machine.file.read_text().split("\n")[:3]
    assert '"activate"' in text[2], text
    machine.file.write_text("\n".join(text) + "\n")
    machine.boot(1)
    assert tool.run("stage-activate", tool.capsule).status == 4


def test_interrupted_activation_of_what_is_not_known(tool):
    """No capsule is refused for it, and nobody says so."""
    machine = Machine(tool)
    tool.run("activate")
    text = machine.file.read_text().split("\n")[0]
    assert '"sha256":null' in text, text
    machine.file.write_text(text + "\n")
    machine.boot(1)
    s = tool.run("status", "--json", module="loaded").json()
    told = [p for p in s["problems"] if "interrupted" in p]
    told += tool.run("history", "--json").json()["notes"]
    assert len(told) == 2 and len(s["interrupted"]) == 1, told
    for words in told:
        assert "not known, so none is refused" in words, words
        assert "force" not in words, words
    assert tool.run("stage", tool.inputs / "signed.cap").status == 0


def test_no_boot_id(tool, machine):
    """Nothing is begun that could not be distinguished from an interruption."""
    machine.cut_off(tool.capsule)
    boot = tool.root / "proc/sys/kernel/random/boot_id"
    boot.unlink()
    assert machine.attempts()[-1]["state"] == "unfinished"
    for line in (["stage", tool.capsule], ["stage-activate", tool.capsule],
                 ["stage", "--dry-run", tool.capsule], ["activate"]):
        r = tool.run(*line, "--json")
        error = r.json()["error"]
        assert (r.status, error["reason"]) == (1, "record"), r
        assert str(boot)[len(str(tool.root)):] in error["message"], r
        assert r.counts["calls"] == r.counts["writes"] == 0, r
    assert len(machine.attempts()) == 1


def test_line_without_a_boot_id(tool, machine):
    """None is written where it is not known: it is not of this boot."""
    begun = machine.cut_off(tool.capsule)
    begun["boot_id"] = None
    machine.file.write_text(json.dumps(begun) + "\n")
    assert machine.attempts()[-1]["state"] == "interrupted"
    assert tool.run("stage", tool.capsule).status == 4


def delayed(tool, call, name, *line):
    """The tool, and that system call of it delayed for two seconds."""
    return subprocess.Popen(
        ["strace", "-o", tool.directory / "strace", "-P", name,
         f"--inject={call}:delay_enter=2000000", tool.program, *line],
        env={**tool.environment({}), "ASAN_OPTIONS": "detect_leaks=0"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(what):
    """Wait until that is true."""
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_read_while_files_change_places(tool):
    """A reader takes no lock, and misses nothing that goes from one file to the
    other after it has read that one."""
    machine = Machine(tool)
    begun = machine.cut_off("plain.cap")
    machine.boot(1)
    fill(machine, begun, "a")
    with delayed(tool, "openat", "history", "history", "--json") as reader:
        log = tool.directory / "strace"
        until(lambda: log.exists() and '"history"' in log.read_text())
        assert tool.run("stage", tool.inputs / "signed.cap").status == 0
        assert machine.file.stat().st_size < 10000
        out, err = reader.communicate(timeout=30)
    attempts = json.loads(out)["attempts"]
    found = [a["id"] for a in attempts if a["state"] == "interrupted"]
    assert found == [begun["id"]], (out[-2000:], err)
    assert len(attempts) == 13, out[-2000:]


def test_not_written_not_called(tool, machine):
    (tool.root / "var/lib").mkdir(parents=True)
    (tool.root / "var/lib/pfructl").write_text("in the way")
    r = tool.run("stage-activate", tool.capsule, "--json")
    assert r.status == 1 and r.json()["error"]["reason"] == "record", r
    assert r.counts["starts"] == 0, r


@pytest.mark.parametrize("what", ["link", "open to others", "directory", "fifo"])
def test_what_is_not_ours(tool, what):
    machine = Machine(tool)
    machine.file.parent.mkdir(parents=True, mode=0o700)
    if what == "link":
        machine.file.symlink_to(tool.directory / "elsewhere")
    elif what == "directory":
        machine.file.mkdir()
    elif what == "fifo":
        os.mkfifo(machine.file)
    else:
        machine.file.touch()
        machine.file.chmod(0o666)
    r = tool.run("stage-activate", tool.inputs / "signed.cap")
    assert r.status == 1 and r.counts["starts"] == 0, r
    assert not (tool.directory / "elsewhere").exists()


@pytest.mark.parametrize("error, named", [("EIO", True), ("EACCES", False)])
def test_status_without_the_record(tool, error, named):
    """Updates are refused, and it says why; who may not read it is not told."""
    machine = Machine(tool)
    tool.run("stage", tool.inputs / "signed.cap")
    r = subprocess.run(
        ["strace", "-o", "/dev/null", "-P", machine.file.parent,
         "--inject=openat:error=" + error, tool.program, "status", "--json"],
        env={**tool.environment({"module": "loaded"}),
             "ASAN_OPTIONS": "detect_leaks=0"},
        capture_output=True, text=True, timeout=60, check=False)
    s = json.loads(r.stdout)
    told = [p for p in s["problems"] if "record of updates" in p]
    assert s["interrupted"] is None and len(told) == named, s
    for words in told:
        assert "cannot open the directory: Input/output error" in words, words


def test_directory_that_others_can_write(tool):
    machine = Machine(tool)
    machine.file.parent.mkdir(parents=True)
    machine.file.parent.chmod(0o777)
    r = tool.run("stage-activate", tool.inputs / "signed.cap")
    assert r.status == 1 and "others can write" in r.err, r
    assert r.counts["starts"] == 0, r


@pytest.mark.parametrize("cut", [1, 2, 20, 150])
def test_torn_line(tool, cut):
    """Nothing was done after it, and no later line makes it whole."""
    machine = Machine(tool)
    tool.run("stage", tool.inputs / "plain.cap")
    tool.run("stage-activate", tool.inputs / "signed.cap")
    text = machine.file.read_text()
    third = text.split("\n")[2] + "\n"
    whole = text[:text.index(third)]
    machine.file.write_text(whole + third[:-cut])
    machine.boot(1)
    assert len(machine.attempts()) == 1
    assert tool.run("stage", tool.inputs / "signed.cap").status == 0
    assert [a["state"] for a in machine.attempts()] == ["done", "done"]


def test_nonsense_is_passed_over(tool):
    machine = Machine(tool)
    machine.file.parent.mkdir(parents=True, mode=0o700)
    machine.file.write_bytes(b'\n[]\n{"id":1,"event":"begun"}\n{"id":"x"}\nx\0y\n'
                             b'{"id":"y","event":"done"}\n\xff\n'
                             b'{"id":"z","event":7}\n')
    machine.file.chmod(0o600)
    assert machine.attempts() == []
    assert tool.run("stage", tool.inputs / "signed.cap").status == 0
    assert len(machine.attempts()) == 1


def test_damaged_byte(tool, tmp_path):
    """What is no UTF-8 any more is escaped, in what a vendor is given, too."""
    machine = Machine(tool)
    tool.run("stage", tool.inputs / "signed.cap")
    machine.file.write_bytes(machine.file.read_bytes().replace(
        b"signed.cap", b"sig\x9b\xc9ed.c\xe2"))
    assert machine.attempts()[0]["file"].endswith(r"sig\x9b\xc9ed.c\xe2")
    r = tool.run("report", "-o", tmp_path / "report.tar")
    assert r.status == 0, r
    with tarfile.open(tmp_path / "report.tar") as archive:
        document = archive.extractfile("pfru-report/history.json").read()
    assert rb"sig\\x9b\\xc9ed.c\\xe2" in document, document
    json.loads(document)


def fill(machine, begun, letter):
    """More than a file of attempts, all with an end."""
    with open(machine.file, "a", encoding="ascii") as file:
        for n in range(11):
            line = {**begun, "id": f"{letter}{n}", "sha256": None,
                    "message": "y" * 100000}
            file.write(json.dumps(line) + "\n" + json.dumps(
                {"event": "done", "id": line["id"]}) + "\n")


def test_rotation(tool):
    machine = Machine(tool)
    begun = machine.cut_off("plain.cap")
    old = machine.file.with_name("history.1")
    machine.boot(1)
    for letter in "abc":
        fill(machine, begun, letter)
        assert tool.run("stage", tool.inputs / "signed.cap").status == 0
        assert machine.file.stat().st_size < 10000
        assert old.stat().st_size > 1 << 20
    found = [a for a in machine.attempts() if a["state"] == "interrupted"]
    assert [(a["id"], a["sha256"], a["begun"]) for a in found] == \
        [(begun["id"], begun["sha256"], begun["time"])]
    assert tool.run("stage", tool.inputs / "plain.cap").status == 4


def test_rotation_revives_nothing(tool):
    """What a later attempt settled stays settled when that one's lines are gone."""
    machine = Machine(tool)
    begun = machine.cut_off("plain.cap")
    machine.boot(1)
    plain = tool.inputs / "plain.cap"
    assert tool.run("stage", plain, "--force-after-interruption").status == 0
    for letter in "abc":
        fill(machine, begun, letter)
        assert tool.run("stage", tool.inputs / "signed.cap").status == 0
        s = tool.run("status", "--json", module="loaded").json()
        assert s["interrupted"] == [], letter
    assert tool.run("stage", plain).status == 0


def test_rotation_keeps_the_last_of_each_capsule(tool):
    """However often a machine is interrupted, the record can be read."""
    machine = Machine(tool)
    begun = machine.cut_off("plain.cap")
    machine.boot(1)
    for letter in "abcdef":
        with open(machine.file, "a", encoding="ascii") as file:
            for n in range(6):
                for sha256 in (begun["sha256"], None):
                    file.write(json.dumps(
                        {**begun, "id": f"{letter}{n}{sha256}",
                         "sha256": sha256, "message": "y" * 100000}) + "\n")
        assert tool.run("stage", tool.inputs / "signed.cap").status == 0
    for letter in "gh":
        fill(machine, begun, letter)
        assert tool.run("stage", tool.inputs / "signed.cap").status == 0
    assert [a["id"] for a in machine.attempts() if a["state"] == "interrupted"] \
        == [f"f5{begun['sha256']}"]
    assert tool.run("stage", tool.inputs / "plain.cap").status == 4


def test_history_in_text(tool):
    Machine(tool)
    r = tool.run("history")
    assert r.status == 0 and len(r.out.splitlines()) == 1, r
    assert tool.run("history", "--last").out == ""
    tool.run("stage", tool.inputs / "signed.cap")
    tool.run("stage-activate", tool.inputs / "signed.cap", start="5:1")
    lines = tool.run("history").out.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +stage +done +/", lines[1])
    assert " failed " in lines[2]
    last = tool.run("history", "--last").out
    assert re.search(r"^Action: +stage-activate$", last, re.M)
    assert "Message: " in last
    last = tool.run("history", "--last", "--json").json()["attempts"]
    assert [a["action"] for a in last] == ["stage-activate"]
    assert tool.run("history").counts["opens"] == 0


def test_reading_makes_nothing(tool):
    Machine(tool)
    tool.run("history")
    tool.run("status", module="loaded")
    assert not (tool.root / "var").exists()


class Journal(threading.Thread):
    """Takes entries as journald does."""

    def __init__(self, root):
        super().__init__(daemon=True)
        path = root / "run/systemd/journal/socket"
        path.parent.mkdir(parents=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # the name of a socket is short
        here = os.getcwd()
        os.chdir(path.parent)
        self.socket.bind("socket")
        os.chdir(here)
        self.entries = []
        self.start()

    def run(self):
        while True:
            data, entry = self.socket.recv(1 << 16), {}
            while data:
                name, _, data = data.partition(b"\n")
                if b"=" in name:
                    name, _, value = name.partition(b"=")
                else:
                    size = int.from_bytes(data[:8], "little")
                    value, data = data[8:8 + size], data[8 + size + 1:]
                entry[name.decode()] = value.decode("latin-1")
            self.entries.append(entry)

    def take(self):
        """All entries so far, each a dictionary."""
        size = -1
        while size < len(self.entries):
            size = len(self.entries)
            time.sleep(0.2)
        return self.entries


@pytest.fixture
def journal(tool):
    """A journal at the tool's root, reached by a path that a socket can have."""
    short = pathlib.Path("/tmp") / f"pfru-{os.getpid()}"
    short.symlink_to(tool.root)
    receiver = Journal(tool.root)
    tool.root = short
    yield receiver
    short.unlink()


def catalog():
    """The identifiers of the catalog, with their subjects."""
    text = (TOP / "data/pfru.catalog").read_text()
    return dict(re.findall(r"^-- ([0-9a-f]{32})\nSubject: (.*)", text, re.M))


def test_journal(tool, journal):
    machine = Machine(tool)
    tool.run("stage-activate", tool.inputs / "signed.cap")
    tool.run("stage-activate", tool.inputs / "signed.cap", start="5:7")
    tool.run("stage-activate", tool.inputs / "signed.cap", start="5")
    machine.cut_off()
    machine.boot(1)
    tool.run("stage-activate", tool.inputs / "signed.cap")
    entries = journal.take()
    subjects = [catalog()[e["MESSAGE_ID"]] for e in entries]
    begun = "An update of platform firmware was begun"
    assert subjects[0::2] == [begun] * 4 + \
        ["A capsule was refused: its last attempt was interrupted"], subjects
    assert [s.split()[-1] for s in subjects[1::2]] == \
        ["done", "failed", "unknown", "done"], subjects
    assert (entries[3]["PFRU_STATUS"], entries[3]["PFRU_EXT_STATUS"]) == \
        ("5", "7")
    for e in entries:
        assert e["PFRU_SHA256"] == hashlib.sha256(
            (tool.inputs / "signed.cap").read_bytes()).hexdigest()
        assert e["SYSLOG_IDENTIFIER"] == "pfructl" and e["PFRU_ACTION"]


def test_telemetry_lost(tool, journal):
    tool.run("telemetry", "--delta", "--journal", "--since-reset", older=3096,
             newer=1000)
    first, *others = journal.take()
    assert catalog()[first["MESSAGE_ID"]] == \
        "Part of the firmware's log of updates was lost"
    assert int(first["PFRU_LOST"]) > 0 and first["PRIORITY"] == "4"
    assert others and not any("MESSAGE_ID" in e for e in others)


def test_log_from_the_journal(tool, journal, tmp_path):
    """Entries are short enough to be shown, and exact when they are put together."""
    parts = [b"x" * 4087 + b"\n", b"y" * 4088 + b"\r\n", b"\n", b"\r\n", b" \n",
             b" \r\r\n", b"z" * 4086 + b"\r" + b"\r" * 9 + b"\n",
             b"\r" * 5000 + b"\n", bytes(range(256)) * 40 + b"\n", b"no end"]
    log = b"".join(parts)
    (tmp_path / "long").write_bytes(log.ljust(65536, b"\0"))
    r = tool.run("telemetry", "--delta", "--journal", log=tmp_path / "long",
                 ring=65536, newer=len(log))
    assert r.status == 0, r
    joined, at = b"", 0
    for e in journal.take():
        message = e["MESSAGE"].encode("latin-1")
        start, end = int(e["PFRU_POSITION"]), int(e["PFRU_END"].split("/")[1])
        assert start == at and len(message) <= 4087, e
        size = int(e["PFRU_TEXT_SIZE"])
        rest = end - start - size
        joined += message[:size] + (b"\r" * (rest - 1) + b"\n" if rest else b"")
        at = end
    assert joined == log


def test_catalog(tmp_path):
    """The header and the catalog have the same identifiers; journalctl takes it."""
    header = (TOP / "cli/pfructl/message-ids.h").read_text()
    assert set(re.findall(r'"([0-9a-f]{32})"', header)) == set(catalog())
    if shutil.which("journalctl"):
        database = tmp_path / "root/var/lib/systemd/catalog"
        database.mkdir(parents=True)
        there = tmp_path / "root/usr/lib/systemd/catalog"
        there.mkdir(parents=True)
        shutil.copy(TOP / "data/pfru.catalog", there)
        subprocess.run(["journalctl", "--update-catalog", "--root",
                        tmp_path / "root"], check=True, capture_output=True)
        r = subprocess.run(["journalctl", "--list-catalog", "--root",
                            tmp_path / "root"], check=True,
                           capture_output=True, text=True)
        for i in catalog():
            assert i in r.stdout, r.stdout
