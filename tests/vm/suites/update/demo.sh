#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: demo kernel
# timeout: 120
#
# The demo: a person's session with the tool, written to /out/demo.txt as it
# would look on a terminal, and every claim of it checked.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh
cd /data || exit 1
demo=/out/demo.txt

tell()
{
	printf '\n# %s\n' "$*" >>"$demo"
}

# show STATUS CMD...: as typed, what it printed, and its exit status
show()
{
	want=$1
	shift
	printf '$ %s\n' "$*" >>"$demo"
	exits "$want" "$@"
	cat "$tap_dir/err" "$tap_dir/out" | tr -d '\r' >>"$demo"
	[ "$want" = 0 ] || printf '(exit status %s)\n' "$status" >>"$demo"
}

version()
{
	# of the code injection, which comes before the driver update
	pfructl --json capability |
		sed -n 's/.*"runtime_version": *\([0-9]*\).*/\1/p' | head -n 1
}

tell "Debian's kernel $(uname -r), nothing of it changed; the firmware is a model"
show 0 pfructl status

tell "What can this machine update, and what runs now?"
show 0 pfructl capability
is "$(version)" 1 "version 1 runs at boot"

tell "A capsule, made and signed by mkeficapsule: who signed it, is it for us?"
show 0 pfructl capsule --ca ca.pem v2.cap
out_like "CN=Capsule signing key" "the signer is shown"

tell "Update the firmware while the machine runs"
show 0 pfructl log-level verbose
show 0 pfructl stage-activate v2.cap
is "$(version)" 2 "version 2 runs now"
show 0 pfructl capability --json

tell "What the firmware logged meanwhile"
show 0 pfructl telemetry
fwctl ring exec | head -c "$(wc -c <"$tap_dir/out")" >"$tap_dir/ring"
[ -s "$tap_dir/out" ] && cmp -s "$tap_dir/out" "$tap_dir/ring"
is $? 0 "the log shown is what the firmware wrote"
is "$(wc -c <"$tap_dir/out")" "$(fwctl get exec.pos | tr -dc '0-9')" \
	"all of it"

tell "In two steps: authenticate now, run later"
show 0 pfructl stage v3.cap
show 0 pfructl activate
is "$(version)" 3 "version 3 runs now"

tell "An older one is refused before the firmware is asked, and says why"
show 4 pfructl stage-activate v2.cap
err_like "older than what runs.*version 2.*running 3" "the sentence says why"
is "$(version)" 3 "version 3 still runs"

tell "Made for another machine"
show 4 pfructl stage-activate other.cap
err_like "another platform" "the sentence says why"

tell "Ours to accept, but the firmware wants a signature: its answer is not hidden"
fwctl set require_auth 1
show 5 pfructl stage-activate unsigned.cap
err_like "status 6" "status"
err_like "0x203" "extended status"
show 5 pfructl --json stage-activate unsigned.cap
out_like '"ext_status": *515' "extended status in JSON"
fwctl set require_auth 0

tell "A driver update, whose security version rises"
show 0 pfructl stage-activate driver.cap
show 0 pfructl telemetry-info

tell "What the kernel recorded"
printf '$ dmesg | grep pfru_update\n' >>"$demo"
dmesg | grep 'pfru_update INTC1080' | sed 's/^\[[^]]*\] //' >"$tap_dir/log"
cat "$tap_dir/log" >>"$demo"
is "$(grep -c 'stage-activate by pid .* done' "$tap_dir/log")" 2 \
	"two updates in one step are in the kernel log"
done_testing
