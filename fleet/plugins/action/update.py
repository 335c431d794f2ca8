# -*- coding: utf-8 -*-
# Copyright: 2026 pfru developers
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfers capsule and certificates, then runs the module, once. A connection that
is lost is a failure: Ansible counts unreachable hosts neither for max_fail_percentage
nor for any_errors_fatal, and a machine that died would not stop a rollout."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_native
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

MODULE = "pfru.platform.update"
PLAIN_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}$")


class ActionModule(ActionBase):
    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_diff = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        # whether the firmware may have been called
        self._called = False
        self._forbid_repetition()
        try:
            result = super(ActionModule, self).run(tmp, task_vars)
            if result.get("skipped") or result.get("failed"):
                return result
            result.update(self._update(task_vars))
        except AnsibleConnectionFailure as e:
            return self._lost(e)
        except Exception:
            raise
        except BaseException as e:
            # the task's time limit; each version of Ansible has a class of its own
            if "Timeout" not in type(e).__name__:
                raise
            return self._lost(e)
        if result.get("failed") and "outcome" not in result:
            # the module did not get to say it
            result["outcome"] = "unknown" if self._called else "not-done"
        return result

    def _forbid_repetition(self):
        """The SSH plugin would run a command again whose connection was lost."""
        for option in ("reconnection_retries", "retries"):
            try:
                self._connection.set_option(option, 0)
                return
            except (AnsibleError, AttributeError, KeyError):
                continue

    def _lost(self, error):
        # whoever removed it would wait for a machine that does not answer
        self._connection._shell.tmpdir = None
        outcome = "unknown" if self._called else "not-done"
        advice = ("the firmware may have been called: check 'pfructl status' and "
                  "'pfructl history' on the machine before you try again"
                  if self._called else "the firmware was not called")
        # as the module: what may have changed something counts as a change
        return {"failed": True, "changed": self._called, "outcome": outcome,
                "reason": "no-answer",
                "msg": "the machine does not answer, and %s: %s"
                       % (advice, to_native(error))}

    def _update(self, task_vars):
        arguments = dict(self._task.args)
        remote = boolean(arguments.get("remote_src", False), strict=False)
        if not remote:
            given = [name for name in ("src", "ca") if arguments.get(name)]
            for name in given:
                arguments[name] = self._transfer(name, arguments[name])
            self._fixup_perms2([self._connection._shell.tmpdir] +
                               [arguments[name] for name in given])
            arguments["remote_src"] = True
        self._called = not self._task.check_mode
        return self._execute_module(module_name=MODULE, module_args=arguments,
                                    task_vars=task_vars)

    def _transfer(self, name, path):
        """Into the directory of this task; the capsule's name is what is on record."""
        try:
            source = self._loader.get_real_file(self._find_needle("files", path))
        except AnsibleError as e:
            raise AnsibleActionFail("%s: %s" % (name, to_native(e)))
        shell = self._connection._shell
        base = os.path.basename(path)
        if name != "src" or not PLAIN_NAME.match(base) or base.endswith(".py"):
            base = {"src": "capsule", "ca": ".certificates"}[name]
        target = shell.join_path(shell.tmpdir, base)
        self._transfer_file(source, target)
        return target
