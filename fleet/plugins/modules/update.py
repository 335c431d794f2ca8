#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: 2026 pfru developers
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: update
short_description: Update a machine's firmware while it runs
version_added: 1.0.0
author:
  - pfru developers (@pfru)
description:
  - Transfers a capsule to the machine and has C(pfructl) stage it, activate it, or both.
  - Nothing is done if the capsule's versions run already.
  - An activation changes the firmware of the running machine and cannot be undone.
    It is never repeated, whatever its outcome.
  - A machine that dies, or that cannot be reached, makes the task fail. It is not
    reported as C(unreachable), since Ansible would continue with the next batch.
  - The playbook P(pfru.platform.rolling#playbook) does more than this module can. Use it.
requirements:
  - pfructl on the machine that is updated
options:
  src:
    description:
      - The capsule.
      - A file of the controller, unless O(remote_src=true).
    type: path
    required: true
  remote_src:
    description:
      - O(src) and O(ca) are files of the machine that is updated.
    type: bool
    default: false
  action:
    description:
      - V(stage) has the firmware authenticate the capsule.
      - V(activate) has it run what was staged, which must be the same capsule.
      - V(stage-activate) does both in one firmware call.
    type: str
    choices: [stage, activate, stage-activate]
    default: stage-activate
  sha256:
    description:
      - The capsule's SHA-256. Another capsule is refused before the firmware is asked.
    type: str
  ca:
    description:
      - Certificates, PEM or DER. A capsule that none of them signed is refused before
        the firmware is asked.
    type: path
  force_after_interruption:
    description:
      - Try a capsule again whose last attempt was interrupted by a crash or a reboot.
        The capsule may have been the cause.
    type: bool
    default: false
  telemetry:
    description:
      - Read what the firmware logs during the call, and count the bytes that were lost.
      - This takes up to four more firmware calls.
    type: bool
    default: false
extends_documentation_fragment:
  - pfru.platform.pfructl
attributes:
  check_mode:
    description: Judges the capsule, and predicts the change. Nothing is written or started.
    support: full
  diff_mode:
    description: Shows the versions before and after.
    support: full
  async:
    description: Is refused, since nobody would see a machine die.
    support: none
seealso:
  - module: pfru.platform.info
"""

EXAMPLES = r"""
- name: Update the firmware of this machine
  pfru.platform.update:
    src: hotfix-7.cap
    sha256: 10ceb71e402eb35d9aef6b135569d2e9f7f6a06d7f8e75c8b416247221a4f4e3
    ca: vendor.pem

- name: Authenticate the capsule, and change nothing that runs
  pfru.platform.update:
    src: hotfix-7.cap
    action: stage
"""

RETURN = r"""
outcome:
  description:
    - V(done), V(refused) by the firmware, or V(not-done).
    - V(unknown) when the firmware was called, but the outcome is not known. Check
      the machine before you try anything else.
  returned: always, except in check mode
  type: str
  sample: done
reason:
  description: One word for the cause of a failure, mostly pfructl's.
  returned: on failure
  type: str
  sample: firmware
exit_status:
  description: The exit status of pfructl, see its manual page.
  returned: when it was run
  type: int
sha256:
  description: SHA-256 of the capsule.
  returned: always
  type: str
expected:
  description: The versions that run once the capsule is active.
  returned: success
  type: dict
  sample: {"code_injection": {"runtime_version": 2}}
before:
  description: The versions that ran before. In check mode, only for the kinds of image that the capsule has.
  returned: when they are known
  type: dict
after:
  description: The versions that run after an activation. In check mode, the predicted versions.
  returned: when they are known
  type: dict
attempt:
  description: Identifies the attempt in the machine's record (C(pfructl history)).
  returned: when the firmware was called
  type: str
status:
  description: The firmware's status.
  returned: when it is known
  type: int
ext_status:
  description: The firmware's extended status.
  returned: when it is known
  type: int
auth_time_ns:
  description: How long authentication took, as the firmware reports it.
  returned: when it is known
  type: int
exec_time_ns:
  description: How long execution took, as the firmware reports it.
  returned: when it is known
  type: int
call_time_ns:
  description: How long the call took by the machine's clock.
  returned: when it is known
  type: int
stall_ms:
  description:
    - The machine's processors were halted for this many milliseconds at most.
    - It is the larger of the firmware's own figure and the time that the call took by
      the machine's clock. The latter does not rely on the firmware.
  returned: when the firmware was called
  type: int
telemetry:
  description: What the firmware logged meanwhile.
  returned: with O(telemetry=true), when something was changed
  type: dict
  contains:
    lost:
      description: Bytes that were overwritten before they could be read.
      type: int
    text:
      description: The log.
      type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pfru.platform.plugins.module_utils.pfructl import (
    COMMON,
    EXIT_BUSY,
    EXIT_NO_DEVICE,
    EXIT_UNKNOWN,
    Pfructl,
    differing,
    expected_of,
    running_of,
    text_of,
    versions_of,
)

# a reader of the log of its own, which takes nothing from others
POSITION = "/var/lib/pfructl/ansible-position"

# of a document of pfructl, or of its error
KEPT = ("attempt", "status", "status_name", "ext_status", "auth_time_ns",
        "exec_time_ns", "call_time_ns")


class Update(object):
    def __init__(self, module):
        self.module = module
        self.pfructl = Pfructl(module)
        self.action = module.params["action"]
        self.src = module.params["src"]
        self.result = {"changed": False, "outcome": "not-done"}

    def fail(self, msg, **more):
        self.result.update(more)
        self.module.fail_json(msg=msg, **self.result)

    def fail_answer(self, answer, outcome=None):
        """What pfructl said; an outcome that it did not name is never guessed."""
        document = answer.document if answer.sound else {}
        self.result.update((key, answer.error[key]) for key in KEPT
                           if key in answer.error)
        changed = document.get("changed")
        self.fail(answer.message, exit_status=answer.status,
                  reason=answer.error.get("reason", "no-answer"),
                  # null: it may have
                  changed=bool(changed or (changed is None and
                                           outcome == "unknown")),
                  outcome=outcome or "not-done")

    def check_file(self):
        """The capsule is the one that was meant."""
        self.result["sha256"] = self.module.sha256(self.src)
        if self.result["sha256"] is None:
            self.fail("%s: no such file" % self.src, reason="file")
        wanted = (self.module.params["sha256"] or "").lower()
        if wanted and wanted != self.result["sha256"]:
            self.fail("the capsule's SHA-256 is %s, expected %s: it is not the one that "
                      "was released" % (self.result["sha256"], wanted),
                      reason="sha256")

    def check_signature(self):
        """By one of the certificates, before the firmware is asked."""
        if not self.module.params["ca"]:
            return
        answer = self.pfructl.run("capsule", "--ca", self.module.params["ca"],
                                  "--no-device", self.src)
        if answer.status or not answer.sound:
            self.fail_answer(answer)
        if not all(item.get("signature_verified")
                   for item in answer.document["items"]):
            self.fail("the signature does not verify: %s"
                      % (answer.document.get("acceptable_why") or "no reason given"),
                      reason="signature")

    def arguments(self, command):
        """Options that stage and stage-activate share."""
        params = self.module.params
        options = [self.pfructl.demand(command, "--unless-current")]
        # older versions of pfructl: checked above, on the same file
        if params["sha256"] and self.pfructl.knows(command, "--sha256"):
            options += ["--sha256", params["sha256"].lower()]
        if params["ca"] and self.pfructl.knows(command, "--ca"):
            options += ["--ca", params["ca"]]
        if params["force_after_interruption"]:
            options.append(self.pfructl.demand(command,
                                               "--force-after-interruption"))
        return [command] + options + ["--", self.src]

    def plan(self):
        """A dry run: whether it would change something, and what."""
        command = "stage" if self.action == "activate" else self.action
        line = self.arguments(command)
        answer = self.pfructl.run(command, "--dry-run", *line[1:])
        if answer.status or not answer.sound:
            self.fail_answer(answer)
        self.result["expected"] = expected_of(answer.document)
        return answer.document

    def show(self, before, after):
        """In the diff, and in what is returned."""
        self.result.update(before=before, after=after)
        if before is not None and after is not None:
            self.result["diff"] = {
                "before_header": "firmware that runs",
                "after_header": "firmware that runs",
                "before": text_of(before), "after": text_of(after)}

    def predict(self):
        """Check mode."""
        document = self.plan()
        running = running_of(document)
        changes = document["would_change"]
        self.result["changed"] = changes
        del self.result["outcome"]
        if self.action != "stage":
            self.show(running,
                      self.result["expected"] if changes else running)
        self.module.exit_json(**self.result)

    def check_staged(self):
        """Nothing is activated but what was staged last, and that is this capsule."""
        answer = self.pfructl.run("history", "--last")
        if answer.status or not answer.sound:
            self.fail_answer(answer)
        last = (answer.document["attempts"] or [{}])[-1]
        if (last.get("action"), last.get("state")) != ("stage", "done"):
            self.fail("nothing is staged: the last attempt on record is %s (%s)"
                      % (last.get("action", "none"), last.get("state", "none")),
                      reason="not-staged")
        if last.get("sha256") != self.result["sha256"]:
            self.fail("another capsule is staged: SHA-256 %s, expected %s"
                      % (last.get("sha256"), self.result["sha256"]),
                      reason="not-staged")

    def read_telemetry(self):
        """What is new in the log: (bytes lost, text), or None where there is no log."""
        directory = os.path.dirname(POSITION)
        if not os.path.isdir(directory):
            os.makedirs(directory, 0o700)
        status, lines = self.pfructl.run_lines("telemetry", "--delta", "--state",
                                               POSITION)
        if status:
            # no device, and no log yet, are no news
            if status not in (EXIT_NO_DEVICE, EXIT_BUSY):
                error = (lines or [{}])[-1].get("error", {})
                self.module.warn("the firmware's log cannot be read: %s"
                                 % error.get("message", "exit status %d" % status))
            return None
        return (sum(line.get("lost", 0) for line in lines),
                "".join(line.get("text", "") for line in lines))

    def stall(self, answer, document):
        """Milliseconds, an upper bound that the firmware alone cannot make smaller."""
        told = dict(document, **answer.error)
        firmware = told.get("auth_time_ns", 0) + told.get("exec_time_ns", 0)
        # versions of pfructl that do not time the call: with all that is around it
        call = told.get("call_time_ns", 1000000 * answer.elapsed_ms)
        return max(call, firmware) // 1000000

    def activation(self):
        """Names what is to be activated: somebody may stage another one just now."""
        line = ["activate"]
        if self.pfructl.knows("activate", "--sha256"):
            line += ["--sha256", self.result["sha256"]]
        return line

    def act(self):
        """The one call. Nothing below it is ever done twice."""
        line = (self.activation() if self.action == "activate"
                else self.arguments(self.action))
        answer = self.pfructl.run(*line)
        document = answer.document if answer.sound else {}
        self.result["exit_status"] = answer.status
        if "attempt" in document or not answer.sound:
            self.result["stall_ms"] = self.stall(answer, document)
        outcome = document.get("outcome", "unknown")
        if answer.status == EXIT_UNKNOWN:
            outcome = "unknown"
        if answer.status or not answer.sound:
            self.fail_answer(answer, outcome)
        self.result.update((key, document[key]) for key in KEPT if key in document)
        self.result.update(outcome=outcome, changed=bool(document["changed"]))
        self.result.setdefault("expected", expected_of(document))
        return document

    def check_after(self, document):
        """That the activation took."""
        before = versions_of(document.get("before"))
        after = versions_of(document.get("after"))
        self.show(before, after)
        wrong = differing(self.result["expected"], after)
        if wrong:
            self.fail("the firmware reported success, but %s: found %s, expected %s"
                      % (" and ".join(wrong).replace("_", " "),
                         text_of(after).strip().replace("\n", "; ") or "no versions",
                         text_of(self.result["expected"]).strip().replace("\n",
                                                                          "; ")),
                      reason="wrong-version")

    def run(self):
        self.check_file()
        self.check_signature()
        if self.module.check_mode:
            self.predict()
        runs = self.action != "stage"
        if self.action == "activate":
            if not self.plan()["would_change"]:
                self.module.exit_json(**self.result)
            self.check_staged()
        reads = runs and self.module.params["telemetry"]
        if reads:
            self.read_telemetry()
        document = self.act()
        if reads and self.result["changed"]:
            log = self.read_telemetry()
            self.result["telemetry"] = (None if log is None else
                                        {"lost": log[0], "text": log[1]})
        if runs and self.result["changed"]:
            self.check_after(document)
        self.module.exit_json(**self.result)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            COMMON,
            src=dict(type="path", required=True),
            remote_src=dict(type="bool", default=False),
            action=dict(type="str", default="stage-activate",
                        choices=["stage", "activate", "stage-activate"]),
            sha256=dict(type="str"),
            ca=dict(type="path"),
            force_after_interruption=dict(type="bool", default=False),
            telemetry=dict(type="bool", default=False),
        ),
        supports_check_mode=True,
    )
    Update(module).run()


if __name__ == "__main__":
    main()
