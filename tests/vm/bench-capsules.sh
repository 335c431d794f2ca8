#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench-capsules.sh DIR: row-capsules.sh's, and capsules of 4 KiB, 1 MiB and
# 16 MiB to measure with, size-BYTES.cap, that mainline's drivers take too.

exec env CAPSULE_SIZES="4096 1048576 16777216" \
	"$(dirname "$0")/row-capsules.sh" "$@"
