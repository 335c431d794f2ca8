# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What came of a guest: to be sourced by run.sh. run_scenario makes and boots one, and
# leaves its report and counts; report prints them.

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
	LC_ALL=C awk -v wanted="$(cut -d ' ' -f 1 "$out/tests" | tr '\n' ' ')${host:+host-$host}" \
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
