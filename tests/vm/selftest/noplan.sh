#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
#
# Ends well, with no plan.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
