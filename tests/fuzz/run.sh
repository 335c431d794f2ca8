#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [SECONDS [TARGET...]]: fuzzes each target for so long (15), beginning
# with the capsules of tests/corpus or others made here, and with what earlier runs found, of which is
# kept what reaches the same with the fewest and smallest inputs. Prints how many
# were tried and what they reached, and TAP. An input that breaks something is kept,
# and named.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${PFRU_BUILD:-${BUILD:-$top/build}}/fuzz
seconds=15
[ $# -eq 0 ] || { seconds=$1; shift; }
case $seconds in
''|*[!0-9]*|0) echo "run.sh: '$seconds' is no number of seconds" >&2
	       exit 2 ;;
esac
# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
. "$top/tests/lib/tap.sh"

# seeds TARGET DIR: inputs to begin with
seeds()
{
	local f

	case $1 in
	walk|display)
		cp "$top"/tests/corpus/*.cap "$2" ;;
	judge)
		for f in "$top"/tests/corpus/*.cap; do
			{ cat "$f"; head -c 16 /dev/zero; } >"$2/${f##*/}"
		done ;;
	state)
		f='pfructl-telemetry 2\nlog 0 1\n'
		printf "${f}no-position\nsum %016d\n" 0 >"$2/none"
		f+='position 65536 4 2 100\ntail 100 12345\n'
		printf "${f}sum %016d\n" 0 >"$2/position"
		f+='young 50 9\nrepeat 7\n'
		# 14695981039346656037 is the sum of no bytes
		f+='pending 65536 4 2 100 50 50 9 7 2 0 0 0 0 50 14695981039346656037\n'
		printf "${f}sum %016d\n" 0 >"$2/pending"
		printf "${f/ 0 0 0 0 50 / 1 2049 77 1000 0 }sum %016d\n" 0 \
			>"$2/file" ;;
	amthi)
		# what was asked, a header that fits, and zeros of every size
		for f in 0 1 4 5 6 9 14 20 99 199 200 201 202 203; do
			{
				printf '%b' "\\x$(printf %02x "$f")\\x1"
				head -c 85 /dev/zero
			} >"$2/$f"
		done
		for f in 1 20 24 32 37; do
			{ printf '\x3\x1'; head -c "$f" /dev/zero; } >"$2/size-$f"
		done ;;
	apf)
		# messages, and a session: a channel is opened, confirmed, used, closed
		printf '\0\x50\0\0\0\x0dtcpip-forward\1\0\0\0\1h\0\0\x42\x60' \
			>"$2/forward"
		printf '\0\x5a\0\0\0\1x\0\0\0\1\0\0\x10\0\0\0\0\0\0\0\0\1a\0\0\0\1\0\0\0\1b\0\0\0\1' \
			>"$2/open"
		f='\1\x80\0\1\x11\x5b\0\0\0\1\0\0\0\3\0\0\x10\0\0\0\0\0'
		f+='\x80\4\1\x0a\x5e\0\0\0\1\0\0\0\1x\1\x09\x5d\0\0\0\1\0\0\0\7'
		printf '%b' "$f"'\1\5\x61\0\0\0\1' >"$2/session"
		printf '%b' "$f"'\x80\x0c\1\5\x61\0\0\0\1' >"$2/closed-here"
		printf '\1\x80\0\1\x11\x5c\0\0\0\1\0\0\0\4\0\0\0\0\0\0\0\0' \
			>"$2/refused"
		# AMT opens a channel, forwards a port, and starts over
		f='\1\1\x2f\x5a\0\0\0\x0cdirect-tcpip\0\0\0\2\0\0\x10\0\0\0\0\0\0\0\0\1h\0\0\0\0\0\0\0\1h\0\0\0\0'
		printf '%b' "$f"'\1\5\x61\0\0\0\1' >"$2/alert"
		{
			printf '%b' "$f"'\1\x1c\x50\0\0\0\x0dtcpip-forward\1\0\0\0\1h\0\0\x42\x60\1\x5d\xc0\0\0\0\1'
			head -c 88 /dev/zero
		} >"$2/again" ;;
	wsman)
		f='http://www.w3.org/2003/05/soap-envelope'
		printf '1<h:AMT_GeneralSettings><h:DigestRealm>x</h:DigestRealm></h:AMT_GeneralSettings>' \
			>"$2/good"
		printf '1<a:Fault><a:Reason><a:Text>no &amp; &#65;</a:Text></a:Reason></a:Fault>' \
			>"$2/fault"
		printf '0<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>' >"$2/entity"
		printf '0<a:Envelope xmlns:a="%s"><a:Body/></a:Envelope>' "$f" \
			>"$2/empty"
		printf '1<![CDATA[x]]><!-- --><?p q?>' >"$2/other" ;;
	alert)
		f='<g:MessageID>iAMT0005</g:MessageID>'
		printf '%b%s' '\3' "$f<g:PerceivedSeverity>2</g:PerceivedSeverity><g:IndicationTime><h:Datetime>2026</h:Datetime></g:IndicationTime><g:MessageArguments>0</g:MessageArguments>" \
			>"$2/good"
		printf '%b%s' '\1' '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>' \
			>"$2/entity"
		printf '%b' '\x0\x50OST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n<a/>' \
			>"$2/head"
		printf '%b' '\x4\x50OST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' \
			>"$2/chunked" ;;
	ring)
		# every way of making numbers agree
		for f in 0 6 7 14 15 30 31 46 54 62 63; do
			{
				head -c 176 /dev/zero | tr '\0' '\5'
				printf '%b' "\\x07\\x$(printf %02x "$f")"
				head -c 16 /dev/zero
			} >"$2/$f"
		done ;;
	esac
}

