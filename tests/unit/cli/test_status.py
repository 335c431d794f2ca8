# SPDX-License-Identifier: GPL-2.0-or-later
"""What "status" finds and says to do, from no device to one that works."""
import pytest

from sysfs import acpi, write

SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
BY_US = {"module": "available,signed,by-us"}
WELL = {"module": "loaded,available,signed"}


def nodes(tool, *kinds):
    """Nodes of this project's module."""
    for kind in kinds:
        (tool.root / "dev/pfru").mkdir(exist_ok=True)
        (tool.root / "dev/pfru" / kind).touch()


@pytest.fixture
def devices(tool):
    """Both ACPI devices, one of them by its _CID, without drivers and nodes."""
    tool.use("bare")
    acpi(tool, "INTC1080:00")
    acpi(tool, "PNP0C02:07")
    write(tool.root / "sys/bus/acpi/devices/PNP0C02:07",
          modalias="acpi:PNP0C02:INTC1081:")


@pytest.fixture
def locked_down(tool, devices):
    """The same under Secure Boot."""
    write(tool.root / "sys/kernel/security",
          lockdown="none [integrity] confidentiality")
    efivars = tool.root / "sys/firmware/efi/efivars"
    efivars.mkdir(parents=True)
    (efivars / SECURE_BOOT).write_bytes(b"\6\0\0\0\1")


def test_nothing(tool, expect, check):
    tool.use("bare")
    r = expect("status without ACPI", 3, "status", module="absent")
    check("status without ACPI: that is no lack of the firmware's",
          r.prints("cannot be seen: /sys/bus/acpi/devices is missing.*acpi=off")
          and not r.prints("neither of"), r)
    write(tool.root / "sys/bus/acpi/devices/PNP0C02:00", modalias="acpi:PNP0C02:")
    r = expect("status of nothing", 3, "status", module="absent")
    check("status of nothing: what to do",
          r.prints("neither of the ACPI devices INTC1080"), r)
    r = expect("status of nothing, JSON", 3, "status", "--json",
               module="absent")
    d = r.json()
    check("status of nothing, JSON", d["problems"] and not d["usable"] and
          d["error"]["exit_status"] == 3 and
          d["acpi"] == {"update": [], "telemetry": []}, r)


@pytest.mark.usefixtures("devices")
def test_module(expect, check):
    r = expect("not installed", 3, "status", module="absent")
    check("not installed: what to do",
          r.prints("not installed for this kernel"), r)
    r = expect("not loaded", 3, "status", module="available,signed")
    check("not loaded: what to do",
          r.prints("not loaded: run 'modprobe pfru'"), r)
    r = expect("blacklisted", 3, "status", module="available,blacklisted")
    check("blacklisted: what to do", r.prints("is blacklisted"), r)
    r = expect("loaded without a node", 3, "status", module="loaded,available")
    check("loaded without a node: what to do", r.prints("has made no node"), r)
    r = expect("by _CID", 3, "status", "--json", module="absent")
    check("by _CID", r.json()["acpi"]["telemetry"][0]["name"] == "PNP0C02:07",
          r)


@pytest.mark.usefixtures("devices")
def test_module_that_needs_mei(expect, check):
    """It cannot be loaded, since it needs one that cannot."""
    r = expect("mei is there", 3, "status", module="available,mei")
    check("mei is there: what to do",
          r.prints("not loaded: run 'modprobe pfru'"), r)
    r = expect("mei is forbidden", 3, "status",
               module="available,mei-forbidden")
    check("mei is forbidden: what to do",
          r.prints("forbids that one .*WATCHDOG=n"), r)
    r = expect("no mei", 3, "status", module="available,no-mei")
    check("no mei: what to do", r.prints("this kernel has none: .*WATCHDOG=n"),
          r)


@pytest.mark.usefixtures("locked_down")
def test_lockdown(expect, check):
    r = expect("not signed, locked down", 3, "status", module="available")
    check("not signed, locked down: what to do",
          r.prints(r"locked down \(integrity\): sign it"), r)
    r = expect("keys that cannot be seen", 3, "status", **BY_US)
    check("keys that cannot be seen: what to do",
          r.prints("run 'modprobe pfru'"), r)


def trusted(tool, *names):
    """The kernel's keyring holds these keys."""
    write(tool.root / "proc", keys="\n".join(
        f"3f5c28{66 + i} I------ 1 perm 1f010000 0 0 asymmetri {name}: 63b8d5: "
        "X509.rsa c854dadb []" for i, name in enumerate(names)))


@pytest.mark.usefixtures("locked_down")
def test_keys(tool, expect, check):
    trusted(tool, "Our key too")
    r = expect("a key nobody enrolled", 3, "status", **BY_US)
    check("a key nobody enrolled: what to do",
          r.prints("signed by 'Our key', a key that this kernel does not "
                   "trust.*mokutil --import FILE"), r)
    write(tool.root / "var/lib/dkms", **{"mok.pub": ""})
    r = expect("a key nobody enrolled, dkms", 3, "status", **BY_US)
    check("a key nobody enrolled, dkms: what to do",
          r.prints("mokutil --import /var/lib/dkms/mok.pub"), r)
    trusted(tool, "Our key too", "Our key")
    r = expect("an enrolled key", 3, "status", **BY_US)
    check("an enrolled key: what to do", r.prints("run 'modprobe pfru'"), r)
    check("Secure Boot is seen", r.prints("Secure Boot: *yes"), r)


@pytest.mark.usefixtures("locked_down")
def test_one_of_two(tool, expect):
    nodes(tool, "update")
    acpi(tool, "INTC1080:00", "pfru_update")
    expect("one of two", 1, "status", **WELL)


@pytest.mark.usefixtures("locked_down")
def test_all_well(tool, expect, check):
    nodes(tool, "update", "telemetry")
    acpi(tool, "INTC1080:00", "pfru_update")
    acpi(tool, "PNP0C02:07", "system")
    acpi(tool, "PNP0C02:07", "pfru_telemetry", 1)
    r = expect("all well", 0, "status", **WELL)
    check("all well: no problem", "Problems" not in r.out, r)
    check("all well: no call", r.counted(calls=0), r)
    r = expect("all well, JSON", 0, "status", "--json", **WELL)
    d = r.json()
    check("all well, JSON", d["usable"] and not d["problems"] and
          d["acpi"]["telemetry"][0]["driver"] == "pfru_telemetry", r)
    r = expect("no permission", 1, "status", open=1, module="loaded")
    check("no permission: what to do",
          r.prints("No permission for the update node"), r)


def test_mainline(tool, expect, check):
    tool.use("mainline")
    acpi(tool, "INTC1080:00", "pfr_update")
    acpi(tool, "INTC1081:00", "pfr_telemetry")
    r = expect("mainline's drivers", 0, "status", module="absent")
    check("mainline's drivers: what to do", r.prints("modprobe -r pfr_update"),
          r)
    check("mainline's drivers: no call", r.counted(calls=0), r)
