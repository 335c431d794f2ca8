#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# timeout: 300
#
# What peers report as "connection refused" or not at all: eight states, eight
# messages, each with advice of its own. The driver's own doing, as far as a guest can
# have it; a graphics card's engine is simulated by the file that reveals it.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

pci=$(basename "$(readlink -f /sys/class/mei/mei0/device)")
driver=/sys/bus/pci/drivers/mei_me
messages=$tap_dir/messages
user=

works()
{
	amtctl versions
}

has_connection()
{
	[ "$(heci state amthi.connections)" = 1 ]
}

in_reset()
{
	! grep -q ENABLED /sys/class/mei/mei0/dev_state
}

settled()
{
	case $(cat /sys/class/mei/mei0/dev_state) in
	DISABLED) ;;
	ENABLED) works ;;
	*) return 1 ;;
	esac
}

# back NAME: AMT answers again
back()
{
	wait_for 15 works
	is $? 0 "$1"
}

# tool ARGUMENT...: amtctl, by the user $user when there is one
tool()
{
	if [ -n "$user" ]; then
		capture timeout $((40 * VM_SLOWNESS)) su -s /bin/sh -c "amtctl $*" "$user"
	else
		capture timeout $((40 * VM_SLOWNESS)) amtctl "$@"
	fi
}

# state NAME STATUS REASON MESSAGE ADVICE: what commands say in it
state()
{
	local command

	begin_row
	for command in versions "configure start --yes"; do
		# shellcheck disable=SC2086 # words
		tool $command
		is "$status" "$2" "$1: amtctl $command ends with $2"
		err_like "$4" "it says what is the matter"
		err_like "$5" "and what to do"
		printf '%s\n' "$err" >>"$amt_said"
	done
	tool status --json
	flatten <"$tap_dir/out" >"$amt_json"
	is "$(field error.reason)" "$3" "the reason is '$3'"
	is "$(field error.exit_status)" "$2" "and the exit status $2"
	is "$err" "" "nothing beside the document"
	isnt "$(field watchdog.offered)" "" "which has what could be seen"
	field error.message >>"$messages"
	noted state "$1" "$2" "$(field error.message)"
}

wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
back "and AMT answers"

heci amt enabled no
state "AMT is disabled: an empty answer" 4 disabled 'its answer is empty' 'Ctrl\+P'
tried "amt enabled no"
heci amt enabled yes

echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
user=nobody
state "no permission" 5 permission 'no permission to open /dev/mei0' 'run as root'
user=

# a program that was stopped while it waits for an answer holds AMT
heci delay 5000 amthi
amtctl versions >/dev/null 2>&1 &
holder=$!
wait_for 10 has_connection
kill -STOP $holder
state "busy: another program holds AMT" 6 busy 'another program holds' 'wait until'
like "$(field error.holders)" "amtctl \\($holder\\)" "and who does"
kill -KILL $holder
wait $holder 2>/dev/null
heci off
back "it is free again"

heci remove amthi
wait_for 10 grep -q ENABLED /sys/class/mei/mei0/dev_state
state "no AMT client" 4 no-client 'offers no AMT' 'Manageability Feature'
tried "remove amthi"
heci add amthi
back "it is offered again"

echo gsc >"$tap_dir/kind"
kind=$(readlink -f /sys/class/mei/mei0)/kind
mount --bind "$tap_dir/kind" "$kind"
is $? 0 "the engine is a graphics card's, says its file"
state "only a graphics card's engine" 3 only-gpu 'belongs to a graphics card' \
	'hidden or has no driver'
umount "$kind"
back "it is the machine's own again"

# a short reset is waited for
heci reset-time 800
heci reset
wait_for 2 in_reset
amt_as_json versions
is "$status" 0 "a short reset is waited for"
tried "reset-time 800; reset"
heci reset-time 2
# a bus that answers nothing: the driver begins again and again
heci mute yes
heci reset
wait_for 5 in_reset
amt_as_json versions
is "$status $(field error.reason)" "8 resetting" "a silent bus is a reset that lasts"
tried "mute yes"
# a firmware that does not come back
heci die
heci mute no
wait_for 5 in_reset
state "the engine is being reset" 8 resetting 'is being reset' 'half a minute'
tried die
heci revive
# a driver that is unbound while it looks for clients leaves some behind (6.1)
wait_for 15 settled
is $? 0 "the driver has given up, or found the clients again"
sleep 1
echo "$pci" >$driver/unbind

begin_row
amt_as_json status
is "$status" 3 "a driver that has not taken it: amtctl status ends with 3"
like "$(field error.message)" 'mei_me is loaded, but did not bind to it' "it says so"
noted state "mei_me is loaded, and has not taken it" 3 "$(field error.message)"
rmmod mei_me
state "mei_me is not loaded" 3 no-driver "$pci has no driver" "modprobe mei_me"

echo 1 >"/sys/bus/pci/devices/$pci/remove"
state "no engine" 3 no-engine 'no management engine was found' 'Intel ME'
echo 1 >/sys/bus/pci/rescan
modprobe mei_me
wait_for 10 test -c /dev/mei0
back "all is there again"

begin_row
mv /dev/mei0 /dev/elsewhere
amt_as_json status
is "$status" 3 "without a node: amtctl status ends with 3"
is "$(field error.reason)" no-node "the reason is 'no-node'"
noted state "no node in /dev" 3 "$(field error.message)"
mv /dev/elsewhere /dev/mei0
back "it is found again"

# pulled out of its slot, and nobody told the driver
heci gone yes
amt_as_json versions
is "$status $(field error.reason)" "8 resetting" \
	"an engine that is gone: amtctl versions ends with 8"
quickly 35 "it has an end"
tried "gone yes"
noted fault "gone yes" versions "$status" "$(field error.message)"
heci gone no
echo "$pci" >$driver/unbind
echo "$pci" >$driver/bind
wait_for 10 test -c /dev/mei0
back "it is there again"

is "$(sort -u "$messages" | grep -c .)" 8 "eight states, eight messages"
# the advice is what follows the colon
is "$(awk '{ print substr($0, index($0, ": ") + 2) }' "$messages" | sort -u |
	grep -c .)" 8 "and eight pieces of advice"
is "$(heci state violations)" 0 "no rule of the bus was broken"
done_testing
