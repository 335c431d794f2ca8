# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACPI devices, watchdogs and MEI devices that /sys shows, below a test's
root."""

UUID = "05b79a6f-4628-4d7f-899d-a91514cb32ab"
NUMBERS = {"state": "running", "required": "yes", "notifications": "yes",
           "timeleft": "117", "last_error": "0", "last_heartbeat": "63",
           "heartbeats": "17", "stops": "2", "failures": "0", "timeouts": "0",
           "refused": "0", "malformed": "0", "strays": "0", "connections": "6"}


def write(directory, **files):
    """Short files, as sysfs has them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(f"{text}\n")


def watchdog(tool, name, identity, own=None, timeout=180):
    """A watchdog device; own: what the module pfru shows beside it."""
    device = tool.root / "sys/class/watchdog" / name
    write(device, identity=identity, timeout=timeout, state="active")
    if own is not None:
        write(device / "pfru_watchdog", **{**NUMBERS, **own})
    return device


def mei(tool, name, version, kind=None):
    """A MEI device that belongs to no client."""
    files = {"fw_ver": version, **({"kind": kind} if kind else {})}
    write(tool.root / "sys/class/mei" / name, **files)


def client(tool, controller, driver=None, meis=(), uuid=UUID):
    """A client of the bus, with its controller's MEI devices (name, version)."""
    real = tool.root / "sys/devices" / controller
    device = real / f"{controller}-{uuid}"
    write(device, version="02")
    for name, version in meis:
        write(real / "mei" / name, fw_ver=version, kind="mei")
        mei(tool, name, version, "mei")
    if driver:
        (device / "driver").symlink_to(f"/x/bus/mei/drivers/{driver}")
    bus = tool.root / "sys/bus/mei/devices"
    bus.mkdir(parents=True, exist_ok=True)
    (bus / device.name).symlink_to(device)
    return device


def acpi(tool, name, driver=None, node=""):
    """An ACPI device, as sysfs has it; node: which of its physical nodes."""
    physical = tool.root / "sys/bus/acpi/devices" / name / f"physical_node{node}"
    physical.mkdir(parents=True, exist_ok=True)
    if driver:
        (physical / "driver").unlink(missing_ok=True)
        (physical / "driver").symlink_to(f"/x/drivers/{driver}")
