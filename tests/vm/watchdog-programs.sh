#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# watchdog-programs.sh OUT: puts programs that drive a watchdog into the
# directory OUT, kept in the cache: the daemon of Debian's package watchdog, and
# the kernel's own watchdog-test, built from linux-source. They are nobody's
# but their authors': none of it is a part of this project.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

out=${1:?usage: watchdog-programs.sh OUT}
series=6.1
tmp=
remove_at_exit

daemon()
{
	apt_lists watchdog
	retry 3 apt_fetch "$tmp" watchdog ||
		die "cannot download Debian's package watchdog; check the network"
	dpkg-deb --fsys-tarfile "$tmp"/watchdog_*.deb |
		tar -C "$tmp" -x ./usr/sbin/watchdog
	cp "$tmp/usr/sbin/watchdog" "$tmp/new/watchdog-daemon"
}

kernel_test()
{
	local tar
	local dir=linux-source-$series/tools/testing/selftests/watchdog

	tar=$(source_tarball "linux-source-$series" "$tmp")
	tar -C "$tmp" -xf "$tar" "$dir"
	gcc -O1 -static -o "$tmp/new/watchdog-test" "$tmp/$dir/watchdog-test.c"
}

store=$(pfru_cache watchdog-programs)
exec 9>"$store/.lock"
lock_fd 9 "$store"
if [ ! -x "$store/$series/watchdog-test" ]; then
	need gcc gcc
	tmp=$(mktemp -d /tmp/pfru-watchdog.XXXXXX)
	mkdir "$tmp/new"
	say "getting Debian's watchdog daemon and the kernel's watchdog-test"
	daemon
	kernel_test
	rm -rf "${store:?}/$series"
	mv -T "$tmp/new" "$store/$series.new"
	mv -T "$store/$series.new" "$store/$series"
fi
exec 9>&-
cp "$store/$series/"* "$out/"
