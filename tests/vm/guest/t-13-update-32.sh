#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The update node for a 32-bit program.
# timeout: 180
exec update-32
