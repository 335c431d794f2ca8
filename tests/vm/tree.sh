#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tree.sh RELEASE: makes a tree of a Debian release in the cache when it is
# not there, and prints its directory. It has the release's compiler, kernel
# headers, dkms and what pfru's packages are built with; RELEASE-fresh has none
# of them, only what its line of trees.conf names. Nobody writes into it: who
# wants to change something enters it by enter.sh.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

recipe=1		# raise it when make_tree makes something else
base=build-essential,debhelper,dkms,fakeroot,libcurl4-openssl-dev,libjson-c-dev
base=$base,libkmod-dev,libssl-dev,libsystemd-dev,libxml2-dev,openssl,pkg-config,scdoc

tmp=
remove_at_exit

# lookup RELEASE: sets release, packages and kept
lookup()
{
	while read -r release packages kept; do
		[ "$release" = "$1" ] && return
	done < <(sed 's/#.*//' "$here/trees.conf")
	die "no tree of '$1'; known: $(sed 's/#.*//' "$here/trees.conf" | awk 'NF { printf "%s ", $1 }')"
}

# keep.sh NAMES [OPTION...]: what runs in the tree to download them
keep_script()
{
	cat <<-'END'
	set -e
	names=
	for p in $(echo "$1" | tr , ' '); do
		case $p in
		*'*'*)	p=$(apt-cache search --names-only "^$p\$" |
				cut -d ' ' -f 1 | sort -V | tail -n 1)
			[ -n "$p" ] || { echo "no package for one of: $1"; exit 1; } ;;
		esac
		names="$names $p"
	done
	shift
	apt-get clean
	apt-get -qq -y "$@" --download-only install $names
	END
}

# make_tree DIR
make_tree()
{
	local main=${release%-*} target=() headers=()

	apt_sources "$main" >"$tmp/sources.list"
	case $release in
	*-backports)
		# else the newest of all suites, security updates among them
		target=(-t "$release")
		apt_sources "$release" >>"$tmp/sources.list" ;;
	*-fresh)
		# what a person's apt would install
		target=(-o APT::Install-Recommends=1) ;;
	esac
	# shellcheck disable=SC2016 # for the hook's own shell
	[ -z "$base" ] ||
		headers=(--customize-hook='chroot "$1" apt-get -qq -y '"${target[*]}"' install linux-headers-amd64')
	apt_proxies >"$tmp/proxies"
	keep_script >"$tmp/keep.sh"
	rm -rf "$1"
	# shellcheck disable=SC2016 # for the hooks' own shell
	timeout 1500 mmdebstrap --quiet --variant=apt --skip=cleanup/apt \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt="$tmp/proxies" \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--include="${base:+$base,}$packages" "${headers[@]}" \
		--customize-hook='chroot "$1" sh -s '"'$kept' ${target[*]} <$tmp/keep.sh" \
		"$main" "$1" "$tmp/sources.list" >&2
}

lookup "${1:?usage: tree.sh RELEASE}"
case $release in
*-fresh) base= ;;
esac
store=$(pfru_cache trees)
key=$(printf '%s\n' "$release $base $packages $kept $recipe" | sha256sum | cut -c 1-12)
tree=$store/$release-$key
exec 9>"$store/.$release.lock"
lock_fd 9 "$store"
if [ ! -d "$tree" ]; then
	[ "$(id -u)" = 0 ] || die "making a tree of Debian $release needs root"
	need mmdebstrap mmdebstrap
	apt_sources "${release%-fresh}" | grep . >/dev/null ||
		die "cannot tell where apt gets Debian from: 'apt-get indextargets' names neither $release nor a repository that ends in /debian"
	say "making a tree of Debian $release${base:+ with compiler, kernel headers and dkms}; this takes two minutes or so"
	tmp=$(mktemp -d "$store/.new.XXXXXX")
	retry 3 make_tree "$tmp/tree" ||
		die "cannot make a tree of Debian $release; mmdebstrap says why above"
	chmod 755 "$tmp/tree"
	for old in "$store/$release"-????????????; do
		[ ! -d "$old" ] || rm -rf --one-file-system "$old"
	done
	mv -T "$tmp/tree" "$tree"
fi
printf '%s\n' "$tree"
