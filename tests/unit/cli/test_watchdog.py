# SPDX-License-Identifier: GPL-2.0-or-later
"""The AMT watchdog among other watchdogs and other MEI devices."""
import pytest

from sysfs import NUMBERS, client, mei, watchdog, write


@pytest.mark.parametrize("number", (0, 2, 10))
def test_device_stays_when_the_client_goes(tool, number):
    """It is ours by its own files, whatever its number, with no client."""
    (tool.root / "sys/bus/mei/devices").mkdir(parents=True)
    watchdog(tool, "watchdog1", "iTCO_wdt")
    watchdog(tool, f"watchdog{number}", "iamt_wdt", own={
        "state": "no-client", "last_heartbeat": 12})
    r = tool.run("watchdog", "--json")
    d = r.json()
    assert r.status == 0, r
    assert (d["service"], d["driver"], d["client"], d["state"], d["device"],
            d["last_heartbeat"], d["counts"]["heartbeats"]) == \
        ("pfru", "pfru_watchdog", None, "no-client", f"/dev/watchdog{number}",
         12, 17), r
    assert "client is away" in " ".join(d["notes"]), r
    r = tool.run("status", "--json", module="loaded")
    assert r.json()["watchdog"] == {"service": "pfru", "state": "no-client",
                                    "driver": "pfru_watchdog"}, r


def test_heartbeat_in_words(tool):
    device = watchdog(tool, "watchdog0", "iamt_wdt", own={})
    client(tool, "0000:00:16.0", "pfru_watchdog", [("mei0", "0:16.1.25.1885")])
    r = tool.run("watchdog")
    assert "Last heartbeat:" in r.out and "acknowledged 63 s ago" in r.out, r
    assert "120 to 65535 s" in r.out and not r.err, r
    (device / "pfru_watchdog/last_heartbeat").write_text("none\n")
    r = tool.run("watchdog")
    assert "none acknowledged yet" in r.out, r
    r = tool.run("watchdog", "--json")
    assert r.json()["last_heartbeat"] is None, r
    assert (r.json()["timeout_min"], r.json()["timeout_max"]) == (120, 65535)
    for bad in ("-1", "x", "\033[2J", ""):
        (device / "pfru_watchdog/last_heartbeat").write_text(bad)
        r = tool.run("watchdog", "--json")
        assert r.json()["last_heartbeat"] is None, (bad, r)
    (device / "pfru_watchdog/last_heartbeat").unlink()
    r = tool.run("watchdog")
    assert r.status == 0 and "Last heartbeat" not in r.out, r


@pytest.mark.parametrize("state, said", [
    ("no-client", "client is away"), ("no-connection", "no connection"),
    ("no-answer", "did not answer"), ("not-required", "does not ask"),
    ("expired", "reported a hang"), ("running", None), ("idle", None),
    ("starting", None)])
def test_silence_is_said(tool, state, said):
    """Pings succeed in each of these: where nothing arrives, it is said here."""
    watchdog(tool, "watchdog0", "iamt_wdt", own={"state": state,
                                                 "last_error": "-110"})
    client(tool, "0000:00:16.0", "pfru_watchdog")
    r = tool.run("watchdog")
    assert r.status == 0 and f" {state}\n" in r.out, r
    assert (said in r.err) if said else not r.err, r


def test_files_of_the_client_alone(tool):
    """Before AMT has asked for it there is no watchdog device."""
    device = client(tool, "0000:00:16.0", "pfru_watchdog")
    write(device / "pfru_watchdog", **{**NUMBERS, "state": "not-required"})
    r = tool.run("watchdog", "--json")
    d = r.json()
    assert (d["state"], d["device"], d["counts"]["stops"]) == \
        ("not-required", None, 2), r


