#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selftest.sh [host] [amt] [msi] [intx] [d0i3]: tests the model, all of it without a
# word: without QEMU, and then with the mei, mei_me and mei_wdt modules of an
# unmodified Debian 6.1 kernel. The model is built with sanitizers. Prints TAP.
# $GUEST_RUN, when set, is a command that is put before QEMU's (it may wait until the
# machine has room for a guest).

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vm=$here/../../vm
# shellcheck source=SCRIPTDIR/../../lib/tap.sh disable=SC1091
. "$here/../../lib/tap.sh"
build=${O:-$here/build}/selftest
sim_pid=
qemu_pid=
server_pid=

# soon SECONDS CMD...: until CMD succeeds; else what it says
soon()
{
	wait_for "$@" || { shift; "$@"; return 1; }
}

ctl()
{
	"$build/heci-sim" ctl "$run/control" "$@"
}

# has KEY VALUE: in the model's state
has()
{
	local now

	now=$(ctl state "$1")
	[ "$now" = "$2" ] || { echo "$1 is '$now', expected '$2'"; return 1; }
}

logged()
{
	grep -q "$1" "$run/log"
}

# start_sim NAME OPTION...: sets run
start_sim()
{
	run=$build/$1
	shift
	rm -rf "$run"
	mkdir -p "$run"
	"$build/heci-sim" --socket "$run/vfio" --control "$run/control" \
		--log "$run/log" "$@" 2>"$run/sim.err" &
	sim_pid=$!
	soon 10 test -S "$run/control"
}

stop_sim()
{
	local rc=0

	kill "$sim_pid" 2>/dev/null
	wait "$sim_pid" || rc=$?
	sim_pid=
	is "$rc $(cat "$run/sim.err")" "0 " "the model ends well, its sanitizers have found nothing"
}

cleanup()
{
	exec 7>&- 8<&-
	[ -z "$qemu_pid" ] || kill "$qemu_pid" "$(cat "$run/started")" 2>/dev/null
	[ -z "$sim_pid" ] || kill "$sim_pid" 2>/dev/null
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null
	wait
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# program_tests PROGRAM ARGUMENT...: what it prints, against the model that runs
program_tests()
{
	local program=$1

	shift
	tap_from "$program" timeout 300 "$build/$program" "$run/vfio" "$run/control" "$@"
	stop_sim
}

host_tests()
{
	start_sim host --power legacy
	program_tests selftest-host
}

# start_s_server: a TLS server for AMT's port 16993
start_s_server()
{
	ok_if "a certificate is made" openssl req -x509 -newkey ec \
		-pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=amt \
		-keyout "$run/key" -out "$run/certificate"
	# it takes no path of more than 31 bytes
	(cd "$run" && exec openssl s_server -quiet -rev -unix s_server -key key \
		-cert certificate) >"$run/s_server.log" 2>&1 </dev/null &
	server_pid=$!
	ok_if "a TLS server runs" soon 10 test -S "$run/s_server"
}

amt_tests()
{
	start_sim amt --amt
	start_s_server
	program_tests selftest-amt "$run"
	kill "$server_pid"
	wait "$server_pid" 2>/dev/null
	server_pid=
}

# guest LINE...: each said to the guest's shell; sets said and status
guest()
{
	local line

	said=
	status=
	[ $# -eq 0 ] || printf '%s\n' "$*" >&7
	while IFS= read -r -t 60 -u 8 line; do
		line=${line%$'\r'}
		case $line in
		":: "*) status=${line#:: }; break ;;
		esac
		said=$said${said:+$'\n'}$line
	done
	printf '> %s\n%s\n:: %s\n' "$*" "$said" "$status" >>"$run/guest.log"
	[ "$status" = 0 ] || [ "$status" = ready ] ||
		{ echo "status ${status:-none}: $said"; return 1; }
}

# guest_is WANT NAME LINE: what the guest said to it
guest_is()
{
	local want=$1 name=$2

	shift 2
	guest "$@" >/dev/null
	is "$said" "$want" "$name"
}

# guest_has NAME LINE REGEXP
guest_has()
{
	guest "$2" >/dev/null
	like "$said" "$3" "$1"
}

# boot APPEND: a guest with the device
boot()
{
	local memory=256M kernel=$kdir/vmlinux

	[ -f "$kernel" ] || kernel=$kdir/vmlinuz
	mkfifo "$run/serial.in" "$run/serial.out"
	# shellcheck disable=SC2016,SC2086 # for sh; words of the wrapper
	${GUEST_RUN:-} sh -c 'echo $$ >"$1"; shift; exec timeout 240 "$@"' sh \
		"$run/started" "$here/qemu.sh" \
		-M q35,memory-backend=mem -m "$memory" -smp 2 -cpu max \
		-accel tcg,thread=multi -nodefaults -display none -no-reboot \
		-object "memory-backend-memfd,id=mem,size=$memory,share=on" \
		-serial "file:$run/console.log" \
		-chardev "pipe,id=shell,path=$run/serial" \
		-device isa-serial,chardev=shell \
		-kernel "$kernel" -initrd "$build/initrd" \
		-append "console=ttyS0 panic=-1 $1" \
		-device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$run/vfio"'"}}' \
		>"$run/qemu.log" 2>&1 &
	qemu_pid=$!
	exec 7<>"$run/serial.in" 8<>"$run/serial.out"
	until [ -s "$run/started" ]; do
		kill -0 "$qemu_pid" 2>/dev/null || return
		sleep 0.2
	done
	guest
}

