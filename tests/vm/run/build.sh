# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# What the guests are made of, built: to be sourced by run.sh. build_all puts all that
# the chosen scenarios need into $stage. What is the same for every kernel is built
# once, in $common.
common=$(realpath -m "${BUILD:-$top/build}")

# logged WHAT CMD...: output into build.log, its end shown when CMD fails
logged()
{
	local what=$1 from

	shift
	from=$(($(wc -l <"$vm/build.log") + 1))
	printf '== %s: %s\n' "$what" "$*" >>"$vm/build.log"
	"$@" >>"$vm/build.log" 2>&1 </dev/null && return
	tail -n "+$from" "$vm/build.log" | tail -n 40 >&2
	die "cannot build $what; the whole story is in $vm/build.log"
}

# build_helpers DIR...: every C program below these directories, as /usr/bin/<name> of
# the guest, and as <name>-32 where its head says "vm-build: 64 32"
build_helpers()
{
	local c programs twice

	[ $# -gt 0 ] || return 0
	mapfile -t programs < <(find "$@" -name '*.c' | sort -u)
	twice=$(basename -a "${programs[@]}" | sort | uniq -d)
	[ -z "$twice" ] || die "two C programs have one name: $twice"
	mkdir -p "$stage/helpers" "$common/helpers" || return
	export here top stage common
	export -f compile
	for c in "${programs[@]}"; do
		printf '%s\0-m64\0' "$c"
		! head -n 20 "$c" | grep -q 'vm-build:.*32' ||
			printf '%s\0-m32\0' "$c"
	done | xargs -0 -r -n 2 -P "$(nproc)" bash -c 'compile "$@"' compile
}

# compile SOURCE -m64|-m32: unless there is one of the same source and headers
compile()
{
	local name key kept dirs
	local flags=(-std=gnu11 -O1 -Wall -Wextra -Werror -static -pthread "$2")

	name=$(basename "$1" .c)
	[ "$2" = -m64 ] || name=$name-32
	dirs=("$top/include/uapi" "$top/include" "$top/tests/sim/firmware" "$here/guest")
	key=$({ gcc --version; echo "${flags[*]}"; find "${dirs[@]}" "${1%/*}" -name '*.h' -exec cat {} +
		cat "$1"; } | sha256sum) || return
	kept=$common/helpers/$name-${key::16}
	if [ ! -f "$kept" ]; then
		gcc "${flags[@]}" "${dirs[@]/#/-I}" -o "$kept.$BASHPID" "$1" &&
			mv "$kept.$BASHPID" "$kept" || return
	fi
	cp "$kept" "$stage/helpers/$name"
}

# build_all: what the chosen scenarios need, copied into $stage, so that a
# build that goes on at the same time cannot change it under the guests
build_all()
{
	local m

	: >"$vm/build.log"
	rm -rf "$stage"
	mkdir -p "$stage"
	kernel=$("$here/kernel.sh" "$opt_kernel") || exit 1
	slowness=1
	[ ! -f "$kernel/slowness" ] || slowness=$(cat "$kernel/slowness")
	exec 7<"$top"
	lock_fd 7 "the build of $top"
	if [ "$need_module" = yes ]; then
		logged pfru.ko "$here/module.sh" "$kernel" "$stage/pfru.ko"
	fi
	if [ "$need_cli" = yes ]; then
		logged "the tools" make -C "$top" cli
		cp "$common"/bin/{pfructl,amtctl,amt-lms} "$stage/"
	fi
	[ "$need_install" = no ] || build_installed
	if [ "$need_firmware" = yes ]; then
		build_firmware
	fi
	if [ "$need_heci" = yes ]; then
		build_heci
	fi
	exec 7>&-
	# here, where its progress can be seen
	for m in $wanted_images; do
		"$here/image.sh" "$m" >/dev/null || exit 1
	done
	if [ "$need_mainline" = yes ]; then
		mainline=$("$here/mainline.sh" "$kernel") || exit 1
		cp -r "$mainline" "$stage/mainline"
	fi
}

# build_installed: what make install puts into a system, from a copy of the
# sources. Another release's kernel gets the module of its own compiler.
build_installed()
{
	local src ver kdir

	ver=$(cat "$kernel/version")
	src=$(mktemp -d /tmp/pfru-vm.XXXXXX)
	(cd "$top" && tar -c --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' \
		--exclude='.*.cmd' Makefile VERSION include core module cli man \
		data shell-completion) | tar -C "$src" -x
	kdir=$(realpath "$kernel/build")
	if [ -e "$kernel/tree" ]; then
		kdir=none
		logged pfru.ko "$here/module.sh" "$kernel" "$src/module/pfru.ko"
	fi
	logged "the installed product" make -C "$src" install KVER="$ver" \
		KDIR="$kdir" DESTDIR="$stage/installed"
	rm -r "$src"
}

# build_firmware: make cannot work in a path with spaces, so it gets another
build_firmware()
{
	local tmp

	mkdir -p "$vm/firmware"
	tmp=$(mktemp -d /tmp/pfru-vm.XXXXXX)
	ln -s "$vm/firmware" "$tmp/firmware"
	logged "the firmware model" make -C "$top/tests/sim/firmware" \
		O="$tmp/firmware"
	rm -r "$tmp"
}

# build_heci: the HECI model with sanitizers, and the QEMU that it is for
build_heci()
{
	local tmp

	mkdir -p "$common/heci"
	tmp=$(mktemp -d /tmp/pfru-vm.XXXXXX)
	ln -s "$common/heci" "$tmp/heci"
	logged "the HECI model" make -C "$top/tests/sim/heci" O="$tmp/heci" \
		SANITIZE=1
	rm -r "$tmp"
	cp "$common/heci/heci-sim" "$stage/"
	"$top/tests/sim/heci/qemu.sh" --fetch >/dev/null || exit 1
}
