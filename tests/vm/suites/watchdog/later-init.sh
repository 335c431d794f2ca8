#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
#
# PID 1 of the kernels that watchdog/kexec starts: of one by kexec, which panics while a
# program drives the watchdog, and of the kdump kernel after it. The marks say how far
# it came, to host/kexec.sh.

export PATH=/usr/bin:/usr/sbin:/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
# shellcheck source=/dev/null
. /etc/vm/env
kernel=next
[ ! -e /proc/vmcore ] || kernel=kdump
modprobe virtio_pci
modprobe virtio_console
heci log $kernel
modprobe pfru
modprobe mei_me
# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/kexec-load.sh disable=SC1091
. /tests/watchdog/kexec-load.sh

three_more()
{
	[ "$(heci state pings)" -ge $((pings + 3)) ]
}

# after_kexec: the watchdog is there for new users, one of whom is there when it panics
after_kexec()
{
	soon 20 wd_works || return
	load_kernel crash "nr_cpus=1 reset_devices" || return
	pings=$(heci state pings)
	drive
	soon 20 three_more || return
	heci log panic
	echo c >/proc/sysrq-trigger
}

# after_crash: loaded, and longer than the questions of a driver take
after_crash()
{
	soon 20 test -c /dev/mei0
	sleep 4
	[ "$(cat /sys/module/pfru/parameters/watchdog)" = N ] &&
		[ -z "$(wd_driver)" ] && ! wd_dev || return
	heci log dump
	# the host sees the event, and ends this
	sleep 60
}

case $kernel in
next)  after_kexec ;;
kdump) after_crash ;;
esac
poweroff -f
