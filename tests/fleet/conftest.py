# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the fleet share. run.sh names the work directory (FLEET_WORK,
with the capsules and the collection) and the program (FLEET_PFRUCTL)."""
import os
import pathlib
import re

import pytest

from hosts import Fleet, prepare

WORK = pathlib.Path(os.environ["FLEET_WORK"])
CLAIMS = WORK / "claims"


def pytest_runtest_protocol(item):
    """Of several workers at once, the first to come runs a test."""
    if not CLAIMS.exists():
        return None
    try:
        (CLAIMS / str(item.session.items.index(item))).mkdir()
    except FileExistsError:
        return True
    return None


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fleet")
    prepare(directory, os.environ["FLEET_PFRUCTL"])
    (directory / "collections").symlink_to(WORK / "collections")
    return directory


@pytest.fixture
def fleet(work, tmp_path):
    """Makes fleets; they end with the test."""
    made = []

    def make(size):
        made.append(Fleet(tmp_path, work, size))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def capsule():
    """The file that brings code injection 2, and its signer's certificate."""
    return WORK / "capsules/code-2.cap", WORK / "capsules/ca.pem"


def recap(output):
    """What the last lines of ansible-playbook say, by host."""
    found = {}
    for line in output.split("PLAY RECAP")[-1].splitlines():
        match = re.match(r"(\S+)\s+: (.*)", line)
        if match:
            found[match.group(1)] = {
                k: int(v) for k, v in (w.split("=") for w in
                                       match.group(2).split())}
    return found
