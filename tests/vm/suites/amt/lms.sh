#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt-lms amt-lms-large
# timeout: 2600
#
# amt-lms on the kernel's own MEI driver: what goes through it is what was sent, its
# ports are those of loopback in every state, and neither the engine's resets, its own
# deaths nor those of its clients leave a channel in AMT.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

base=http://127.0.0.1:16992
log=$tap_dir/lms.log
states=0 bad_ports=
pci=$(basename "$(readlink -f /sys/class/mei/mei0/device)")

# only_loopback: looked at in every state; judged once
only_loopback()
{
	states=$((states + 1))
	bad_ports="$bad_ports$(ss -Hltuwnp | grep -v '^p_raw' | awk '{ print $5 }' |
		grep -vE '^(127\.0\.0\.1|\[::1\]):(623|664|1699[2-5])$')"
}

# shellcheck disable=SC2317 # run by name
listens()
{
	[ "$(ss -Hltn "sport = :$1" | wc -l)" = 2 ]
}

# start [ARGUMENT...]
start()
{
	amt-lms "$@" >>"$log" 2>&1 &
	lms=$!
	wait_for 20 listens 16992
}

# shellcheck disable=SC2317 # run by name
free()
{
	[ "$(heci state lme.channels)" = 0 ]
}

# clean NAME: AMT has every place back
clean()
{
	wait_for 20 free
	is "$(heci state lme.channels)" 0 "$1: no channel is left in AMT"
	is "$(heci state lme.apf-violations)" 0 "$1: no rule of port forwarding was broken"
}

# get OPTION...: curl, within a time
get()
{
	timeout $((900 * VM_SLOWNESS)) curl --silent --show-error --noproxy '*' "$@"
}

sum_of()
{
	awk -v size="$1" '$1 == size { print $2 }' /data/sums
}

# page SIZE URL: is it what the model has
page()
{
	is "$(get "$2/bulk/$1" | sha256sum | cut -d ' ' -f 1)" "$(sum_of "$1")" \
		"$1 bytes from $2"
}

others=
# started: the last one in the background, which is not amt-lms, is waited for
started()
{
	others="$others $!"
}

wait_others()
{
	# shellcheck disable=SC2086 # words
	[ -z "$others" ] || wait $others
	others=
}

# kill_one N: a client, at a moment that differs with N
kill_one()
{
	local client

	curl --silent --noproxy '*' "$base/bulk/1000000" >/dev/null 2>&1 &
	client=$!
	usleep $(($1 * 7919 % 300000))
	kill -KILL "$client"
	wait "$client" 2>/dev/null
}

# shellcheck disable=SC2317 # run by name
loaded()
{
	! free
}

# in_mid_page: a client in the background, which has a channel
in_mid_page()
{
	get "$base/bulk/16777216" >/dev/null 2>&1 &
	started
	wait_for 20 loaded || diag "the client has no channel"
}

# three programs, and no other, have a channel
# shellcheck disable=SC2317 # run by name
three()
{
	[ "$(heci state lme.channels)" = 3 ]
}

# AMT sends nothing
# shellcheck disable=SC2317 # run by name
stands()
{
	local sent

	sent=$(heci state lme.bytes-out)
	sleep 5
	[ "$(heci state lme.bytes-out)" = "$sent" ]
}

# stopped: a client that reads nothing for a while
stopped()
{
	get $base/bulk/1048576 | {
		wait_for 100 test -e /tmp/go
		sha256sum
	}
}

# AMT answers through it
# shellcheck disable=SC2317 # run by name
works()
{
	[ "$(get --max-time 15 "$base/bulk/4097" | sha256sum | cut -d ' ' -f 1)" = \
		"$(sum_of 4097)" ]
}

ip link set lo up
wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
only_loopback
start
is $? 0 "amt-lms listens on both addresses"
only_loopback

# what passes
: "${LMS_ECHO:=262144}" "${LMS_KILLS:=100}"
begin_row
for size in 1 4095 4096 4097 65537; do
	page $size $base
	page $size 'http://[::1]:16992'
done
noted client curl 16992 "pages of 1 to 65537 bytes, compared by SHA-256" \
	"whole, over IPv4 and IPv6"
page 1048576 $base
begin_row
dd if=/dev/urandom of=/tmp/up bs=1024 count=$((LMS_ECHO / 1024)) 2>/dev/null
for size in 1 4096 65537 "$LMS_ECHO"; do
	head -c "$size" /tmp/up >/tmp/part
	for host in 127.0.0.1 '[::1]'; do
		is "$(get --data-binary @/tmp/part "http://$host:16992/echo" | sha256sum)" \
			"$(sha256sum </tmp/part)" "$size bytes to AMT and back, by $host"
	done
done
rm /tmp/up
noted client curl 16992 "1 to $LMS_ECHO bytes to AMT and back, compared by SHA-256" \
	"whole, over IPv4 and IPv6"

