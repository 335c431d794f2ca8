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
# TEST: a guest test (amt/faults, faults, or its path) or a suite (amt).
# PFRU_BUILD: where to put everything (build/ at the top).

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

# shellcheck source=SCRIPTDIR/run/scenarios.sh disable=SC1091
. "$here/run/scenarios.sh"
# shellcheck source=SCRIPTDIR/run/build.sh disable=SC1091
. "$here/run/build.sh"
# shellcheck source=SCRIPTDIR/run/guest.sh disable=SC1091
. "$here/run/guest.sh"
# shellcheck source=SCRIPTDIR/run/heci.sh disable=SC1091
. "$here/run/heci.sh"
# shellcheck source=SCRIPTDIR/run/judge.sh disable=SC1091
. "$here/run/judge.sh"

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
	*)          t=${1##*suites/}
		    t=${t%/}
		    t=${t%.sh}
		    opt_tests+=("${t%.c}") ;;
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
	mapfile -t candidates < <(known_scenarios)
fi
find_tests
for name in "${candidates[@]}"; do
	load_scenario "$name"
	if [ ${#opt_scenarios[@]} -eq 0 ] && [ "$default" != yes ]; then
		unnamed="$unnamed $name"
		[ "$opt_list" = yes ] || continue
	fi
	list=$(scenario_tests | cut -d ' ' -f 1 | tr '\n' ' ')
	if [ "$opt_list" = yes ]; then
		[ -z "$list" ] || printf '%-16s %s\n%17s%s\n' \
			"$scenario" "$description" '' "$list"
		continue
	fi
	[ -n "$list" ] || [ ${#opt_tests[@]} -gt 0 ] ||
		die "no test names the scenario $name in its head"
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
	if [ "$network" = yes ] && is_built "$opt_kernel"; then
		[ ${#opt_scenarios[@]} -eq 0 ] ||
			die "scenario $name needs a kernel with TCP: not '$opt_kernel'"
		say "scenario $name is left out: the kernel '$opt_kernel' has no TCP"
		continue
	fi
	if [ -n "$only" ] && [ "$only" != "$opt_kernel" ]; then
		[ ${#opt_scenarios[@]} -eq 0 ] ||
			die "scenario $name needs what only the kernel '$only' has: --kernel $only"
		continue
	fi
	chosen+=("$name")
	if [ "$heci" = yes ]; then
		need_heci=yes
		helper_dirs+=("$here/guest" "$here/suites" "$top/tests/sim/heci/guest")
	fi
	[ -n "$image" ] || [[ $name == */* ]] ||
		helper_dirs+=("$here/guest" "$here/suites")
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
6.1[2-9]*|[7-9].*|[1-9][0-9].*) export PFRU_QEMU=${PFRU_QEMU:-$top/tests/sim/heci/qemu.sh} ;;
esac

vm=${PFRU_BUILD:-$top/build}/vm
mkdir -p "$vm" || exit 1
vm=$(cd "$vm" && pwd)
stage=$vm/stage
exec 9>"$vm/.lock"
lock_fd 9 "$vm (set PFRU_BUILD to work beside it)"
start=$SECONDS
build_all
logged "the guests' programs" build_helpers "${helper_dirs[@]}"
say "built in $((SECONDS - start)) s; kernel $(cat "$kernel/version"), scenarios: ${chosen[*]}"

all_passed=0 all_failed=0 all_skipped=0 all_reports=0 all_lines=0
: >"$vm/reports"
declare -A running=()
reap()
{
	local ended

	wait -n -p ended "${!running[@]}"
	report "${running[$ended]}" >"$vm/report"
	tee -a "$vm/reports" <"$vm/report"
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
[ "$all_failed" -eq 0 ] || LC_ALL=C awk -v failed="$all_failed" \
	-f "$top/tests/failures.awk" "$vm/reports"
summary="$all_passed passed, $all_failed failed"
[ "$all_skipped" -eq 0 ] || summary="$summary, $all_skipped skipped"
echo "$summary"
[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
