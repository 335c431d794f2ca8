#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: clean uefi skips tests panic frozen
# order: 10
#
# A good test, which also leaves a file behind.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
run -n "two" true
echo "from the guest" >/tmp/kept
keep /tmp/kept
done_testing
