#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh [build|test|deb|dkms|rpm|debug]: looks for the programs, headers and libraries
# that building pfru needs, or its tests, its packages, a module by dkms, a kernel. On
# Debian it installs what is missing, saying which packages; on another system, or
# without root, it names them and fails. KDIR and KVER: the kernel to build for, if any.
# deps.sh --table [FAMILY]: each need, whether it is here, and its package.

set -euo pipefail
unset CDPATH

os_release=${PFRU_OS_RELEASE:-/etc/os-release}
kver=${KVER:-$(uname -r)}
kdir=${KDIR:-/lib/modules/$kver/build}

# What is needed: FOR which of the words above; WHAT to look for; its package on
# Debian, Fedora (and RHEL), SUSE and Arch, "-" where it has none known to us. What
# virtual machines need is looked for on Debian alone: kernels come from its archive.
# Kinds: bin = program; inc = header; pc = pkg-config's module; py = Python's module;
# file; m32 = gcc makes 32-bit programs; fuzz = clang has libFuzzer; kernel = headers
table="
build,debug	bin:gcc		gcc gcc gcc gcc
build,debug	inc:stdio.h	libc6-dev glibc-devel glibc-devel glibc
build,debug	bin:make	make make make make
build		bin:pkg-config	pkg-config pkgconf-pkg-config pkg-config pkgconf
build		pc:libkmod	libkmod-dev kmod-devel libkmod-devel kmod
build		pc:json-c	libjson-c-dev json-c-devel libjson-c-devel json-c
build		pc:libcurl	libcurl4-openssl-dev libcurl-devel libcurl-devel curl
build		pc:libsystemd	libsystemd-dev systemd-devel systemd-devel systemd-libs
build		pc:libxml-2.0	libxml2-dev libxml2-devel libxml2-devel libxml2
build,debug	pc:libcrypto	libssl-dev openssl-devel libopenssl-devel openssl
build		bin:scdoc	scdoc scdoc scdoc scdoc
build		bin:depmod	kmod kmod kmod kmod
module		kernel:		linux-headers-$kver kernel-devel-$kver kernel-${kver##*-}-devel linux-headers
deb		bin:dpkg-buildpackage	build-essential - - -
deb		bin:g++		build-essential - - -
deb		bin:dh		debhelper - - -
deb		bin:dh_dkms	dh-sequence-dkms - - -
dkms		bin:dkms	dkms dkms dkms dkms
dkms,test	bin:openssl	openssl openssl openssl openssl
rpm		bin:rpmbuild	rpm rpm-build rpm-build rpm-tools
debug		bin:bc		bc bc bc bc
debug		bin:bison	bison bison bison bison
debug		bin:flex	flex flex flex flex
debug		inc:gelf.h	libelf-dev elfutils-libelf-devel libelf-devel libelf
debug		bin:patch	patch patch patch patch
test		bin:ansible-lint	ansible-lint ansible-lint - ansible-lint
test		bin:ansible-playbook	ansible-core ansible-core ansible-core ansible-core
test		bin:iasl	acpica-tools acpica-tools acpica acpica
test		bin:objcopy	binutils binutils binutils binutils
test		bin:busybox	busybox-static busybox busybox-static busybox
test		bin:clang	clang clang clang clang
test		bin:clang-format	clang-format clang-tools-extra clang-tools clang
test		bin:cpio	cpio cpio cpio cpio
test		bin:curl	curl curl curl curl
test		bin:mkfs.vfat	dosfstools dosfstools dosfstools dosfstools
test		bin:pahole	dwarves dwarves dwarves pahole
test		bin:mke2fs	e2fsprogs e2fsprogs e2fsprogs e2fsprogs
test		bin:fakeroot	fakeroot fakeroot fakeroot fakeroot
test		bin:fish	fish fish fish fish
test		m32:		gcc-multilib glibc-devel.i686 gcc-32bit lib32-glibc
test		inc:efi/efi.h	gnu-efi gnu-efi-devel gnu-efi gnu-efi
test		fuzz:		libclang-rt-14-dev compiler-rt clang compiler-rt
test		pc:cmocka	libcmocka-dev libcmocka-devel libcmocka-devel cmocka
test		deb:linux-headers-amd64	linux-headers-amd64 - - -
test		deb:linux-source-6.1	linux-source-6.1 - - -
test		bin:llvm-symbolizer	llvm llvm llvm llvm
test		bin:man		man-db man-db man man-db
test		bin:mmdebstrap	mmdebstrap mmdebstrap - mmdebstrap
test		bin:mcopy	mtools mtools mtools mtools
test		bin:npm		npm npm npm npm
test		file:/usr/share/OVMF/OVMF_CODE_4M.fd	ovmf edk2-ovmf qemu-ovmf-x86_64 edk2-ovmf
test		bin:perl	perl perl-interpreter perl perl
test		bin:prove	perl perl-Test-Harness perl perl
test		bin:python3	python3 python3 python3 python
test		bin:pytest-3	python3-pytest python3-pytest python3-pytest python-pytest
test		py:voluptuous	python3-voluptuous python3-voluptuous python3-voluptuous python-voluptuous
test		py:jsonschema	python3-jsonschema python3-jsonschema python3-jsonschema python-jsonschema
test		bin:qemu-system-x86_64	qemu-system-x86 qemu-system-x86-core qemu-x86 qemu-system-x86
test		bin:sbsign	sbsigntool sbsigntools sbsigntools sbsigntools
test		bin:shellcheck	shellcheck ShellCheck ShellCheck shellcheck
test		bin:sshd	openssh-server openssh-server openssh-server openssh
test		bin:ssh		openssh-client openssh-clients openssh-clients openssh
test		bin:sparse	sparse sparse sparse sparse
test		bin:strace	strace strace strace strace
test		bin:mkeficapsule	u-boot-tools uboot-tools u-boot-tools uboot-tools
test		bin:ip		iproute2 iproute iproute2 iproute2
test		bin:yamllint	yamllint yamllint yamllint yamllint
test		bin:unshare	util-linux util-linux-core util-linux util-linux
test		inc:uuid/uuid.h	uuid-dev libuuid-devel libuuid-devel util-linux-libs
test		bin:zsh		zsh zsh zsh zsh
test		bin:xz		xz-utils xz xz xz
"

case ${1:-test} in
# a module for another kernel has been told where its headers are
build)	groups="build module" ;;
test)	groups="build test" ;;
debug)	groups=debug ;;
deb|dkms|rpm)	groups="build $1" ;;
--table)	groups="build module test deb dkms rpm debug" ;;
*)	echo "usage: deps.sh [build|test|deb|dkms|rpm|debug]" >&2
	exit 2 ;;
