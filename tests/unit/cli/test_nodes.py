# SPDX-License-Identifier: GPL-2.0-or-later
"""Which node a command uses, and what it says when there is none."""


def test_no_node(tool, inputs, expect, check):
    tool.use("bare")
    signed = inputs / "signed.cap"
    for command in (["capability"], ["activate"], ["telemetry"],
                    ["telemetry-info"], ["log-level"], ["stage", signed],
                    ["stage-activate", signed], ["log-level", "1"],
                    ["capability", "--device", "3"]):
        name = " ".join(map(str, command))
        r = expect(f"{name} without a device", 3, *command)
        check(f"{name}: what to do", r.says("pfructl status"), r)
        r = expect(f"{name} --json without a device", 3, *command, "--json")
        check(f"{name} --json", r.json()["error"]["reason"] == "no-device", r)


def test_no_node_of_ours(tool, inputs, expect, check):
    tool.use("bare")
    (tool.root / "dev/plain-file").touch()
    (tool.root / "dev/not-a-node").write_text("1:3\n")
    r = expect("plain file as device", 1, "capability", "-d",
               tool.root / "dev/plain-file")
    check("plain file: says so", r.says("not a PFRU update node"), r)
    r = expect("other device", 1, "stage", "-d", tool.root / "dev/not-a-node",
               inputs / "signed.cap")
    check("other device: says so", r.says("not a PFRU update node"), r)
    expect("missing node", 3, "capability", "-d", tool.root / "dev/missing")


def test_refused_by_the_kernel(expect, check):
    r = expect("no permission", 1, "capability", open=1)
    check("no permission: says what to do", r.says("CAP_SYS_RAWIO"), r)
    expect("no permission for the log", 1, "telemetry", open=13)
    expect("busy at open", 6, "capability", open=16)


def test_several(tool, expect, check):
    tool.use("many")
    r = expect("lowest instance", 0, "capability", "--json")
    check("lowest instance", r.json()["device"].endswith("/pfru/update"), r)
    check("several: a note", "several" in r.json()["notes"][0], r)
    r = expect("instance 10", 0, "capability", "--json", "-d", "10")
    check("instance 10", r.json()["device"].endswith("/pfru/update10"), r)
    expect("instance 2", 3, "capability", "-d", "2")
    (tool.root / "dev/pfru/update").unlink()
    r = expect("no instance 0", 0, "capability", "--json")
    check("no instance 0", r.json()["device"].endswith("/pfru/update1"), r)


def test_nodes_that_cannot_be_listed(tool, inputs, expect, check):
    """Not seen is not missing."""
    tool.use("bare")
    (tool.root / "dev/pfru").symlink_to("pfru")
    for command in (["capability"], ["telemetry"], ["activate"], ["metrics"],
                    ["capability", "--device", "0"]):
        name = " ".join(command)
        r = expect(f"{name}: nodes that cannot be listed", 1, *command)
        check(f"{name}: the reason", r.says(
            "look for its (update|telemetry) nodes: Too many levels"), r)
    r = expect("capsule", 0, "capsule", "--json", inputs / "signed.cap")
    check("capsule: not compared, and why", r.json()["acceptable_why"] ==
          "the device cannot be looked for" and
          "Too many levels" in r.json()["notes"][0], r)
    r = expect("status", 3, "status", "--json")
    check("status", sum("cannot be found or opened: Too many levels" in text
                        for text in r.json()["problems"]) == 2, r)
