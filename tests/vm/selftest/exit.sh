#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
#
# Passes every check and fails all the same.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
echo 1..1
exit 3
