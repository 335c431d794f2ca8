#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secureboot-mok
# order: 10
#
# dkms' key is a machine owner's: shim has passed it to the kernel, the
# firmware's db has not.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

guid=605dab50-e046-4300-abb6-3dd810dd8b23
# the name as it stands in the certificate, which is DER
name="DKMS module signing key"
efivars=/sys/firmware/efi/efivars

is "$(grep -c "$name" "$efivars"/MokListRT-"$guid")" 1 "shim's list has dkms' key"
is "$(grep -c "$name" "$efivars"/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f)" 0 \
	"the firmware's db has not"
like "$(dmesg)" "Loaded X\.509 cert '$name: [0-9a-f]+'|Loading X\.509 certificate: UEFI:MokListRT" \
	"the kernel has loaded the list"
like "$(cat /proc/keys)" " asymmetri $name: " "and knows the key"
is "$(modinfo -F signer pfru)" "$name" "the module is signed with it"
run -n "and is loaded" test -d /sys/module/pfru
done_testing
