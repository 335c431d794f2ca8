#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# enter.sh TREE [-b DIR:PLACE]... CMD...: runs CMD as root in a tree of
# tree.sh, as if it were a machine of that release. What it writes goes into
# memory, and is gone with it; DIR is seen in the tree at PLACE, and is
# written to. No network but the loopback.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

# inside the namespaces: mounts, and hands over
if [ "${1:-}" = --inside ]; then
	tree=$2 work=$3
	shift 3
	mount --make-rprivate /
	mount -t tmpfs pfru-enter "$work"
	mkdir "$work"/{up,work,root}
	if ! mount -t overlay pfru-enter -o "lowerdir=$tree,upperdir=$work/up,workdir=$work/work" \
		"$work/root" 2>/dev/null; then
		# no overlay on this file system: a copy
		cp -a "$tree/." "$work/root/"
	fi
	root=$work/root
	while [ "${1:-}" = -b ]; do
		mkdir -p "$root${2##*:}"
		mount --bind "${2%:*}" "$root${2##*:}"
		shift 2
	done
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=1777 pfru-enter "$root/tmp"
	for f in null zero full random urandom tty; do
		[ -e "$root/dev/$f" ] || : >"$root/dev/$f"
		mount --bind "/dev/$f" "$root/dev/$f"
	done
	ln -sfn /proc/self/fd "$root/dev/fd"
	# no service is started in a tree
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	ip link set lo up 2>/dev/null || :
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp \
		chroot "$root" "$@"
fi

tree=${1:?usage: enter.sh TREE [-b DIR:PLACE]... CMD...}
shift
[ -d "$tree/usr" ] || die "'$tree' is not a tree of tree.sh"
[ "$(id -u)" = 0 ] || die "entering a tree needs root"
rc=0
work=$(mktemp -d /tmp/pfru-tree.XXXXXX)
trap 'rmdir "$work" 2>/dev/null || :' EXIT
unshare --mount --pid --fork --kill-child --net --ipc -- \
	"$0" --inside "$tree" "$work" "$@" <&0 &
child=$!
# unshare ignores all but this one while it waits
trap 'kill -KILL "$child" 2>/dev/null; wait; exit 143' INT TERM
wait "$child" || rc=$?
exit "$rc"
