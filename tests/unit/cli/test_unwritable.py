# SPDX-License-Identifier: GPL-2.0-or-later
"""Standard output or error that cannot be written: this is never ignored."""
import os

import pytest


@pytest.fixture
def full():
    """A disk without room."""
    with open("/dev/full", "w", encoding="ascii") as f:
        yield {"stdout": f}


def closed(*descriptors):
    """What a child does to begin with these descriptors closed."""
    def close():
        for fd in descriptors:
            os.close(fd)
    return {"preexec_fn": close}


def test_full_disk(tool, inputs, check, full):
    signed = inputs / "signed.cap"
    r = tool.run("capsule", signed, popen=full)
    check("full disk: exit status 1", r.status == 1, r)
    check("full disk: says so",
          r.says("cannot write to standard output: No space"), r)
    r = tool.run("capsule", "--json", signed, popen=full)
    check("full disk, JSON: exit status 1", r.status == 1, r)
    r = tool.run("stage", signed, "--json", popen=full, start="5:1")
    check("full disk after a refusal: 5 stays", r.status == 5, r)


def test_closed(tool, check):
    r = tool.run("--help", popen=closed(1))
    check("closed stdout: exit status 1", r.status == 1, r)
    check("closed stdout: says so", r.says("cannot write to standard output"),
          r)
    r = tool.run("capability", popen=closed(1))
    check("closed stdout with a device: exit status 1", r.status == 1, r)
    r = tool.run("capability", popen=closed(2))
    check("closed stderr: no device in its place", r.status == 0, r)


def test_closed_pipe(tool, check):
    there, here = os.pipe()
    os.close(there)
    r = tool.run("--help", popen={"stdout": here})
    os.close(here)
    check("closed pipe: exit status 0 or 1, no signal", r.status in (0, 1), r)


def test_nothing_open(tool, inputs, check):
    signed = inputs / "signed.cap"
    r = tool.run("stage", signed, popen=closed(0, 1, 2))
    check("nothing open: exit status 9, since nothing can be printed",
          r.status == 9, r)
    check("nothing open: the device got the capsule alone",
          r.counted(writes=1, starts=1, bytes=signed.stat().st_size), r)
