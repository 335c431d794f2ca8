# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tool says about a capsule claims no more than was checked."""
import re

import pytest

CORPUS = "tests/corpus/"
USE_CA = "signature not verified; use --ca"


def lines(text):
    """The labels and values of the text."""
    found = (re.match(r" *([^:]+): +(.*)", line) for line in text.split("\n"))
    return [(m.group(1), m.group(2)) for m in found if m]


def shown(tool, status, name, *arguments, **fake):
    """What "capsule" prints, as text and as JSON: ({label: value}, document)."""
    path = name if name.startswith(CORPUS) else tool.inputs / name
    r = tool.run("capsule", path, *arguments, **fake)
    assert r.status == status, r
    document = tool.run("capsule", path, "--json", *arguments, **fake)
    assert document.status == status, document
    return dict(lines(r.out)), document.json()


@pytest.mark.parametrize("more", ((), ("--quiet",)))
@pytest.mark.parametrize("name", ("signed.cap", "tampered.cap"))
def test_nothing_is_promised_without_a_device(tool, name, more):
    tool.use("bare")
    text, d = shown(tool, 0, name, *more)
    assert text["Signed"] == "yes (not verified; use --ca)"
    assert text["Structure"] == "sound"
    assert text["Would be accepted"] == "unknown (no device)"
    assert "Authenticated" not in text
    item = d["items"][0]
    assert (item["authenticated"], item["signed"], item["verified"]) == \
        (True, True, None)
    assert d["structure_sound"] and d["accepted"]
    assert d["acceptable"] is None and d["acceptable_why"] == "no device"


def test_nothing_is_promised_unverified(tool):
    text, d = shown(tool, 0, "tampered.cap")
    assert text["Would be accepted"] == f"unknown ({USE_CA})"
    assert d["acceptable"] is None and d["acceptable_why"] == USE_CA


def test_verified_and_compared(tool):
    text, d = shown(tool, 0, "signed.cap", "--ca", tool.inputs / "cert.pem")
    assert text["Signed"] == "yes" and text["Signature verified"] == "yes"
    assert text["Would be accepted"] == "yes"
    assert d["acceptable"] is True and d["acceptable_why"] is None
    assert d["items"][0]["verified"] and d["items"][0]["signature_verified"]


@pytest.mark.parametrize("kind", ("ours", "bare"))
def test_reason_beside_the_verdict(tool, kind):
    tool.use(kind)
    text, d = shown(tool, 4, "tampered.cap", "--ca", tool.inputs / "cert.pem")
    why = "the signature is not valid: "
    assert text["Signed"] == "yes"
    assert text["Signature verified"].startswith(f"no ({why}")
    assert text["Would be accepted"].startswith(f"no ({why}")
    assert d["acceptable"] is False and d["acceptable_why"].startswith(why)
    assert d["error"]["reason"] == "signature" and not d["accepted"]
    assert d["items"][0]["verified"] is False


def test_unreadable_signature(tool):
    name = CORPUS + "size-4466.cap"
    why = "the signature is not readable as PKCS#7"
    text, d = shown(tool, 0, name)
    assert text["Signed"] == f"no ({why})"
    assert text["Would be accepted"] == f"unknown ({why})"
    item = d["items"][0]
    assert (item["authenticated"], item["signed"], item["verified"]) == \
        (True, False, None)
    text, d = shown(tool, 4, name, "--ca", tool.inputs / "cert.pem")
    assert text["Signed"] == f"no ({why})"
    assert text["Would be accepted"] == f"no ({why})"
    assert d["items"][0]["verified"] is False


def test_unsigned(tool):
    text, d = shown(tool, 0, "plain.cap")
    assert text["Signed"] == "no"
    assert text["Would be accepted"] == "unknown (it is not signed)"
    item = d["items"][0]
    assert (item["authenticated"], item["signed"], item["verified"]) == \
        (False, False, None)


@pytest.mark.parametrize("status,why,arguments,fake", (
    (0, "not compared with a machine", ("--no-device",), {}),
    (0, "the device cannot be opened", (), {"open": 16}),
    (6, "the device cannot be opened", ("-d", "0"), {"open": 16}),
    (5, "the firmware did not report its capability", (), {"query": "3:5"})))
