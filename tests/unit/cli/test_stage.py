# SPDX-License-Identifier: GPL-2.0-or-later
"""Staging and activating: how often the firmware is called, what its answers lead
to, and what is not begun at all."""
import os

import pytest

import inputs as made
from conftest import CORPUS, announced


@pytest.fixture
def signed(inputs):
    """A capsule that is accepted."""
    return inputs / "signed.cap"


def test_accepted(expect, check, signed):
    r = expect("stage", 0, "stage", signed)
    check("stage: three calls, nothing known",
          r.counted(calls=3, writes=1, starts=1), r)
    check("stage: words", r.prints("^Status: *success"), r)
    r = expect("stage, known capability", 0, "stage", signed, cached=1)
    check("stage: two calls", r.counted(calls=2), r)
    expect("known capability is stale", 0, "stage", signed, stale=1)
    r = expect("stage-activate, JSON", 0, "stage-activate", "--json", signed)
    wanted = {"action": "stage-activate", "status": 0, "auth_time_ns": 1234567,
              "exec_time_ns": 7654321, "kind": "code_injection",
              "runtime_version": 2}
    check("stage-activate, JSON",
          {k: r.json()[k] for k in wanted} == wanted, r)
    r = expect("activate", 0, "activate")
    check("activate: and what runs before and after",
          r.counted(calls=3, writes=0, starts=1), r)
    r = expect("stage, quiet", 0, "stage", "--quiet", signed)
    check("stage, quiet: silent", not r.out, r)
    check("stage, quiet: no talk", not r.err, r)


def test_statuses(expect, check, signed):
    for s in (1, 2, 3, 4, 5, 6, 77):
        r = expect(f"status {s}", 5, "stage", signed, start=f"{s}:0x71")
        check(f"status {s}: words",
              r.says(f"status {s} .*extended status 0x71"), r)
        check(f"status {s}: one try", r.counted(starts=1), r)
        r = expect(f"status {s}, JSON", 5, "stage-activate", "--json", signed,
                   start=f"{s}:0x71")
        error = r.json()["error"]
        check(f"status {s}, JSON",
              error["status"] == s and error["ext_status"] == 0x71, r)
        check(f"status {s}, JSON: stderr says only what is begun",
              announced(r), r)
        r = expect(f"activate, status {s}", 5, "activate", start=f"{s}:0x71")
        check(f"activate, status {s}: one try", r.counted(starts=1), r)


def test_retries(expect, check, signed):
    r = expect("retries", 0, "stage", "--retries", "2", "--json", signed,
               start="4:1,4:1,0:0")
    check("retries: three starts, one buffer",
          r.counted(calls=5, writes=1, starts=3), r)
    check("retries: counted", r.json()["tries"] == 3, r)
    r = expect("retries used up", 5, "stage", "--retries", "1", "--json",
               signed, start="4:1")
    check("retries used up: counted", r.json()["error"]["tries"] == 2, r)
    r = expect("no retry of another status", 5, "stage", "--retries", "3",
               signed, start="5:1")
    check("no retry of another status: one start", r.counted(starts=1), r)
    expect("busy at the second try", 6, "stage", "--retries", "1", signed,
           start="4:1", later=16)
    expect("gone at the second try", 3, "stage", "--retries", "1", signed,
           start="4:1", later=19)


def test_not_loaded(expect, check, signed):
    r = expect("another program loads", 6, "stage", signed, write=16)
    check("another program loads: words", r.says("another program is loading"),
          r)
    expect("device went away", 3, "stage", signed, write=19)
    expect("not permitted to write", 1, "stage", signed, write=1)
    expect("buffer refused", 5, "stage", signed, buffer="2:9")
    r = expect("buffer unusable", 1, "stage", signed, buffer=71,
               reason="31:0:4096:16")
    check("buffer unusable: address", r.says("address 0x1000, size 16"), r)
    r = expect("buffer too small", 4, "stage", signed, room=1000)
    check("buffer too small: words",
          r.says("larger than the communication buffer"), r)
    r = expect("buffer too small, JSON", 4, "stage", "--json", signed,
               room=1000)
    error = r.json()["error"]
    check("buffer too small, JSON", error["reason"] == "too-big" and
          error["expected"] == 1000 and error["offset"] == 24, r)


