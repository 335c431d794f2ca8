# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2031
#
# What came of a guest: to be sourced by run.sh. run_scenario makes and boots one, and
# leaves its report and counts; report prints them.

# results: what the guest said; before its end what the script beside it did, and
# behind all what came of it
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
	printf '\npfru-vm test console\n'
	end_of_guest
	printf 'pfru-vm end console exit %s 0 0\n' $?
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

# end_of_guest: how it ended, what its console and the HECI model show, as a test's TAP
end_of_guest()
(
	dir=$out ended=$status
	# shellcheck source=SCRIPTDIR/../../lib/tap.sh disable=SC1091
	. "$top/tests/lib/tap.sh"
	[ ! -f "$dir/console.first.log" ] ||
		diag "the second boot: in the first one the kernel died before it ran any program, see $dir/console.first.log"
	if [ "$ended" = off ]; then
		ok "the guest ended by itself"
	else
		not_ok "the guest ended by itself: $ended" "$(cat "$dir/boot.log")
$(tail -n 3 "$dir/qemu.log" 2>/dev/null)"
	fi
	# an image's boot that went wrong
	[ -z "$image" ] || sed -n 's/.*<2>pfru-vm: \(.*\)/# \1/p' "$dir/console.log"
	verdict "$unharmed" "the kernel is unharmed" "see $dir/console.log
$splats"
	[ "$heci" != yes ] || {
		is "$heci_end" "status 0" "the HECI model ended well"
		is "$heci_violations" 0 "no rule of its protocol was broken"
	}
	done_testing
)

# judge: prints the scenario's results, ends with the counts
judge()
{
	local gate=() skips=() wanted status unharmed=no splats

	status=$(cat "$out/status" 2>/dev/null || echo "failed to start")
	[ "$expect_splats" != yes ] || gate=(--allow-expected)
	if splats=$("$here/splat.sh" "${gate[@]}" --taint-ok "$taint_ok" \
		    "$(console)" 2>&1); then
		unharmed=yes
	else
		reports=$(grep -c . <<<"$splats")
	fi
	[ "$opt_no_skips" = 0 ] || skips=(--no-skips)
	mapfile -t wanted < <(cut -d ' ' -f 1 "$out/tests")
	touch "$out/results.tap"
	results | tr -d '\000' | "$top/tests/lib/judge.pl" --marked pfru-vm \
		"${skips[@]}" "${wanted[@]}" ${host:+"host-$host"} console >"$out/judged"
	IFS=', ' read -r passed _ failed _ skipped _ < <(tail -n 1 "$out/judged")
	skipped=${skipped:-0}
	sed '$d' "$out/judged"
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
