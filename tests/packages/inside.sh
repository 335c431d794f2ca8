# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests that run in a tree share; to be sourced. RELEASE is the
# tree's. /in has the source and what other tests made of it, /out is kept.

# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# shellcheck disable=SC2034 # for those who source this
version=$(tar -xzOf /in/pfru.tar.gz --wildcards '*/VERSION')
apt_options=(-q -y --no-install-recommends -o Dpkg::Use-Pty=0)

apt_do()
{
	# no initramfs: nothing boots here
	INITRD=No apt-get "${apt_options[@]}" "$@" >"$tap_dir/apt" 2>&1 &&
		return
	tail -n 40 "$tap_dir/apt"
	return 1
}

# healthy NAME: no package is left half installed
healthy()
{
	is "$(dpkg --audit; apt-get -qq check 2>&1)" "" \
		"the package system is healthy $1"
}

# kernels whose headers are here, one a line
kernels()
{
	local d

	for d in /lib/modules/*/build; do
		[ ! -d "$d/include" ] || basename "$(dirname "$d")"
	done
}

# module_of KERNEL: the file that dkms installed
module_of()
{
	find "/lib/modules/$1/updates/dkms" -name 'pfru.ko*' 2>/dev/null
}

# has_module KERNEL: it is there, and is what it should be
has_module()
{
	local ko

	ko=$(module_of "$1")
	isnt "$ko" "" "$1 has the module"
	[ -n "$ko" ] || return 0
	is "$(modinfo -F version "$ko")" "$version" "$1: of this version"
	like "$(modinfo -F vermagic "$ko")" "^${1//+/\\+} " "$1: made for this kernel"
	is "$(modinfo -F alias "$ko" | grep acpi | sort | tr '\n' ' ')" \
		"acpi*:INTC1080:* acpi*:INTC1081:* " "$1: loaded by both devices' names"
	case $RELEASE in
	# dkms 2.8 signs on other distributions only
	bullseye) is "$(modinfo -F signer "$ko")" "" "$1: not signed, which dkms 2.8 does not do" ;;
	*)	is "$(modinfo -F signer "$ko")" "DKMS module signing key" \
			"$1: signed with dkms' own key" ;;
	esac
	compiled_quietly "$1"
}

# compiled_quietly KERNEL: not one warning, of our code or another's
compiled_quietly()
{
	local log

	log=$(find "/var/lib/dkms/pfru/$version/$1" -name make.log)
	like "$(cat "$log")" 'LD \[M\].*pfru\.ko' "$1: its log of the build is kept"
	is "$(grep -iE 'warning|deprecated' "$log")" "" "$1: built without a warning"
}
