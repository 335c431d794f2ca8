#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: cid cid-crs kdump mainline no-devices no-uefi telemetry-only two-instances update-only
# timeout: 30
# order: 10
#
# The guest is what the other tests take it for.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh

is "$(uname -r)" "$VM_KERNEL" "the kernel is the one asked for"
is "$(id -u)" 0 "tests run as root"
parent=$(awk '/^PPid/ { print $2 }' /proc/$$/status)
is "$(awk '/^PPid/ { print $2 }' "/proc/$parent/status")" 1 \
	"a test is started by PID 1"
for dir in /proc /sys /dev /run /tmp; do
	run -n "$dir is mounted" grep -q " $dir " /proc/mounts
done
run -n "/dev/null is a device" test -c /dev/null
like "$(cat /proc/cmdline)" 'console=ttyS0' "the console is ttyS0"
case $VM_BOOT in
ovmf) run -n "booted by UEFI" test -d /sys/firmware/efi ;;
*)    exits -n "not booted by UEFI" 1 test -d /sys/firmware/efi ;;
esac
exits -n "a failing command is seen to fail" 3 sh -c 'exit 3'
is "$(printf 'a\nb\tc')" "$(echo a; printf 'b\tc')" "text compares as text"

done_testing
