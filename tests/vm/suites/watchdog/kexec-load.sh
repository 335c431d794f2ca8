# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154
#
# Kernels after the first one of the guest, to be sourced after tap.sh.

# packed FILE: this guest's files, as an initramfs
packed()
{
	(cd / && find . -xdev | cpio -o -H newc) >"$1" 2>/dev/null
}

# load_kernel next|crash WORDS: with these words on its command line; its first program
# is later-init.sh
load_kernel()
{
	packed "$tap_dir/initrd" || return
	/usr/bin/kexec-load "$1" /vmlinuz "$tap_dir/initrd" \
		"$(sed 's/ crashkernel=[^ ]*//; s/ rdinit=[^ ]*//' /proc/cmdline) rdinit=/later-init $2" ||
		return
	rm "$tap_dir/initrd"
}

# drive: a daemon that pings each second
drive()
{
	# a session of its own: the runner ends that of a test
	setsid busybox watchdog -F -t 1 -T 120 "$(wd_dev)" &
}
