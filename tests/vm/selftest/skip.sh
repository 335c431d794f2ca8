#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: skips tests
#
# One check skipped, one made.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

skip "no such hardware"
ok "two"
done_testing
