# SPDX-License-Identifier: GPL-2.0-or-later
"""What amtctl shows of an AMT that answers."""
import os
import re
import uuid

import pytest


def test_status_in_json(tool, engine):
    r = tool.run("status", "--json")
    assert r.status == 0 and not r.err, r
    d = r.json()
    assert d["schema_version"] == 1
    assert d["engine"] == {
        "node": "/dev/mei0", "driver": "mei_me", "kind": "mei",
        "state": "ENABLED", "firmware": "0:16.1.25.2124", "protocol": 1,
        "max_message": 5120}
    assert (d["amt_version"], d["build_number"]) == ("16.1.25", "2124")
    assert d["bios"] == "BIOS 1.2.3" and d["intel_sa_00075"] == "no"
    assert d["provisioning_state"] == "not provisioned"
    assert d["provisioning_state_number"] == 0
    # the mode and the state are two things
    assert d["provisioning"]["provisioning_mode"] == "enterprise"
    assert d["control_mode"] == "none" and d["control_mode_number"] == 0
    assert d["uuid"] == "01020304-0506-0708-090A-0B0C0D0E0F10"
    assert d["lan_wired"]["ipv4"] == "192.168.1.23"
    assert d["lan_wired"]["ipv4_raw"] == "1701a8c0"
    assert d["lan_wired"]["mac"] == "02:00:00:00:00:01"
    assert d["lan_wired"]["dhcp_mode"] == "passive"
    # a machine without a wireless interface is no failure
    assert d["lan_wireless"] is None and d["lan_wireless_status"] == 2501
    assert d["lan_wireless_status_name"] == "INTERFACE_DOES_NOT_EXIST"
    assert d["host_name"]["fqdn"] == "host.example.com"
    assert d["pki_dns_suffix"] == "example.com"
    assert d["dns_suffixes"] == ["example.com", "example.org"]
    assert d["remote_access"]["network"] == "outside"
    assert d["remote_access"]["trigger"] == "periodic"
    assert d["remote_access"]["server"] == "mps.example.com"
    assert d["watchdog"]["tls_enforced"] is True
    assert d["watchdog"]["enabled"] is True
    assert d["local_service"]["ports"] == []


def test_status_as_text(tool, engine):
    r = tool.run("status")
    assert r.status == 0, r
    for line in ["Node: +/dev/mei0", "AMT version: +16.1.25",
                 "Provisioning state: +not provisioned .0.",
                 "DNS suffixes: +example.org", "INTEL-SA-00075: +not affected",
                 "Wireless LAN: +not available: INTERFACE_DOES_NOT_EXIST",
                 # old firmware has them in another order
                 "IPv4 bytes: +1701a8c0",
                 "Ports: +none"]:
        assert re.search(line, r.out), f"{line}\n{r}"


def test_versions(tool, engine):
    d = tool.run("versions", "--json").json()
    assert d["versions"] == [
        {"name": "Flash", "version": "16.1.25"},
        {"name": "AMT", "version": "16.1.25"},
        {"name": "Sku", "version": "16392"},
        {"name": "Build Number", "version": "2124"}]


def test_hashes(tool, engine):
    r = tool.run("hashes", "--json")
    assert r.status == 0, r
    h = r.json()["hashes"]
    assert [x["handle"] for x in h] == [10, 11, 12]
    assert [x["name"] for x in h] == ["Root One", "Root Two", "Root Three"]
    assert [x["active"] for x in h] == [True, False, True]
    assert (h[0]["algorithm"], h[0]["hash"]) == ("SHA-256", "11" * 32)
    assert (h[1]["algorithm"], h[1]["hash"]) == ("SHA-1", "22" * 20)
    # 3 is disputed: the number, and every byte
    assert (h[2]["algorithm_number"], h[2]["algorithm"]) == (3, "unknown")
    assert h[2]["hash"] == "33" * 48 + "00" * 16
    text = tool.run("hashes").out
    assert re.search(r"Algorithm: +unknown\n +Algorithm number: +3\n", text), text
    assert "33" * 48 + "00" * 16 in text