esac

# family: whose names of packages are known here
family()
{
	local words

	# shellcheck disable=SC1090,SC2154 # ID and ID_LIKE
	words=$(. "$os_release" 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || :
	for word in $words; do
		case $word in
		debian|ubuntu)			echo debian ;;
		fedora|rhel|centos)		echo fedora ;;
		suse|opensuse*|sles|sled)	echo suse ;;
		arch)				echo arch ;;
		*)				continue ;;
		esac
		return
	done
	if program dpkg-query; then echo debian; else echo other; fi
}

program()
{
	# depmod and mkfs are not in everybody's path
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1
}

# compiles COMPILER OPTION...: a program, to its end
compiles()
{
	local out

	program "$1" || return
	out=$(mktemp) || return
	# shellcheck disable=SC2064 # the file's name now
	trap "rm -f '$out'" RETURN
	"$@" -x c -o "$out" - >/dev/null 2>&1 <<-'END'
	#include <stdio.h>
	int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);
	int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)
	{
		return data ? 0 : printf("%lu", size) < 0;
	}
	#ifndef FUZZ
	int main(void) { return LLVMFuzzerTestOneInput(0, 0); }
	#endif
	END
}

# header NAME: that the compiler finds it
header()
{
	local cc

	for cc in gcc cc clang; do
		! program "$cc" || break
	done
	"$cc" -E -x c - >/dev/null 2>&1 <<<"#include <$1>" || [ -f "/usr/include/$1" ]
}

