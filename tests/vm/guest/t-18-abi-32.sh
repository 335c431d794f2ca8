#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The same for a 32-bit program.
# timeout: 180
exec abi-32