def test_no_hashes_and_many(tool, engine):
    engine.hashes = []
    assert tool.run("hashes", "--json").json()["hashes"] == []
    engine.hashes = [(0, 1, b"x" * 32, 2, b"n%d" % i) for i in range(33)]
    assert len(tool.run("hashes", "--json").json()["hashes"]) == 33


def test_features(tool, engine):
    r = tool.run("features", "--json")
    assert r.status == 0, r
    d = r.json()
    assert d["mac_addresses"] == {"dedicated": "02:00:00:00:00:01",
                                  "host": "02:00:00:00:00:ff"}
    assert d["zero_touch"] is True and d["ehbc"] is True
    assert d["provisioning_tls_mode"] == "PKI" and d["rng_seed"] == "exists"
    assert d["security"]["tls"] is False and d["security"]["kvm"] is True
    assert d["security"]["provisioning_state"] == "provisioned"
    assert len(d["security"]["reserved"]) == 2 * 7 * 4
    assert d["web_ui"]["id"] == 2 and d["web_ui"]["data"] == "abcd"
    assert d["last_reset"] == {"reason": "other", "reason_number": 1,
                               "time": 1700000000}
    assert d["cira_log"] == "01020304" and d["unprovisioning_state"] == 0
    assert d["configuration_server"]["port"] == 9971


def test_features_of_unknown_layout(tool, engine):
    """Each command asks for its own bytes, and none of them is a failure."""
    r = tool.run("features", "--json")
    d = r.json()
    assert [d[key] for key in (
        "tcp_ip", "power_policy", "user_initiated_interfaces",
        "setup_audit_record", "redirection_state")] == [
            "0601", "4702", "4d03", "5004", "5805"], r
    assert d["ipv6_lan_wired"] == "0000000006", r
    assert d["ipv6_lan_wireless"] == "0100000006", r
    assert d["amt_state"] == {"id": str(uuid.UUID(int=0)), "size": 5,
                              "data": "0102030405"}, r
    text = tool.run("features").out
    assert "Setup audit record: 5004" in " ".join(text.split()), text
    engine.statuses[0x04000050] = [4]
    r = tool.run("features", "--json")
    assert r.status == 0 and r.json()["setup_audit_record"] is None, r
    assert r.json()["setup_audit_record_status_name"] == \
        "INVALID_MESSAGE_LENGTH", r


def test_feature_that_firmware_does_not_have(tool, engine):
    del engine.payloads[0x04000084]
    r = tool.run("features", "--json")
    assert r.status == 0 and r.json()["ehbc"] is None, r
    assert r.json()["ehbc_status_name"] == "UNSUPPORTED"


def test_affected_firmware(tool, engine):
    engine.pairs = [(b"AMT", b"11.0.4"), (b"Build Number", b"1186")]
    d = tool.run("status", "--json").json()
    assert d["intel_sa_00075"] == "yes", d
    assert "AFFECTED" in tool.run("status").out
    engine.pairs = [(b"AMT", b"11.0.4")]
    assert tool.run("status", "--json").json()["intel_sa_00075"] == "unknown"


def test_watchdog_of_older_firmware(tool, engine):
    engine.flags = 0x43
    w = tool.run("status", "--json").json()["watchdog"]
    # without bit 7 the others mean nothing
    assert w["tls_enforced"] is None and w["enabled"] is None
    assert w["transition_allowed"] is True and w["flags"] == 0x43


def test_watchdog_that_a_driver_holds(tool, engine):
    client = tool.root / ("sys/bus/mei/devices/0000:00:16.0-"
                          "05b79a6f-4628-4d7f-899d-a91514cb32ab")
    client.mkdir(parents=True)
    (client / "driver").symlink_to("../../drivers/pfru_watchdog")
    r = tool.run("status", "--json")
    assert r.status == 0, r
    d = r.json()
    assert d["watchdog"] == {
        "offered": True, "driver": "pfru_watchdog", "transition_allowed": None,
        "in_use": None, "enabled": None, "tls_enforced": None, "flags": None}
    assert "pfru_watchdog holds" in d["notes"][0]
    from firmware import WD
    assert WD not in engine.connected


