# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3043,SC2154,SC2034
#
# For tests of amtctl on the HECI model's AMT (tests/sim/heci), to be sourced after
# tap.sh: runs amtctl, takes what it prints apart, and notes what was tried for
# tests/vm/tables.py.

: "${VM_SLOWNESS:=1}"
amt_json=$tap_dir/json
amt_text=$tap_dir/text
amt_said=$tap_dir/said
amt_notes=/out/amt-table

# flatten: JSON with a key or a value a line, as "PATH VALUE"; elements of lists are
# numbered from 0. What comes before the document is left out.
flatten()
{
	awk '
	function path(i, p) {
		for (i = 2; i <= depth; i++)
			p = p part[i] "."
		return p
	}
	!depth && !/^[{[]/ { next }
	{ sub(/^ +/, ""); sub(/[,\r]+$/, "") }
	/^[]}]$/ { depth--; next }
	{
		key = ""
		if (depth && list[depth]) {
			key = count[depth]++
		} else if (match($0, /^"[^"]*": */)) {
			key = substr($0, 2, index(substr($0, 2), "\"") - 1)
			$0 = substr($0, RLENGTH + 1)
		}
	}
	/^[{[]$/ {
		part[++depth] = key
		list[depth] = $0 == "["
		count[depth] = 0
		next
	}
	{ gsub(/^"|"$/, ""); print path() key " " $0 }'
}

# outline: text of amtctl, as "LABEL.LABEL VALUE"
outline()
{
	awk '
	{
		match($0, /^ */)
		depth = RLENGTH / 2
		$0 = substr($0, RLENGTH + 1)
		at = match($0, /:( +|$)/)
		part[depth] = substr($0, 1, at - 1)
		p = ""
		for (i = 0; i < depth; i++)
			p = p part[i] "."
		print p part[depth] " " substr($0, at + RLENGTH)
	}'
}

# hundredths of a second since the boot
now()
{
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# amt ARGUMENT...: amtctl; sets $status, $out, $err and $took, in hundredths. One that
# hangs is ended, which is a status of its own.
amt()
{
	local begin

	begin=$(now)
	capture timeout $((40 * VM_SLOWNESS)) amtctl "$@"
	took=$(($(now) - begin))
	cat "$tap_dir/out" "$tap_dir/err" >>"$amt_said"
}

# amt_as_json ARGUMENT...: its document is taken apart into $amt_json
amt_as_json()
{
	amt "$@" --json
	flatten <"$tap_dir/out" >"$amt_json"
}

amt_as_text()
{
	amt "$@"
	outline <"$tap_dir/out" >"$amt_text"
}

# field PATH: of the last document
field()
{
	awk -v path="$1 " 'index($0, path) == 1 {
		print substr($0, length(path) + 1); exit }' "$amt_json"
}

# holds FILE WANTED NAME: it has each line of the file WANTED, which has some
holds()
{
	if [ ! -s "$2" ]; then
		not_ok "$3" "nothing was wanted"
	elif [ ! -s "$1" ]; then
		not_ok "$3" "nothing was printed: exit status $status, $err"
	else
		grep -Fxv -f "$1" "$2" >"$tap_dir/missing"
		is "$(cat "$tap_dir/missing")" "" "$3"
	fi
}

# same NAME FILE FILE
same()
{
	if [ -s "$2" ] && cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1" "$(diff "$2" "$3" | head -n 20)"
	fi
}

# quickly LIMIT NAME: the last run of amtctl took no longer, in seconds
quickly()
{
	if [ "$took" -le $(($1 * VM_SLOWNESS * 100)) ]; then
		ok "$2"
	else
		not_ok "$2" "it took $took hundredths of a second, $1 s are allowed"
	fi
}

# begin_row: what noted() is to write down begins here
begin_row()
{
	row_bad=$tap_bad
}

# noted KIND COLUMN...: for the table, provided that every check since begin_row passed;
# a long column is cut
noted()
{
	local line=$1 column

	shift
	[ "$tap_bad" = "$row_bad" ] || set -- "$1" "(not as expected)"
	for column; do
		[ "${#column}" -le 300 ] || column="$(echo "$column" | cut -c 1-40)..."
		line="$line	$column"
	done
	printf '%s\n' "$line" >>"$amt_notes"
}

# model KEY WANT NAME: the model's state
model()
{
	is "$(heci state "amt.$1")" "$2" "$3"
}

# versions: those of the model, as mei-amt-version prints them
versions()
{
	heci state amt.version | sed 's/=/: /'
}
