#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt-lms-systemd
# timeout: 300
#
# amt-lms.service under systemd: the sandbox it is in lets it do what it has to, its
# opener can be reached by nobody else, and both begin again after resets and deaths.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
udevadm settle -t 60
modprobe -q virtio_console
unit=amt-lms.service

# listeners: address:port in hexadecimal, as the kernel has them
listeners()
{
	awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6 | sort
}

loopback='00000000000000000000000001000000:026F
00000000000000000000000001000000:4260
0100007F:026F
0100007F:4260'

# shellcheck disable=SC2317 # run by name
listens()
{
	[ "$(listeners)" = "$loopback" ]
}

# page N [COMMAND...]: of the model's web server, by bash, which COMMAND runs
page()
{
	local size="$1"

	shift
	# shellcheck disable=SC2016 # for the inner shell
	timeout 60 "$@" bash -c 'exec 3<>/dev/tcp/127.0.0.1/16992
		printf "GET /bulk/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" "$1" >&3
		cat <&3' bash "$size" 2>/dev/null
}

# shellcheck disable=SC2317 # run by name
works()
{
	[ "$(page 100000 | wc -c)" -gt 100000 ]
}

main()
{
	systemctl show -p MainPID --value $unit
}

# shellcheck disable=SC2317 # run by name
loaded()
{
	[ "$(heci state lme.channels)" != 0 ]
}

# shellcheck disable=SC2317 # run by name
free()
{
	! loaded
}

# shellcheck disable=SC2317 # run by name
restarted()
{
	[ "$(main)" != 0 ] && [ "$(main)" != "$1" ] && listens
}

# says TEXT: the status, a second after the last at the latest
# shellcheck disable=SC2317 # run by name
says()
{
	# shellcheck disable=SC2086 # a word
	systemctl show -p StatusText --value $unit | grep -qF -e "$1"
}

for one in amt-lms.service amt-lms-opener.socket amt-lms-opener@.service; do
	run -n "$one is sound" systemd-analyze --man=no verify \
		"/usr/lib/systemd/system/$one"
	is "$err" "" "nothing to complain of"
done
for one in $unit amt-lms-opener@x.service; do
	capture systemd-analyze --no-pager security "$one"
	level=$(printf '%s\n' "$out" | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
	diag "$one: exposure level $level"
	echo "${level:-10}" | awk '{ exit $1 <= 1.5 ? 0 : 1 }'
	is $? 0 "systemd-analyze security of $one: at most 1.5"
done
is "$(systemctl is-enabled $unit)" disabled "it is not enabled"
like "$(systemctl show -p Conflicts $unit)" '[= ]lms.service' "it conflicts with Intel's"

wait_for 20 test -c /dev/mei0
run -n "it starts" systemctl start $unit
wait_for 20 listens
is "$(listeners)" "$loopback" "its ports are those of AMT, on loopback alone"
wait_for 20 works
is $? 0 "AMT answers through it"
pid=$(main)
isnt "$(stat -c %u "/proc/$pid")" 0 "it is not root"
is "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$pid/status")" 0000000000000400 \
	"and may bind low ports, no more"
is "$(nsenter -t "$pid" -m sh -c 'ls /dev | grep -c mei')" 0 "it has no node of the engine"
calls=$(systemctl show -p SystemCallFilter --value $unit | tr ' ' '\n')
is "$(echo "$calls" | grep -cx write)" 1 "it may write"
is "$(echo "$calls" | grep -cx ioctl)" 0 \
	"and not connect what it has been given to another client of the engine"
wait_for 10 says 'Forwarding ports 623, 16992 of AMT'
is $? 0 "systemctl status says what it does"
exits -n "nobody else reaches the opener" 1 setpriv --reuid 65534 --regid 65534 \
	--clear-groups test -e /run/amt-lms-opener/socket

printf 'Amt-P4ss!\n' >/tmp/password
chmod 600 /tmp/password
run -n "amtctl activate" amtctl activate --yes --password-file /tmp/password
out_like 'the service on port 16992' "goes through it, whose user is no system account"
is "$(heci state amt.control)" client "client control mode"
run -n "amtctl deactivate" amtctl deactivate --yes
wait_for 20 works

before=$(journalctl -q -t amt-lms | wc -l)
turn=0
while [ $turn -lt 3 ]; do
	turn=$((turn + 1))
	heci reset
	sleep 1
	wait_for 30 works
	is $? 0 "after link reset $turn it works"
	is "$(listeners)" "$loopback" "with the same ports"
done
is "$(main)" "$pid" "and it was not started again for that"
is "$(journalctl -q -u 'amt-lms-opener@*' | grep -c -i 'started\|deactivated')" 0 \
	"the openers leave no lines in the journal"
after=$(journalctl -q -t amt-lms | wc -l)
diag "$((after - before)) lines for three resets"

page 16777216 >/dev/null &
client=$!
wait_for 20 loaded
is $? 0 "there is a client"
run -n "restarted under load" systemctl restart $unit
wait_for 20 listens
wait "$client"
wait_for 30 works
is $? 0 "it works"
wait_for 20 free
is "$(heci state lme.channels)" 0 "no channel is left in AMT"
pid=$(main)

page 16777216 >/dev/null &
client=$!
wait_for 20 loaded
is $? 0 "there is another client"
kill -KILL "$pid"
wait_for 30 restarted "$pid"
is $? 0 "killed, it is started again"
wait_for 30 works
is $? 0 "and works"
wait "$client"
wait_for 20 free
is "$(heci state lme.channels)" 0 "no channel is left in AMT"
is "$(heci state lme.apf-violations)" 0 "no rule of port forwarding was broken"

printf 'AllowUsers=nobody\n' >/etc/amt-lms.conf
run -n "restarted for one user" systemctl restart $unit
wait_for 20 listens
is "$(page 1 | wc -c)" 0 "root is refused"
at_least "$(page 100000 setpriv --reuid nobody --regid nogroup --clear-groups | wc -c)" \
	100000 "and that one is not"
like "$(journalctl -q -u $unit)" 'refused a connection of user root to port 16992' "and the refusal is logged"
printf 'AllowUser=nobody\n' >/etc/amt-lms.conf
exits -n "a key that is not known" 1 systemctl restart $unit
like "$(journalctl -q -u $unit)" "amt-lms.conf:1: 'AllowUser' is not known" "is named"
is "$(listeners)" "" "and nothing is listened on"
rm /etc/amt-lms.conf
run -n "it starts without a configuration" systemctl start $unit
wait_for 20 works
is $? 0 "and works"
run -n "it stops" systemctl stop $unit
is "$(systemctl show -p Result --value $unit)" success "as it should"
is "$(listeners)" "" "no port is left"
exits -n "nor the opener's socket" 1 test -e /run/amt-lms-opener/socket
is "$(heci state violations)" 0 "no rule of the bus was broken"
journalctl -q -u 'amt-lms*' >"$tap_dir/journal"
keep "$tap_dir/journal" journal.log
done_testing
