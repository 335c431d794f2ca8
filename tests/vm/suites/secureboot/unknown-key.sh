#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secure-unknown-key
# timeout: 60
#
# Secure Boot refuses a module whose signer it does not know, and status says
# which key is to be enrolled, and how.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

exits -n "the module is refused" 1 modprobe pfru
diag "$err"
[ ! -e /dev/pfru ]
is $? 0 "there is no node"
exits 3 pfructl status
diag "$out"
out_like "signed by 'Nobody knows this key'" "status says by whom it is signed"
out_like 'does not trust' "that the kernel does not trust the key"
out_like 'mokutil --import' "and what to type"
exits 3 pfructl capability
done_testing
