#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: bench-lms
# timeout: 2900
#
# What amt-lms takes, and what MeshCmd's microlms takes for the same on the same AMT:
# tests/bench/lms.sh makes a table of it. What does not come whole is not measured.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

base=http://127.0.0.1:16992
idle=60

# shellcheck disable=SC2317 # run by name
listens()
{
	[ -n "$(ss -Hltn 'sport = :16992')" ]
}

# get OPTION...: curl, within a time
get()
{
	timeout $((400 * VM_SLOWNESS)) curl --silent --show-error --noproxy '*' "$@"
}

# row NAME UNIT VALUE: of the service that is measured
row()
{
	printf '%s\t%s\t%s\n' "$@" >>"/tmp/costs.$who"
}

# median: of the numbers on standard input
median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# milliseconds on processors, of all threads, counted by ticks of ten
processor()
{
	sed 's/.*) //' "/proc/$pid/stat" | awk '{ print ($12 + $13) * 10 }'
}

# the same without the kernel, hence without the engine's registers
own()
{
	sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 * 10 }'
}

# how often its threads went to sleep, hence were woken
wakeups()
{
	cat "/proc/$pid/task/"*/status | awk '/^voluntary/ { n += $2 } END { print n + 0 }'
}

# memory KEY: KiB
memory()
{
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid/smaps_rollup"
}

# begin COMMAND...: the service, until it listens
begin()
{
	local from

	from=$(now)
	"$@" >>"$tap_dir/$who.log" 2>&1 &
	pid=$!
	while ! listens && [ $(($(now) - from)) -lt $((3000 * VM_SLOWNESS)) ]; do
		usleep 10000
	done
	ok_if "$who listens" listens
	row "from its start until it listens" ms $((($(now) - from) * 10))
}

# timed NAME COMMAND...: how long it takes, and the processor time of the service
timed()
{
	local name="$1" from cpu user

	shift
	from=$(now)
	cpu=$(processor)
	user=$(own)
	"$@"
	took=$((($(now) - from) * 10))
	row "$name" ms "$took"
	row "$name: processor time of the service" ms $(($(processor) - cpu))
	row "$name: of that, outside the kernel" ms $(($(own) - user))
}

# shellcheck disable=SC2317 # run by name
down()
{
	get -o /tmp/page "$base/bulk/$LMS_BYTES"
}

# shellcheck disable=SC2317 # run by name
up()
{
	get -o /tmp/answer --data-binary @/tmp/page "$base/sink"
}

# each in a connection of its own
# shellcheck disable=SC2317 # run by name
one_by_one()
{
	get -H 'Connection: close' -o /dev/null -w '%{size_download}\n' \
		"$base/bulk/[1001-1100]" >/tmp/sizes 2>/dev/null
}

# shellcheck disable=SC2317 # run by name
at_once()
{
	get -Z --parallel-immediate --parallel-max 32 --max-time 120 \
		-H 'Connection: close' -o /dev/null -w '%{size_download}\n' \
		"$base/bulk/[20001-20032]" >/tmp/sizes 2>/dev/null
}

# whole FIRST LAST: how many of these sizes came
whole()
{
	sort -n /tmp/sizes | uniq | awk -v first="$1" -v last="$2" \
		'$1 >= first && $1 <= last { n++ } END { print n + 0 }'
}

measure()
{
	local cpu woke

	get -H 'Connection: close' -o /dev/null -w '%{time_starttransfer}\n' \
		"$base/bulk/[1-11]" >/tmp/first
	row "a small request: first byte, median of 11" ms \
		"$(awk '{ print $1 * 1000 }' /tmp/first | median)"
	timed "$LMS_BYTES bytes from AMT" down
	is "$(sha256sum </tmp/page | cut -d ' ' -f 1)" \
		"$(awk -v size="$LMS_BYTES" '$1 == size { print $2 }' /data/sums)" \
		"$who: $LMS_BYTES bytes from AMT"
	timed "$LMS_BYTES bytes to AMT" up
	like "$(cat /tmp/answer)" "(^|[^0-9])$LMS_BYTES([^0-9]|$)" \
		"$who: $LMS_BYTES bytes to AMT"
	timed "100 requests, a connection each" one_by_one
	row "100 requests, a connection each: answered" "" "$(whole 1001 1100)"
	timed "32 clients at once, 20000 bytes each" at_once
	row "32 clients at once, 20000 bytes each: answered" "" "$(whole 20001 20032)"
	row "resident memory" KiB "$(memory Rss)"
	# each page of a file is dirty in an initramfs: what is private and no file's
	row "private dirty memory" KiB "$(memory Anonymous)"
	at_least "$(wakeups)" 100 "$who: wakeups are counted"
	sleep 20
	cpu=$(processor)
	woke=$(wakeups)
	sleep $idle
	row "wakeups in $idle s without a client" "" $(($(wakeups) - woke))
	row "processor time in $idle s without a client" ms $(($(processor) - cpu))
}

end()
{
	kill "$pid"
	wait "$pid" 2>/dev/null
	sleep 2
}

ip link set lo up
wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
who=amt-lms
begin amt-lms
measure
is "$(whole 20001 20032)" 32 "amt-lms answers all of 32 clients"
ok_if "its private dirty memory is 600,000 bytes at most" test "$(memory Anonymous)" -le 585
end

unpack_meshcmd
cd /tmp/mesh || exit 1
# it loses answers that come at once
heci delay 5 amthi all
who=microlms
begin env LD_LIBRARY_PATH=/data/meshcmd/lib ./meshagent_x86-64 meshcmd.js microlms --noconsole
measure
end

# row, unit, microlms, amt-lms
awk -F '\t' -v OFS='\t' '
	NR == FNR { theirs[$1] = $3; next }
	{ print $1, $2, ($1 in theirs) ? theirs[$1] : "-", $3 }' \
	/tmp/costs.microlms /tmp/costs.amt-lms >/out/lms-costs
uname -r >/out/kernel
keep "$tap_dir/amt-lms.log" amt-lms.log
keep "$tap_dir/microlms.log" microlms.log
done_testing
