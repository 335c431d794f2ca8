#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prometheus.sh PROGRAM...: runs it where promtool, promtool-trixie, which is that of
# Debian 13, and prometheus-node-exporter are found. Where they are not installed they
# are taken out of Debian's packages, into the cache: installing these would start two
# services of the machine.

set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"

tmp=
remove_at_exit

# promtool is part of another package in Debian 12
download()
{
	apt-get -q download prometheus-node-exporter &&
		{ apt-get -q download promtool || apt-get -q download prometheus; }
}

own_release()
{
	download || { apt-get -q update && download; }
}

trixie()
{
	local options=(-o "Dir::Etc::sourcelist=$tmp/sources.list"
		-o Dir::Etc::sourceparts=-)

	apt_sources trixie >"$tmp/sources.list"
	apt_own "$tmp/apt" "${options[@]}" -q update &&
		apt_own "$tmp/apt" "${options[@]}" -q download promtool
}

# take_out DIRECTORY GET FILE NAME...: files out of the packages that GET downloads, by
# another name into the directory
take_out()
{
	local directory=$1 get=$2 package

	shift 2
	tmp=$(mktemp -d "$directory/tmp.XXXXXX")
	(cd "$tmp" && "$get" &&
		for package in *.deb; do
			dpkg-deb -x "$package" .
		done) >&2
	while [ $# -gt 0 ]; do
		mv "$tmp/usr/bin/$1" "$directory/$2"
		shift 2
	done
	rm -rf "$tmp"
}

cache=$(pfru_cache prometheus)
type promtool prometheus-node-exporter >/dev/null 2>&1 ||
	[ -x "$cache/prometheus-node-exporter" ] ||
	take_out "$cache" own_release promtool promtool \
		prometheus-node-exporter prometheus-node-exporter
[ -x "$cache/promtool-trixie" ] || take_out "$cache" trixie promtool promtool-trixie
PATH=$PATH:$cache
exec "$@"