def test_other_watchdogs(tool):
    """AMT's only alerts: one that resets is named, and how to keep it."""
    watchdog(tool, "watchdog0", "iamt_wdt", own={})
    watchdog(tool, "watchdog10", "softdog")
    watchdog(tool, "watchdog9", "iTCO_wdt")
    client(tool, "0000:00:16.0", "pfru_watchdog")
    r = tool.run("watchdog")
    assert "/dev/watchdog9" in r.out and "iTCO_wdt" in r.out, r
    assert r.out.index("watchdog9") < r.out.index("watchdog10"), r
    assert "only alerts" in r.err and "WatchdogDevice=" in r.err, r
    r = tool.run("watchdog", "--json")
    assert r.json()["others"] == [
        {"device": "/dev/watchdog9", "identity": "iTCO_wdt"},
        {"device": "/dev/watchdog10", "identity": "softdog"}], r
    assert r.json()["device"] == "/dev/watchdog0", r


def test_no_other_watchdog(tool):
    watchdog(tool, "watchdog3", "iamt_wdt", own={})
    client(tool, "0000:00:16.0", "pfru_watchdog")
    r = tool.run("watchdog", "--json")
    assert r.json()["others"] == [] and "notes" not in r.json(), r


def test_other_watchdogs_without_amt(tool):
    """They are listed; there is nothing to confuse them with."""
    watchdog(tool, "watchdog0", "iTCO_wdt")
    r = tool.run("watchdog", "--json")
    assert r.status == 3 and len(r.json()["others"]) == 1, r
    assert "notes" not in r.json(), r


@pytest.mark.parametrize("number", (0, 4, 17))
def test_engine_of_any_number(tool, number):
    """The client's own controller, not a graphics card's."""
    for other in (1, 3, 5):
        mei(tool, f"mei{other}", "99:9.9.9.9", "gscfi")
    watchdog(tool, "watchdog0", "iamt_wdt", own={})
    client(tool, "0000:00:16.0", "pfru_watchdog",
           [(f"mei{number}", "0:16.1.25.1885")])
    r = tool.run("watchdog", "--json")
    assert r.json()["firmware"] == "0:16.1.25.1885", r


def test_graphics_card_is_no_management_engine(tool):
    (tool.root / "sys/bus/mei").mkdir(parents=True)
    mei(tool, "mei0", "1:2.3.4.5", "gscfi")
    r = tool.run("watchdog", "--json")
    assert r.json()["service"] == "no-management-engine", r
    mei(tool, "mei1", "0:16.1.25.1885", "mei")
    r = tool.run("watchdog", "--json")
    assert r.json()["service"] == "no-client", r


def test_clients_of_several_controllers(tool):
    """The one that is served counts, whichever comes first."""
    client(tool, "0000:00:16.0")
    client(tool, "0000:00:16.3", "mei_wdt", [("mei1", "1:1.1.1.1")])
    client(tool, "i915.mei-gsc.1", uuid="87d90ca5-3495-4559-8105-3fbfa37b8b79")
    r = tool.run("watchdog", "--json")
    assert r.json()["client"].startswith("0000:00:16.3-"), r
    assert r.json()["service"] == "mainline", r
    device = client(tool, "0000:00:16.4", "pfru_watchdog",
                    [("mei2", "2:2.2.2.2")])
    write(device / "pfru_watchdog", **NUMBERS)
    r = tool.run("watchdog", "--json")
    assert (r.json()["service"], r.json()["firmware"]) == \
        ("pfru", "2:2.2.2.2"), r


def test_another_driver_took_the_client(tool):
    """Ours is left without a client: who serves it now is another."""
    watchdog(tool, "watchdog0", "iamt_wdt", own={"state": "no-client"})
    device = client(tool, "0000:00:16.0", "mei_wdt")
    write(device / "watchdog/watchdog1", identity="iamt_wdt", timeout=120,
          state="inactive")
    watchdog(tool, "watchdog1", "iamt_wdt")
    r = tool.run("watchdog", "--json")
    d = r.json()
    assert (d["service"], d["device"], d["state"], d["time_left"]) == \
        ("mainline", "/dev/watchdog1", "idle", None), r


def test_help_says_what_a_ping_means(tool):
    r = tool.run("watchdog", "--help")
    assert "A ping that succeeds" in r.out and "does not reset" in r.out, r
