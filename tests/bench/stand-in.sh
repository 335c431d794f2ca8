#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stand-in.sh OUT: what amt-lms takes to transfer bytes, and what MeshCmd's microlms takes
# for the same, on this host: the management engine is the HECI model's firmware behind a
# socket (heci-direct and mei-node.c). They take turns; OUT/costs gets the medians.
# stand-in.sh --check: does amt-lms get bytes through it, and would damage be noticed?
# In namespaces of their own, with a /dev of their own. PFRU_BUILD applies.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"

build=${PFRU_BUILD:-$top/build}
base=http://127.0.0.1:16992
bytes=8388608
turns=5
pids=()
tmp=

program()
{
	make -s --no-print-directory -C "$top/tests/sim/heci" O="$build/heci" \
		"$build/heci/heci-direct" &&
		make -s --no-print-directory -C "$top/cli" BUILD="$build" \
			"$build/bin/amt-lms" &&
		"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -fPIC \
			-shared -o "$build/mei-node.so" "$here/mei-node.c"
}

# a /dev with an engine's node and what programs want besides, and a loopback
furnish()
{
	local node

	mount -t tmpfs tmpfs "$tmp" && mkdir "$tmp/dev" || return
	for node in null zero random urandom; do
		: >"$tmp/dev/$node" && mount --bind "/dev/$node" "$tmp/dev/$node" ||
			return
	done
	: >"$tmp/dev/mei0"
	ln -s mei0 "$tmp/dev/mei"
	ln -s /proc/self/fd "$tmp/dev/fd"
	mount --rbind "$tmp/dev" /dev && ip link set lo up
}

