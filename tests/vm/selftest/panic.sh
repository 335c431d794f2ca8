#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: panic
#
# Kills the kernel.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
echo c >/proc/sysrq-trigger
done_testing
