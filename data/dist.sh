#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dist.sh OUT.tar.gz: the source of a release, the same bytes from the same
# files. Those that git knows; without git, all but what was built.

set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
out=$(realpath -m "${1:?usage: dist.sh OUT.tar.gz}")
cd "$top"
version=$(cat VERSION)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

files()
{
	if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . \( -path ./build -o -name __pycache__ \) -prune -o \
			\( -type f -o -type l \) \
			! -name '*.o' ! -name '*.ko' ! -name '*.mod' \
			! -name '*.mod.c' ! -name '.*.cmd' \
			! -name modules.order ! -name Module.symvers -print0
	fi
}

files | LC_ALL=C sort -z |
	tar -c --no-recursion --null -T - | tar -C "$work" -x --no-same-owner
sed "s/@VERSION@/$version/" rpm/pfru.spec.in >"$work/rpm/pfru.spec"
chmod -R u=rwX,go=rX "$work"
when=$(sed -n 's/^ -- .*>  //p' debian/changelog | sed -n 1p)
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner \
	--mtime="$when" --transform="s,^\.,pfru-$version,S" --exclude-vcs \
	-c . | gzip -9n >"$out.new"
mv "$out.new" "$out"
