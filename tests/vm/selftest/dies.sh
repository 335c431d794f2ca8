#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: tests
#
# Killed in the middle of a line.
# shellcheck source=SCRIPTDIR/../guest/tap.sh disable=SC1091
. /tests/tap.sh

ok "one"
echo "a word on stderr" >&2
printf 'ok 2 - hal'
kill -KILL $$
done_testing
