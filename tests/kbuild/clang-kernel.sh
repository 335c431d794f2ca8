#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# clang-kernel.sh: makes the headers of a kernel that is configured for clang, from
# Debian's linux-source-6.1, in the cache when they are not there; prints their
# directory. Its Module.symvers is that of Debian's kernel: no kernel is built.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$here/../vm/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES KDIR VERSION BUILD

recipe=1		# raise it when this script makes something else
source=/usr/src/linux-source-6.1.tar.xz
debian=${1:?usage: clang-kernel.sh DEBIAN-HEADERS}

# only what modules_prepare reads; headers of drivers are many, and not among it
parts=(Makefile\* Kconfig\* Kbuild\* scripts/\* include/\* arch/x86/\* security/\*
	tools/objtool/\* tools/lib/\* tools/build/\* kernel/bounds.c kernel/time/timeconst.bc
	usr/\* certs/\* init/\*)
options=(64BIT MODULES ACPI PCI CRYPTO CRYPTO_SHA256 INTEL_MEI WATCHDOG WATCHDOG_CORE
	X86_KERNEL_IBT UNWINDER_ORC)

make_headers()
{
	tar -C "$1" --strip-components=1 -xf "$source" --exclude='*/drivers/*.h' \
		--wildcards "${parts[@]/#/*/}"
	cd "$1"
	make -s LLVM=1 allnoconfig
	printf 'CONFIG_%s=y\n' "${options[@]}" >>.config
	make -s LLVM=1 olddefconfig
	for option in "${options[@]}" CC_IS_CLANG LD_IS_LLD CRYPTO_LIB_SHA256; do
		grep "^CONFIG_$option=y" .config || {
			echo "the configuration has no CONFIG_$option"
			exit 1
		}
	done
	make -s -j2 LLVM=1 modules_prepare
	cp "$debian/Module.symvers" .
	find . \( -name '*.o' -o -name '*.a' -o -name '*.cmd' \) -delete
}

store=$(pfru_cache clang-6.1)
key=$({ clang --version; stat -L -c %Y "$source" "$debian/Module.symvers"
	cat "$0"; echo $recipe; } | sha256sum | cut -c 1-12)
exec 9>"$store/.lock"
lock_fd 9 "$store"
if [ ! -d "$store/$key" ]; then
	[ -f "$source" ] || die "no $source; run make deps"
	tmp=$(mktemp -d "$store/new.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	# "set -e" does not reach into a condition
	make_headers "$tmp" >"$store/log" 2>&1 &
	wait $! || {
		tail -n 20 "$store/log" >&2
		die "cannot make the headers of a kernel for clang; all of it is in $store/log"
	}
	chmod 755 "$tmp"
	rm -rf "$store"/????????????
	mv -T "$tmp" "$store/$key"
fi
printf '%s\n' "$store/$key"
