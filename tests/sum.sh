# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# To be sourced: runs test runners, shows what they print, has judge.pl count their
# TAP, or adds up their last lines "N passed, N failed[, N skipped]". A runner that
# ends without either, or with an exit status that contradicts it, counts as one
# failure. What failed is listed at the end, for those who see only that.

sum_passed=0 sum_failed=0 sum_skipped=0 sum_failures=
sum_dir=$(dirname "${BASH_SOURCE[0]}")
declare -A sum_pids=() sum_logs=() sum_begins=()
trap 'sum_stop 130' INT
trap 'sum_stop 143' TERM

# sum_stop STATUS: nothing that was begun goes on after us
sum_stop()
{
	trap '' INT TERM
	[ ${#sum_pids[@]} -eq 0 ] || kill "${sum_pids[@]}" 2>/dev/null
	wait
	rm -f "${sum_logs[@]}"
	exit "$1"
}

# beside TITLE CMD...: begin a runner that may run beside what follows, until
# "part TITLE"
beside()
{
	local title=$1

	shift
	sum_logs[$title]=$(mktemp)
	sum_begins[$title]=$SECONDS
	"$@" </dev/null >"${sum_logs[$title]}" 2>&1 &
	sum_pids[$title]=$!
}

# part TITLE [CMD...]: shows it while it runs, or, when it was begun beside others,
# from its beginning; and how long after its beginning it was over, or seen to be
part()
{
	local title=$1 log pid status=0

	[ $# -eq 1 ] || beside "$@"
	log=${sum_logs[$title]} pid=${sum_pids[$title]}
	printf '\n== %s\n' "$title"
	tail -n +1 -f --pid="$pid" "$log" &
	# a signal ends a wait, not a program in the foreground
	wait $!
	wait "$pid" || status=$?
	printf '# %s: %d s\n' "$title" $((SECONDS - sum_begins[$title]))
	unset "sum_pids[$title]" "sum_logs[$title]"
	sum_up "$title" "$log" "$status"
	rm -f "$log"
}

# failures ARGUMENT...: lists the failed checks of a log, see failures.awk
failures()
{
	LC_ALL=C awk "$@" -f "$sum_dir/failures.awk"
}

# last_line LOG: the last that is a sum
last_line()
{
	grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" | tail -n 1
}

# sum_up TITLE LOG STATUS
sum_up()
{
	local title=$1 log=$2 status=$3 line passed failed skipped said

	line=$(last_line "$log")
	# a runner with parts of its own makes a sum, or has died
	if [ -z "$line" ] && ! grep -q '^== ' "$log" &&
	   grep -qE '^(1\.\.|(not )?ok |Bail out!)' "$log"; then
		said=$("$sum_dir/lib/judge.pl" --log "$log" "$status")
		echo "$said" | tee -a "$log"
		line=$(last_line "$log")
	fi
	read -r passed failed skipped _ < <(printf '%s 0 0 0\n' "${line//[^0-9]/ }" |
		tr -s ' ')
	if [ -z "$line" ] ||
	   { [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; }; then
		said=$(tail -n 5 "$log")
		echo "not ok - ended with status $status, last line:" \
			"${line:-none}" | tee -a "$log"
		printf '# %s\n' "${said//$'\n'/$'\n'# }" >>"$log"
		failed=$((failed + 1))
	fi
	[ "$failed" = 0 ] || sum_failures+=$'\n'$(
		failures -v title="$title" -v failed="$failed" <"$log" | sed 1d)
	sum_passed=$((sum_passed + passed))
	sum_failed=$((sum_failed + failed))
	sum_skipped=$((sum_skipped + skipped))
}

# total: what failed, the last line, and the exit status
total()
{
	local skipped=

	[ "$sum_failed" = 0 ] || {
		echo
		failures -v failed="$sum_failed" <<<"failed checks:$sum_failures"
	}
	[ "$sum_skipped" = 0 ] || skipped=", $sum_skipped skipped"
	printf '\n%d passed, %d failed%s\n' "$sum_passed" "$sum_failed" "$skipped"
	[ "$sum_failed" = 0 ] && [ "$sum_passed" != 0 ]
}
