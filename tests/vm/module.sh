#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# module.sh KERNEL OUT.ko [NAME]: builds pfru.ko for a kernel directory of
# kernel.sh, from a copy of the sources, with the compiler of the kernel's own
# release where the directory brings it along; or modules/NAME.c, for tests.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

kernel=$(realpath "${1:?usage: module.sh KERNEL OUT.ko}")
out=${2:?usage: module.sh KERNEL OUT.ko}
name=${3:-pfru}
tree=
[ ! -e "$kernel/tree" ] || tree=$(realpath "$kernel/tree")
build=$(realpath "$kernel/build")

src=$(mktemp -d /tmp/pfru-module.XXXXXX)
trap 'rm -rf "$src"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$src"
mkdir "$src/module"
if [ "$name" = pfru ]; then
	cp -R "$top/core" "$top/include" "$top/VERSION" "$src/"
	cp -R "$top"/module/{compat,pfru,amt} "$top"/module/*.[ch] "$top/module/Kbuild" "$src/module/"
else
	cp "$here/modules/$name.c" "$src/module/"
	echo "obj-m := $name.o" >"$src/module/Kbuild"
fi
find "$src" \( -name "*.o" -o -name ".*.cmd" -o -name "*.mod.c" \) -delete

# a kernel that counts what ran, or guides a fuzzer by it
instrument=()
! grep -q '^CONFIG_GCOV_KERNEL=y' "$kernel/config" ||
	instrument+=(GCOV_PROFILE=y)
! grep -q '^CONFIG_KCOV=y' "$kernel/config" || instrument+=(KCOV_INSTRUMENT=y)
# one that reports signed integers that overflow; its own are made to wrap. What is
# on the stack, and was never written, has a value there that tests know.
overflow=CONFIG_NONE
! grep -q __ubsan_handle_add_overflow "$build/Module.symvers" || {
	overflow=CONFIG_UBSAN
	instrument+=(KCFLAGS="-fno-wrapv -fsanitize=signed-integer-overflow \
		-ftrivial-auto-var-init=pattern")
}

if [ -n "$tree" ]; then
	# headers that the tree keeps and has not installed are unpacked first
	# (its linux-kbuild may be installed already)
	ver=$(cat "$kernel/version")
	# shellcheck disable=SC2016 # for the inner shell to expand
	"$here/enter.sh" "$tree" -b "$src:/pfru" sh -ec '
		cd /var/cache/apt/archives
		[ -d "$0" ] || find . \( -name "linux-headers-$1-*" -o \
			-name "linux-kbuild-$1*" \) -exec \
			dpkg --unpack --force-depends {} + >/tmp/dpkg 2>&1 ||
			{ cat /tmp/dpkg; exit 1; }
		exec make -C "$0" M=/pfru/module W=1 modules
	' "${build#"$tree"}" "$(sed -E 's/(-cloud|-rt)?-amd64$//' <<<"$ver")"
else
	make -C "$build" M="$src/module" W=1 "${instrument[@]}" modules
fi
if [ "$name" != pfru ]; then
	cp "$src/module/$name.ko" "$out"
	exit
fi
# or a report could not come from it
nm "$src/module/pfru.ko" >"$src/symbols"
while read -r config symbols; do
	! grep -q "^$config=y" "$kernel/config" ||
		grep -Eq " U $symbols" "$src/symbols" ||
		die "the kernel has $config, and pfru.ko calls no $symbols"
done <<-END
	CONFIG_KASAN __asan_(report_)?(load|store)
	CONFIG_KCSAN __tsan_(read|write)
	CONFIG_UBSAN_BOUNDS __ubsan_handle_out_of_bounds
	$overflow __ubsan_handle_add_overflow
	CONFIG_KCOV __sanitizer_cov_trace_pc
	CONFIG_GCOV_KERNEL __gcov_init
	CONFIG_LOCKDEP lockdep_init_map
END
cp "$src/module/pfru.ko" "$out"
# to make lines of the counts
rm -rf "$out.gcov"
if [ "${instrument[0]:-}" = GCOV_PROFILE=y ]; then
	mkdir "$out.gcov"
	cp -R "$src/module" "$src/core" "$src/include" "$out.gcov/"
fi
