#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
#
# Every kind of check, failing once.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

not_ok "1" "a remark"
is a b "2"
isnt a a "3"
like a b "4"
unlike a a "5"
run false
exits 2 sh -c 'echo said; exit 1'
tap_from "8 to 10" sh -c 'echo "ok 1 - good"; echo "not ok 2 - bad"; echo 1..3'
ok "11"
done_testing
