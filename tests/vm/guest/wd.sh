# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3043,SC2154,SC2034
#
# For tests of the AMT watchdog on the HECI model (tests/sim/heci), to be
# sourced after tap.sh. The same test runs with this project's driver and with
# mainline's mei_wdt; $who is "ours" or "mainline". What both are compared by
# is a row of tap.sh; see tables.py.

wd_uuid=05b79a6f-4628-4d7f-899d-a91514cb32ab

# wd_dev: the watchdog's node; fails when there is none
wd_dev()
{
	local d

	for d in /sys/class/watchdog/watchdog*; do
		[ "$(cat "$d/identity" 2>/dev/null)" = iamt_wdt ] || continue
		echo "/dev/${d##*/}"
		return
	done
	return 1
}

# wd_driver: who drives the client; nothing when nobody does
wd_driver()
{
	local d

	for d in /sys/bus/mei/devices/*"$wd_uuid"/driver; do
		[ -e "$d" ] && basename "$(readlink "$d")"
	done
}

# has KEY VALUE: in the model's state
has()
{
	[ "$(heci state "$1")" = "$2" ]
}

# not CMD...
not()
{
	! "$@"
}

ended()
{
	local state

	state=$(task_state "$1")
	[ -z "$state" ] || [ "$state" = Z ]
}

task_state()
{
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

# limited SECONDS CMD...: sets $out, and $status, or $blocked, which is the
# state of the process that has not ended by then ($pid goes on)
limited()
{
	local seconds=$1

	shift
	blocked=
	"$@" >"$tap_dir/limited" 2>&1 </dev/null &
	pid=$!
	if soon "$seconds" ended "$pid"; then
		status=0
		wait "$pid" || status=$?
	else
		status=none
		blocked=$(task_state "$pid")
	fi
	out=$(cat "$tap_dir/limited")
}

# said WORD: what wd printed for it, of the last capture or limited
said()
{
	printf '%s\n' "$out" | sed -n "s/^$1: \([A-Za-z]*\) .*/\1/p" | tail -n 1
}

# took WORD: its seconds
took()
{
	printf '%s\n' "$out" | sed -n "s/^$1: [A-Za-z]* \([0-9.]*\).*/\1/p" | tail -n 1
}

# ping_says SECONDS [WORD...]: sets $answer: "ok", an errno, or "blocked (D)",
# and $seconds, what it took, of the last ping, or of the open, which starts the
# watchdog, when there was none; $dev
ping_says()
{
	local limit=${1:-12}

	[ $# -eq 0 ] || shift
	answer="no watchdog"
	seconds=0
	dev=$(wd_dev) || return 0
	limited "$limit" wd "$dev" "$@" ping
	if [ -n "$blocked" ]; then
		answer="blocked ($blocked)"
		return 0
	fi
	answer=$(said ping)
	seconds=$(took ping)
	[ -z "$answer" ] || return 0
	answer=$(said open)
	seconds=$(took open)
}

# at_most SECONDS NAME: the last ping took no longer
at_most()
{
	if echo "${seconds:-99} $1" | awk '{ exit !($1 <= $2) }'; then
		ok "$2"
	else
		not_ok "$2" "it took $seconds s, $1 s are allowed"
	fi
}

# beats: starts and pings that the firmware has had
beats()
{
	echo $(($(heci state starts) + $(heci state pings)))
}

# using WORD...: wd with these words, without a pause, on whatever watchdog there
# is, until $tap_dir/enough
using()
{
	while [ ! -e "$tap_dir/enough" ]; do
		if dev=$(wd_dev); then
			wd "$dev" "$@"
		else
			usleep 2000
		fi
	done
}

# wd_works: there is a watchdog, and a ping of it reaches the firmware
wd_works()
{
	local before

	dev=$(wd_dev) && [ -c "$dev" ] || return 1
	before=$(beats)
	# ours sends in a thread: a stop at once would leave nothing to be sent
	limited 8 wd "$dev" ping sleep=150 magic
	[ "$status" = 0 ] &&
		[ "$(beats)" -gt "$before" ]
}

# comes_back NAME [SECONDS]: the watchdog does, by itself
comes_back()
{
	if soon "${2:-20}" wd_works; then
		ok "$1"
	else
		echo w >/proc/sysrq-trigger
		not_ok "$1" "no working watchdog after ${2:-20} s; driver: $(wd_driver)
node: $(wd_dev)
last try: $out $blocked
$(heci history 30)"
	fi
}

# wd_files: where sysfs has ours: below the device, or the client before there is one
wd_files()
{
	local dev

	if dev=$(wd_dev); then
		echo "/sys/class/watchdog/${dev##*/}/pfru_watchdog"
	else
		echo /sys/bus/mei/devices/*"$wd_uuid"/pfru_watchdog
	fi
}

# shown FILE
shown()
{
	cat "$(wd_files)/$1"
}

# shows FILE VALUE
shows()
{
	[ "$(shown "$1")" = "$2" ]
}

# becomes FILE VALUE NAME [SECONDS]
becomes()
{
	if soon "${4:-20}" shows "$1" "$2"; then
		ok "$3"
	else
		not_ok "$3" "$1 is $(shown "$1"), expected $2
$(heci history 20)"
	fi
}

# beats_more N: the firmware has had more than N
beats_more()
{
	[ "$(beats)" -gt "$1" ]
}

# acked_more N: more than N heartbeats were acknowledged, says the driver
acked_more()
{
	[ "$(shown heartbeats)" -gt "$1" ]
}

# pretimeout: the word that sets one, where the kernel has a timer for it
pretimeout()
{
	! wd "$(wd_dev)" pretimeout=10 magic | grep -q '^pretimeout=10: ok' ||
		echo pretimeout=10
}

# hold WORD...: a program opens the watchdog, pings, and does the words when
# it is told by "go 1"
hold()
{
	rm -f "$tap_dir"/held.* "$tap_dir"/go.*
	wd "$(wd_dev)" ping touch="$tap_dir/held.1" wait="$tap_dir/go.1" "$@" \
		>"$tap_dir/held" 2>&1 &
	holder=$!
	soon 10 test -e "$tap_dir/held.1"
	soon 10 has armed yes
	is $? 0 "a program holds it open, and it is armed"
}

# go N [WORDS]: the program goes on
go()
{
	touch "$tap_dir/go.$1"
}

# let_go: it goes on to its end; $out is what it printed
let_go()
{
	go 1
	wait "$holder"
	out=$(cat "$tap_dir/held")
}

# all_ok NAME: nothing that it did has failed
all_ok()
{
	unlike "$out" ': E' "$1"
}

# swift NAME [WORD]: each ping, or WORD, in $out took 10 ms at most. One
# that took longer by the clock has slept nowhere: it was the machine that held it up,
# and it did so with fewer than half of them.
swift()
{
	if printf '%s\n' "$out" | sed -n "s/^${2:-ping}: [A-Za-z]* //p" | sort -n |
	   awk -v limit="$((10 * VM_SLOWNESS))" '
		{ t[NR] = $1; long += $1 > limit / 1000; slept += $1 > limit / 1000 && $2 }
		END {
			print "# the longest of", NR, "took", t[NR], "s;", long + 0, \
				"took longer than allowed,", slept + 0, "of them asleep"
			exit !NR || slept || t[int((NR + 1) / 2)] > limit / 1000
		}'; then
		ok "$1"
	else
		not_ok "$1" "$out"
	fi
}

# quick NAME: nothing in $out took longer than 5 s
quick()
{
	if printf '%s\n' "$out" | awk '
		/^(open|ping|disable|enable|close|magic|timeout[^ ]*): / && $3 > 5 { exit 1 }'; then
		ok "$1"
	else
		not_ok "$1" "$out"
	fi
}

# fed_in_time MARK: the firmware got a start or ping within 2 s of the mark; sets $after
fed_in_time()
{
	local limit=$((2 * VM_SLOWNESS))

	# shellcheck disable=SC2329,SC2317 # called by soon
	heard_start()
	{
		heard "$1" | grep -qE 'start|ping'
	}
	soon $((limit + 10)) heard_start "$1"
	after=$(heci history 200 | awk -v mark="-- MARK $1\$" '
		{ fw = $0; sub(/.* fw=/, "", fw); sub(/ .*/, "", fw) }
		$0 ~ mark { from = fw; after = ""; next }
		from && after == "" && / rx watchdog\/[0-9]* (start|ping) timeout/ {
			after = fw - from }
		END { print after }')
	[ -n "$after" ] && echo "$after $limit" | awk '{ exit $1 > $2 }'
}

