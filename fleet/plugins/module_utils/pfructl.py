# -*- coding: utf-8 -*-
# Copyright: 2026 pfru developers
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs pfructl, and reads what it prints with --json. Decides nothing about firmware:
what is refused, what runs already and what came of a call is pfructl's word."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import time

SCHEMA_VERSION = 1

# exit statuses of pfructl that mean more than "failed"
EXIT_NO_DEVICE = 3
EXIT_BUSY = 6
EXIT_UNKNOWN = 8

ASKS_UPDATE_DEVICE = ("capability", "stage", "activate", "stage-activate")

# options of every module; doc_fragments/pfructl.py says what they are
COMMON = dict(
    device=dict(type="str"),
    executable=dict(type="str", default="pfructl"),
)

KINDS = ("code_injection", "driver_update")


class Answer(object):
    """What one run of pfructl left: its exit status, its JSON, how long it took."""

    def __init__(self, status, document, elapsed_ms, stderr):
        self.status = status
        self.document = document
        self.elapsed_ms = elapsed_ms
        self.stderr = stderr

    @property
    def sound(self):
        """There is a document, of the version that is understood here."""
        return (isinstance(self.document, dict) and
                self.document.get("schema_version") == SCHEMA_VERSION)

    @property
    def error(self):
        if not self.sound:
            return {}
        return self.document.get("error") or {}

    @property
    def message(self):
        """Why it failed, for people."""
        if self.error.get("message"):
            return self.error["message"]
        if isinstance(self.document, dict):
            return ("pfructl printed JSON with schema_version %r; this collection "
                    "understands %d: install the collection of the same version as "
                    "pfructl" % (self.document.get("schema_version"),
                                 SCHEMA_VERSION))
        return ("pfructl ended with status %d and without JSON: %s"
                % (self.status, self.stderr.strip()[-500:] or "no message"))


class Pfructl(object):
    """The program on the machine that is updated."""

    def __init__(self, module):
        self.module = module
        self.program = module.get_bin_path(module.params["executable"], True,
                                           ["/usr/sbin", "/usr/local/sbin"])
        self.device = module.params.get("device")
        self.helps = {}

    def knows(self, command, option):
        """Has this version of pfructl that option?"""
        if command not in self.helps:
            dummy, out, dummy = self.module.run_command(
                [self.program, command, "--help"])
            self.helps[command] = out.split()
        return option in self.helps[command]

    def demand(self, command, option):
        """The option, or the end of the module."""
        if not self.knows(command, option):
            self.module.fail_json(
                msg="%s %s does not know %s: install a newer pfructl"
                    % (self.program, command, option),
                outcome="not-done", reason="old-pfructl", changed=False)
        return option

    def run_text(self, *arguments):
        """A run of pfructl: exit status, standard output, standard error, ms."""
        line = [self.program, arguments[0]]
        # another device has another node, but the same number
        if self.device and (arguments[0] in ASKS_UPDATE_DEVICE or
                            (arguments[0] == "telemetry" and
                             self.device.isdigit())):
            line += ["--device", self.device]
        line += arguments[1:]
        begin = time.time()
        status, out, err = self.module.run_command(line)
        return status, out, err, int(1000 * (time.time() - begin))

    def run(self, *arguments):
        """A run of pfructl that prints one JSON document."""
        status, out, err, elapsed = self.run_text(arguments[0], "--json",
                                                   *arguments[1:])
        try:
            document = json.loads(out)
        except ValueError:
            document = None
        return Answer(status, document, elapsed, err)

    def run_lines(self, *arguments):
        """One that prints an object a line: (exit status, list of objects)."""
        status, out, dummy, dummy = self.run_text(arguments[0], "--json",
                                                  *arguments[1:])
        try:
            lines = [json.loads(line) for line in out.splitlines() if line.strip()]
        except ValueError:
            return status or 1, []
        return status, lines


def versions_of(document):
    """The versions that run, out of what has code_injection and driver_update."""
    if not document:
        return None
    found = {}
    for kind in KINDS:
        if kind not in document:
            continue
        found[kind] = dict((key, document[kind][key])
                           for key in ("runtime_version", "svn")
                           if key in document[kind])
    return found


def items_of(document):
    """The payloads of a document of stage or stage-activate."""
    return document.get("items") or [document]


def rank(versions):
    """Which of two images is newer: the security version counts first."""
    return versions.get("svn", 0), versions["runtime_version"]


def expected_of(document):
    """What runs once all that is in the capsule does: the newest of each kind."""
    newest = {}
    for item in items_of(document):
        kind = item.get("kind")
        if kind not in KINDS or "runtime_version" not in item:
            continue
        versions = dict((key, item[key]) for key in ("runtime_version", "svn")
                        if key in item)
        if kind not in newest or rank(versions) > rank(newest[kind]):
            newest[kind] = versions
    return newest


def running_of(document):
    """What runs of the kinds that are in the capsule, as a dry run shows it."""
    running = {}
    for item in items_of(document):
        if item.get("kind") not in KINDS or "running_runtime_version" not in item:
            continue
        versions = {"runtime_version": item["running_runtime_version"]}
        if "running_svn" in item:
            versions["svn"] = item["running_svn"]
        running[item["kind"]] = versions
    return running


def text_of(versions):
    """Versions in lines, for a diff."""
    lines = []
    for kind in KINDS:
        if kind not in (versions or {}):
            continue
        line = "%s: runtime version %d" % (kind.replace("_", " "),
                                           versions[kind]["runtime_version"])
        if "svn" in versions[kind]:
            line += ", SVN %d" % versions[kind]["svn"]
        lines.append(line + "\n")
    return "".join(lines)


def differing(expected, found):
    """The kinds that do not run as expected."""
    return [kind for kind in KINDS if kind in expected and
            expected[kind] != dict((key, (found or {}).get(kind, {}).get(key))
                                   for key in expected[kind])]