def test_not_compared(tool, status, why, arguments, fake):
    text, d = shown(tool, status, "signed.cap", *arguments, "--ca",
                    tool.inputs / "cert.pem", **fake)
    assert text["Would be accepted"] == f"unknown ({why})"
    assert d["acceptable"] is None and d["acceptable_why"] == why
    assert d["accepted"] == (not status)


@pytest.mark.parametrize("kind,name,why", (
    ("ours", "code-older-version.cap",
     "the code injection is older than what runs"),
    ("mainline", "grid-h20-v2-d0-p1-plain.cap",
     "the kernel's own driver cannot take it"),
    ("bare", "cut-020.cap", "too short to be a capsule")))
def test_refused(tool, kind, name, why):
    tool.use(kind)
    text, d = shown(tool, 4, CORPUS + name)
    assert text["Would be accepted"] == f"no ({why})"
    assert d["acceptable"] is False and d["acceptable_why"] == why
    sound = kind != "bare"
    assert text["Structure"] == ("sound" if sound else "not sound")
    assert d["structure_sound"] == sound and not d["accepted"]


def test_kind_is_the_platforms(tool):
    name = CORPUS + "mkeficapsule-driver-plain.cap"
    text, d = shown(tool, 0, name)
    assert text["Kind"] == "driver update"
    assert d["items"][0]["kind"] == "driver_update"
    text, d = shown(tool, 0, name, "--no-device")
    assert text["Kind"] == "unknown" and d["items"][0]["kind"] == "unknown"
    r = tool.run("stage", "--json", name)
    assert r.json()["kind"] == "driver_update", r


def test_several_payloads(tool):
    name = CORPUS + "edk2-two-with-driver.cap"
    r = tool.run("capsule", "--no-device", name)
    assert "Payload item 1 of 2:" in r.out and "Payload item 2 of 2:" in r.out
    for more in ((), ("--dry-run",)):
        r = tool.run("stage-activate", *more, name)
        assert r.status == 0, r
        assert ("Payload items", "2") in lines(r.out), r
        kinds = [v for k, v in lines(r.out) if k == "Kind"]
        assert kinds == ["code injection", "driver update"], r
        d = tool.run("stage-activate", "--json", *more, name).json()
        assert [i["kind"] for i in d["items"]] == ["code_injection",
                                                   "driver_update"]
        assert d["payloads"] == 2 and d["kind"] == "code_injection"
    r = tool.run("stage", tool.inputs / "signed.cap")
    assert "Payload" not in r.out, r


def changed(tool, name, version=None, firmware=None):
    """A capsule of the corpus with other versions in its payload header."""
    with open(CORPUS + name, "rb") as file:
        b = bytearray(file.read())
    at = b.index(b"SDU1")
    for offset, value in ((12, firmware), (16, version)):
        if value is not None:
            b[at + offset:at + offset + 4] = value.to_bytes(4, "little")
    path = tool.directory / "changed.cap"
    path.write_bytes(b)
    return path


@pytest.mark.parametrize("command", (("capsule",), ("stage",),
                                     ("stage-activate", "--dry-run")))
def test_remarks(tool, command):
    name = "mkeficapsule-driver-plain.cap"
    r = tool.run(*command, changed(tool, name, version=0))
    assert r.status == 0, r
    assert "the runtime version goes down: 0, and 1 is running" in r.err, r
    r = tool.run(*command, changed(tool, name, firmware=7))
    assert "made for firmware version 7, and this machine has 65536" in r.err, r
    r = tool.run(*command, changed(tool, name))
    assert "note" not in r.err, r
    # a code injection's is another number
    r = tool.run(*command, tool.inputs / "signed.cap")
    assert "note" not in r.err, r


def test_dry_run_promises_nothing_about_the_signature(tool):
    name = tool.inputs / "tampered.cap"
    r = tool.run("stage", "-n", name)
    assert r.status == 0 and re.search("Driver would take it: +yes", r.out), r
    assert re.search(r"Would be accepted: +unknown \(signature not verified",
                     r.out), r
    d = tool.run("stage", "-n", "--json", name).json()
    assert d["accepted"] is True and d["acceptable"] is None
