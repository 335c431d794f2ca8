#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
#
# Plans more than it does.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
echo 1..2
