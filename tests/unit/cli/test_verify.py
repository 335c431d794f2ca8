# SPDX-License-Identifier: GPL-2.0-or-later
"""--ca and --sha256 of stage and stage-activate: what is verified is what is staged,
and the firmware is not called before."""
import hashlib
import os
import threading

import pytest

COMMANDS = ["stage", "stage-activate"]


def sum_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("capsule, ca, status, reason", [
    ("signed.cap", "cert.pem", 0, None),
    ("signed.cap", "cert.der", 0, None),
    ("signed.cap", "other.pem", 4, "signature"),
    ("tampered.cap", "cert.pem", 4, "signature"),
    ("count.cap", "cert.pem", 4, "signature"),
    ("plain.cap", "cert.pem", 4, "signature"),
    ("short.cap", "cert.pem", 4, "capsule-size"),
    ("signed.cap", "nothing.pem", 1, None),
])
def test_ca(tool, command, capsule, ca, status, reason):
    r = tool.run(command, "--ca", tool.inputs / ca, tool.inputs / capsule,
                 "--json")
    assert r.status == status, r
    if not status:
        assert r.counts["starts"] == 1, r
        return
    assert reason in (None, r.json()["error"]["reason"]), r
    assert (r.counts["opens"], r.counts["calls"], r.counts["writes"]) == \
        (0, 0, 0), r
    assert not (tool.root / "var").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_sum(tool, command):
    file = tool.inputs / "signed.cap"
    for wanted in sum_of(file), sum_of(file).upper():
        r = tool.run(command, "--sha256", wanted, file)
        assert r.status == 0 and r.counts["starts"] == 1, r
    other = sum_of(tool.inputs / "plain.cap")
    r = tool.run(command, "--sha256", other, file, "--json")
    e = r.json()["error"]
    assert (r.status, e["reason"], e["found"], e["expected"]) == \
        (4, "sha256", sum_of(file), other), r
    assert r.counts["opens"] == r.counts["calls"] == 0, r


@pytest.mark.parametrize("wrong", ["", "0", "0" * 63, "0" * 65, "g" * 64,
                                   " " + "0" * 63])
def test_what_is_no_sum(tool, wrong):
    r = tool.run("stage", "--sha256", wrong, tool.inputs / "signed.cap")
    assert r.status == 2 and "64 hexadecimal digits" in r.err, r


def test_file_is_read_once(tool, tmp_path):
    """A FIFO gives its bytes once: they are verified, and they are staged."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    data = (tool.inputs / "signed.cap").read_bytes()
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()
    r = tool.run("stage", "--ca", tool.inputs / "cert.pem", "--sha256",
                 hashlib.sha256(data).hexdigest(), fifo, "--json")
    writer.join()
    assert r.status == 0 and r.counts["bytes"] == len(data), r
    assert r.json()["sha256"] == hashlib.sha256(data).hexdigest()


def test_dry_run(tool):
    """With --ca nothing is left to be seen."""
    file = tool.inputs / "signed.cap"
    d = tool.run("stage", "-n", file, "--json").json()
    assert d["acceptable"] is None and "--ca" in d["acceptable_why"]
    d = tool.run("stage", "-n", "--ca", tool.inputs / "cert.pem", file,
                 "--json").json()
    assert d["acceptable"] is True and d["acceptable_why"] is None
    r = tool.run("stage", "-n", "--ca", tool.inputs / "other.pem", file)
    assert r.status == 4 and r.counts["calls"] == 0, r


def test_both_from_standard_input(tool):
    r = tool.run("stage", "--ca", "-", "-")
    assert r.status == 2 and "standard input" in r.err, r
