#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
# timeout: 2
#
# Hangs with a child that ignores signals.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
(trap '' TERM INT HUP; sleep 1000) &
sleep 1000
done_testing
