# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3043
#
# TAP for tests in sh or bash, to be sourced first thing; a guest has it as
# /tests/tap.sh. Every check is one line of TAP on stdout. done_testing prints the
# plan and must be the last line: a test that never gets there has failed.

tap_n=0
tap_bad=0
tap_marks=0
tap_dir=/tmp/tap.$$
status=0
out=
err=
mkdir -p "$tap_dir"
echo "TAP version 13"

# diag TEXT: each line of it as a remark
diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ok NAME
ok()
{
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s\n' "$tap_n" "$*"
}

# not_ok NAME [REMARK...]
not_ok()
{
	local name=$1

	shift
	tap_n=$((tap_n + 1))
	tap_bad=$((tap_bad + 1))
	printf 'not ok %d - %s\n' "$tap_n" "$name"
	[ $# -eq 0 ] || diag "$*"
	return 0
}

# skip REASON: one check that cannot be made here; counted by itself
skip()
{
	tap_n=$((tap_n + 1))
	printf 'ok %d # SKIP %s\n' "$tap_n" "$*"
}

# skip_all REASON: instead of any check; ends the test
skip_all()
{
	[ "$tap_n" -eq 0 ] || { skip "$@"; done_testing; }
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

# verdict YES NAME REMARK: passed if YES is "yes"
verdict()
{
	if [ "$1" = yes ]; then
		ok "$2"
	else
		not_ok "$2" "$3"
	fi
}

# ok_if NAME CMD...: what it says is a remark when it fails
ok_if()
{
	local name=$1 said

	shift
	if said=$("$@" 2>&1 </dev/null); then
		ok "$name"
	else
		not_ok "$name" "$* failed
$said"
	fi
}

# at_least GOT WANT NAME
at_least()
{
	if [ "${1:-0}" -ge "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "found: $1, expected $2 or more"
	fi
}

# is GOT WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "found: $1
expected: $2"
	fi
}

# isnt GOT UNWANTED NAME
isnt()
{
	if [ "$1" != "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "found, and not expected: $1"
	fi
}

# has_line TEXT REGEXP; not through a pipe, whose writer may see it closed early, which
# pipefail makes a failure
has_line()
{
	grep -Eq -e "$2" <<END_OF_TEXT
$1
END_OF_TEXT
}

# like TEXT REGEXP NAME: one line of TEXT matches the extended REGEXP
like()
{
	if has_line "$1" "$2"; then
		ok "$3"
	else
		not_ok "$3" "found: $1
expected a match of: $2"
	fi
}

# unlike TEXT REGEXP NAME
unlike()
{
	if has_line "$1" "$2"; then
		not_ok "$3" "found: $1
expected no match of: $2"
	else
		ok "$3"
	fi
}

# capture CMD...: run it, judge nothing. Sets $status, $out and $err (text);
# the bytes are in $tap_dir/out and $tap_dir/err.
capture()
{
	status=0
	"$@" >"$tap_dir/out" 2>"$tap_dir/err" </dev/null || status=$?
	out=$(tr -d '\000' <"$tap_dir/out")
	err=$(tr -d '\000' <"$tap_dir/err")
}

# exits [-n NAME] STATUS CMD...: capture, and check the exit status
exits()
{
	local name='' want

	[ "$1" != -n ] || { name=$2; shift 2; }
	want=$1
	shift
	capture "$@"
	if [ "$status" = "$want" ]; then
		ok "${name:-$* exits $want}"
	else
		not_ok "${name:-$* exits $want}" "command: $*
exit status: $status, expected: $want
stdout: $(printf '%s\n' "$out" | head -n 20)
stderr: $(printf '%s\n' "$err" | head -n 20)"
	fi
}

# run [-n NAME] CMD...: capture, and check that it exits 0
run()
{
	if [ "$1" = -n ]; then
		local name=$2

		shift 2
		exits -n "$name" 0 "$@"
	else
		exits 0 "$@"
	fi
}

# out_like REGEXP NAME, err_like REGEXP NAME: of the last captured command
out_like()
{
	like "$out" "$1" "$2"
}

err_like()
{
	like "$err" "$1" "$2"
}

# tap_from NAME CMD...: a program that prints TAP itself; its checks are
# renumbered into ours, and its plan and exit status are checked
tap_from()
{
	local prefix=$1 line plan='' n=0

	shift
	capture "$@"
	while IFS= read -r line; do
		case $line in
		"ok "*|"not ok "*)
			n=$((n + 1))
			tap_n=$((tap_n + 1))
			case $line in
			not*) tap_bad=$((tap_bad + 1)) ;;
			esac
			printf '%s\n' "$line" | sed -E "s/^((not )?ok) *[0-9]* *-? */\1 $tap_n - $prefix: /; s/: # SKIP/ # SKIP/" ;;
		1..*)	plan=${line#1..}
			plan=${plan%% *} ;;
		"TAP version"*) ;;
		*)	diag "$line" ;;
		esac
	done <"$tap_dir/out"
	if [ "$status" = 0 ] && [ "$plan" = "$n" ]; then
		ok "$prefix: ran to its end"
	else
		not_ok "$prefix: ran to its end" "exit status: $status
