#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secureboot-not-enrolled
#
# Secure Boot, and dkms' key is not enrolled: the module is refused, and the
# user is told what to do.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

like "$(cat /sys/kernel/security/lockdown)" '\[integrity\]' "the kernel is locked down"
udevadm settle -t 60
exits -n "the module is not loaded" 1 test -d /sys/module/pfru
exits -n "and cannot be" 1 modprobe pfru
err_like 'Key was rejected by service|Required key not available' \
	"because its key is a stranger"
exits -n "pfructl status finds fault" 3 pfructl status
out_like "signed by 'DKMS module signing key', a key that this kernel does not trust, and it is locked down" \
	"it says what is wrong"
out_like 'enrol the key .*mokutil --import /var/lib/dkms/mok.pub' "and what to do"
run -n "the key to enrol is there" test -s /var/lib/dkms/mok.pub
done_testing
