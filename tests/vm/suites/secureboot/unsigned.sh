#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secure-unsigned
# timeout: 60
#
# Secure Boot refuses a module that nobody signed, and status says what to do.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

exits -n "the module is refused" 1 modprobe pfru
[ ! -e /dev/pfru ]
is $? 0 "there is no node"
exits 3 pfructl status
out_like 'module pfru is not signed' "status says why"
out_like 'integrity' "and that the kernel is locked down"
out_like 'mokutil' "and what to do"
exits 3 pfructl capability
done_testing