def test_watchdog_client_is_best_effort(tool, engine):
    from firmware import WD
    del engine.clients[WD]
    r = tool.run("status", "--json")
    assert r.status == 0 and "did not say" in r.json()["notes"][0], r
    keys = set(r.json()["watchdog"])
    assert not any(r.json()["watchdog"][k] for k in keys - {"offered"}), r
    engine.clients[WD] = (5120, 2)
    assert set(tool.run("status", "--json").json()["watchdog"]) == keys


def test_versions_that_are_not_given(tool, engine):
    """The keys stay, and a version that is not known is not a good one."""
    engine.statuses[0x0400001a] = [0x10]
    r = tool.run("status", "--json")
    d = r.json()
    assert r.status == 0 and d["intel_sa_00075"] == "unknown", r
    assert d["bios"] is d["amt_version"] is d["build_number"] is None
    assert d["amt_version_status"] == 0x10
    assert d["amt_version_status_name"] == "NOT_PERMITTED"
    engine.statuses[0x0400001a] = [0]
    engine.pairs = []
    d = tool.run("status", "--json").json()
    assert d["amt_version"] is d["build_number"] is None and d["bios"], d


def test_who_has_the_node_open(tool, engine):
    process = tool.root / "proc/4711"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("lms\n")
    (process / "fd/3").symlink_to("/dev/mei0")
    (process / "fd/4").symlink_to("/dev/null")
    assert tool.run("status", "--json").json()["open_in"] == "lms (4711)"


@pytest.mark.parametrize("seen", ["fd", "fd/3"])
def test_node_of_others_that_can_not_be_seen(tool, engine, seen):
    """Nobody was seen is not nobody."""
    process = tool.root / "proc/4711"
    hidden = process / seen
    hidden.parent.mkdir(parents=True)
    (process / "comm").write_text("lms\n")
    if seen == "fd":
        hidden.symlink_to("fd")     # fails for root, too
    else:
        hidden.symlink_to("/dev/null")
    r = tool.run("status", "--json")
    assert r.status == 0, r
    if seen == "fd":
        assert r.json()["open_in"] is None, r
        assert "can't be seen without root" in r.json()["notes"][-1]
    else:
        assert r.json()["open_in"] == "" and "notes" not in r.json(), r


MECLIENTS = """  |id|fix|         UUID                       |con|msg len|sb|refc|vt|
 0| 7|  0|05b79a6f-4628-4d7f-899d-a91514cb32ab|  1|     16| 0|   1| 0|
 1|10|  0|12f80028-b4b7-4b2d-aca8-46e0ff65814c|  1|   5120| 0|   2| 0|
 2|13|  0|6733A4DB-0476-4e7b-b3af-bcfc29bee7a7|  1|   8192| 0|   1| 0|
"""
ACTIVE = "   |me|host|state|rd|wr|wrq\n  0|10|   1|    3| 0| 0|  0\n"


