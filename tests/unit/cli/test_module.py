# SPDX-License-Identifier: GPL-2.0-or-later
"""What status says of the module that runs, and of the file that would be loaded."""


def running(tool, **files):
    """Below /sys/module/pfru, one file each."""
    directory = tool.root / "sys/module/pfru"
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text + "\n")


def test_module_that_runs_is_older_than_its_file(tool):
    running(tool, version="0.1", srcversion="AAAA")
    r = tool.run("status", module="loaded,available,signed", version="0.2",
                 srcversion="BBBB")
    assert "loaded, version 0.1; installed: version 0.2, signed" in r.out, r
    assert "is not the one that is installed" in r.out, r
    assert "modprobe -r pfru" in r.out and r.status == 0, r
    r = tool.run("status", "--json", module="loaded,available,signed",
                 version="0.2", srcversion="BBBB")
    m = r.json()["modules"]["pfru"]
    assert (m["version"], m["srcversion"], m["running_version"],
            m["running_srcversion"]) == ("0.2", "BBBB", "0.1", "AAAA"), r


def test_another_build_of_the_same_version(tool):
    running(tool, version="0.2", srcversion="AAAA")
    r = tool.run("status", module="loaded,available", version="0.2",
                 srcversion="BBBB")
    assert "version 0.2; installed: version 0.2, another build" in r.out, r
    assert "(version 0.2, another build)" in r.out, r


def test_another_version_where_no_build_is_known(tool):
    """A module that was built without a source version has none."""
    running(tool, version="0.1")
    r = tool.run("status", module="loaded,available", version="0.2",
                 srcversion="BBBB")
    assert "loaded, version 0.1; installed: version 0.2" in r.out, r
    assert "is not the one that is installed" in r.out, r


def test_module_that_runs_is_its_file(tool):
    running(tool, version="0.2", srcversion="AAAA")
    r = tool.run("status", module="loaded,available", version="0.2",
                 srcversion="AAAA")
    assert "loaded, version 0.2, not signed" in r.out, r
    assert "installed" not in r.out, r


def test_module_without_its_file(tool):
    """Loaded by insmod, or its file was removed: what runs has a version."""
    running(tool, version="0.1")
    r = tool.run("status", module="loaded")
    assert "pfru: loaded, version 0.1" in r.out, r
    assert "installed" not in r.out, r


def test_hostile_version_of_a_module(tool):
    running(tool, version="\033[2J\u202e")
    r = tool.run("status", module="loaded", version="0.2")
    assert "\033" not in r.out and "\u202e" not in r.out, r


def test_lists_of_devices_hold_objects(tool):
    """What is printed for people is no element of the JSON."""
    acpi = tool.root / "sys/bus/acpi/devices"
    for name in ("INTC1080:00", "INTC1080:01", "INTC1081:00"):
        (acpi / name).mkdir(parents=True)
    r = tool.run("status", "--json", module="loaded")
    assert [sorted(d["name"] for d in r.json()["acpi"][kind])
            for kind in ("update", "telemetry")] == \
        [["INTC1080:00", "INTC1080:01"], ["INTC1081:00"]], r
    assert tool.run("status", module="loaded").out.count("ACPI:") == 3
