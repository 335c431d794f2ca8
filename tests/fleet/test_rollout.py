# SPDX-License-Identifier: GPL-2.0-or-later
"""Rollouts by real ansible-playbook over real sshd. What stops one, and what does
not happen twice."""
import os
import pathlib
import re

import pytest

from conftest import recap

ROLLING = "pfru.platform.rolling"
HERE = pathlib.Path(__file__).resolve().parent
# the machine that fails is not alone in its batch: Ansible stops by itself where all
# machines of a batch have failed
FEW = {"pfru_serial": [1, 2, "100%"]}
HEALTH = {"pfru_health_command": 'test ! -e "$FLEET_ROOT/sick"',
          "pfru_health_retries": 1, "pfru_health_delay": 1}
OLD, NEW = (1, 1, 1), (2, 1, 1)


def roll(fleet, capsule, *options, timeout=600, environment=None, **more):
    """The playbook with what all tests have in common."""
    variables = {"pfru_capsule": str(capsule[0]), "pfru_ca": str(capsule[1]),
                 "pfru_become": False, "pfru_wait_seconds": 3,
                 # these machines share two busy processors
                 "pfru_max_stall_ms": 20000}
    variables.update(more)
    return fleet.playbook(ROLLING, *options, timeout=timeout,
                          environment=environment, **variables)


def stopped(fleet, result, bad):
    """At a machine of the second batch: non-zero, and nothing after it was touched."""
    status, out = result
    assert status != 0, out
    assert fleet.hosts[0].versions == NEW, out
    assert [h.name for h in fleet.hosts[3:] if h.touched] == [], out
    assert [h.versions for h in fleet.hosts[3:]] == [OLD] * len(fleet.hosts[3:])
    assert sum(recap(out)[bad.name][k] for k in ("failed", "unreachable")), out


def test_check_mode(fleet, capsule):
    """Shows each version change; writes and starts nothing."""
    fleet = fleet(4)
    status, out = roll(fleet, capsule, "--check", "--diff", **HEALTH)
    assert status == 0, out
    assert out.count("\n+code injection: runtime version 2\n") == 4, out
    assert out.count("\n-code injection: runtime version 1\n") == 4, out
    assert not any(h.touched for h in fleet.hosts), out
    assert [h.versions for h in fleet.hosts] == [OLD] * 4
    assert not any(h.record for h in fleet.hosts)


def test_all(fleet, capsule):
    """All are updated, in four batches; a second time nothing is done."""
    size = int(os.environ.get("FLEET_SIZE") or "50")
    fleet = fleet(size)
    status, out = roll(fleet, capsule, timeout=1200, **HEALTH)
    assert status == 0, out
    assert [h.versions for h in fleet.hosts] == [NEW] * size, out
    assert [h.acted for h in fleet.hosts] == [["stage", "activate"]] * size, out
    assert [h.count("starts") for h in fleet.hosts] == [2] * size
    for host in fleet.hosts:
        host.forget()
    status, out = roll(fleet, capsule, timeout=1200, **HEALTH)
    assert status == 0, out
    assert {line["changed"] for line in recap(out).values()} == {0}, out
    assert len(recap(out)) == size
    for host in fleet.hosts:
        assert (host.count("writes"), host.count("starts")) == (0, 0), out
        # it was asked, so the counts are worth something
        assert host.count("calls") > 0
    assert [h.versions for h in fleet.hosts] == [NEW] * size


@pytest.mark.parametrize("fault, word, more", [
    ("refuse", "refused", {}),
    ("slow", "ms", {"pfru_max_stall_ms": 5000}),
    ("wrong", "reported success, but code injection", {}),
    ("noisy", "5200 bytes of the firmware's log were overwritten", {}),
    ("undone", "code_injection: found", {}),
    ("sick", "Check that the machine is still healthy", HEALTH)])
def test_what_stops(fleet, capsule, fault, word, more):
    fleet = fleet(4)
    bad = fleet.hosts[2]
    bad.fault(fault, slow=8000)
    result = roll(fleet, capsule, **FEW, **more)
    stopped(fleet, result, bad)
    assert word in result[1], result[1]
    assert bad.acted == (["stage"] if fault == "refuse" else
                         ["stage", "activate"]), result[1]


def test_another_capsule_is_staged_meanwhile(fleet, capsule):
    """It is not the one that was judged: nothing is activated."""
    fleet = fleet(4)
    bad = fleet.hosts[2]
    bad.fault("restaged", other=capsule[0].parent / "code-3.cap")
    result = roll(fleet, capsule, **FEW)
    stopped(fleet, result, bad)
    assert re.search(r"""["']reason["']: ["']sha256""", result[1]), result[1]
    assert bad.versions == OLD, result[1]


