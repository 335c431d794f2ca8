#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests panic frozen
# order: 90
#
# A good test after bad ones.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "still here"
done_testing
