#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: frozen
# timeout: 1000
#
# Longer than the guest may live.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
sleep 1000
done_testing
