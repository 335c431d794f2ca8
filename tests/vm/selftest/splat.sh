#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: splat
#
# The kernel log says what no healthy kernel says.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
echo "<4>BUG: this is only a test" >/dev/kmsg
done_testing
