#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh PROGRAM...: runs test programs that print TAP, those of cmocka too, and sums.

export CMOCKA_MESSAGE_OUTPUT=TAP
unset CMOCKA_XML_FILE CMOCKA_TEST_FILTER
exec "$(dirname "$0")/../lib/judge.pl" --each "$@"
