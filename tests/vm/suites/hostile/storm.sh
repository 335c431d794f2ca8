#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: hostile storm
# timeout: 120
#
# Everything at once. Each capsule that the kernel says was staged must be one
# of those that were written, byte for byte.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh

seconds=$(sed -n 's/.*hostile.seconds=\([0-9]*\).*/\1/p' /proc/cmdline)
mkdir /tmp/capsules
storm --capsules /tmp/capsules
for f in /tmp/capsules/[0-7]; do
	sha256sum <"$f" | cut -d ' ' -f 1
done | sort >/tmp/known
clean=$(sha256sum </tmp/capsules/clean | cut -d ' ' -f 1)

# the log may wrap: follow it, from here on
mark="the storm begins, $$"
echo "$mark" >/dev/kmsg
cat /dev/kmsg >/tmp/kmsg &
follower=$!
tap_from storm storm $((${seconds:-20} * VM_SLOWNESS))
sleep 1
kill "$follower"

sed -n "/$mark/,\$p" /tmp/kmsg |
	grep -o 'stage[a-z-]* by pid .* done: .* sha256 [0-9a-f]*' |
	sed 's/.* //' | sort | uniq -c >/tmp/staged
# an activation of what was staged before says "none", which is no hash
awk '{ print $2 }' /tmp/staged >/tmp/staged-hashes
foreign=$(grep -vxFf /tmp/known /tmp/staged-hashes)
diag "$(awk '{ n += $1 } END { print n + 0 }' /tmp/staged) capsules staged, $(grep -cxFf /tmp/known /tmp/staged-hashes) of 8 different ones"
is "$foreign" "$clean" "what was staged was one writer's, whole, or the clean update"
run -n "the storm's capsules were staged" grep -qxFf /tmp/known /tmp/staged-hashes
done_testing
