#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh [build|test|deb|dkms|rpm|debug]: install the Debian packages that are missing, saying
# which. On another system, or without root, list them and fail.

set -euo pipefail

build="gcc libc6-dev make pkg-config libkmod-dev libjson-c-dev libssl-dev scdoc
	kmod"
tests="acpica-tools binutils busybox-static clang clang-format cpio dosfstools
	dwarves e2fsprogs fakeroot gcc-multilib gnu-efi libclang-rt-14-dev libcmocka-dev
	libxml2-dev linux-headers-amd64 linux-source-6.1 llvm man-db mmdebstrap mtools openssl
	ovmf perl python3 python3-pytest qemu-system-x86 sbsigntool shellcheck sparse
	u-boot-tools util-linux uuid-dev xz-utils"

want=$build
case ${1:-test} in
build)
	# the module is for the kernel that runs
	[ -d "/lib/modules/$(uname -r)/build" ] ||
		want="$want linux-headers-$(uname -r)"
	;;
test)	want="$want $tests" ;;
debug)	want="bc bison flex gcc libc6-dev libelf-dev libssl-dev make patch" ;;
deb)	want="$want build-essential debhelper dh-dkms" ;;
dkms)	want="$want dkms openssl" ;;
rpm)	want="$want rpm" ;;
*)	echo "usage: deps.sh [build|test|deb|dkms|rpm|debug]" >&2
	exit 2 ;;
esac

installed()
{
	dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'
}

missing=
if command -v dpkg-query >/dev/null 2>&1; then
	for p in $want; do
		installed "$p" || missing="$missing $p"
	done
	[ -n "$missing" ] || exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo="sudo -n"
	$sudo true 2>/dev/null || sudo=none
fi
if [ -z "$missing" ] || ! command -v apt-get >/dev/null 2>&1 ||
   [ "$sudo" = none ]; then
	echo "These Debian packages, or what they are called here, are needed;" \
		"install them and try again:" >&2
	# shellcheck disable=SC2086 # one a line
	printf '  %s\n' ${missing:-$want} >&2
	exit 1
fi

echo "installing with apt-get:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # lists of words
if ! { $sudo apt-get -q -y update &&
       $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
		--no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	echo "apt-get failed; install by hand:$missing" >&2
	exit 1
fi
