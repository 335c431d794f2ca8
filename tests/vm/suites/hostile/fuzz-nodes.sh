#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: hostile
# timeout: 120

seconds=$(sed -n 's/.*chance.seconds=\([0-9]*\).*/\1/p' /proc/cmdline)
exec fuzz-nodes $((${seconds:-20} * VM_SLOWNESS))