# both processes, and one that does not end by itself
end()
{
	local tries

	[ ${#pids[@]} -gt 0 ] || return 0
	kill "${pids[@]}" 2>/dev/null
	for ((tries = 0; tries < 100; tries++)); do
		kill -0 "${pids[@]}" 2>/dev/null || break
		sleep 0.02
	done
	kill -KILL "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	pids=()
}

listens()
{
	[ -n "$(ss -Hltn 'sport = :16992')" ]
}

# begin WHO: an engine and the service; sets engine and service, their processes
begin()
{
	local tries

	rm -f "$tmp/socket"
	"$build/heci/heci-direct" "$tmp/socket" >"$tmp/engine.log" 2>&1 &
	engine=$!
	for ((tries = 0; tries < 500; tries++)); do
		[ ! -S "$tmp/socket" ] || break
		sleep 0.02
	done
	cd "$tmp/$1" || return
	env MEI_NODE_SOCKET="$tmp/socket" LD_PRELOAD="$build/mei-node.so" \
		"${command[@]}" >"$tmp/$1.log" 2>&1 &
	service=$!
	pids=("$engine" "$service")
	for ((tries = 0; tries < 1500; tries++)); do
		! listens || return 0
		sleep 0.02
	done
	say "$1 does not listen within 30 s:"
	cat "$tmp/$1.log" "$tmp/engine.log" >&2
	return 1
}

get()
{
	timeout 120 curl --silent --show-error --noproxy '*' "$@"
}

# nanoseconds on processors, of all threads
processor()
{
	cat "/proc/$1/task/"*/schedstat | awk '{ n += $1 } END { print n }'
}

# cost NAME UNIT VALUE: of the service that is measured, in this turn
cost()
{
	printf '%s\t%s\t%s\n' "$@" >>"$tmp/turn"
}

# took NAME COMMAND...: its time, and that of the service and of the stand-in
took()
{
	local name=$1 from cpu firmware

	shift
	from=${EPOCHREALTIME/[.,]/}
	cpu=$(processor "$service")
	firmware=$(processor "$engine")
	"$@" || return
	cost "$name" ms $((${EPOCHREALTIME/[.,]/} - from))000
	cost "$name: processor time of the service" ms \
		$(($(processor "$service") - cpu))
	cost "$name: processor time of the stand-in" ms \
		$(($(processor "$engine") - firmware))
}

sum_of()
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

down()
{
	get -o "$tmp/page" "$base/bulk/$bytes"
}

up()
{
	get -o "$tmp/answer" --data-binary "@$tmp/page" "$base/sink"
}

# is what came from AMT what the model says that it is?
came()
{
	[ "$(sum_of "$tmp/page")" = "$sum" ]
}

# and what went to AMT: as many bytes, and the same ones when they are sent back
went()
{
	[ "$(cat "$tmp/answer")" = "$bytes" ] &&
		get -o "$tmp/echo" --data-binary "@$tmp/page" "$base/echo" &&
		[ "$(sum_of "$tmp/echo")" = "$sum" ]
}

# measured WHO NAME TRANSFER JUDGE: what did not come whole is not measured
measured()
{
	: >"$tmp/turn"
	if took "$2" "$3" && "$4"; then
		cat "$tmp/turn" >>"$tmp/costs.$1"
		printf '%s: arrived whole, of %s\t\t1\n' "$2" $turns \
			>>"$tmp/costs.$1"
	else
		say "$1: $2: bytes were lost or damaged"
		printf '%s: arrived whole, of %s\t\t0\n' "$2" $turns \
			>>"$tmp/costs.$1"
		return 1
	fi
}

# turn WHO COMMAND...: one turn of a service, from its start to its end
turn()
{
	local who=$1 command status=0

	shift
	command=("$@")
	begin "$who" || { end; return 1; }
	measured "$who" "$bytes bytes from AMT" down came || status=1
	measured "$who" "$bytes bytes to AMT" up went || status=1
	end
	return $status
}

# medians WHO: of what it took in its turns, in the rows' first order; sums of counts
medians()
{
	awk -F '\t' -v OFS='\t' '
	!($1 in n) { name[++rows] = $1; unit[$1] = $2 }
	{ value[$1, ++n[$1]] = $3 }
	function median(key, i, j, v) {
		for (i = 2; i <= n[key]; i++)
			for (j = i; j > 1 && value[key, j] < value[key, j - 1]; j--) {
				v = value[key, j]
				value[key, j] = value[key, j - 1]
				value[key, j - 1] = v
			}
		return value[key, int((n[key] + 1) / 2)]
	}
	function sum(key, i, v) {
		for (i = 1; i <= n[key]; i++)
			v += value[key, i]
		return v
	}
	END {
		for (i = 1; i <= rows; i++) {
			v = sum(name[i])
			if (unit[name[i]] == "ms")
				v = sprintf("%.1f", median(name[i]) / 1e6)
			print name[i], unit[name[i]], v
		}
	}' "$tmp/costs.$1"
}

# varied WHO: transfers that took some turns three times as long as others
varied()
{
	awk -F '\t' -v who="$1" '
	$2 != "ms" || index($1, ": ") { next }
	!($1 in least) || $3 < least[$1] { least[$1] = $3 }
	$3 > most[$1] { most[$1] = $3 }
	END {
		for (name in least)
			if (most[name] > 3 * least[name])
				printf "%s: %s: from %.1f to %.1f ms\n", who, name,
					least[name] / 1e6, most[name] / 1e6
	}' "$tmp/costs.$1"
}

# the SHA-256 sum of a page of the model as its README describes it
page_sum()
{
	python3 -c '
import hashlib, sys
page = bytes((i ^ i >> 8 ^ i >> 16) & 255 for i in range(int(sys.argv[1])))
print(hashlib.sha256(page).hexdigest())' "$bytes"
}

prepare()
{
	tmp=$(mktemp -d /tmp/pfru-stand-in.XXXXXX) || exit
	trap 'cd /; end; umount -l "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	furnish || die "cannot make a /dev and a network of its own"
	mkdir "$tmp/amt-lms"
	sum=$(page_sum)
}

measure()
{
	local i bad=0 mesh=$build/bench-lms/meshcmd

	prepare
	cp -R "$mesh" "$tmp/microlms"
	for ((i = 1; i <= turns; i++)); do
		say "turn $i of $turns"
		turn amt-lms "$build/bin/amt-lms" || bad=1
		turn microlms ./meshagent_x86-64 meshcmd.js microlms --noconsole
	done
	[ $bad = 0 ] || die "amt-lms has failed, see above"
	{ varied microlms; varied amt-lms; } >"$1/varied"
	medians microlms >"$tmp/microlms.rows"
	medians amt-lms >"$tmp/amt-lms.rows"
	awk -F '\t' -v OFS='\t' '
		NR == FNR { theirs[$1] = $3; next }
		{ print $1, $2, ($1 in theirs) ? theirs[$1] : "-", $3 }' \
		"$tmp/microlms.rows" "$tmp/amt-lms.rows" >"$1/costs"
}

# shellcheck disable=SC2154 # tap_dir is that of tap.sh
check()
{
	bytes=70001 turns=1
	prepare
	# shellcheck source=SCRIPTDIR/../lib/tap.sh disable=SC1091
	. "$top/tests/lib/tap.sh"
	trap 'cd /; end; rm -rf "$tap_dir"; umount -l "$tmp"; rm -rf "$tmp"' EXIT
	ok_if "bytes pass whole, both ways" turn amt-lms "$build/bin/amt-lms"
	is "$(wc -l <"$tmp/costs.amt-lms")" 8 "each row is measured"
	is "$(cat "$tmp/engine.log")" "" "no rule of the model's protocol is broken"
	sum=${sum//[0-4]/5}
	: >"$tmp/costs.amt-lms"
	turn amt-lms "$build/bin/amt-lms" 2>"$tmp/said"
	is $? 1 "damaged bytes are noticed"
	is "$(cut -f 3 "$tmp/costs.amt-lms" | tr '\n' ' ')" "0 0 " "and not measured"
	done_testing
}

case ${1:-} in
--check)
	program || die "cannot build what is measured"
	exec unshare -rmn "$0" --check-inside ;;
--check-inside)
	check ;;
--inside)
	measure "${2:?}" ;;
*)
	out=${1:?usage: stand-in.sh --check | OUT}
	need curl curl
	need ss iproute2
	[ -r /proc/self/schedstat ] ||
		die "there is no /proc/self/schedstat; the kernel needs CONFIG_SCHED_INFO"
	mkdir -p "$out" "$build/bench-lms" || exit
	program || die "cannot build what is measured"
	rm -rf "$build/bench-lms/meshcmd"
	"$top/tests/vm/amt-programs.sh" --meshcmd "$build/bench-lms" || exit
	exec unshare -rmn "$0" --inside "$out" ;;
esac
