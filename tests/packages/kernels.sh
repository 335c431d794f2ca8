#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernels.sh [--table] [--jobs N] [NAME...]: boots the supported kernels, loads the module
# and runs the demo, the telemetry and the watchdog tests on each, then writes what was seen
# here and by check.sh into docs/kernels.md. --table boots nothing. NAME is of
# tests/vm/kernels.conf. PFRU_GUESTS: guests at once, as --jobs.
# Ends with "N passed, N failed".

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"
# shellcheck source=SCRIPTDIR/../sum.sh disable=SC1091
. "$top/tests/sum.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES KDIR VERSION BUILD
build=${PFRU_BUILD:-$top/build}
children=()
trap 'kill "${children[@]}" 2>/dev/null; wait; exit 130' INT TERM

known_kernels()
{
	sed 's/#.*//' "$top/tests/vm/kernels.conf" | awk 'NF && $5 != "source" { print $1 }'
}

# different_kernels: of two names of one version the first alone
different_kernels()
{
	local name version dir
	declare -A known=()

	for name in $(known_kernels); do
		dir=$("$top/tests/vm/kernel.sh" "$name") &&
			version=$(cat "$dir/version") || version=$name
		[ -n "${known[$version]:-}" ] || echo "$name"
		known[$version]=$name
	done
}

limit()
{
	sed -n "s/^$1 //p" "$top/module/kernels"
}

# boot NAME: a guest, and one with the watchdog unless the kernel lacks MEI;
# their reports stay
boot()
{
	local dir=$build/kernels/$1 status=0 scenarios=(--scenario kernel)

	mkdir -p "$dir"
	"$top/tests/vm/kernel.sh" "$1" >"$dir/where" 2>"$dir/log" || :
	! grep -q '^CONFIG_INTEL_MEI_ME=' "$(cat "$dir/where")/config" ||
		scenarios+=(--scenario watchdog-kernel)
	PFRU_BUILD=$dir "$top/tests/vm/run.sh" --kernel "$1" "${scenarios[@]}" \
		--jobs 1 --no-skips >>"$dir/log" 2>&1 || status=$?
	echo "$status" >"$dir/status"
}

# replay NAME: what boot said
replay()
{
	cat "$build/kernels/$1/log"
	return "$(cat "$build/kernels/$1/status")"
}

# section TEST REPORT: yes when it ran and nothing in it failed
section()
{
	awk -v test="$1" '
	/^  [^ ]/ { inside = $1 == test; next }
	inside && /^    ok [0-9]+ - / { good++ }
	inside && /^    not ok / { bad++ }
	END { print good && !bad ? "yes" : "**no**" }' "$2"
}

# booted VERSION: three cells, of the guest that had this kernel
booted()
{
	local name report dir

	for name in $(known_kernels); do
		report=$build/kernels/$name/vm/kernel/report
		[ -f "$report" ] || continue
		dir=$(cat "$build/kernels/$name/where")
		[ "$(cat "$dir/version")" = "$1" ] || continue
		if [ "$(section console "$report")" = yes ] &&
		   grep -qE '^    ok [0-9]+ - pfructl status exits 0' "$report"; then
			echo "yes | $(section update/demo "$report") | $(section telemetry/telemetry "$report")"
		else
			echo "**no** | $(section update/demo "$report") | $(section telemetry/telemetry "$report")"
		fi
		return
	done
	echo "not booted | |"
}

# by_packages RELEASE VERSION: built, and all of the release's tests
by_packages()
{
	local tap=$build/packages/$1/tap

	awk -v kernel="$2" '
	/^(not )?ok [0-9]+ - / {
		line = $0
		sub(/^(not )?ok [0-9]+ - /, "", line)
		mine = index(line, kernel ":") == 1 || index(line, kernel " ") == 1
		bad = /^not /
		if (bad)
			failed = 1
		if (mine && bad)
			broken = 1
		if (mine && line ~ /built without a warning$/)
			built = 1
	}
	END {
		print (built && !broken ? "yes" : "**no**"), (failed ? "**no**" : "yes")
	}' "$tap"
}