checks: $n, plan: ${plan:-none}
stderr: $err"
	fi
}

# wait_for SECONDS CMD...: until CMD succeeds; fails when it never did
wait_for()
{
	local left=$(($1 * 10))

	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}

uptime_s()
{
	cut -d . -f 1 /proc/uptime
}

# soon SECONDS CMD...: as wait_for, by the clock: for what has a limit of its own.
# wait_for counts its tries, and so waits longer where each takes long.
soon()
{
	local end=$(($(uptime_s) + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(uptime_s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# log_mark: from here on; log_since: the kernel log since the last mark
log_mark()
{
	tap_marks=$((tap_marks + 1))
	echo "<6>pfru-vm: mark $$.$tap_marks" >/dev/kmsg
}

log_since()
{
	dmesg | sed "1,/pfru-vm: mark $$\.$tap_marks\$/d"
}

# expect_splat REASON ... end_expect_splat: the kernel's complaints between
# them are wanted. The scenario must permit it (expect_splats=yes).
expect_splat()
{
	echo "<6>pfru-vm: expect-splat begin $*" >/dev/kmsg
}

end_expect_splat()
{
	echo "<6>pfru-vm: expect-splat end" >/dev/kmsg
}

# keep FILE [NAME]: carried out of the guest into the scenario's guest/
keep()
{
	cp "$1" "/out/${2:-$(basename "$1")}"
}

# What tables.py compares: titles and cells go into the files ${tap_table}titles and
# ${tap_table}column, as "ID<tab>TEXT".
tap_table=/out/

# begin_row: what as_seen is to print is checked from here on
begin_row()
{
	row_bad=$tap_bad
}

# as_seen TEXT: TEXT, provided that every check since begin_row passed
as_seen()
{
	if [ "$tap_bad" = "$row_bad" ]; then
		printf '%s\n' "$*"
	else
		echo "(not as expected)"
	fi
}

# row ID TITLE: what follows is about it
row()
{
	row=$1
	shift
	printf '%s\t%s\n' "$row" "$*" >>"${tap_table}titles"
	begin_row
	diag "row: $*"
}

# cell TEXT: what this column shows in the row; a guest that dies leaves no files, but
# what it printed
cell()
{
	local text

	text=$(as_seen "$*")
	printf '%s\t%s\n' "$row" "$text" >>"${tap_table}column"
	printf '# cell: %s\t%s\n' "$row" "$text"
}

# mainline_names: the symbolic links that udev makes on a full system
mainline_names()
{
	local kind node

	for kind in update telemetry; do
		for node in /dev/pfru/"$kind" /dev/pfru/"$kind"[0-9]*; do
			[ -e "$node" ] || continue
			case $node in
			*[0-9]) ln -sfn "$node" "/dev/acpi_pfr_${node##*/}" ;;
			*)      ln -sfn "$node" "/dev/acpi_pfr_${kind}0" ;;
			esac
		done
	done
}

# done_testing: the plan; ends the test
done_testing()
{
	printf '1..%d\n' "$tap_n"
	rm -rf "$tap_dir"
	[ "$tap_bad" -eq 0 ]
	exit
}
