# SPDX-License-Identifier: GPL-2.0-or-later
"""A node is inspected before it is opened."""
import os
import subprocess

import pytest

# numbers, and the name that sysfs has for them: none of them is to be opened
FOREIGN = {
    "watchdog": ("10:130", "watchdog"),
    "another misc device": ("10:7", "vhost-net"),
    "a name that only begins so": ("10:8", "pfru_update"),
    "not a number": ("10:9", "pfru_update1x"),
    "telemetry": ("10:201", None),
    "the second watchdog": ("249:1", "watchdog1"),
    "the same minor of another driver": ("11:200", "pfru_update0"),
    "tape": ("9:0", "st0"),
}


def foreign(tool, name, numbers, misc):
    """A node of these numbers, called misc in sysfs; its path."""
    node = tool.root / "dev" / name
    node.write_text(numbers)
    char = tool.root / "sys/dev/char"
    char.mkdir(parents=True, exist_ok=True)
    if misc:
        (char / numbers).symlink_to(f"../../devices/virtual/misc/{misc}")
    return node


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_node_is_not_opened(tool, what):
    node = foreign(tool, "node", *FOREIGN[what])
    r = tool.run("capability", "-d", node)
    assert r.status == 1 and "not a PFRU update node" in r.err, r
    assert r.counts["opens"] == 0, r
    r = tool.run("capability", "-d", node, "--json")
    assert r.json()["error"]["reason"] == "wrong-device", r


def test_every_command_looks_first(tool):
    node = foreign(tool, "watchdog0", "10:130", "watchdog")
    capsule = tool.inputs / "signed.cap"
    for command in (["capability"], ["stage", capsule], ["activate"],
                    ["stage-activate", capsule], ["capsule", capsule],
                    ["telemetry"], ["telemetry", "--follow"],
                    ["telemetry-info"], ["log-level"], ["log-level", "info"],
                    ["stage", "--dry-run", capsule]):
        r = tool.run(*command, "-d", node)
        assert r.status == 1 and "not a PFRU" in r.err, (command, r)
        assert r.counts["opens"] == 0 and r.counts["calls"] == 0, (command, r)


def test_link_to_a_foreign_node(tool):
    foreign(tool, "watchdog0", "10:130", "watchdog")
    link = tool.root / "dev/pfru/update3"
    link.symlink_to("../watchdog0")
    r = tool.run("capability", "-d", "3")
    assert r.status == 1 and r.counts["opens"] == 0, r


def test_status_opens_no_foreign_node(tool):
    (tool.root / "dev/pfru/update").write_text("10:130")
    foreign(tool, "x", "10:130", "watchdog")
    r = tool.run("status", "--json")
    nodes = r.json()["nodes"]
    assert not nodes["update"]["usable"], r
    assert nodes["telemetry"]["usable"] and r.counts["opens"] == 1, r
    assert "Something else" in " ".join(r.json()["problems"]), r


def test_number_without_a_device(tool):
    r = tool.run("capability", "-d", foreign(tool, "old", "10:250", None))
    assert r.status == 3 and "no such device" in r.err, r
    assert r.counts["opens"] == 0, r


def test_without_sysfs(tool):
    r = tool.run("capability", no_sysfs=1)
    assert r.status == 1 and "/sys must be mounted" in r.err, r
    assert r.counts["opens"] == 0, r


@pytest.mark.parametrize("kind", ("ours", "mainline"))
def test_own_nodes_are_opened_once(tool, kind):
    tool.use(kind)
    r = tool.run("capability")
    assert r.status == 0 and r.counts["opens"] == 1, r


def test_real_nodes(tool):
    """With real nodes and the real /sys, as strace sees it."""
    log = tool.directory / "strace"
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAKE_")}
    # strace and the leak checker exclude each other
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    for node in ("/dev/null", "/dev/zero", "/dev/full"):
        r = subprocess.run(["strace", "-f", "-e", "trace=open,openat",
                            "-o", log, tool.program, "capability", "-d", node],
                           env=env, capture_output=True, text=True, timeout=60)
        assert r.returncode == 1 and "not a PFRU update node" in r.stderr, r
        calls = [c for c in log.read_text().splitlines() if f'"{node}"' in c]
        # /dev/null also fills descriptors that are closed
        assert calls and all("O_PATH" in c for c in calls), calls


@pytest.mark.parametrize("arguments", [
    ["capsule", "/dev/full"], ["stage", "/dev/full"],
    ["stage-activate", "/dev/full"],
    ["capsule", "--no-device", "--ca", "/dev/full", "signed.cap"]])
def test_no_device_is_read_as_a_file(tool, arguments):
    """Reading a watchdog's node would start it."""
    r = tool.run(*(tool.inputs / a if a.endswith(".cap") else a
                   for a in arguments))
    assert r.status == 1 and "/dev/full: is a device" in r.err, r


def test_a_pipe_is_read_as_a_file(tool):
    """As the shell's <(...) names it."""
    there, here = os.pipe()
    os.write(here, (tool.inputs / "plain.cap").read_bytes())
    os.close(here)
    r = tool.run("capsule", "--no-device", f"/proc/self/fd/{there}",
                 popen={"pass_fds": [there]})
    os.close(there)
    assert r.status == 0 and "Signed" in r.out, r


def test_without_proc(tool):
    """As in an initramfs: files are read, devices are not opened."""
    r = tool.run("capsule", "--no-device", "--ca", tool.inputs / "cert.pem",
                 tool.inputs / "signed.cap", no_proc=1)
    assert r.status == 0 and "Signed" in r.out, r
    r = tool.run("capability", no_proc=1)
    assert r.status == 1 and "/proc and /sys must be mounted" in r.err, r
    assert r.counts["opens"] == 0, r


def test_turn_that_cannot_be_taken(tool):
    """That is no other program's doing."""
    tool.use("mainline")
    r = subprocess.run(
        ["strace", "-o", "/dev/null", "--inject=flock:error=ENOLCK",
         tool.program, "telemetry"], env={
             **tool.environment({}), "ASAN_OPTIONS": "detect_leaks=0"},
        capture_output=True, text=True, timeout=60, check=False)
    assert r.returncode == 1 and "cannot lock: No locks available" in r.stderr, r
    assert "another program" not in r.stderr, r