def test_not_for_this_platform(inputs, expect, check):
    r = expect("older", 4, "stage", CORPUS / "code-older-version.cap")
    check("older: words", r.says(r"older than what runs at offset [0-9]+ "
                                 r"\(version 0, running 1\); use"), r)
    r = expect("other platform", 4, "stage",
               CORPUS / "code-other-platform.cap")
    check("other platform: both GUIDs",
          r.says(r"\(capsule [0-9A-F-]{36}, platform 7D0C5A4E-"), r)
    r = expect("unknown type", 4, "stage", CORPUS / "type-unknown.cap",
               "--json")
    error = r.json()["error"]
    check("unknown type: all GUIDs", len(error["found"]) == 36 and
          error["expected_or"].startswith("140B5F0E"), r)
    r = expect("broken file: nothing opened", 4, "stage", inputs / "short.cap")
    check("broken file: nothing written",
          r.counted(calls=0, writes=0, starts=0, bytes=0, revision=99), r)


def test_dry_run(expect, check, signed):
    older = CORPUS / "code-older-version.cap"
    r = expect("dry run", 0, "stage", "--dry-run", signed)
    check("dry run: two calls, none starts",
          r.counted(calls=2, writes=0, starts=0), r)
    check("dry run: words", r.prints("Driver would take it: *yes"), r)
    r = expect("dry run, known capability", 0, "stage-activate", "-n", signed,
               cached=1)
    check("dry run, known capability: one call",
          r.counted(calls=1, writes=0, starts=0), r)
    r = expect("dry run, stale capability", 0, "stage", "-n", signed, stale=1)
    check("dry run, stale capability: asked again",
          r.counted(calls=2, writes=0), r)
    expect("dry run, too big", 4, "stage", "-n", signed, room=1000)
    r = expect("dry run, older", 4, "stage", "-n", older)
    check("dry run, older: asked once", r.counted(calls=1, writes=0, starts=0),
          r)


def test_mainline_takes(tool, inputs, expect, check):
    tool.use("mainline")
    v2 = inputs / "v2.cap"
    r = expect("mainline: signed v2", 0, "stage-activate", v2)
    check("mainline: one write, and what runs after",
          r.counted(calls=5, writes=1, starts=1), r)
    r = expect("mainline: refused", 5, "stage-activate", v2, start="4:0x77")
    check("mainline: refused: words",
          r.says("status is hidden by the kernel's own driver"), r)
    expect("mainline: too big", 4, "stage", v2, room=10)
    r = expect("mainline: retries", 5, "stage", "--retries", "2", v2,
               start="4:1")
    check("mainline: no retry", r.counted(starts=1), r)
    r = expect("mainline: dry run", 0, "stage", "-n", v2)
    check("mainline: dry run: one call",
          r.counted(calls=1, writes=0, starts=0), r)


def test_mainline_cannot_take(tool, inputs, expect, check, signed):
    tool.use("mainline")
    r = expect("mainline: v3", 4, "stage", signed)
    check("mainline: v3: words",
          r.says("kernel's own driver .pfr_update. cannot take this capsule: "
                 "its image header has version 3"), r)
    check("mainline: v3: nothing asked", r.counted(calls=0, writes=0), r)
    r = expect("mainline: unsigned", 4, "stage",
               CORPUS / "grid-h20-v2-d0-p1-plain.cap")
    check("mainline: unsigned: words", r.says("it is not signed"), r)
    expect("mainline: drivers", 4, "stage",
           CORPUS / "grid-h20-v2-d1-p1-signed.cap")
    r = expect("mainline: own type", 4, "stage", inputs / "v2-own-type.cap",
               "--json")
    check("mainline: own type", r.json()["error"]["reason"] == "driver-limit",
          r)
    r = expect("mainline: older", 4, "stage",
               CORPUS / "driver-known-older-svn.cap")
    check("mainline: older: nothing written", r.counted(writes=0), r)


def test_large(tool, inputs, expect, check):
    big = tool.directory / "big"
    big.write_bytes((inputs / "payload").read_bytes() + os.urandom(9 << 20))
    made.capsule(tool.directory, "big.cap", big)
    big = tool.directory / "big.cap"
    r = expect("9 MiB", 0, "stage", big, room=64 << 20)
    check("9 MiB: in pieces, one buffer",
          r.counted(calls=3, writes=3, starts=1), r)
    check("9 MiB: all of it", r.counted(bytes=big.stat().st_size), r)
