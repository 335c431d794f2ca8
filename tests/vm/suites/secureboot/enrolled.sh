#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secureboot
# timeout: 120
#
# Secure Boot with dkms' key enrolled: the kernel is locked down, has loaded
# the signed module, and takes no other.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

is "$(od -An -tu1 -j4 -N1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c | tr -d ' ')" \
	1 "Secure Boot is on"
like "$(cat /sys/kernel/security/lockdown)" '\[integrity\]' "the kernel is locked down"
exits -n "/dev/mem is closed" 1 dd if=/dev/mem of=/dev/null bs=4096 count=1 skip=262144
is "$(modinfo -F signer pfru)" "DKMS module signing key" \
	"the module is signed with dkms' key"
run -n "and is loaded" test -d /sys/module/pfru
run -n "pfructl status: all is well" pfructl status
out_like '^Secure Boot: +yes' "it sees Secure Boot"
out_like '^Kernel lockdown: +integrity' "and the lockdown"

# the same module without its signature: its length and marker are at the end
ko=$(modinfo -n pfru)
size=$(stat -c %s "$ko")
is "$(tail -c 28 "$ko" | tr -d '\n')" "~Module signature appended~" \
	"the signature is at the end of the file"
signature=$(od -An -tu1 -j$((size - 32)) -N4 "$ko" |
	awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
head -c $((size - 40 - signature)) "$ko" >/tmp/unsigned.ko
is "$(modinfo -F signer /tmp/unsigned.ko)" "" "without it the module is unsigned"
run -n "the module can be unloaded" rmmod pfru
log_mark
exits -n "an unsigned one is refused" 1 insmod /tmp/unsigned.ko
like "$(log_since)" 'Lockdown: insmod: unsigned module loading is restricted|unsigned module is rejected' \
	"because of the lockdown"

# what a user with an unsigned build is told
mv "$ko" /tmp/signed.ko
cp /tmp/unsigned.ko "$ko"
depmod
exits -n "with an unsigned build installed, pfructl status finds fault" 3 pfructl status
out_like 'not signed, and this kernel is locked down \(integrity\): sign it' \
	"and says exactly that"
mv /tmp/signed.ko "$ko"
depmod
run -n "the signed one loads again" modprobe pfru
done_testing
