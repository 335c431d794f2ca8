#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: 2026 pfru developers
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: info
short_description: Show which firmware a machine runs, and whether it can be updated
version_added: 1.0.0
author:
  - pfru developers (@pfru)
description:
  - Returns what C(pfructl) reports about the machine. Changes nothing.
  - A machine that cannot be updated is not a failure.
requirements:
  - pfructl on the machine
options:
  versions:
    description:
      - Ask the firmware which versions run. This takes one firmware call.
    type: bool
    default: true
extends_documentation_fragment:
  - pfru.platform.pfructl
attributes:
  check_mode:
    description: Changes nothing, in check mode or without it.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
seealso:
  - module: pfru.platform.update
"""

EXAMPLES = r"""
- name: Ask the machine
  pfru.platform.info:
  register: firmware

- name: Name machines that died in an update
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }}: {{ firmware.interrupted }}"
  when: firmware.interrupted
"""

RETURN = r"""
usable:
  description: The machine can be updated.
  returned: always
  type: bool
problems:
  description: The reasons why it cannot be updated, and other problems.
  returned: always
  type: list
  elements: str
interrupted:
  description: Attempts that a crash or a restart interrupted, and that no later attempt has settled.
  returned: always
  type: list
  elements: dict
versions:
  description: The versions that run; null when they were not asked for, or the firmware did not report them.
  returned: always
  type: dict
  sample:
    code_injection: {"runtime_version": 2}
    driver_update: {"runtime_version": 1, "svn": 1}
driver:
  description: The driver of the update device; null without one.
  returned: always
  type: str
last:
  description: The last attempt to update the machine; null when none is on record.
  returned: always
  type: dict
pfructl_version:
  description: The version of pfructl.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pfru.platform.plugins.module_utils.pfructl import (
    COMMON,
    Pfructl,
    versions_of,
)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            COMMON,
            versions=dict(type="bool", default=True),
        ),
        supports_check_mode=True,
    )
    pfructl = Pfructl(module)
    status = pfructl.run("status")
    if not status.sound or "usable" not in status.document:
        module.fail_json(msg=status.message)
    document = status.document
    history = pfructl.run("history", "--last")
    attempts = history.document.get("attempts") if history.sound else None
    capability = None
    if document["usable"] and module.params["versions"]:
        answer = pfructl.run("capability")
        if answer.sound and not answer.status:
            capability = answer.document
        else:
            document["problems"].append(answer.message)
    if document.get("interrupted") is None:
        # nobody may take "not readable" for "nothing was interrupted"
        document["problems"].append("the record of updates cannot be read")
    version = pfructl.run("--version")
    module.exit_json(
        changed=False,
        usable=document["usable"],
        problems=document["problems"],
        interrupted=document.get("interrupted") or [],
        versions=versions_of(capability),
        driver=(document["nodes"].get("update") or {}).get("driver"),
        last=attempts[-1] if attempts else None,
        pfructl_version=version.document["version"] if version.sound else None,
    )


if __name__ == "__main__":
    main()
