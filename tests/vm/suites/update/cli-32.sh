#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: cli-32
# timeout: 180
#
# pfructl built for 32 bits says what the other one says, to the byte, and then
# does all that the demo shows.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

own=/tmp/cli-32
mkdir -p $own
cat >$own/pfructl <<'END'
#!/bin/sh
exec /data/cli-32/lib/ld-linux.so.2 --library-path /data/cli-32/lib \
	/data/cli-32/pfructl "$@"
END
chmod 755 $own/pfructl

# each with what the firmware says, and with what it says of a refusal
compare()
{
	pfructl "$@" >/tmp/out-64 2>/tmp/err-64
	status_64=$?
	$own/pfructl "$@" >/tmp/out-32 2>/tmp/err-32
	is $? "$status_64" "$*: exit status"
	run -n "$*: what it prints" cmp /tmp/out-64 /tmp/out-32
	run -n "$*: what it complains of" cmp /tmp/err-64 /tmp/err-32
}

cd /data || exit 1
is "$(od -A n -t u1 -j 4 -N 1 cli-32/pfructl | tr -d ' ')" 1 \
	"it is a program of 32 bits"
run pfructl stage v2.cap
for json in '' --json; do
	compare $json status
	compare $json capability
	compare $json telemetry-info
	compare $json telemetry --full
	compare $json log-level
	compare $json capsule v3.cap
	compare $json capsule --ca ca.pem other.cap
	compare $json stage-activate other.cap
	compare $json stage-activate no-such-file
	compare $json no-such-command
done
for type in execution history; do
	compare telemetry --type $type
done
[ -s /tmp/out-64 ]
is $? 0 "there was something to compare"
PATH=$own:$PATH
export PATH
tap_from demo sh /tests/update/demo.sh
done_testing