begin_row
heci lme-window 1
heci lme-chunk 1
for host in 127.0.0.1 '[::1]'; do
	head -c 2000 /tmp/part >/tmp/few
	is "$(get --data-binary @/tmp/few "http://$host:16992/echo" | sha256sum)" \
		"$(sha256sum </tmp/few)" "2000 bytes to AMT and back, one at a time, by $host"
done
heci off
noted client curl 16992 "2000 bytes each way, windows and messages of one byte" whole

# with small buffers of sockets, what is not read stops AMT soon
begin_row
for key in tcp_rmem tcp_wmem; do
	cp /proc/sys/net/ipv4/$key /tmp/$key
	echo '4096 4096 8192' >/proc/sys/net/ipv4/$key
done
i=0
while [ $i -lt 3 ]; do
	i=$((i + 1))
	stopped >/tmp/slow.$i &
	started
done
wait_for 20 three
wait_for 30 stands
is $? 0 "AMT sends nothing to three clients that do not read"
page 65537 $base
page 65537 'http://[::1]:16992'
wait_for 20 three
is $? 0 "others are served meanwhile, and the three still have their channels"
: >/tmp/go
wait_others
is "$(cut -d ' ' -f 1 /tmp/slow.* | sort | uniq -c | sed 's/^ *//')" \
	"3 $(sum_of 1048576)" "and each gets its page when it reads"
for key in tcp_rmem tcp_wmem; do
	cat /tmp/$key >/proc/sys/net/ipv4/$key
done
clean "slow readers"
noted client "three times curl, which do not read" 16992 "1 MiB each, and others meanwhile" \
	"AMT stops for the three only; all whole in the end"

# WS-Management with a digest
cat >/tmp/identify <<-END
	<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
	xmlns:w="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">
	<s:Header/><s:Body><w:Identify/></s:Body></s:Envelope>
END
begin_row
# shellcheck disable=SC2016 # the name of the account
printf 'user = "$$OsAdmin:%s"\n' "$(heci state amt.password)" >/tmp/user
capture get --config /tmp/user --digest -H 'Content-Type: application/soap+xml' \
	--data-binary @/tmp/identify $base/wsman
like "$out" 'IdentifyResponse' "Identify, with a digest"
clean "what passes"
noted client "curl --digest" 16992 "WS-Management: Identify" answered

# 32 clients, 8 places
begin_row
i=0
while [ $i -lt 32 ]; do
	i=$((i + 1))
	get $base/bulk/20000 | sha256sum >/tmp/sum.$i &
	started
done
sleep 1
only_loopback
wait_others
is "$(cut -d ' ' -f 1 /tmp/sum.* | sort | uniq -c | sed 's/^ *//')" \
	"32 $(sum_of 20000)" "32 clients at once each get their page"
is "$(heci state lme.opens-refused)" 0 "and AMT was asked for no ninth place"
clean "32 clients"
noted client "32 times curl at once" 16992 "a page each, over AMT's eight places" \
	"all whole; AMT was asked for no ninth place"

# clients that are killed at some moment
begin_row
i=0
while [ $i -lt "$LMS_KILLS" ]; do
	for client in 1 2 3 4; do
		i=$((i + 1))
		kill_one $i &
		started
	done
	wait_others
done
clean "$LMS_KILLS killed clients"
works
is $? 0 "and the next one is served"
noted client "curl, killed $LMS_KILLS times" 16992 "SIGKILL at any moment of a page of 1 MB" \
	"no channel is left in AMT, and the next client is served"
only_loopback

# TLS, end to end
begin_row
heci lme-ports tls now
wait_for 20 listens 16993
is $? 0 "AMT changes to 16993"
is "$(ss -Hltn 'sport = :16992' | wc -l)" 0 "and 16992 is closed"
only_loopback
capture sh -c 'printf "GET / HTTP/1.0\r\n\r\n" |
	timeout 60 openssl s_client -connect 127.0.0.1:16993 -quiet -ign_eof 2>&1'
like "$out" 'CN = amt.example.org' "the certificate is that of the server behind AMT"
like "$out" 'HTTP/1.0 200 ok' "which answers"
heci lme-ports plain now
wait_for 20 listens 16992
clean "TLS"
noted client "openssl s_client" 16993 "TLS with a server behind AMT" \
	"its certificate and its answer; 16992 is closed meanwhile"

# resets, with a client in each
begin_row
i=0
while [ $i -lt 5 ]; do
	i=$((i + 1))
	in_mid_page
	heci reset
	only_loopback
	wait_others
done
wait_for 30 works
is $? 0 "after five link resets it works"
clean "link resets"
noted client curl 16992 "five link resets in mid-page" \
	"the connections end, the ports stay, the next client is served"

begin_row
in_mid_page
echo "$pci" >/sys/bus/pci/drivers/mei_me/unbind
only_loopback
is "$(ss -Hltn 'sport = :16992' | wc -l)" 2 "listeners stay without an engine"
wait_others
sleep 2
echo "$pci" >/sys/bus/pci/drivers/mei_me/bind
wait_for 30 works
is $? 0 "after unbind and bind of mei_me it works"
clean "unbind and bind"
noted client curl 16992 "unbind and bind of mei_me in mid-page" "the same"