# here KIND:NAME
here()
{
	local name=${1#*:}

	case $1 in
	bin:*)	program "$name" ;;
	inc:*)	header "$name" ;;
	pc:*)	program pkg-config && pkg-config --exists "$name" ;;
	py:*)	program python3 && { /usr/bin/python3 -c "import $name" ||
			python3 -c "import $name"; } 2>/dev/null ;;
	file:*)	[ -e "$name" ] ;;
	m32:)	compiles gcc -m32 ;;
	fuzz:)	compiles clang -DFUZZ -fsanitize=fuzzer,address ;;
	deb:*)	! program dpkg-query ||
			dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null |
			grep -q '^ii' ;;
	# headers elsewhere are the business of who names them
	kernel:)	[ "$kdir" != "/lib/modules/$kver/build" ] || [ -d "$kdir" ] ;;
	esac
}

# package DEBIAN FEDORA SUSE ARCH: of this system
package()
{
	case $family in
	debian)	echo "$1" ;;
	fedora)	echo "$2" ;;
	suse)	echo "$3" ;;
	arch)	echo "$4" ;;
	*)	echo - ;;
	esac
}

# described KIND:NAME: what was looked for, in words
described()
{
	case $1 in
	bin:*)	echo "the program ${1#*:}" ;;
	inc:*)	echo "the header ${1#*:}" ;;
	pc:*)	echo "the library ${1#*:} with its headers (pkg-config ${1#*:})" ;;
	py:*)	echo "the Python module ${1#*:}" ;;
	m32:)	echo "the 32-bit C library with its headers (gcc -m32)" ;;
	fuzz:)	echo "clang's runtime libraries (clang -fsanitize=fuzzer)" ;;
	kernel:)	echo "the headers of kernel $kver ($kdir)" ;;
	*)	echo "${1#*:}" ;;
	esac
}

# add PACKAGE: to what is missing, once
add()
{
	case " $packages " in
	*" $1 "*) ;;
	*)	packages="${packages:+$packages }$1" ;;
	esac
}

family=$(family)
[ "${1:-}" != --table ] || family=${2:-$family}
packages=
unnamed=
while read -r for what names; do
	[ -n "$for" ] || continue
	case " ${groups// /  } " in
	*" ${for%,*} "*|*" ${for#*,} "*) ;;
	*)	continue ;;
	esac
	# shellcheck disable=SC2086 # four words
	name=$(package $names)
	if [ "${1:-}" = --table ]; then
		here "$what" && state=here || state=missing
		echo "$for $what $state $name"
	elif ! here "$what"; then
		if [ "$name" = - ]; then
			unnamed="$unnamed  $(described "$what")"$'\n'
		else
			add "$name"
		fi
	fi
done <<<"$table"
[ -n "$packages$unnamed" ] || exit 0
[ "${1:-}" != --table ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo="sudo -n"
	$sudo true 2>/dev/null || sudo=none
fi
if [ -n "$unnamed" ] || [ "$family" != debian ] || [ "$sudo" = none ] ||
   ! program apt-get; then
	{
		echo "pfru needs what is missing here; install it and try again:"
		# shellcheck disable=SC2086 # one a line
		[ -z "$packages" ] || printf '  package %s\n' $packages
		printf '%s' "$unnamed"
		case $family in
		debian)	how="apt-get install" ;;
		fedora)	how="dnf install" ;;
		suse)	how="zypper install" ;;
		arch)	how="pacman -S" ;;
		*)	how= ;;
		esac
		[ -z "$how" ] || [ -z "$packages" ] || echo "as root: $how $packages"
		[ "$family" != fedora ] ||
			echo "(RHEL and its like have dkms and scdoc in EPEL and CRB)"
	} >&2
	exit 1
fi

echo "installing with apt-get: $packages" >&2
# apt does not wait for another one that reads its lists, such as our own
exec 9<"${BASH_SOURCE[0]}"
flock 9
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # lists of words
if ! { $sudo apt-get -q -y update &&
       $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
		--no-install-recommends $packages; } >"$log" 2>&1 </dev/null 9<&-; then
	tail -n 20 "$log" >&2
	echo "apt-get failed; install by hand: $packages" >&2
	exit 1
fi
