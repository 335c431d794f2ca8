#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: secure
# timeout: 120
#
# Under Secure Boot the kernel is locked down: nobody reaches memory through
# /dev/mem any more, and everything of the product works as without.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
cd /data || exit 1

version()
{
	pfructl --json capability |
		sed -n 's/.*"runtime_version": *\([0-9]*\).*/\1/p' | head -n 1
}

like "$(cat /sys/kernel/security/lockdown)" '\[integrity\]' \
	"the kernel is locked down"
exits -n "memory is out of reach" 1 dd if=/dev/mem of=/dev/null bs=4096 count=1
err_like 'Operation not permitted' "by the lockdown"

run pfructl status
out_like '^Secure Boot: *(yes|on)' "status knows of Secure Boot"
out_like 'integrity' "and of the lockdown"
out_like '[^t] signed|, signed' "and that the module is signed"
run pfructl capability
is "$(version)" 1 "version 1 runs at boot"
run pfructl capsule --ca ca.pem v2.cap
run pfructl stage-activate v2.cap
is "$(version)" 2 "version 2 runs now"
run pfructl stage v3.cap
run pfructl activate
is "$(version)" 3 "version 3 runs now"
exits 4 pfructl stage-activate other.cap
err_like "another platform" "a capsule for another machine is refused"
run pfructl telemetry
out_like 'Status = Success' "the log shows the updates"
pfructl telemetry --follow --state "$tap_dir/state" >"$tap_dir/followed" \
	2>"$tap_dir/notes" &
follower=$!
wait_for 20 grep -q 'Status = Success' "$tap_dir/followed"
is $? 0 "the log is followed"
kill -TERM $follower
wait $follower
is $? 0 "the follower ends by SIGTERM as it should"
is "$(cat "$tap_dir/notes")" "" "the mapping is not forbidden"
done_testing
