#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-two
#
# Two MEI devices with an AMT watchdog each: there is one watchdog device, and what
# becomes of the other engine does not touch it. When its engine is gone, the other's
# client can be bound in its place.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

bus=/sys/bus/mei/drivers/pfru_watchdog
mei_me=/sys/bus/pci/drivers/mei_me

clients()
{
	# shellcheck disable=SC2012 # names of clients
	[ "$(ls -d /sys/bus/mei/devices/*"$wd_uuid" 2>/dev/null | wc -l)" = "$1" ]
}

# bound: the clients that are served
bound()
{
	# shellcheck disable=SC2012 # names of clients
	ls -d "$bus"/*"$wd_uuid" 2>/dev/null | sed 's,.*/,,'
}

# engine CLIENT: its PCI device, by the way in sysfs
engine()
{
	readlink -f "/sys/bus/mei/devices/$1" | grep -o '[0-9a-f:]*:[0-9a-f]*\.[0-9]' | tail -n 1
}

soon 20 clients 2
is $? 0 "two engines with a client each"
soon 20 wd_dev
# shellcheck disable=SC2012 # names of devices
is "$(ls -d /sys/class/watchdog/watchdog* | wc -l)" 1 "one watchdog"
served=$(bound)
is "$(printf '%s\n' "$served" | wc -l)" 1 "one client is served"
like "$(dmesg)" 'pfru: a second AMT watchdog is not served' "which the log says"
other=
for c in /sys/bus/mei/devices/*"$wd_uuid"; do
	[ "${c##*/}" = "$served" ] || other=${c##*/}
done
first=$(engine "$served")
second=$(engine "$other")
isnt "$first" "$second" "each of an engine of its own"

# the knobs are those of one engine, which may not be the one that is served
wd "$(wd_dev)" ping wait="$tap_dir/go.1" ping sleep=100 ping wait="$tap_dir/go.2" \
	ping sleep=100 ping wait="$tap_dir/go.3" magic >"$tap_dir/held" 2>&1 &
holder=$!
becomes state running "a program drives it"
n=$(shown heartbeats)
go 1
soon 5 acked_more "$n"
is $? 0 "it is fed"
c=$(shown connections)
echo "$second" >$mei_me/unbind
soon 10 clients 1
is "$(shown state) $(shown connections)" "running $c" "the other engine goes: nothing happens"
echo "$second" >$mei_me/bind
soon 20 clients 2
is "$(bound) $(shown connections)" "$served $c" "nor when it comes"

echo "$first" >$mei_me/unbind
becomes state no-client "its engine goes, the watchdog stays"
echo "$other" >$bus/bind
becomes state running "the other's client in its place: it is started there"
n=$(shown heartbeats)
go 2
soon 5 acked_more "$n"
is $? 0 "and fed, by the same descriptor"
echo "$first" >$mei_me/bind
soon 20 clients 2
is "$(bound)" "$other" "the first one is the second now"
go 3
wait "$holder"
unlike "$(cat "$tap_dir/held")" ': E' "and no operation fails"
becomes state idle "stopped by V"
done_testing
