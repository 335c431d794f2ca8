#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# amt-programs.sh [--meshcmd] OUT: puts independent AMT programs into the directory OUT,
# kept in the cache: the kernel's own mei-amt-version, built from linux-source,
# and, with --meshcmd, MeshCmd of the npm package meshcentral with the
# libraries it needs. They are nobody's but their authors': none of it is a
# part of this project.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

meshcmd=no
[ "${1:-}" != --meshcmd ] || { meshcmd=yes; shift; }
out=${1:?usage: amt-programs.sh [--meshcmd] OUT}
series=6.1
package=meshcentral@1.1.55
agent=meshagent_x86-64
tmp=
remove_at_exit

# keep NAME: the directory $tmp/new is whole; it goes into the cache
keep()
{
	rm -rf "${store:?}/$1"
	mv -T "$tmp/new" "$store/$1.new"
	mv -T "$store/$1.new" "$store/$1"
	rm -rf "$tmp"
	tmp=
}

amt_version()
{
	local tar
	local dir=linux-source-$series/samples/mei

	need gcc gcc
	say "building the kernel's mei-amt-version"
	tmp=$(mktemp -d /tmp/pfru-amt.XXXXXX)
	mkdir "$tmp/new"
	tar=$(source_tarball "linux-source-$series" "$tmp")
	tar -C "$tmp" -xf "$tar" "$dir"
	gcc -O1 -static -o "$tmp/new/mei-amt-version" \
		"$tmp/$dir/mei-amt-version.c"
	keep "$series"
}

pack()
{
	(cd "$tmp" && timeout 900 npm pack --silent "$package" >&2)
}

# MeshCmd is the agent, a script and modules, in one directory; the agent is
# not static, and the guests have no libraries
meshcmd_files()
{
	local lib

	need npm npm
	need ldd libc-bin
	say "getting MeshCmd out of the npm package $package (130 MB)"
	tmp=$(mktemp -d /tmp/pfru-amt.XXXXXX)
	mkdir -p "$tmp/new/lib"
	retry 3 pack ||
		die "cannot get the npm package $package; check npm and the network"
	tar -C "$tmp" -xzf "$tmp"/meshcentral-*.tgz "package/agents/$agent" \
		package/agents/meshcmd.js package/agents/modules_meshcmd
	cp "$tmp/package/agents/$agent" "$tmp/package/agents/meshcmd.js" \
		"$tmp"/package/agents/modules_meshcmd/*.js "$tmp/new/"
	chmod 755 "$tmp/new/$agent"
	ldd "$tmp/new/$agent" | sed -n 's,.*=> \(/[^ ]*\) (.*,\1,p; s,^[[:space:]]*\(/[^ ]*\) (.*,\1,p' |
	while read -r lib; do
		cp -L "$lib" "$tmp/new/lib/"
	done
	keep meshcmd
}

store=$(pfru_cache amt-programs)
exec 9>"$store/.lock"
lock_fd 9 "$store"
[ -x "$store/$series/mei-amt-version" ] || amt_version
[ $meshcmd = no ] || [ -d "$store/meshcmd" ] || meshcmd_files
exec 9>&-
cp "$store/$series/"* "$out/"
[ $meshcmd = no ] || cp -R "$store/meshcmd" "$out/"
