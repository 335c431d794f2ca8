# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What the loaded scenario's guest gets, as an initramfs or a disk: to be sourced by
# run.sh. make_guest makes it, boot_twice boots it.

is_elf_program()
{
	case $1 in
	*.so|*.o|*.efi) return 1 ;;
	esac
	[ -f "$1" ] && [ -x "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

# test_scripts: the files of the loaded scenario's tests that are scripts
test_scripts()
{
	local id command f

	while read -r id _ command _; do
		[ "$command" = sh ] || continue
		for f in "$here/suites/$id.sh" "$suite/${id#*/}.sh"; do
			[ ! -f "$f" ] || { echo "$f"; break; }
		done
	done <"$out/tests"
}

# guest_files: what the loaded scenario's guest gets to run its tests, as lines
# SOURCE:DEST
guest_files()
{
	local f scripts words

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
	# the tests, and of the guests' libraries those that they name
	mapfile -t scripts < <(test_scripts)
	for f in "${scripts[@]}"; do
		echo "$f:tests/$(basename "$(dirname "$f")")/$(basename "$f")"
	done
	for f in "$here"/guest/*.sh; do
		! is_named "/tests/$(basename "$f")" "${scripts[@]}" ||
			echo "$f:tests/$(basename "$f")"
	done
	while read -r f; do
		case $f in
		'') ;;
		/*) echo "$f" ;;
		*)  echo "$top/$f" ;;
		esac
	done <<<"$files"
	if [ -n "$prepare" ]; then
		mkdir -p "$out/data"
		read -r -a words <<<"$prepare"
		"$top/${words[0]}" "${words[@]:1}" "$out/data" </dev/null >&2 ||
			return
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

# is_wanted PROGRAM TEXT...: a test is wanted where it runs, another program where one of
# these names it. To carry all of them would be a tenth of a guest's boot.
is_wanted()
{
	local name=${1##*/}

	shift
	if grep -qE "/usr/bin/$name( |\$)" <<<"$all_tests"; then
		grep -qE "/usr/bin/$name( |\$)" "$out/tests"
	else
		is_named "$name" "$here"/guest/{init,runner.sh} "$@"
	fi
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
	mapfile -t texts < <(cut -d : -f 1 <<<"$list")
	while read -r f; do
		! is_wanted "$f" "${texts[@]}" || args+=(-p "$f")
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