shutdown_guest()
{
	local splats

	printf 'poweroff -f\n' >&7
	wait "$qemu_pid"
	qemu_pid=
	exec 7>&- 8<&-
	splats=$(grep -E 'BUG:|WARNING:|Oops|Call Trace|blocked for more than' "$run/console.log")
	is "$splats" "" "the kernel complains of nothing"
}

# bind: the stock modules, and what they made
bind()
{
	ok_if "mei, mei_me and mei_wdt load" guest "modprobe -a watchdog mei_wdt mei-me"
	ok_if "a watchdog appears" soon 10 guest "test -c /dev/watchdog0"
	guest_has "MEI is enabled" "cat /sys/class/mei/mei0/dev_state; echo" '^ENABLED$'
	guest_is iamt_wdt "it is the AMT watchdog" "cat /sys/class/watchdog/watchdog0/identity"
	is "$(ctl state stops)" "$(ctl state starts)" "probing has started and stopped it"
}

# drive: start, pings, stop, expiry
drive()
{
	local pings

	ok_if "timeout and pings" guest "wd /dev/watchdog0 timeout=130 ping ping magic"
	ok_if "the model saw the timeout" has timeout 130
	ok_if "a close with the magic character stops it" has armed no
	guest "watchdog -t 1 -T 120 /dev/watchdog0" >/dev/null
	pings=$(ctl state pings)
	sleep 4
	at_least "$(($(ctl state pings) - pings))" 3 "busybox's watchdog pings"
	guest "killall watchdog" >/dev/null
	ok_if "and stops it when ended" soon 5 has armed no
	guest "wd /dev/watchdog0 timeout=120 ping sleep=4000 ping sleep=2000 magic >/tmp/wd &" >/dev/null
	ok_if "a file that is open and silent leaves it armed" soon 5 has armed yes
	ctl clock 1000
	ok_if "it expires by the firmware's clock" soon 5 has expiries 1
	ctl clock 1
	ok_if "and AMT's event is logged" logged 'EVENT watchdog expired'
	ok_if "the next ping starts it again" soon 8 has armed yes
	ok_if "and it is stopped" soon 5 has armed no
}

echo_tests()
{
	guest_is "$1 messages" "echo through /dev/mei0" "mei-echo /dev/mei0 $1"
}

resets()
{
	ctl reset ping
	guest_has "a link reset in the middle of a ping ends that ping" \
		"wd /dev/watchdog0 ping ping" 'ping: (ENODEV|EFAULT)'
	ok_if "the watchdog comes back" soon 10 guest "wd /dev/watchdog0 ping magic"
	ctl reset
	ok_if "after any link reset" soon 10 guest "wd /dev/watchdog0 ping magic"
	echo_tests 20
}

answers()
{
	ctl delay 300 all
	guest_has "a delayed answer delays the ping" \
		"wd /dev/watchdog0 ping magic" 'ping: ok 0\.[3-9]'
	ctl off
	ctl duplicate all
	guest_has "answers that come twice" "wd /dev/watchdog0 ping ping ping magic" 'magic: ok'
	ctl off
	ctl unsolicited
	guest_has "an answer nobody asked for" "wd /dev/watchdog0 ping magic" 'magic: ok'
	ctl withhold 1
	guest "wd /dev/watchdog0 ping sleep=1000 ping magic >/tmp/wd 2>&1 &" >/dev/null
	sleep 1
	guest "echo" >/dev/null
	ctl grant
	ok_if "a credit withheld and granted" soon 5 guest "grep -q 'magic: ok' /tmp/wd"
}