begin_row
in_mid_page
# nothing else wakes this guest
echo enabled >/sys/devices/platform/i8042/serio0/power/wakeup
heci log sleep
echo freeze >/sys/power/state
heci log awake
wait_others
wait_for 30 works
is $? 0 "after suspend to idle it works"
only_loopback
clean "suspend to idle"
noted client curl 16992 "suspend to idle in mid-page" "the same"

# its own deaths
begin_row
i=0
while [ $i -lt 3 ]; do
	i=$((i + 1))
	for client in 1 2 3; do
		in_mid_page
	done
	kill -KILL "$lms"
	wait "$lms" 2>/dev/null
	start
	wait_for 30 works
	is $? 0 "killed under load and started, turn $i: it works"
done
wait_others
clean "kill -9"
noted client "three times curl" 16992 "amt-lms killed with SIGKILL in mid-page, and started, three times" \
	"no channel is left in AMT, and the next client is served"
kill "$lms"
wait "$lms"
is $? 0 "SIGTERM ends it well"
wait_for 10 free
is "$(ss -Hltn | wc -l)" 0 "and no port is left"

# users
echo 'someone:x:1234:1234::/:/bin/sh' >>/etc/passwd
begin_row
printf 'AllowUsers=someone\n' >/tmp/conf
start -c /tmp/conf
# by a reset, which comes before connect() is over, the request sent, or an answer there
capture get --verbose $base/bulk/1
like "$status" '^(7|55|56)$' "a user who is not named is refused"
err_like 'Connection reset by peer|Broken pipe' "by a reset"
is "$(su someone -c "curl -s --noproxy '*' $base/bulk/4097" | sha256sum | cut -d ' ' -f 1)" \
	"$(sum_of 4097)" "one who is named is not"
like "$(cat "$log")" 'refused a connection of user (root|0) to port 16992' "and it is logged"
noted client "curl of a user whom AllowUsers= does not name" 16992 "a page" \
	"refused by a reset, and logged; the user whom it names gets the page"
kill "$lms"
wait "$lms"

# firmware that anybody can log in to
begin_row
heci amt-version AMT 11.0.4
heci amt-version Build_Number 1186
amt-lms >>"$log" 2>&1 &
lms=$!
wait_for 20 grep -q 'affected by INTEL-SA-00075' "$log"
is $? 0 "affected firmware is refused"
is "$(ss -Hltn | wc -l)" 0 "and not listened for"
noted client - - "firmware 11.0.4 build 1186, which INTEL-SA-00075 affects" \
	"no port is opened, and the log says why"
kill "$lms"
wait "$lms"
heci amt-version AMT 11.8.93
heci amt-version Build_Number 4323
start

# MeshCmd and amtctl
unpack_meshcmd
begin_row
mesh microlms --noconsole
out_like 'MicroLMS did not start|already active' "MeshCmd's own service sees that there is one"
noted client "MeshCmd microlms" 16992 "started beside amt-lms" \
	"$(printf '%s\n' "$out" | tr -d '\r' | grep -oE 'MicroLMS did not start.*|.*already active.*')"
begin_row
is "$(heci state amt.control)" none "no control mode"
printf 'Amt-P4ss!\n' >/tmp/password
chmod 600 /tmp/password
run -n "amtctl activate" amtctl activate --yes --password-file /tmp/password
out_like 'the service on port 16992' "goes through it"
is "$(heci state amt.control)" client "client control mode"
noted client "amtctl activate" 16992 "client control mode" "set, through amt-lms"
run -n "amtctl deactivate" amtctl deactivate --yes
wait_for 20 works
heci delay 5 amthi all
heci pace 20 lme
begin_row
opens=$(heci state lme.opens)
mesh amtccm --password 'Mesh-P4ss!'
out_like Success "MeshCmd's amtccm works through it"
is "$(heci state amt.control)" client "client control mode"
at_least "$(heci state lme.opens)" $((opens + 1)) "by a channel of amt-lms, which holds LME"
noted client "MeshCmd amtccm" 16992 "client control mode" "set, through amt-lms"
heci off
wait_for 20 works
is $? 0 "and amt-lms still works"
clean "MeshCmd and amtctl"

only_loopback
begin_row
is "$bad_ports" "" "in $states states, no port but AMT's on loopback was open"
noted client ss - "sockets of all families, in $states states of this test" \
	"no port is open but AMT's on 127.0.0.1 and ::1"
is "$(grep -cF -e "$(heci state amt.password)" -e Amt-P4ss "$log")" 0 \
	"its log has nothing of what passed"
kill "$lms"
wait "$lms"
is $? 0 "SIGTERM ends it well after all that"
is "$(heci state violations)" 0 "no rule of the bus was broken"
keep "$log" lms.log
done_testing
