# SPDX-License-Identifier: GPL-2.0-or-later
"""The AMT watchdog's client on the MEI bus: absent, without a driver, with this
project's driver or another, and with files that sysfs would never hold."""
import os
import shutil

import pytest

import sysfs
from sysfs import write

NUMBERS = {"state": "running", "required": "yes", "notifications": "no",
           "timeleft": 117, "last_error": -110, "heartbeats": 17, "stops": 2,
           "failures": 3, "timeouts": 1, "refused": 2, "malformed": 4,
           "strays": 5, "connections": 6}
COUNTS = ("heartbeats", "stops", "failures", "timeouts", "refused",
          "malformed", "strays", "connections")
ENGINE = "0000:00:16.0"


@pytest.fixture
def bus(tool):
    """The MEI bus, with a management engine that has a driver."""
    tool.use("bare")
    (tool.root / "sys/bus/mei/devices").mkdir(parents=True)
    (tool.root / "sys/class/mei/mei0").mkdir(parents=True)


@pytest.fixture
def client(tool, bus):
    """client([DRIVER]): the client's directory."""
    def make(driver=None):
        directory = sysfs.client(tool, ENGINE, driver)
        engine = directory.parent / "mei/mei0"
        engine.mkdir(parents=True)
        (engine / "fw_ver").write_text("0:16.1.25.1885\n" * 2)
        (directory / "version").write_text("02")
        # another client, which is gone
        name = f"{ENGINE}-05b79a6f-4628-4d7f-899d-a91514cb0e6b"
        (tool.root / "sys/bus/mei/devices" / name).symlink_to(
            directory.parent / "other")
        if driver:
            write(directory / "watchdog/watchdog10", identity="iamt_wdt",
                  timeout=180, state="active")
            (directory / "watchdog/power").mkdir()
        return directory
    return make


@pytest.fixture
def ours(client):
    """The same with the files of this project's driver."""
    directory = client("pfru_watchdog")
    write(directory / "pfru_watchdog", **NUMBERS)
    return directory


def test_no_bus(tool, expect, check):
    tool.use("bare")
    r = expect("watchdog: no bus", 3, "watchdog")
    check("watchdog: no bus: what to do",
          r.says("MEI bus is not loaded.*modprobe mei_me"), r)
    r = expect("watchdog: no bus, JSON", 3, "watchdog", "--json")
    d = r.json()
    check("watchdog: no bus, JSON", d["service"] == "no-mei-bus" and
          d["error"]["reason"] == "no-mei-bus" and "client" not in d, r)


def test_no_client(tool, bus, expect, check):
    (tool.root / "sys/class/mei/mei0").rmdir()
    r = expect("watchdog: no engine", 3, "watchdog")
    check("watchdog: no engine: what to do",
          r.says("no management engine has a driver"), r)
    (tool.root / "sys/class/mei/mei0").mkdir()
    r = expect("watchdog: AMT disabled", 3, "watchdog")
    check("watchdog: AMT disabled: what to do",
          r.says("disabled in the firmware setup"), r)


def test_no_driver(tool, client, expect, check):
    client()
    r = expect("watchdog: no driver", 3, "watchdog")
    check("watchdog: no driver: what to do", r.says("modprobe pfru"), r)
    check("watchdog: no driver: the client is shown",
          r.prints("Client: .*05b79a6f"), r)
    parameters = tool.root / "sys/module/pfru/parameters"
    parameters.mkdir(parents=True)
    r = expect("watchdog: left out", 3, "watchdog")
    check("watchdog: left out: what to do",
          r.says("built without it .WATCHDOG=n"), r)
    write(parameters, watchdog="N")
    r = expect("watchdog: off", 3, "watchdog")
    check("watchdog: off: what to do", r.says("parameter watchdog=0"), r)
    write(parameters, watchdog="Y")
    r = expect("watchdog: not bound", 3, "watchdog")
    check("watchdog: not bound: what to do", r.says("kernel log"), r)


@pytest.mark.usefixtures("ours")
def test_ours(expect, check):
    r = expect("watchdog: ours", 0, "watchdog")
    check("watchdog: ours: device", r.prints("Device: +/dev/watchdog10"), r)
    check("watchdog: ours: time left", r.prints("Time left: +117 s"), r)
    check("watchdog: ours: error",
          r.prints("Last error: +Connection timed out .110."), r)
    check("watchdog: ours: nothing else", not r.err, r)


@pytest.mark.usefixtures("ours")
def test_ours_in_json(expect, check):
    r = expect("watchdog: ours, JSON", 0, "watchdog", "--json")
    wanted = {"service": "pfru", "driver": "pfru_watchdog", "protocol": 2,
              "firmware": "0:16.1.25.1885", "device": "/dev/watchdog10",
              "identity": "iamt_wdt", "state": "running", "timeout": 180,
              "time_left": 117, "required": "yes", "notifications": "no",
              "last_error": 110}
    check("watchdog: ours, JSON",
          {k: r.json()[k] for k in wanted} == wanted, r)
    check("watchdog: ours, JSON: counts",
          r.json()["counts"] == {k: NUMBERS[k] for k in COUNTS}, r)


