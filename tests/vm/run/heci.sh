# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# The HECI model beside a guest, and the script that runs there, too: to be sourced by
# run.sh.

# start_heci: the HECI model, what QEMU needs to know of it (in heci_qemu), and
# the scenario's script on this side. The guest reaches the knobs through a
# virtio port that QEMU connects to the model's control socket.
start_heci()
{
	local left=50 knob knobs=()

	while read -r knob; do
		[ -z "$knob" ] || knobs+=(--do "$knob")
	done <<<"$heci_do"
	# a short path: that of a socket has 107 bytes at most
	heci_dir=$(mktemp -d /tmp/pfru-heci.XXXXXX)
	# shellcheck disable=SC2086 # words
	"$stage/heci-sim" --socket "$heci_dir/vfio" \
		--control "$heci_dir/control" --log "$out/heci.log" $heci_args \
		"${knobs[@]}" 2>"$out/heci.err" &
	heci_pid=$!
	children+=("$heci_pid")
	until [ -S "$heci_dir/control" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return
		sleep 0.1
	done
	mkfifo "$heci_dir/monitor.in" "$heci_dir/monitor.out"
	export PFRU_QEMU=$top/tests/sim/heci/qemu.sh
	heci_qemu=()
	set -- -object "memory-backend-memfd,id=ram,size=${memory}M,share=on" \
		-machine memory-backend=ram -device virtio-serial-pci \
		-chardev "socket,id=heci,path=$heci_dir/control" \
		-device virtserialport,chardev=heci,name=heci \
		-chardev "pipe,id=monitor,path=$heci_dir/monitor" \
		-mon chardev=monitor,mode=readline \
		-device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$heci_dir/vfio"'"}}'
	if [ "$heci_second" = yes ]; then
		start_second || return
		set -- "$@" -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$heci_dir/second"'"}}'
	fi
	while [ $# -gt 0 ]; do
		heci_qemu+=(--qemu-arg "$1")
		shift
	done
	[ -z "$host" ] || start_host
}

# start_second: another HECI device, whose knobs nothing reaches
start_second()
{
	local left=50

	# shellcheck disable=SC2086 # words
	"$stage/heci-sim" --socket "$heci_dir/second" --log "$out/heci-second.log" \
		$heci_args 2>>"$out/heci.err" &
	second_pid=$!
	children+=("$second_pid")
	until [ -S "$heci_dir/second" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return
		sleep 0.1
	done
}

# start_host: the script beside the guest; its checks are judged like a test's
start_host()
{
	local limit=$((timeout * slowness))

	(
		printf 'pfru-vm test host-%s\n' "$host"
		begin=$SECONDS
		HECI_SIM=$stage/heci-sim HECI_DIR=$heci_dir HECI_LOG=$out/heci.log \
			HECI_OUT=$out timeout "$limit" bash "$here/host/$host.sh" 2>"$out/host.log"
		printf 'pfru-vm end host-%s exit %s %s %s\n' "$host" $? \
			$((SECONDS - begin)) "$limit"
	) >"$out/host.tap" </dev/null &
	host_pid=$!
	children+=("$host_pid")
}

# end_heci: the guest has ended; says what is to be said of the model
end_heci()
{
	local status=0

	heci_violations=$("$stage/heci-sim" ctl "$heci_dir/control" state \
		violations 2>&1)
	touch "$heci_dir/over"
	[ -z "$host" ] || wait "$host_pid"
	kill "$heci_pid" 2>/dev/null
	wait "$heci_pid" || status=$?
	[ "$heci_second" != yes ] || {
		kill "$second_pid" 2>/dev/null
		wait "$second_pid" || status=$?
	}
	heci_end="status $status$(head -n 5 "$out/heci.err")"
	rm -rf "$heci_dir"
}
