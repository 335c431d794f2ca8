#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prometheus.sh PROGRAM...: runs it where promtool and prometheus-node-exporter are
# found. Where they are not installed they are taken out of Debian's packages, into
# the cache: installing these would start two services of the machine.

set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"

# promtool is part of another package in Debian 12
download()
{
	apt-get -q download prometheus-node-exporter &&
		{ apt-get -q download promtool || apt-get -q download prometheus; }
}

# take_out DIRECTORY: the two programs, out of their packages
take_out()
{
	local package tmp

	tmp=$(mktemp -d "$1/tmp.XXXXXX")
	(cd "$tmp" && { download || { apt-get -q update && download; }; } &&
		for package in *.deb; do
			dpkg-deb -x "$package" .
		done) >&2
	mv "$tmp/usr/bin/promtool" "$tmp/usr/bin/prometheus-node-exporter" "$1/"
	rm -rf "$tmp"
}

if ! type promtool prometheus-node-exporter >/dev/null 2>&1; then
	cache=$(pfru_cache prometheus)
	[ -x "$cache/prometheus-node-exporter" ] || take_out "$cache"
	PATH=$PATH:$cache
fi
exec "$@"
