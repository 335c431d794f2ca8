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
amt_knobs=/out/amt-knobs

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
	capture timeout $((70 * VM_SLOWNESS)) amtctl "$@"
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

# noted KIND COLUMN...: for the table, provided that every check since begin_row passed;
# a long column is cut
noted()
{
	local line=$1 column

	shift
	[ "$tap_bad" = "$row_bad" ] || set -- "$1" "$(as_seen)"
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

# unpack_meshcmd: into /tmp/mesh, and its loader to where it wants it
unpack_meshcmd()
{
	mkdir -p /lib64 /tmp/mesh
	# not into the file that there is: that would take the loader away below programs
	# that run
	cp /data/meshcmd/lib/ld-linux-x86-64.so.2 /lib64/loader
	mv /lib64/loader /lib64/ld-linux-x86-64.so.2
	cp /data/meshcmd/*.js /data/meshcmd/meshagent_x86-64 /tmp/mesh/
	[ -e /dev/mei ] || ln -s mei0 /dev/mei
}

# mesh ACTION...: MeshCmd, within a time; sets out and status
mesh()
{
	capture env LD_LIBRARY_PATH=/data/meshcmd/lib timeout $((45 * VM_SLOWNESS)) \
		sh -c 'cd /tmp/mesh && exec ./meshagent_x86-64 meshcmd.js "$@"' sh "$@"
	printf '== %s: status %s\n%s\n%s\n' "$*" "$status" "$out" "$err" >&2
}

# versions: those of the model, as mei-amt-version prints them
versions()
{
	heci state amt.version | sed 's/=/: /'
}

# turn KNOB; KNOB...
turn()
{
	local knob rest="$*;"

	while [ -n "$rest" ]; do
		knob=${rest%%;*}
		rest=${rest#*;}
		# shellcheck disable=SC2086 # words
		heci $knob || return
	done
}

# tried KNOB; KNOB...: amtctl was run and judged with these; suites/amt/knobs.sh
# looks for the ones that were not
tried()
{
	printf '%s\n' "$*" | tr ';' '\n' | sed 's/^ *//' >>"$amt_knobs"
}

# judge_run KNOBS COMMAND STATUS REASON MESSAGE LIMIT: the last run of amtctl
judge_run()
{
	is "$status" "$3" "$1: amtctl $2 ends with $3"
	quickly "$6" "in $6 s"
	if [ "$4" = - ]; then
		unlike "$(cat "$amt_json")" '^error\.' "no error"
	else
		is "$(field error.reason)" "$4" "the reason is '$4'"
		like "$(field error.message)" "$5" "it says so"
		is "$(field error.exit_status)" "$3" "and the exit status"
	fi
	tried "$1"
	noted fault "$1" "$2" "$3" "$(field error.message)"
}

# fault KNOBS COMMAND STATUS REASON MESSAGE [LIMIT]; the faults end with it
fault()
{
	begin_row
	turn "$1" || not_ok "the model takes '$1'"
	# shellcheck disable=SC2086 # words
	amt_as_json $2
	judge_run "$1" "$2" "$3" "$4" "$5" "${6:-5}"
	heci off
}

# setting UNDO KNOBS...: as fault, for what "off" does not end
setting()
{
	local undo="$1"

	shift
	fault "$@"
	turn "$undo"
}

# with PATH VALUE: what the last document holds besides
with()
{
	is "$(field "$1")" "$2" "$1 is '$2'"
	[ "${#2}" -gt 99 ] || noted also "$1: $2"
}

# later KNOBS COMMAND...: in the background; its number is in $number
number=0
later()
{
	local dir begin

	number=$((number + 1))
	turn "$1"
	shift
	dir=$tap_dir/later.$number
	mkdir -p "$dir"
	begin=$(now)
	{
		timeout $((70 * VM_SLOWNESS)) amtctl "$@" --json >"$dir/out" \
			2>"$dir/err" </dev/null
		echo "$? $(($(now) - begin))" >"$dir/end"
		flatten <"$dir/out" >"$dir/json"
	} &
}

none_left()
{
	[ "$(heci state "$1")" = 0 ]
}

# spent FAULT [CLIENT]: it has happened to the one that was started last
spent()
{
	wait_for 10 none_left "${2:-amthi}.$1"
	is $? 0 "$1 has happened"
}

# take_up NUMBER: what that run left is the last one's
take_up()
{
	local dir=$tap_dir/later.$1

	status=none took=100000
	read -r status took <"$dir/end"
	cat "$dir/out" "$dir/err" >>"$amt_said"
	cp "$dir/json" "$amt_json"
}

# ended NUMBER KNOBS COMMAND STATUS REASON MESSAGE LIMIT
ended()
{
	take_up "$1"
	shift
	begin_row
	judge_run "$@"
}