def test_a_machine_that_dies(fleet, capsule):
    """It stops the rollout; when it is back, it is named interrupted, and its capsule
    is not run again unless that is demanded."""
    fleet = fleet(4)
    bad = fleet.hosts[2]
    bad.fault("die")
    result = roll(fleet, capsule, **FEW)
    stopped(fleet, result, bad)
    assert "'outcome': 'unknown'" in result[1] or \
        '"outcome": "unknown"' in result[1], result[1]
    # as a change, which it may be
    assert re.search(r"""FAILED! => .*["']changed["']: [Tt]rue""", result[1]), result[1]
    assert bad.record[-1]["event"] == "begun"
    # dead, it stops the next rollout before that has changed anything
    for host in fleet.hosts:
        host.forget()
    status, out = roll(fleet, capsule, **FEW)
    assert status != 0 and not any(h.touched for h in fleet.hosts), out
    bad.fault(None)
    bad.boot()
    fleet.wait_for(bad)
    status, out = roll(fleet, capsule, **FEW)
    assert status != 0 and not any(h.touched for h in fleet.hosts), out
    assert "interrupted" in out, out
    status, out = roll(fleet, capsule, **FEW,
                       pfru_force_after_interruption=True)
    assert status == 0, out
    assert [h.versions for h in fleet.hosts] == [NEW] * 4


def test_a_machine_that_hangs(fleet, capsule):
    """Its connection stays, and nothing comes."""
    fleet = fleet(4)
    bad = fleet.hosts[2]
    bad.fault("hang")
    result = roll(fleet, capsule, **FEW, pfru_timeout=25)
    stopped(fleet, result, bad)


def test_a_connection_that_is_lost(fleet, capsule):
    """What may have been done is not done again, though Ansible's SSH would."""
    fleet = fleet(4)
    bad = fleet.hosts[2]
    bad.fault("drop")
    result = roll(fleet, capsule, **FEW, environment={"ANSIBLE_SSH_RETRIES": "3"})
    stopped(fleet, result, bad)
    assert bad.acted == ["stage", "activate"], result[1]
    # nor is the module run again, which would look at the record first: once before
    # all, once before the activation
    assert sum(call.startswith("history ") for call in bad.calls) == 2, bad.calls


@pytest.mark.parametrize("more, word", [
    ({"pfru_sha256": "0" * 64}, "expected 0000"),
    ({"pfru_ca": "other"}, "sign")])
def test_the_wrong_capsule(fleet, capsule, work, more, word):
    """Is refused on every machine before any is changed."""
    import subprocess
    fleet = fleet(2)
    if "pfru_ca" in more:
        more = {"pfru_ca": str(work / "other.pem")}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        str(work / "other.key"), "-out", more["pfru_ca"],
                        "-subj", "/CN=other"], check=True,
                       stderr=subprocess.DEVNULL)
    status, out = roll(fleet, capsule, **FEW, **more)
    assert status != 0 and word in out, out
    assert not any(h.touched for h in fleet.hosts), out


def test_an_old_pfructl(fleet, capsule, work, tmp_path):
    """Without --unless-current nothing may be done, and the message says why."""
    old = work / "bin/old-pfructl"
    old.write_text('#!/bin/sh\ncase " $* " in *" --help "*) pfructl "$@" | '
                   'grep -v -e --unless-current ;; *) exec pfructl "$@" ;; esac\n')
    old.chmod(0o755)
    fleet = fleet(1)
    play = tmp_path / "play.yml"
    play.write_text("- hosts: all\n  gather_facts: false\n  tasks:\n"
                    "    - pfru.platform.update:\n"
                    f"        src: {capsule[0]}\n        executable: {old}\n")
    status, out = fleet.playbook(str(play))
    assert status != 0 and "does not know --unless-current" in out, out
    assert not fleet.hosts[0].touched, out


@pytest.mark.parametrize("fault, word", [
    (None, ""), ("die", "Fail where the machine died"), ("refuse", "refused"),
    ("sick", "Fail where the machine is not healthy"),
    ("slow", "Fail where the call took too long"),
    ("undone", "Fail where the new firmware does not run")])
def test_third_party(fleet, capsule, fault, word):
    """Only "command: pfructl --json", without the collection."""
    fleet = fleet(4)
    bad = fleet.hosts[2]
    if fault:
        bad.fault(fault, slow=8000)
    result = fleet.playbook(str(HERE / "third-party.yml"), capsule=str(capsule[0]),
                            max_stall_ms=5000 if fault == "slow" else 20000,
                            health_command=HEALTH["pfru_health_command"],
                            environment={"FLEET_HOSTS": str(fleet.directory),
                                         "ANSIBLE_COLLECTIONS_PATH": "/nowhere"})
    if fault:
        stopped(fleet, result, bad)
        # the last task is the one that stopped it
        assert word in result[1].split("TASK")[-1], result[1]
        return
    assert result[0] == 0 and [h.versions for h in fleet.hosts] == [NEW] * 4, result
