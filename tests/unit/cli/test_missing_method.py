# SPDX-License-Identifier: GPL-2.0-or-later
"""pfructl status where the firmware's devices lack the method _DSM."""
import pytest

LACKS = "{} device {} lacks the method _DSM"


def acpi_device(tool, name, driver=None, missing=None, node=""):
    """An ACPI device, with what its driver says is missing."""
    acpi = tool.root / "sys/bus/acpi/devices" / name
    physical = acpi / f"physical_node{node}"
    physical.mkdir(parents=True)
    if driver:
        (physical / "driver").symlink_to(f"/x/drivers/{driver}")
    if missing:
        (physical / "missing_method").write_text(f"{missing}\n")


def status(tool, expected):
    """The JSON of pfructl status with the module loaded."""
    r = tool.run("status", "--json", module="loaded,available")
    assert r.status == expected, r
    return r.json()


def test_both(tool):
    tool.use("bare")
    acpi_device(tool, "INTC1080:00", "pfru_update", "_DSM")
    acpi_device(tool, "INTC1081:00", "pfru_telemetry", "_DSM")
    d = status(tool, 3)
    assert len(d["problems"]) == 2, d
    assert LACKS.format("update", "INTC1080:00") in d["problems"][0]
    assert LACKS.format("telemetry", "INTC1081:00") in d["problems"][1]
    assert d["acpi"]["update"] == [{
        "name": "INTC1080:00", "driver": "pfru_update",
        "missing_method": "_DSM"}], d
    assert not d["usable"]


# the names of tests are in paths, of which the simulated device takes its kind
@pytest.mark.parametrize("lame, well", [("update", "telemetry"),
                                        ("telemetry", "update")],
                         ids=["one", "other"])
def test_one(tool, lame, well):
    number = {"update": "INTC1080:00", "telemetry": "INTC1081:00"}
    tool.use("ours")
    (tool.root / "dev/pfru" / lame).unlink()
    acpi_device(tool, number[lame], f"pfru_{lame}", "_DSM")
    acpi_device(tool, number[well], f"pfru_{well}")
    d = status(tool, 1)
    assert len(d["problems"]) == 1, d
    assert LACKS.format(lame, number[lame]) in d["problems"][0]
    assert d["acpi"][well][0]["missing_method"] is None
    assert d["usable"]


def test_beside_another(tool):
    tool.use("ours")
    acpi_device(tool, "INTC1080:00", "pfru_update", "_DSM", node="1")
    acpi_device(tool, "INTC1080:01", "pfru_update")
    acpi_device(tool, "INTC1081:00", "pfru_telemetry")
    d = status(tool, 0)
    assert len(d["problems"]) == 1, d
    assert LACKS.format("update", "INTC1080:00") in d["problems"][0]
    assert [a["name"] for a in d["acpi"]["update"]
            if a["missing_method"]] == ["INTC1080:00"]


def test_text(tool):
    tool.use("bare")
    acpi_device(tool, "INTC1080:00", "pfru_update", "_DSM")
    r = tool.run("status", module="loaded,available")
    assert r.status == 3, r
    assert "INTC1080:00, driver pfru_update, without a node: no method _DSM" \
        in r.out, r
    assert LACKS.format("update", "INTC1080:00") in r.out, r
    assert "kernel log" not in r.out, r
    assert "is udev running" not in r.out, r
