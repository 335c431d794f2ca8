#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: expected
#
# A complaint that is wanted.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

expect_splat "only a test"
echo "<4>BUG: this is only a test" >/dev/kmsg
end_expect_splat
ok "one"
done_testing
