#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kernels without headers, with a compiler that fails, and too old ones: a
# sentence that a person understands, and a healthy package system.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

# only what this test wants is a kernel here
mkdir /tmp/away
mv /lib/modules/* /tmp/away/

said()
{
	grep pfru-dkms: "$tap_dir/apt"
}

# fake KERNEL RECIPE: headers of a kernel
fake()
{
	local build=/lib/modules/$1/build

	mkdir -p "$build"/include/{config,generated} "$build"/scripts/{basic,mod}
	echo "#define UTS_RELEASE \"$1\"" >"$build/include/generated/utsrelease.h"
	touch "$build/include/generated/autoconf.h" "$build"/scripts/{Makefile.build,basic/fixdep,mod/modpost}
	echo "0x0 printk vmlinux EXPORT_SYMBOL" >"$build/Module.symvers"
	printf 'CONFIG_ACPI=y\nCONFIG_CRYPTO_LIB_SHA256=y\n' |
		tee "$build/.config" >"$build/include/config/auto.conf"
	printf 'modules clean:\n\t@%s\n' "$2" >"$build/Makefile"
}

install_here()
{
	apt_do install /in/pfru-dkms_*.deb /in/pfructl_*.deb
}

purge_here()
{
	apt_do purge pfru-dkms pfructl
}

run -n "without any headers the packages can be installed" install_here
like "$(said)" 'no kernel has got the module pfru: the headers of none are installed' \
	"the user is told that headers are missing"
like "$(said)" 'apt install linux-headers-amd64' "and how to get them"
healthy "without headers"
exits -n "the tool says that there is no device" 3 pfructl status
run -n "and they can be purged" purge_here

fake 6.1.0-broken-amd64 "echo 'cc: internal compiler error' >&2; exit 1"
run -n "with a compiler that fails they can be installed" install_here
like "$(said)" 'could not be built for kernel 6\.1\.0-broken-amd64' \
	"the user is told which kernel has no module"
log=$(said | grep -o '/var/lib/dkms/[^ ]*make\.log')
like "$(cat "$log" 2>&1)" 'internal compiler error' \
	"and is given the log, which says why"
like "$(said)" 'dkms install pfru/.* -k 6\.1\.0-broken-amd64' "and what to do then"
healthy "with a failed build"
is "$(dpkg-query -W -f '${db:Status-Abbrev}' pfru-dkms)" "ii " \
	"the package is configured"

# a kernel that can have it is not held up by one that cannot
good=$(find /tmp/away -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | sed -n 1p)
cp -a "/tmp/away/$good" /lib/modules/
run -n "configured again with a good kernel beside it" dpkg-reconfigure pfru-dkms
isnt "$(module_of "$good")" "" "$good has the module"
run -n "and all can be purged" purge_here
rm -r /lib/modules/*

fake 5.9.0-1-amd64 "exit 1"
run -n "with a kernel that is too old they can be installed" install_here
like "$(said)" 'kernel 5\.9\.0-1-amd64 cannot have the module pfru' \
	"the user is told so"
healthy "with a kernel that is too old"
run -n "and they can be purged" purge_here

# who builds by hand is told in one sentence
mkdir "$tap_dir/source"
tar -C "$tap_dir/source" --strip-components=1 -xzf /in/pfru.tar.gz
capture make -s -C "$tap_dir/source/module" KDIR=/lib/modules/5.9.0-1-amd64/build
like "$err" 'pfru needs Linux 5\.10 or newer, and the headers at .* are of 5\.9\.0-1-amd64' \
	"make refuses the headers of a kernel that is too old"

# from the source, without packages
if [ "$RELEASE" = bookworm ]; then
	rm -r /lib/modules/*
	cp -a "/tmp/away/$good" /lib/modules/
	run -n "make dkms-install" make -C "$tap_dir/source" dkms-install
	isnt "$(module_of "$good")" "" "$good has the module"
	run -n "its tool runs" pfructl --version
	run -n "make uninstall" make -C "$tap_dir/source" uninstall KVER="$good"
	is "$(dkms status; module_of "$good"; find /usr -path /usr/lib/modules -prune \
		-o -name 'pfru*' ! -name 'pfrut.h' -print)" "" "nothing of it is left"
fi
done_testing
