# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# To be sourced: runs test runners, shows what they print, adds up their last
# lines "N passed, N failed[, N skipped]". A runner that ends without such a
# line, or with an exit status that contradicts it, counts as one failure.

sum_passed=0 sum_failed=0 sum_skipped=0

# part TITLE CMD...
part()
{
	local title=$1 log status=0 line passed failed skipped

	shift
	log=$(mktemp)
	printf '\n== %s\n' "$title"
	"$@" </dev/null 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" |
		tail -n 1)
	rm -f "$log"
	read -r passed failed skipped _ < <(printf '%s 0 0 0\n' "${line//[^0-9]/ }" |
		tr -s ' ')
	if [ -z "$line" ] || [ "$passed" = 0 ] ||
	   { [ "$status" != 0 ] && [ "$failed" = 0 ]; }; then
		echo "not ok - $title: ended with status $status, last line:" \
			"${line:-none}"
		failed=$((failed + 1))
	fi
	sum_passed=$((sum_passed + passed))
	sum_failed=$((sum_failed + failed))
	sum_skipped=$((sum_skipped + skipped))
}

# total: the last line, and the exit status
total()
{
	local skipped=

	[ "$sum_skipped" = 0 ] || skipped=", $sum_skipped skipped"
	printf '\n%d passed, %d failed%s\n' "$sum_passed" "$sum_failed" "$skipped"
	[ "$sum_failed" = 0 ] && [ "$sum_passed" != 0 ]
}