table()
{
	local release kernel built packages

	cat <<-END
	<!-- Made by make check-kernels from what the tests saw; not typed. -->
	<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
	# Kernels

	Linux $(limit oldest) and later; tested up to $(limit newest). Older kernels are refused
	when the module is built (\`module/kernels\` says both).

	Built: by dkms, with the compiler of the kernel's release, from the installed
	package, without a warning. Loaded, demo flow and telemetry: in QEMU, booted by
	OVMF, with the firmware model. Packages: installed, upgraded, removed and purged
	in a tree of the release.

	| release | kernel | built | loaded | demo flow | telemetry | packages |
	|---|---|---|---|---|---|---|
	END
	while read -r release; do
		[ -f "$build/packages/$release/kernels" ] ||
			die "the packages were not tested on $release: run tests/packages/check.sh first"
		while read -r kernel; do
			read -r built packages < <(by_packages "$release" "$kernel")
			echo "| $release | $kernel | $built | $(booted "$kernel") | $packages |"
		done < <(sort -Vu "$build/packages/$release/kernels")
	done < <(tree_releases "$top/tests/vm/trees.conf")
}

# limits: what module/kernels says is what was seen
limits()
{
	local all

	all=$(cat "$build"/packages/*/kernels | cut -d . -f 1-2 | sort -Vu)
	if [ "$(head -n 1 <<<"$all")" = "$(limit oldest)" ] &&
	   [ "$(tail -n 1 <<<"$all")" = "$(limit newest)" ]; then
		ok "the oldest and the newest kernel of module/kernels were tested"
	else
		not_ok "module/kernels says $(limit oldest) to $(limit newest), tested were: ${all//$'\n'/ }"
	fi
	# dkms before 3.1 reads the expression only
	# shellcheck disable=SC1091 # BUILD_EXCLUSIVE_* of dkms.conf
	if (
		# shellcheck disable=SC2034 # for dkms.conf
		kernel_source_dir='' kernelver=''
		. "$top/dkms.conf"
		[ "$BUILD_EXCLUSIVE_KERNEL_MIN" = "$(limit oldest)" ] || exit 1
		for k in $all "$(limit oldest)" 10.0; do
			[[ $k.0-1-amd64 =~ $BUILD_EXCLUSIVE_KERNEL ]] || exit 1
		done
		for k in 5.9 5.4 4.19 3.16; do
			[[ ! $k.0-1-amd64 =~ $BUILD_EXCLUSIVE_KERNEL ]] || exit 1
		done
	); then
		ok "dkms.conf excludes what module/kernels excludes"
	else
		not_ok "dkms.conf excludes what module/kernels excludes"
	fi
}

# document: docs/kernels.md, and what it has to say, in TAP
document()
{
	# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
	. "$top/tests/lib/tap.sh"
	limits
	if table >"$build/kernels.md"; then
		cp "$build/kernels.md" "$top/docs/kernels.md"
		sed -n '/^|/p' "$build/kernels.md"
		if grep -qF '**no**' "$build/kernels.md"; then
			not_ok "every kernel of the table has what it was tested for"
		else
			ok "every kernel of the table has what it was tested for"
		fi
	else
		not_ok "the table can be made"
	fi
	done_testing
}

boot=yes
jobs=${PFRU_GUESTS:-$(nproc)}
[ -n "${PFRU_GUESTS:-}" ] || [ "$jobs" -le 2 ] || jobs=2
[ "${1:-}" != --table ] || { boot=no; shift; }
[ "${1:-}" != --jobs ] || { jobs=$2; shift 2; }
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(different_kernels)
mkdir -p "$build/kernels"
if [ "$boot" = yes ]; then
	for name in "${names[@]}"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n
		done
		boot "$name" </dev/null &
		children+=($!)
	done
	wait
	for name in "${names[@]}"; do
		part "kernel $name" replay "$name"
	done
fi
part "docs/kernels.md" document
total
