#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [--tree RELEASE] [PYTEST-ARGUMENT...]: rollouts with the Ansible collection of
# fleet/, by this system's Ansible or that of a tree of tests/vm/tree.sh. Ends with
# "N passed, N failed"; with arguments runs pytest with these, as for one test.
# FLEET_SIZE: machines of the largest fleet, 50.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES

# inside the namespaces: only the loopback, nothing of the host's is written
if [ "${1:-}" = --inside ]; then
	shift
	ip link set lo up
	mount -t tmpfs fleet /run && mkdir -m 755 /run/sshd
	mount -t tmpfs fleet /var/log
	# whatever root's password is, and whatever its shell would run first
	mkdir -m 700 /run/root
	sed 's/^root:[^:]*/root:*/' /etc/shadow >/run/shadow
	sed 's,^\(root:.*:\)[^:]*:[^:]*$,\1/run/root:/bin/sh,' /etc/passwd >/run/passwd
	mount --bind /run/shadow /etc/shadow
	mount --bind /run/passwd /etc/passwd
	exec "$top/tests/lib/pytest.sh" "$here" "$@"
fi

[ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null ||
	exec sudo -n env "BUILD=${BUILD:-$top/build}" "FLEET_SIZE=${FLEET_SIZE:-}" \
		"$here/run.sh" "$@"
[ "$(id -u)" = 0 ] || {
	echo "not ok - network namespaces with sshd need root"
	echo "0 passed, 1 failed"
	exit 1
}
tree=
if [ "${1:-}" = --tree ]; then
	tree=$("$top/tests/vm/tree.sh" "$2") || exit 1
	shift 2
fi
build=${BUILD:-$top/build}
export FLEET_WORK=$build/fleet${tree:+-tree}
export FLEET_PFRUCTL=$FLEET_WORK/pfructl

# the program with the simulated device, capsules, and the collection as it is shipped
make_inputs()
{
	local flags

	rm -rf "$FLEET_WORK"
	mkdir -p "$FLEET_WORK/capsules" "$FLEET_WORK/collections"
	make -s -C "$top/cli" BUILD="$build" objects &&
	flags=$(make -s -C "$top/cli" BUILD="$build" link-flags) || return 1
	# shellcheck disable=SC2046,SC2086
	(cd "$top" && "${CC:-cc}" -std=gnu11 -g -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-I. -Iinclude/uapi -fPIC -o "$FLEET_PFRUCTL" tests/unit/cli/fakedev.c \
		$(grep -o '__wrap_[a-z0-9_]*' tests/unit/cli/fakedev.c | sort -u |
			sed 's/__wrap_/-Wl,--wrap=/') $flags) &&
	python3 "$top/tests/corpus/make-signed.py" "$FLEET_WORK/capsules" &&
	ansible-galaxy collection build -v "$top/fleet" --output-path "$FLEET_WORK" &&
	HOME=$FLEET_WORK ansible-galaxy collection install --offline \
		-p "$FLEET_WORK/collections" "$FLEET_WORK"/pfru-platform-*.tar.gz
}

if ! said=$(make_inputs 2>&1); then
	printf '%s\n' "$said" | sed 's/^/# /'
	echo "not ok - the program and the collection are built"
	echo "0 passed, 1 failed"
	exit 1
fi

# machines and a network of its own
if [ -n "$tree" ]; then
	# /tmp is another one in there, and the checkout may be below it
	apart=("$top/tests/vm/enter.sh" "$tree" -b "$top:/pfru" -b "$FLEET_WORK:/fleet"
		env FLEET_WORK=/fleet FLEET_PFRUCTL=/fleet/pfructl
		FLEET_SIZE="${FLEET_SIZE:-6}" /pfru/tests/fleet/run.sh --inside)
else
	# nothing but SIGKILL ends unshare
	apart=(timeout --foreground --kill-after=2 7200
		unshare --mount --net --pid --fork --kill-child --mount-proc
		"$here/run.sh" --inside)
fi
# what people want to see of one test
[ $# -eq 0 ] || exec "${apart[@]}" "$@"

# or TAP and its judge: several, each of which takes the next test that no other has
# taken, since a rollout waits for its machines
mkdir "$FLEET_WORK/claims" || exit 1
# shellcheck source=SCRIPTDIR/../sum.sh disable=SC1091
. "$top/tests/sum.sh"
for worker in 1 2 3 4; do
	beside "rollouts, worker $worker" "$top/tests/lib/judge.pl" "${apart[@]}" --tap
done
for worker in 1 2 3 4; do
	part "rollouts, worker $worker"
done
total