@pytest.mark.usefixtures("ours")
def test_ours_in_status(expect, check):
    r = expect("watchdog: ours in status", 3, "status", module="absent")
    check("watchdog: ours in status",
          r.prints("AMT watchdog: +driver pfru_watchdog, running"), r)
    r = expect("watchdog: ours in status, JSON", 3, "status", "--json",
               module="absent")
    check("watchdog: ours in status, JSON", r.json()["watchdog"] ==
          {"service": "pfru", "driver": "pfru_watchdog", "state": "running"},
          r)


def test_not_required(ours, expect, check):
    shutil.rmtree(ours / "watchdog")
    write(ours / "pfru_watchdog", state="not-required")
    r = expect("watchdog: not required", 0, "watchdog", "--json")
    d = r.json()
    check("watchdog: not required", d["state"] == "not-required" and
          d["device"] is None and d["identity"] is None and
          d["timeout"] is None, r)


def test_mainline(client, expect, check):
    client("mei_wdt")
    r = expect("watchdog: mainline's", 0, "watchdog")
    check("watchdog: mainline's: state", r.prints("State: +running"), r)
    check("watchdog: mainline's: what to do", r.says("modprobe -r mei_wdt"), r)
    r = expect("watchdog: mainline's, JSON", 0, "watchdog", "--json")
    d = r.json()
    check("watchdog: mainline's, JSON", d["service"] == "mainline" and
          d["time_left"] is None and "counts" not in d and
          len(d["notes"]) == 1, r)
    r = expect("watchdog: mainline's in status", 3, "status", module="absent")
    check("watchdog: mainline's in status",
          r.prints("  - .*modprobe -r mei_wdt"), r)


def test_another_driver(client, expect, check):
    client("strange")
    r = expect("watchdog: another's", 0, "watchdog", "--json")
    check("watchdog: another's", r.json()["service"] == "other" and
          r.json()["driver"] == "strange", r)


def test_hostile_text(ours, expect, check):
    (ours / "pfru_watchdog/state").write_bytes(b"evil\033[2J\302\233\r\377")
    (ours / "watchdog/watchdog10/identity").write_bytes(b"iamt\0wdt")
    (ours.parent / "mei/mei0/fw_ver").write_bytes(b"\033]0;x\007")
    r = expect("hostile text", 0, "watchdog")
    check("hostile text: escaped",
          all(" " <= c <= "~" or c == "\n" for c in r.out), r)
    r = expect("hostile text, JSON", 0, "watchdog", "--json")
    check("hostile text, JSON", r.json()["identity"] == "iamt", r)


def test_hostile_numbers(ours, expect, check):
    for bad in ("-1", "99999999999999999999", "1e9", "0x10", "", " 5", "5 6",
                "12abc"):
        for name in ("pfru_watchdog/timeleft", "pfru_watchdog/heartbeats",
                     "watchdog/watchdog10/timeout"):
            (ours / name).write_text(bad)
        r = expect(f"no seconds: '{bad}'", 0, "watchdog", "--json")
        d = r.json()
        check(f"no seconds: '{bad}'", d["time_left"] is None and
              d["timeout"] is None and "heartbeats" not in d["counts"], r)


def test_hostile_error_and_version(ours, expect, check):
    for bad in ("1", "-4096", "x", "99999999999999999999"):
        write(ours / "pfru_watchdog", last_error=bad)
        r = expect(f"no error: '{bad}'", 0, "watchdog", "--json")
        check(f"no error: '{bad}'", r.json().get("last_error") is None, r)
    for bad in ("", "zz", "100", "-2", "02 03"):
        (ours / "version").write_text(bad)
        r = expect(f"no version: '{bad}'", 0, "watchdog", "--json")
        check(f"no version: '{bad}'", r.json()["protocol"] is None, r)


def test_hostile_size(ours, expect, check):
    (ours / "pfru_watchdog/state").write_text("a" * 100000)
    r = expect("a state of 100,000 bytes", 0, "watchdog", "--json")
    check("a state of 100,000 bytes: cut", len(r.json()["state"]) == 4095, r)


def test_no_files(ours, expect, check):
    (ours / "pfru_watchdog/state").unlink()
    os.mkfifo(ours / "pfru_watchdog/state")
    (ours / "watchdog/watchdog10/timeout").unlink()
    (ours / "watchdog/watchdog10/timeout").mkdir()
    r = expect("a FIFO and a directory", 0, "watchdog", "--json")
    check("a FIFO and a directory", r.json()["timeout"] is None, r)
    (ours / "watchdog/watchdog10/timeout").rmdir()
    write(ours / "watchdog/watchdog10", timeout=180)
    shutil.rmtree(ours / "pfru_watchdog")
    r = expect("no files at all", 0, "watchdog", "--json")
    check("no files at all",
          r.json()["state"] is None and r.json()["counts"] == {}, r)
    (ours / "watchdog/watchdog2x").mkdir()
    (ours / "watchdog/watchdog").mkdir()
    r = expect("names that are none", 0, "watchdog", "--json")
    check("names that are none", r.json()["device"] == "/dev/watchdog10", r)
