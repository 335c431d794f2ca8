#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-survives
# timeout: 120
#
# How the MEI bus is used: a heartbeat goes before the request for notifications,
# which may take long; a connection that failed is ended, too, as 5.10 wants; and a
# send ends in time by itself, not by the end of the connection.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

trace=/sys/kernel/debug/tracing

# probed: the calls since the last "probe", one a line: NAME [RESULT]
probed()
{
	sed -n 's/.* \(connect\|end\|send\|sent\): ([^)]*)\(.*\)/\1\2/p' $trace/trace
}

probe()
{
	echo 0 >$trace/events/kprobes/enable
	echo >$trace/trace
	echo 1 >$trace/events/kprobes/enable
}

fresh
hold ping sleep=100 magic
heci log order
heci reset
started order "fed again after a link reset"
soon 5 shows notifications yes
first=$(heci history 200 | sed '1,/-- MARK order$/d' |
	grep -E -o 'rx watchdog/[0-9]* (start|ping)|rx hbm notification request' | head -n 1)
like "$first" 'start|ping' "before notifications are asked for"
let_go
soon 5 has armed no

if [ -e $trace/kprobe_events ]; then
	cat >$trace/kprobe_events <<-END
	r:connect mei:mei_cldev_enable ret=\$retval:s32
	p:end mei:mei_cldev_disable
	END
	send=mei_cldev_send_timeout
	grep -q " $send" /proc/kallsyms || send=mei_cldev_send
	echo "p:send mei:$send" >>$trace/kprobe_events
	echo "r:sent mei:$send ret=\$retval:s64" >>$trace/kprobe_events

	probe
	heci refuse 3 all
	heci reset
	becomes state no-connection "connections are refused"
	sleep 2
	heci off
	calls=$(probed)
	diag "$calls"
	printf '%s\n' "$calls" | awk '
		/^connect.*ret=-/ { failed++; open = 1; next }
		/^connect/ { bad += open }
		/^end/ { open = 0 }
		END { exit !failed || bad || open }'
	is $? 0 "each connection that failed is ended before the next is made"
	heci reset
	comes_back "back when they are not refused"

	# the credit for one message is there already
	hold ping sleep=300 ping wait="$tap_dir/go.2" magic
	heci withhold all
	sleep 1
	probe
	go 1
	soon 10 shows last_error -110
	sleep 3
	calls=$(probed)
	diag "$calls"
	printf '%s\n' "$calls" | awk '
		/^send/ && !/^sent/ { inside = 1 }
		/^sent.*ret=-/ { ended++; inside = 0 }
		/^sent/ { inside = 0 }
		/^end/ && inside { bad = 1 }
		END { exit !ended || bad }'
	is $? 0 "what the firmware does not take ends by itself"
	heci off
	go 2
	let_go
	all_ok "and no operation fails"
	soon 20 has armed no
	is $? 0 "and it is stopped in the end"
	echo 0 >$trace/events/kprobes/enable
	echo >$trace/kprobe_events
else
	# the kernels that this project builds itself have no kprobes
	unlike "$VM_KERNEL" '-amd64$' "a distribution's kernel has kprobes"
fi
is "$(heci state violations)" 0 "no rule of the bus protocol was broken"
done_testing
