# SPDX-License-Identifier: GPL-2.0-or-later
"""What reaches a terminal, and what is said about a wrong command line."""
import os
import pty
import sys
import unicodedata

import pytest

# invisible, but of another general category (DerivedCoreProperties.txt)
IGNORABLE = [0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f, 0x3164,
             0xfe00, 0xfe0f, 0xffa0, 0xe0100, 0xe01ef]


def unseen(code):
    """Does Unicode call it a control, a format character or a separator?"""
    return (unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp")
            or code in IGNORABLE)


@pytest.fixture(autouse=True)
def utf8(monkeypatch):
    """A terminal that takes UTF-8, unless a test says something else."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def version_file(tool, text):
    """A version of the running module, which status prints as it is."""
    directory = tool.root / "sys/module/pfru"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "version").write_text(text + "\n")


def test_what_is_unseen_is_escaped(tool):
    """Every character of Unicode, by an independent list."""
    codes = [c for c in range(1, sys.maxunicode + 1)
             if not 0xd800 <= c <= 0xdfff]
    for start in range(0, len(codes), 16384):
        part = codes[start:start + 16384]
        out = tool.run("x" + "".join(map(chr, part))).err[:-1]
        wrong = [hex(c) for c in part if unseen(c) and chr(c) in out]
        assert not wrong, wrong
        wrong = [hex(c) for c in part
                 if unicodedata.category(chr(c))[0] in "LNPS"
                 and not unseen(c) and chr(c) not in out]
        assert not wrong, wrong


def test_json_keeps_what_it_escapes(tool):
    """Above U+FFFF an escape is a surrogate pair."""
    text = "a\u061c\u200b\u2060\ufeff\U000e0041\U000e007f\U0001f600b"
    version_file(tool, text)
    r = tool.run("status", "--json", module="loaded")
    assert not any(unseen(ord(c)) and c != "\n" for c in r.out), r
    assert r.json()["modules"]["pfru"]["running_version"] == text, r


@pytest.mark.parametrize("locale", ("C", "POSIX", "de_DE", "de_DE@euro",
                                    "ru_RU.KOI8-R", ""))
def test_8_bit_terminals(tool, monkeypatch, locale):
    """U+00DB is the bytes c3 9b, and 9b alone begins a control sequence."""
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("LC_CTYPE", raising=False)
    monkeypatch.delenv("LANG", raising=False)
    version_file(tool, "\u00db\U0001f6001")
    r = tool.run("status", module="loaded")
    assert r.out.isascii() and "version \\xc3\\x9b" in r.out, r
    r = tool.run("status", "--json", module="loaded")
    assert r.out.isascii(), r
    assert r.json()["modules"]["pfru"]["running_version"] == \
        "\u00db\U0001f6001", r
    r = tool.run("\u00db2J")
    assert r.err.isascii() and "\\xc3\\x9b2J" in r.err, r


@pytest.mark.parametrize("name", ("LC_ALL", "LC_CTYPE", "LANG"))
@pytest.mark.parametrize("locale", ("C.UTF-8", "de_DE.utf8", "x.UTF-8@euro"))
def test_utf8_terminals(tool, monkeypatch, name, locale):
    for other in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, locale)
    version_file(tool, "\u00db1")
    r = tool.run("status", module="loaded")
    assert "version \u00db1" in r.out, r


def test_log_on_an_8_bit_terminal(tool, monkeypatch, tmp_path):
    (tmp_path / "log").write_bytes("\u00db2J\n".encode())
    for locale, ascii_only in (("C", True), ("C.UTF-8", False)):
        monkeypatch.setenv("LC_ALL", locale)
        leader, follower = pty.openpty()
        tool.run("telemetry", popen={"stdout": follower}, newer=5, ring=4096,
                 log=tmp_path / "log")
        os.close(follower)
        out = os.read(leader, 4096)
        os.close(leader)
        assert out.isascii() == ascii_only and b"2J" in out, out


@pytest.mark.parametrize("arguments, named", [
    (("-xj", "status"), "option -x;"),
    (("--quiet", "-xj", "status"), "option -x;"),
    (("-jx", "status"), "option -x;"),
    (("-qqx",), "option -x;"),
    (("-:",), "option -:;"),
    (("capability", "-jd"), "after -d;"),
    (("--quiet", "capability", "-d"), "after -d;"),
    (("capability", "--device"), "after --device;"),
    (("--quiet", "--bogus=1", "-j"), "option --bogus=1;"),
    (("--re",), "option --re;"),
    (("--json=1", "status"), "--json takes no value;"),
    (("--full=1", "telemetry"), "--full takes no value;"),
    (("-\u00e9",), "option -\\xc3;"),
])
def test_wrong_option_is_named(tool, arguments, named):
    r = tool.run(*arguments)
    text = r.err or r.json()["error"]["message"]
    assert r.status == 2 and named in text, r


@pytest.mark.parametrize("arguments", [
    ("log-level", "info", "--json"), ("capability", "-j"),
    ("telemetry", "-j", "--type", "history")])
def test_posixly_correct(tool, monkeypatch, arguments):
    """Options stand behind the command and its argument all the same."""
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    r = tool.run(*arguments)
    assert r.status == 0 and r.json(), r


@pytest.mark.parametrize("arguments, fake", [
    (("stage-activate",), {}),
    (("stage-activate",), {"start": "5:7"}),
    (("stage-activate", "--json"), {"start": "5:7"}),
    (("capsule", "--no-device"), {}),
    (("capsule", "--json", "--ca", "none\u06db"), {})])
def test_messages_on_an_8_bit_terminal(tool, monkeypatch, arguments, fake):
    """What is about to be done, and what standard output could not take: U+06DB
    is the bytes db 9b."""
    monkeypatch.setenv("LC_ALL", "C")
    file = tool.directory / "\u06db.cap"
    file.write_bytes((tool.inputs / "signed.cap").read_bytes())
    with open("/dev/full", "wb") as full_disk:
        r = tool.run(*arguments, file, popen={"stdout": full_disk}, **fake)
    assert r.err and r.err.isascii(), r
