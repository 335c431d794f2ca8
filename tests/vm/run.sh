#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [options] [TEST...]: builds what the guests need, runs the scenarios,
# judges results and console logs. See README.md beside it.
#   --kernel NAME      a kernel of kernels.conf (6.1)
#   --scenario NAME    only this one; may be repeated; a path to a .conf too
#   --boot WAY         ovmf, secure, quick or plain instead of the scenario's own
#   --keep             keep initramfs and disk images too
#   --no-skips         a skip is a failure
#   --jobs N           guests at once (PFRU_GUESTS, else 2, or 1 on a single CPU)
#   --list             show scenarios and their tests, run nothing
# TEST: a guest test, as t-00-smoke, 00-smoke or a path. PFRU_BUILD: where to
# put everything (build/ at the top).

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"
# a make above us must not choose for the makes below
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES KDIR
MAKEFLAGS=-j$(nproc)
export MAKEFLAGS

children=()
stop()
{
	trap '' INT TERM
	[ "$BASHPID" != $$ ] || say "stopped by a signal, ending the guests"
	[ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null
	wait
	exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

# load_scenario NAME: its variables, and conf (file) and scenario (name)
# shellcheck disable=SC2034 # all are read by someone
load_scenario()
{
	case $1 in
	*/*) conf=$1 ;;
	*)   conf=$here/scenarios/$1.conf ;;
	esac
	[ -f "$conf" ] || die "no scenario '$1'; known: $(known_scenarios)"
	scenario=$(basename "$conf" .conf)
	description='' boot=ovmf firmware=yes append='' modules='' load=''
	module=yes cli=yes mainline=no files='' tests='' timeout=300
	prepare='' memory=1024 cpus=2 expect_splats=no taint_ok=12288 default=yes
	test_module='' image='' install=yes enable='' sign=no enrol='' mok='' only=''
	heci=no heci_args='' heci_do='' host='' programs='' vars='' finish='' accel=''
	test_dir=$here/guest
	# shellcheck source=/dev/null
	. "$conf"
	[ -z "$opt_boot" ] || boot=$opt_boot
	[ "$firmware" = yes ] || [ "$boot" != quick ] || boot=plain
}

known_scenarios()
{
	local f

	for f in "$here"/scenarios/*.conf; do
		basename "$f" .conf
	done | tr '\n' ' '
}

# is_built KERNEL: one that is no distribution's
is_built()
{
	awk -v name="$1" '$1 == name && $5 == "source" { found = 1 }
		END { exit !found }' "$here/kernels.conf"
}

# scenario_tests: the tests of the loaded scenario that this run is to make,
# one a line. A test that is named runs in every scenario that is named.
scenario_tests()
{
	local pattern f t wanted

	if [ ${#opt_tests[@]} -gt 0 ] && [ ${#opt_scenarios[@]} -gt 0 ]; then
		for t in "${opt_tests[@]}"; do
			[ ! -f "$test_dir/$t.sh" ] || echo "$t"
		done
		return
	fi
	for pattern in $tests; do
		for f in "$test_dir"/$pattern.sh; do
			[ -f "$f" ] || continue
			t=$(basename "$f" .sh)
			wanted=${#opt_tests[@]}
			[ "$wanted" -eq 0 ] ||
				case " ${opt_tests[*]} " in
				*" $t "*) wanted=0 ;;
				esac
			[ "$wanted" -ne 0 ] || echo "$t"
		done
		case $pattern in
		*[*?[]*) ;;
		*) [ -f "$test_dir/$pattern.sh" ] ||
			die "scenario $scenario wants the test $pattern, and there is no $test_dir/$pattern.sh" ;;
		esac
	done | awk '!seen[$0]++'
}

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

# build_helpers DIR...: every C program beside the tests, as /usr/bin/<name> of
# the guest, and as <name>-32 where its head says "vm-build: 64 32"
build_helpers()
{
	local c

	mkdir -p "$stage/helpers"
	export top stage
	export -f compile
	find "$@" -maxdepth 1 -name '*.c' | sort | while read -r c; do
		printf '%s\0-m64\0' "$c"
		! head -n 20 "$c" | grep -q 'vm-build:.*32' ||
			printf '%s\0-m32\0' "$c"
	done | xargs -0 -r -n 2 -P "$(nproc)" bash -c 'compile "$@"' compile
}

# compile SOURCE -m64|-m32
compile()
{
	local name

	name=$(basename "$1" .c)
	[ "$2" = -m64 ] || name=$name-32
	gcc -std=gnu11 -O1 -Wall -Wextra -Werror -static -pthread "$2" \
		-I "$top/include/uapi" -I "$top/include" \
		-I "$top/tests/sim/firmware" -o "$stage/helpers/$name" "$1"
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
		cp "${BUILD:-$top/build}"/bin/{pfructl,amtctl,amt-lms} "$stage/"
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

	mkdir -p "$vm/heci"
	tmp=$(mktemp -d /tmp/pfru-vm.XXXXXX)
	ln -s "$vm/heci" "$tmp/heci"
	logged "the HECI model" make -C "$top/tests/sim/heci" O="$tmp/heci" \
		SANITIZE=1
	rm -r "$tmp"
	cp "$vm/heci/heci-sim" "$stage/"
	"$top/tests/sim/heci/qemu.sh" --fetch >/dev/null || exit 1
}

is_elf_program()
{
	case $1 in
	*.so|*.o|*.efi) return 1 ;;
	esac
	[ -f "$1" ] && [ -x "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

# guest_files: what the loaded scenario's guest gets to run its tests, as lines
# SOURCE:DEST
guest_files()
{
	local f

	cat >"$out/env" <<-END
	export VM_SCENARIO='$scenario' VM_BOOT='$boot' VM_FIRMWARE='$firmware'
	export VM_KERNEL='$(cat "$kernel/version")' VM_KERNEL_NAME='$opt_kernel'
	export VM_SLOWNESS=$slowness
	${vars:+export $vars}
	END
	printf '%s\n' "$load" | sed '/^[[:space:]]*$/d' >"$out/load"
	scenario_tests >"$out/tests"
	echo "$out/env:etc/vm/env"
	echo "$out/load:etc/vm/load"
	echo "$out/tests:etc/vm/tests"
	if [ -n "$finish" ]; then
		printf '%s\n' "$finish" >"$out/finish"
		echo "$out/finish:etc/vm/finish"
	fi
	echo "$here/guest/tap.sh:tests/tap.sh"
	while read -r f; do
		echo "$test_dir/$f.sh:tests/$f.sh"
	done <"$out/tests"
	while read -r f; do
		case $f in
		'') ;;
		/*) echo "$f" ;;
		*)  echo "$top/$f" ;;
		esac
	done <<<"$files"
	if [ -n "$prepare" ]; then
		mkdir -p "$out/data"
		"$top/$prepare" "$out/data" </dev/null >&2 || return
		echo "$out/data:data"
	fi
}

# helper_programs: for guests of every kind, one a line
helper_programs()
{
	local f

	for f in "$stage"/helpers/* "$vm"/firmware/*; do
		! is_elf_program "$f" || echo "$f"
	done
}

# is_named WORD FILE...: whether one of these names it, or what lies below one
is_named()
{
	grep -rqswF -- "$@"
}

# make_initrd OUT: of the loaded scenario
make_initrd()
{
	local args=(-k "$kernel" -o "$1")
	local m f list texts

	list=$(guest_files) || return
	while read -r f; do
		args+=(-f "$f")
	done <<<"$list"
	for m in $modules; do
		args+=(-m "$m")
	done
	[ "$heci" != yes ] || args+=(-m virtio_pci -m virtio_console -m mei-me)
	for f in $programs; do
		args+=(-p "$f")
	done
	if [ "$module" = yes ]; then
		cp "$stage/pfru.ko" "$out/pfru.ko"
		[ "$sign" = no ] ||
			"$here/sign.sh" "$sign" "$kernel" "$out/pfru.ko" || return
		args+=(-M "$out/pfru.ko")
	fi
	if [ -n "$test_module" ]; then
		[ -f "$stage/$test_module.ko" ] ||
			"$here/module.sh" "$kernel" "$stage/$test_module.ko" \
				"$test_module" >>"$vm/build.log" 2>&1 || return
		args+=(-M "$stage/$test_module.ko")
	fi
	case $cli in
	no)  ;;
	yes) args+=(-p "$stage/pfructl") ;;
	*)   for f in $cli; do
			args+=(-p "$stage/$f")
		done ;;
	esac
	[ "$mainline" = no ] || args+=(-p "$stage/mainline/pfrut")
	[ "$mainline" != drivers ] || args+=(-M "$stage/mainline/pfr_update.ko"
		-M "$stage/mainline/pfr_telemetry.ko")
	# to read all of them would be a tenth of a guest's boot
	mapfile -t texts < <(cut -d : -f 1 <<<"$list")
	while read -r f; do
		! is_named "$(basename "$f")" "$here"/guest/{init,runner.sh} \
			"${texts[@]}" || args+=(-p "$f")
	done < <(helper_programs)
	"$here/initramfs.sh" "${args[@]}"
}

# make_image INITRD DISK: of the loaded scenario, which wants an image
make_image()
{
	local args=(-o "$2" -k "$kernel")
	local m f list

	list=$(guest_files) || return
	while read -r f; do
		mkdir -p "$(dirname "$out/tree/${f##*:}")"
		cp -RLTp "${f%:*}" "$out/tree/${f##*:}" || return
	done <<<"$list"
	mkdir -p "$out/tree/usr/bin"
	while read -r f; do
		cp -p "$f" "$out/tree/usr/bin/" || return
	done < <(helper_programs)
	# where a kernel that has them keeps them
	[ "$mainline" != drivers ] ||
		install -D -m 0644 -t "$out/tree/lib/modules/$(cat "$kernel/version")/kernel/drivers/acpi" \
			"$stage"/mainline/pfr_*.ko || return
	for m in $modules; do
		args+=(-m "$m")
	done
	[ "$heci" != yes ] || args+=(-m virtio_console -m mei-me)
	for f in $enable; do
		args+=(-e "$f")
	done
	[ "$install" = no ] || args+=(-t "$stage/installed")
	# last: the scenario's files replace what was installed
	args+=(-t "$out/tree")
	"$here/image.sh" "$image" "${args[@]}" || return
	rm -rf "$out/tree"
	"$here/initramfs.sh" -k "$kernel" -o "$1" -i "$here/image/init" \
		-m virtio_pci -m virtio_blk -m crc32c_generic -m ext4
}

# make_guest: the loaded scenario's files for boot.sh
make_guest()
{
	if [ -n "$enrol" ]; then
		# shellcheck disable=SC2086 # a list of words
		"$here/enrol.sh" "$out/vars.enrolled" $enrol || return
	elif [ -n "$mok" ]; then
		# shellcheck disable=SC2086 # a list of words
		"$here/enrol.sh" --mok "$out/vars.enrolled" $mok || return
	fi
	if [ -n "$image" ]; then
		make_image "$out/initrd" "$out/disk"
	else
		make_initrd "$out/initrd"
	fi
}

# boot_scenario: runs the guest; its own messages go into boot.log
boot_scenario()
{
	local args=(--way "$boot" --kernel "$kernel" --initrd "$out/initrd"
		--out "$out" --timeout $((timeout * slowness)) --cpus "$cpus")

	# what makes a kernel slow takes memory, too, and the time in which an answer
	# of the firmware is made, all of it one call, is no lockup then
	if [ "$slowness" != 1 ]; then
		memory=$((memory + 1024))
		append="$append watchdog_thresh=60"
	fi
	args+=(--memory "$memory" --append "$append")
	[ -z "$image" ] || args+=(--disk "$out/disk")
	[ -z "$enrol$mok" ] || args+=(--vars "$out/vars.enrolled")
	[ -z "$mok" ] || args+=(--shim "$("$here/shim.sh")")
	[ "$firmware" != yes ] ||
		case $boot in
		ovmf|secure) args+=(--firmware "$vm/firmware/pfrusim.efi") ;;
		quick) args+=(--firmware "$vm/firmware/pfrusim-acpitable.aml") ;;
		esac
	if [ "$heci" = yes ]; then
		start_heci || return
		args+=("${heci_qemu[@]}")
	fi
	[ -z "$accel" ] || export PFRU_ACCEL=$accel
	"$here/boot.sh" "${args[@]}" >"$out/boot.log" 2>&1 &
	children+=($!)
	wait "$!"
	[ "$heci" != yes ] || end_heci
	children=()
}

# died_early: the kernel did, before it ran its first program
died_early()
{
	grep -q 'Kernel panic\|Oops' "$out/console.log" 2>/dev/null &&
		! grep -q 'Run /init as init process' "$out/console.log"
}

# boot_twice: again when the kernel died before anything of this project's was
# there to run: an emulator does that now and then, and the report says so
boot_twice()
{
	boot_scenario
	died_early || return 0
	mv "$out/console.log" "$out/console.first.log"
	boot_scenario
}

# start_heci: the HECI model, what QEMU needs to know of it (in heci_qemu), and
# the scenario's script on this side. The guest reaches the knobs through a
# virtio port that QEMU connects to the model's control socket.
start_heci()
{
	local left=50 knob knobs=()

	while read -r knob; do
		[ -z "$knob" ] || knobs+=(--do "$knob")
	done <<<"$heci_do"
	# a short path: that of a socket has 107 bytes at most
	heci_dir=$(mktemp -d /tmp/pfru-heci.XXXXXX)
	# shellcheck disable=SC2086 # words
	"$stage/heci-sim" --socket "$heci_dir/vfio" \
		--control "$heci_dir/control" --log "$out/heci.log" $heci_args \
		"${knobs[@]}" 2>"$out/heci.err" &
	heci_pid=$!
	children+=("$heci_pid")
	until [ -S "$heci_dir/control" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return
		sleep 0.1
	done
	mkfifo "$heci_dir/monitor.in" "$heci_dir/monitor.out"
	export PFRU_QEMU=$top/tests/sim/heci/qemu.sh
	heci_qemu=()
	set -- -object "memory-backend-memfd,id=ram,size=${memory}M,share=on" \
		-machine memory-backend=ram -device virtio-serial-pci \
		-chardev "socket,id=heci,path=$heci_dir/control" \
		-device virtserialport,chardev=heci,name=heci \
		-chardev "pipe,id=monitor,path=$heci_dir/monitor" \
		-mon chardev=monitor,mode=readline \
		-device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$heci_dir/vfio"'"}}'
	while [ $# -gt 0 ]; do
		heci_qemu+=(--qemu-arg "$1")
		shift
	done
	[ -z "$host" ] || start_host
}

# start_host: the script beside the guest; its checks are judged like a test's
start_host()
{
	local limit=$((timeout * slowness))

	(
		printf 'pfru-vm test host-%s\n' "$host"
		begin=$SECONDS
		HECI_SIM=$stage/heci-sim HECI_DIR=$heci_dir HECI_LOG=$out/heci.log \
			HECI_OUT=$out timeout "$limit" bash "$here/host/$host.sh" 2>"$out/host.log"
		printf 'pfru-vm end host-%s exit %s %s %s\n' "$host" $? \
			$((SECONDS - begin)) "$limit"
	) >"$out/host.tap" </dev/null &
	host_pid=$!
	children+=("$host_pid")
}

# end_heci: the guest has ended; says what is to be said of the model
end_heci()
{
	local status=0

	heci_violations=$("$stage/heci-sim" ctl "$heci_dir/control" state \
		violations 2>&1)
	touch "$heci_dir/over"
	[ -z "$host" ] || wait "$host_pid"
	kill "$heci_pid" 2>/dev/null
	wait "$heci_pid" || status=$?
	heci_end="status $status$(head -n 5 "$out/heci.err")"
	rm -rf "$heci_dir"
}

# check NAME GOT WANT
check()
{
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "    ok - $1"
	else
		failed=$((failed + 1))
		echo "    not ok - $1: found '$2', expected '$3'"
	fi
}

# results: what the guest said, and before its end what the script beside it did
results()
{
	if [ -f "$out/host.tap" ]; then
		awk -v more="$out/host.tap" '
		/^pfru-vm end\r?$/ {
			while ((getline line < more) > 0)
				print line
		}
		{ print }' "$out/results.tap"
	else
		cat "$out/results.tap"
	fi
}

# console: what the kernel said that is to be judged; what a scenario has the
# guest do at its very end is judged by its script
console()
{
	if [ -n "$finish" ]; then
		sed '/pfru-vm: end tainted=/q' "$out/console.log" >"$out/console.judged"
		echo "$out/console.judged"
	else
		echo "$out/console.log"
	fi
}

# judge: prints the scenario's results, ends with the counts
judge()
{
	local gate=() status said

	status=$(cat "$out/status" 2>/dev/null || echo "failed to start")
	touch "$out/results.tap"
	results | tr -d '\000' |
	LC_ALL=C awk -v wanted="$(tr '\n' ' ' <"$out/tests")${host:+host-$host}" \
		-v no_skips="$opt_no_skips" -f "$here/results.awk" >"$out/judged"
	read -r _ passed failed skipped < <(tail -n 1 "$out/judged")
	sed '$d' "$out/judged"

	echo "  console and end"
	[ ! -f "$out/console.first.log" ] ||
		echo "    # the second boot: in the first one the kernel died before it ran any program, see $out/console.first.log"
	if [ "$status" = off ]; then
		passed=$((passed + 1))
		echo "    ok - the guest ended by itself"
	else
		failed=$((failed + 1))
		echo "    not ok - the guest ended by itself: $status"
		sed 's/^/    # /' "$out/boot.log"
		tail -n 3 "$out/qemu.log" 2>/dev/null | sed 's/^/    # /'
	fi
	# an image's boot that went wrong
	[ -z "$image" ] || sed -n 's/.*<2>pfru-vm: \(.*\)/    # \1/p' "$out/console.log"
	[ "$expect_splats" != yes ] || gate=(--allow-expected)
	if said=$("$here/splat.sh" "${gate[@]}" --taint-ok "$taint_ok" \
		  "$(console)" 2>&1); then
		passed=$((passed + 1))
		echo "    ok - the kernel is unharmed"
	else
		failed=$((failed + 1))
		reports=$(grep -c . <<<"$said")
		echo "    not ok - the kernel is unharmed: see $out/console.log"
		printf '%s\n' "$said" | sed 's/^/    # /'
	fi
	[ "$heci" != yes ] || {
		check "the HECI model ended well" "$heci_end" "status 0"
		check "no rule of its protocol was broken" "$heci_violations" 0
	}
}

# keep_notes: what makes lines of the counts in guest/gcov; the next build of the
# module makes others
keep_notes()
{
	[ -d "$out/guest/gcov" ] && [ -d "$stage/pfru.ko.gcov" ] || return 0
	mkdir -p "$out/notes"
	(cd "$stage/pfru.ko.gcov" && find . -name '*.gcno' -exec \
		cp --parents -t "$out/notes" {} +)
}

# run_scenario NAME: in a process of its own; leaves report and counts
run_scenario()
{
	load_scenario "$1"
	out=$vm/$scenario
	rm -rf "$out"
	mkdir -p "$out"
	passed=0 failed=0 skipped=0 reports=0
	if make_guest 2>"$out/initramfs.log"; then
		boot_twice
		judge >"$out/report"
	else
		failed=1
		{
			echo "    not ok - cannot build the initramfs or the image"
			sed 's/^/    # /' "$out/initramfs.log"
		} >"$out/report"
	fi
	if [ -f "$out/guest.tar" ]; then
		mkdir -p "$out/guest"
		tar -C "$out/guest" --no-same-owner -xzf "$out/guest.tar" 2>/dev/null
		rm -f "$out/guest.tar"
	fi
	keep_notes
	[ "$opt_keep" = yes ] || rm -f "$out"/{initrd,initrd.img,disk,disk.img,esp.img,vars.fd,vars.enrolled,shim.efi,sbat.efi,vmlinuz,pfru.ko}
	rm -f "$out/judged" "$out/console.judged"
	lines=$(wc -l 2>/dev/null <"$out/console.log") || lines=0
	echo "$passed $failed $skipped $reports $lines" >"$out/counts"
}

# report NAME: of a scenario that has ended, and add up its counts
report()
{
	local p f s r l

	load_scenario "$1"
	out=$vm/$scenario
	printf '\n%s (%s): %s s, %s s of processor\n' "$scenario" "$boot" \
		"$(cat "$out/seconds" 2>/dev/null || echo 0)" \
		"$(cat "$out/processor" 2>/dev/null || echo 0)"
	cat "$out/report" 2>/dev/null
	if read -r p f s r l 2>/dev/null <"$out/counts"; then
		all_passed=$((all_passed + p))
		all_failed=$((all_failed + f))
		all_skipped=$((all_skipped + s))
		all_reports=$((all_reports + r))
		all_lines=$((all_lines + l))
	else
		echo "    not ok - the scenario left no result"
		all_failed=$((all_failed + 1))
	fi
}

usage()
{
	sed -n '4,/^$/s/^# \{0,1\}//p' "$0"
}

opt_kernel=${KERNEL:-6.1} opt_boot='' opt_keep=no opt_no_skips=0 opt_list=no
opt_jobs=${PFRU_GUESTS:-$(nproc)}
[ -n "${PFRU_GUESTS:-}" ] || [ "$opt_jobs" -le 2 ] || opt_jobs=2
opt_scenarios=() opt_tests=()
while [ $# -gt 0 ]; do
	case $1 in
	--kernel|--scenario|--boot|--jobs)
		[ $# -ge 2 ] || die "option $1 needs a value"
		case $1 in
		--kernel)   opt_kernel=$2 ;;
		--scenario) opt_scenarios+=("$2") ;;
		--boot)     opt_boot=$2 ;;
		--jobs)     opt_jobs=$2 ;;
		esac
		shift ;;
	--keep)     opt_keep=yes ;;
	--no-skips) opt_no_skips=1 ;;
	--list)     opt_list=yes ;;
	--help|-h)  usage; exit 0 ;;
	-*)         die "unknown option: $1; see --help" ;;
	*)          t=$(basename "$1" .sh)
		    opt_tests+=("t-${t#t-}") ;;
	esac
	shift
done
case $opt_boot in
''|ovmf|quick|plain) ;;
*) die "--boot is '$opt_boot', expected ovmf, quick or plain" ;;
esac

# the scenarios of this run: those named, else all that have a test to make
chosen=()
need_module=no need_heci=no need_cli=no need_firmware=no need_mainline=no need_install=no
helper_dirs=() wanted_images='' unnamed=
candidates=("${opt_scenarios[@]}")
if [ ${#candidates[@]} -eq 0 ]; then
	read -r -a candidates < <(known_scenarios)
fi
for name in "${candidates[@]}"; do
	load_scenario "$name"
	if [ ${#opt_scenarios[@]} -eq 0 ] && [ "$default" != yes ]; then
		unnamed="$unnamed $name"
		[ "$opt_list" = yes ] || continue
	fi
	list=$(scenario_tests | tr '\n' ' ') || exit 1
	if [ "$opt_list" = yes ]; then
		printf '%-16s %s\n%17s%s\n' "$scenario" "$description" '' "$list"
		continue
	fi
	[ -n "$list" ] || continue
	if [ "$mainline" != no ] && [ "$opt_kernel" != 6.1 ] &&
	   [ ${#opt_scenarios[@]} -eq 0 ] &&
	   ! { [ "$mainline" = tools ] && is_built "$opt_kernel"; }; then
		say "scenario $name is left out: it compares with mainline's drivers of kernel 6.1"
		continue
	fi
	if [ "$boot" = secure ] && is_built "$opt_kernel"; then
		[ ${#opt_scenarios[@]} -eq 0 ] ||
			die "scenario $name needs a kernel that the machine's keys have signed: not '$opt_kernel'"
		say "scenario $name is left out: nobody signs the kernel '$opt_kernel'"
		continue
	fi
	if [ -n "$only" ] && [ "$only" != "$opt_kernel" ]; then
		[ ${#opt_scenarios[@]} -eq 0 ] ||
			die "scenario $name needs what only the kernel '$only' has: --kernel $only"
		continue
	fi
	chosen+=("$name")
	helper_dirs+=("$test_dir")
	if [ "$heci" = yes ]; then
		need_heci=yes
		helper_dirs+=("$here/guest" "$top/tests/sim/heci/guest")
	fi
	if [ -n "$image" ]; then
		[ "$install" = no ] || need_install=yes
		wanted_images="$wanted_images $image"
	else
		[ "$module" = no ] || need_module=yes
		[ "$cli" = no ] || need_cli=yes
	fi
	[ "$firmware" = no ] || need_firmware=yes
	[ "$mainline" = no ] || need_mainline=yes
done
[ "$opt_list" = no ] || exit 0
[ -z "$unnamed" ] || say "left out, as they run only when they are named:$unnamed"
if [ ${#chosen[@]} -eq 0 ]; then
	echo "0 passed, 0 failed"
	die "nothing to run: no scenario has a test ${opt_tests[*]:-at all}; see --list"
fi

# newer kernels use cmpxchg16b, after which TCG of Debian 12's QEMU leaves
# flags, now and then, that end in a double fault
case $opt_kernel in
6.12*|7.*) export PFRU_QEMU=${PFRU_QEMU:-$top/tests/sim/heci/qemu.sh} ;;
esac

vm=${PFRU_BUILD:-$top/build}/vm
mkdir -p "$vm" || exit 1
vm=$(cd "$vm" && pwd)
stage=$vm/stage
exec 9>"$vm/.lock"
lock_fd 9 "$vm (set PFRU_BUILD to work beside it)"
start=$SECONDS
build_all
mapfile -t helper_dirs < <(printf '%s\n' "${helper_dirs[@]}" | sort -u)
logged "the guests' programs" build_helpers "${helper_dirs[@]}"
say "built in $((SECONDS - start)) s; kernel $(cat "$kernel/version"), scenarios: ${chosen[*]}"

all_passed=0 all_failed=0 all_skipped=0 all_reports=0 all_lines=0
declare -A running=()
reap()
{
	local ended

	wait -n -p ended "${!running[@]}"
	report "${running[$ended]}"
	unset "running[$ended]"
	children=("${!running[@]}")
}
# what may take longest begins first
mapfile -t chosen < <(for name in "${chosen[@]}"; do
	load_scenario "$name"
	echo "$timeout $name"
done | sort -s -rn -k 1,1 | cut -d ' ' -f 2-)
for name in "${chosen[@]}"; do
	while [ ${#running[@]} -ge "$opt_jobs" ]; do
		reap
	done
	(
		children=()
		trap 'stop 143' TERM
		run_scenario "$name"
	) </dev/null &
	running[$!]=$name
	children=("${!running[@]}")
done
while [ ${#running[@]} -gt 0 ]; do
	reap
done

printf '\nlogs: %s\ntime: %s s\n' "$vm" $((SECONDS - start))
echo "reports of the kernels, those that were expected apart: $all_reports in $all_lines lines"
summary="$all_passed passed, $all_failed failed"
[ "$all_skipped" -eq 0 ] || summary="$summary, $all_skipped skipped"
echo "$summary"
[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