# lines TARGET: the share of each source's lines that was run
lines()
{
	local sources=("$top"/core/*.c)

	case $1 in
	state)	 sources=("$top/cli/pfructl/log/position.c") ;;
	ring)	 sources=("$top/core/ring.c") ;;
	amthi)	 sources=("$top"/cli/amt/{amthi,wd}.c) ;;
	wsman)	 sources=("$top"/cli/amt/{wsman,soap}.c) ;;
	alert)	 sources=("$top"/cli/amt/{alert,soap}.c) ;;
	apf)	 sources=("$top"/cli/amt/{apf,lme}.c) ;;
	walk|judge) sources=("$top/core/capsule.c") ;;
	display) sources+=("$top"/cli/{pfructl/commands/capsule,pfructl/capsule/signature,common/output}.c) ;;
	esac
	llvm-profdata merge -o "$out/profile" "$out"/*.profraw 2>/dev/null &&
	llvm-cov export -summary-only -instr-profile="$out/profile" \
		"$build/fuzz-$1" "${sources[@]}" 2>/dev/null |
	python3 -c '
import json, sys
for f in json.load(sys.stdin)["data"][0]["files"]:
	n = f["summary"]["lines"]
	if n["covered"]:
		print("#   %s: %d of %d lines, %.1f %%" % ("/".join(
			f["filename"].split("/")[-2:]), n["covered"],
			n["count"], n["percent"]))
'
}

# number NAME: of the final statistics
number()
{
	sed -n "s/^stat::$1: *//p" "$out/log"
}

fuzz()
{
	local target=$1 edges tried status=0 mask=1
	local out=$build/$target

	mkdir -p "$out/seeds" "$out/found"
	rm -f "$out"/*.profraw "$out/profile"
	rm -rf "$out/seeds"/*
	seeds "$target" "$out/seeds"
	# what the tool prints is not wanted
	[ "$target" != display ] || mask=3
	LLVM_PROFILE_FILE="$out/%p.profraw" \
	UBSAN_OPTIONS=print_stacktrace=1 "$build/fuzz-$target" \
		-max_total_time="$seconds" -max_len=8192 -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 -close_fd_mask=$mask \
		-verbosity=1 -artifact_prefix="$out/" "$out/found" \
		"$out/seeds" >"$out/log" 2>&1 </dev/null || status=$?
	tried=$(number number_of_executed_units)
	edges=$(sed -n 's/^#[0-9]*[[:space:]]DONE *cov: \([0-9]*\) .*/\1/p' "$out/log")
	if [ "$status" != 0 ]; then
		not_ok "$target: ended with status $status; log $out/log"
		grep -vE '^(#|INFO|stat::|MS:|Base64|0x|\\|artifact)' "$out/log" |
			head -n 25 | cut -c 1-200 | sed 's/^/# /'
		sed -n "s/^.*Test unit written to /# again: ${build//\//\\/}\/fuzz-$target /p" \
			"$out/log"
	elif [ "${tried:-0}" -lt 1000 ]; then
		not_ok "$target: only ${tried:-no} inputs in $seconds s; log $out/log"
	else
		ok "$target: $tried inputs tried in $seconds s, $(number average_exec_per_sec) a second, $edges edges reached"
		lines "$target" || not_ok "$target: cannot tell the lines that ran"
		minimise "$target" ||
			not_ok "$target: cannot minimise; log $out/merge.log"
	fi
}

# minimise TARGET: the fewest and smallest inputs that reach what all reach
minimise()
{
	local out=$build/$1

	rm -rf "$out/least"
	mkdir "$out/least"
	LLVM_PROFILE_FILE=/dev/null "$build/fuzz-$1" -merge=1 -close_fd_mask=1 \
		"$out/least" "$out/found" "$out/seeds" >"$out/merge.log" 2>&1 \
		</dev/null || return
	echo "#   of $(find "$out/found" "$out/seeds" -type f | wc -l) inputs $(find "$out/least" -type f | wc -l) are kept"
	rm -rf "$out/found"
	mv "$out/least" "$out/found"
}

mkdir -p "$build" || exit 1
make -s -C "$here" OUT="$build" >"$build/log" 2>&1 || {
	cat "$build/log"
	echo "Bail out! the targets cannot be built"
	exit 1
}
[ $# -gt 0 ] || mapfile -t targets < <(make -s -C "$here" targets | tr ' ' '\n')
for t in "${targets[@]:-$@}"; do
	fuzz "$t"
done
done_testing
