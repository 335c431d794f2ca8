# -*- coding: utf-8 -*-
# Copyright: 2026 pfru developers
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """The options of COMMON in module_utils/pfructl.py."""

    DOCUMENTATION = r"""
options:
  device:
    description:
      - A node, or the number of an instance.
    type: str
  executable:
    description:
      - The program, or its path.
    type: str
    default: pfructl
attributes:
  platform:
    description: Machines whose firmware has Platform Firmware Runtime Update.
    platforms: linux
    support: full
"""