@pytest.mark.parametrize("clients,active,watchdog,lme", [
    (MECLIENTS, ACTIVE, False, False),
    (MECLIENTS, ACTIVE + "  1|13|   2|    3| 1| 0|  0\n", False, True),
    (MECLIENTS, ACTIVE + "  1| 7|   2|    3| 0| 0|  0\n", True, False),
    # connecting, or not any more
    (MECLIENTS, ACTIVE + "  1|13|   2|    2| 0| 0|  0\n"
     "  2|13|   3|    7| 0| 0|  0\n", False, False),
    # two, of which the first is connected
    (MECLIENTS, "  1|13|   2|    3| 0| 0|  0\n" + ACTIVE, False, True),
    # nothing that can be used
    (MECLIENTS, "   |me|host|state|rd|wr|wrq\n", None, None),
    (MECLIENTS, "\x1b[2J\n||||\n-1|-1|-1\n", None, None),
    ("garbage\n", ACTIVE, None, None),
    (MECLIENTS, None, None, None),
    (None, ACTIVE, None, None),
])
def test_clients_that_are_in_use(tool, engine, clients, active, watchdog, lme):
    debug = tool.root / "sys/kernel/debug/mei0"
    debug.mkdir(parents=True)
    for name, text in ("meclients", clients), ("active", active):
        if text is not None:
            (debug / name).write_text(text)
    d = tool.run("status", "--json").json()
    assert d["watchdog"]["in_use"] is watchdog, d
    assert d["local_service"]["lme_in_use"] is lme, d
    text = re.sub(" +", " ", tool.run("status").out)
    for label, used in ("\n In use", watchdog), ("(LME) in use", lme):
        assert (f"{label}: {'yes' if used else 'no'}\n" in text) == \
            (used is not None), text


def test_ports_of_a_local_service(tool, engine):
    net = tool.root / "proc/net"
    net.mkdir(parents=True)
    head = "  sl  local_address rem_address   st tx_queue\n"
    (net / "tcp").write_text(
        head + "   0: 0100007F:4260 00000000:0000 0A 00000000:00000000\n"
        "   1: 0100007F:4261 0100007F:9999 01 00000000:00000000\n")
    (net / "tcp6").write_text(
        head + "   0: 00000000000000000000000001000000:0298 "
        "00000000000000000000000000000000:0000 0A 0:0\n")
    d = tool.run("status", "--json").json()
    assert d["local_service"] == {"ports": [664, 16992], "unit": None,
                                  "lme_in_use": None}


@pytest.mark.parametrize("unit", ["amt-lms.service", "lms.service"])
@pytest.mark.parametrize("where", ["", "systemd/"])
def test_unit_of_a_local_service(tool, engine, unit, where):
    (tool.root / f"sys/fs/cgroup/{where}system.slice/{unit}").mkdir(parents=True)
    assert tool.run("status", "--json").json()["local_service"]["unit"] == unit
    assert f"Unit: {unit}" in re.sub(" +", " ", tool.run("status").out)


def test_strings_of_firmware_are_escaped(tool, engine):
    engine.payloads[0x04000036] = b"\x05\0a\x1b[2J"
    engine.pairs = [(b"AMT\x1b[2J", b"\x9b1\n2")]
    for command in "status", "versions":
        r = tool.run(command)
        assert "\x1b" not in r.out and r"\x1b[2J" in r.out, r
        assert "\x1b" not in tool.run(command, "--json").out


def test_the_right_engine_is_found_by_its_clients(tool):
    """Not by its number: mei0 is a graphics card's, mei1 another engine."""
    gpu, other, right = (tool.engine(n) for n in (0, 1, 10))
    (gpu.sysfs / "kind").write_text("gsc\n")
    other.clients = {}
    r = tool.run("status", "--json")
    assert r.status == 0 and r.json()["engine"]["node"] == "/dev/mei10", r
    assert not gpu.connected, "an engine of a graphics card is left alone"
    assert other.connected and right.asked


def test_one_connection_for_a_run(tool, engine):
    from firmware import AMTHI
    tool.run("status")
    assert engine.connected.count(AMTHI) == 1


def test_all_that_is_asked_only_reads(tool, engine):
    for command in "status", "versions", "hashes", "features":
        tool.run(command)
    changing = {0x04000029, 0x0400005e, 0x04000010, 0x0400008b, 0x04000067,
                0x04000044, 0x04000045, 0x0400003f, 0x0400005b, 0x0400002a,
                0x0400002f, 0x04000028}
    assert len(engine.asked) > 20 and not changing & set(engine.asked)
    assert os.path.exists(engine.node)
