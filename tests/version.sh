#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# version.sh [DIR]: is the tree, or the one in DIR, of one version? The file VERSION has
# it; whatever cannot be made from that has to say the same, and the same date.

set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
export LC_ALL=C
bad=0

# same WHAT FOUND EXPECTED
same()
{
	[ "$2" = "$3" ] && return
	echo "$1 has '$2', expected '$3'; change the one that is wrong"
	bad=1
}

version=$(cat VERSION)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || same VERSION "$version" MAJOR.MINOR.PATCH
debian=$(sed -n '1s/^pfru (\([^)]*\)) .*/\1/p' debian/changelog)
when=$(sed -n 's/^ -- .*>  //p' debian/changelog | sed -n 1p)
released=$(date -u +%F -d "$when")
# what is collected for the next release stands above it
news=$(sed -n 's/^## \([0-9].*\)/\1/p' NEWS.md | sed -n 1p)
same "debian/changelog" "${debian%%[-~+]*}" "$version"
same "NEWS.md" "$news" "$version - $released"
same "fleet/galaxy.yml" "$(sed -n 's/^version: //p' fleet/galaxy.yml)" "$version"
same "rpm/pfru.spec.in" "$(sed -n 's/^Version:[[:space:]]*//p' rpm/pfru.spec.in)" @VERSION@
same "dkms.conf" "$(sed -n 's/^PACKAGE_VERSION=//p' dkms.conf)" '"#MODULE_VERSION#"'
exit "$bad"