# started MARK NAME: the firmware got a start or ping within 2 s of the mark
started()
{
	if fed_in_time "$1"; then
		ok "$2"
	else
		not_ok "$2" "after: ${after:-never}
$(heci history 40)"
	fi
}

# fresh: no fault, the usual firmware, a watchdog that works
fresh()
{
	heci off
	heci clock 1
	heci version 2
	heci required yes quiet
	heci stop-answer empty
	heci hbm 2.0
	heci reset-time 2
	# mainline may fail, and oops later, when an answer to its probe comes
	# before the task that has asked is awake
	[ "$who" = ours ] || heci delay 30 all
	heci reset
	if soon 20 wd_works; then
		heci off
		return
	fi
	not_ok "a working watchdog to begin with" "$(heci history 40)"
	rebind
	soon 20 wd_works
	heci off
}

unbind_bind()
{
	cd /sys/bus/pci/drivers/mei_me || return
	[ ! -e "$wd_pci" ] || echo "$wd_pci" >unbind
	echo "$wd_pci" >bind
}

# rebind: the PCI driver of the HECI device, as a person would; fails when that
# does not end, with $blocked set
rebind()
{
	limited 20 unbind_bind
	[ "$status" = 0 ]
}

# expect OURS MAINLINE: the text for who drives
expect()
{
	if [ "$who" = ours ]; then
		echo "$1"
	else
		echo "$2"
	fi
}

# heard: what the watchdog was sent since the last mark WORD, and events, each
# as "FIRMWARE-SECONDS WHAT TIMEOUT"
heard()
{
	heci history 200 | awk -v mark="-- MARK $1\$" '
		$0 ~ mark { n = 0; marked = 1; next }
		marked { line[++n] = $0 }
		END { for (i = 1; i <= n; i++) print line[i] }' | sed -n \
		-e 's/.* fw=\([0-9.]*\) rx watchdog\/[0-9]* \(start\|ping\) timeout \([0-9]*\) s.*/\1 \2 \3/p' \
		-e 's/.* fw=\([0-9.]*\) rx watchdog\/[0-9]* stop .*/\1 stop/p' \
		-e 's/.* fw=\([0-9.]*\) -- EVENT watchdog expired.*/\1 event/p'
}

# words LINES: what was heard, without times, in one line
words()
{
	printf '%s\n' "$1" | cut -d ' ' -f 2- | tr '\n' ' ' | sed 's/ $//'
}

wd_pci=$(basename "$(readlink -f /sys/class/mei/mei0/device 2>/dev/null)")
who=ours
[ "$(wd_driver)" != mei_wdt ] || who=mainline
diag "driver: $(wd_driver)"
printf '%s\n' "$VM_KERNEL" >/out/kernel