versions()
{
	ctl version 1
	ctl reset
	ok_if "protocol version 1" soon 10 guest "grep -x 01 /sys/bus/mei/devices/*05b79a6f*/version"
	guest_has "is not answered and works" "wd /dev/watchdog0 ping magic" 'magic: ok'
	ctl version 2
	ctl required no
	ctl reset
	ok_if "not required: no watchdog" soon 10 guest "! test -e /dev/watchdog0 && ls /sys/bus/mei/devices/*05b79a6f*"
	sleep 1
	ctl required yes
	ok_if "required later: notified, it appears" soon 10 guest "test -c /dev/watchdog0"
}

client_tests()
{
	ctl remove watchdog
	ok_if "client removed: no watchdog" soon 10 guest "! test -e /dev/watchdog0"
	ctl add watchdog
	ok_if "client added: it is back" soon 10 guest "test -c /dev/watchdog0"
	ctl refuse 3 all
	ctl reset
	ok_if "connection refused: no watchdog" soon 10 guest "! test -e /dev/watchdog0"
	ctl off
	ctl reset
	ok_if "not refused: it is back" soon 10 guest "test -c /dev/watchdog0"
}

power_tests()
{
	guest 'echo auto >/sys/class/mei/mei0/device/power/control' >/dev/null
	ok_if "the idle device enters $1" soon 10 has power "$1"
	ok_if "a ping wakes it" guest "wd /dev/watchdog0 ping magic"
	echo_tests 5
	ok_if "it enters again" soon 10 has power "$1"
	ctl required no
	ctl required yes
	ok_if "the firmware wakes it" soon 10 has power on
	guest 'echo on >/sys/class/mei/mei0/device/power/control' >/dev/null
	ok_if "told to stay on, it does" soon 10 has power on
}

death()
{
	ctl die
	ok_if "dead firmware: the driver gives up" soon 30 guest "grep DISABLED /sys/class/mei/mei0/dev_state"
	ctl revive
	# shellcheck disable=SC2016 # for the guest to expand
	guest 'cd /sys/bus/pci/drivers/mei_me; d=$(basename $(readlink /sys/class/mei/mei0/device)); echo $d >unbind; echo $d >bind; cd /' >/dev/null
	ok_if "revived and bound again: the watchdog is back" soon 10 guest "wd /dev/watchdog0 ping magic"
	ok_if "no rule of the protocol was broken" has violations 0
}

guest_msi()
{
	start_sim msi --power legacy
	boot ""
	is "$status" ready "boot"
	[ "$status" = ready ] || return
	bind
	ok_if "interrupts are MSI" has interrupt msi
	drive
	echo_tests 100
	resets
	answers
	versions
	client_tests
	power_tests gated
	death
	shutdown_guest
	stop_sim
}

guest_intx()
{
	start_sim intx --depth 32
	boot "pci=nomsi"
	is "$status" ready "boot with pci=nomsi"
	[ "$status" = ready ] || return
	bind
	ok_if "interrupts are INTx" has interrupt intx
	drive
	echo_tests 100
	resets
	death
	shutdown_guest
	stop_sim
}

guest_d0i3()
{
	start_sim d0i3 --device 0xa0e0 --power d0i3 --do 'hbm 2.2'
	boot ""
	is "$status" ready "boot with a newer device"
	[ "$status" = ready ] || return
	bind
	ok_if "DMA rings are refused" logged 'DMA setup: not allowed'
	ok_if "in guest memory they would be" logged 'bytes, guest memory'
	power_tests d0i3
	resets
	death
	shutdown_guest
	stop_sim
}

prepare_guests()
{
	kdir=$("$vm/kernel.sh" 6.1) || exit 1
	"$here/qemu.sh" --fetch >/dev/null || exit 1
	"$vm/initramfs.sh" -k "$kdir" -o "$build/initrd" -i "$here/guest/init" \
		-m watchdog -m mei -m mei_wdt -m mei-me \
		-p "$build/mei-echo" -p "$build/wd" || exit 1
}

[ $# -gt 0 ] || set -- host amt msi intx d0i3
mkdir -p "$build"
make -s -C "$here" O="$build" SANITIZE=1 tests || exit 1
prepared=
for part; do
	case $part in
	host|amt) "${part}_tests" ;;
	msi|intx|d0i3)
		[ -n "$prepared" ] || prepare_guests
		prepared=yes
		"guest_$part" ;;
	*)
		echo "selftest.sh: no part '$part'; there are host, amt, msi, intx, d0i3" >&2
		exit 2 ;;
	esac
done
done_testing
