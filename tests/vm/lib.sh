# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the host-side scripts of this directory share: messages, the cache,
# retries and temporary directories. To be sourced; does nothing by itself.

pfru_me=${0##*/}

say()
{
	printf '%s: %s\n' "$pfru_me" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# remove_at_exit: the directory $tmp, when the script has made it, goes when the
# script ends, by a signal too
remove_at_exit()
{
	# shellcheck disable=SC2154 # the script's
	trap '[ -z "${tmp:-}" ] || rm -rf "$tmp"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# step WHAT CMD...: quiet unless it fails; what CMD prints is in $store/build.log
step()
{
	local what=$1

	shift
	# shellcheck disable=SC2154 # the script's
	"$@" >"$store/build.log" 2>&1 </dev/null && return
	tail -n 40 "$store/build.log" >&2
	die "cannot $what; the whole story is in $store/build.log"
}

# pfru_cache [SUBDIR]: the cache directory, made when missing
pfru_cache()
{
	local dir=${XDG_CACHE_HOME:-$HOME/.cache}/pfru${1:+/$1}

	mkdir -p "$dir" || die "cannot make the cache directory $dir; set XDG_CACHE_HOME to a writable place"
	printf '%s\n' "$dir"
}

# need PROGRAM PACKAGE: says which Debian package is missing
need()
{
	command -v "$1" >/dev/null 2>&1 ||
		die "program $1 is missing; install it (Debian: apt-get install $2)"
}

# retry TIMES CMD...: run again, after a growing pause, until it works
retry()
{
	local left=$1 pause=2

	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		say "failed, trying again in $pause s: $*"
		sleep "$pause"
		pause=$((pause * 2))
	done
}

# lock_fd FD WHAT: wait for the exclusive lock of an open descriptor
lock_fd()
{
	flock -n "$1" && return
	say "waiting for another run that holds $2"
	flock "$1" || die "cannot lock $2"
}

# apt_fetch DIR PACKAGE...: download Debian packages into DIR, install nothing
apt_fetch()
{
	local dir=$1

	shift
	# the warning about the _apt user says only that root does the download
	(cd "$dir" && timeout 900 apt-get download -q "$@" 2> >(
		grep -v 'Download is performed unsandboxed' >&2) >&2)
}

# apt_own DIR ARGUMENT...: apt-get with lists and a cache of its own in DIR, for what
# the machine's own sources or architecture do not have
apt_own()
{
	local dir=$1

	shift
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	timeout 600 apt-get -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" \
		-o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
		-o Acquire::Languages=none "$@"
}

# apt_candidate PACKAGE: the fields of the version apt would install
apt_candidate()
{
	apt-cache show --no-all-versions "$1" 2>/dev/null
}

# apt_lists PACKAGE: make sure that apt knows the package
apt_lists()
{
	apt_candidate "$1" | grep . >/dev/null && return
	[ "$(id -u)" = 0 ] ||
		die "apt knows no package $1; run 'apt-get update' as root and try again"
	say "apt knows no package $1 yet: running apt-get update"
	retry 3 timeout 600 apt-get update -q >&2
	apt_candidate "$1" | grep . >/dev/null ||
		die "apt knows no package $1 even after apt-get update; check the machine's apt sources"
}

# source_tarball PACKAGE DIR: the tarball of a linux-source package that is installed,
# else of one that is downloaded into DIR
source_tarball()
{
	local tar=/usr/src/$1.tar.xz

	if [ ! -f "$tar" ]; then
		apt_lists "$1"
		say "downloading $1"
		retry 3 apt_fetch "$2" "$1" ||
			die "cannot download $1; install it or check the network"
		dpkg-deb --fsys-tarfile "$2/$1"_*.deb |
			tar -C "$2" -x "./usr/src/$1.tar.xz"
		rm "$2/$1"_*.deb
		tar=$2/usr/src/$1.tar.xz
	fi
	printf '%s\n' "$tar"
}

# mirror: where this machine's apt gets Debian from
mirror()
{
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		grep '/debian/*$' | sed -n 1p
}

# apt_sources RELEASE: lines of sources.list for it: the host's own where it has
# them, else of its mirror
apt_sources()
{
	local own uri

	# shellcheck disable=SC2016 # apt's own variables
	own=$(apt-get indextargets --format \
		'$(ORIGIN) $(CODENAME) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
		sed -n "s/^Debian $1\(-updates\|-security\)\{0,1\} deb/deb/p")
	if [ -n "$own" ]; then
		printf '%s\n' "$own" | sort -u
		return
	fi
	uri=$(mirror)
	[ -z "$uri" ] || echo "deb $uri $1 main"
}

# apt_proxies: the host's, as apt's options; apt in a tree has no other
apt_proxies()
{
	apt-config dump Acquire | grep -E '^Acquire::https?::Proxy(::[^ ]*)? "..*";' || :
}

# module_files MODULES NAME: the path below the directory MODULES of a kernel's
# module and of all it depends on, one a line; nothing for a built-in one
module_files()
{
	local want=${2//-/_}

	awk -v want="$want" '
	function base(path) {
		sub(/.*\//, "", path)
		sub(/\.ko(\.[a-z]+)?:?$/, "", path)
		gsub(/-/, "_", path)
		return path
	}
	FILENAME ~ /builtin$/ {
		if (base($1) == want)
			found = 1
		next
	}
	base($1) == want {
		found = 1
		for (i = 1; i <= NF; i++) {
			sub(/:$/, "", $i)
			print $i
		}
	}
	END { exit !found }' "$1/modules.builtin" "$1/modules.dep"
}

# tree_releases CONF: the releases of trees.conf that have a compiler, one a line
tree_releases()
{
	awk '{ sub(/#.*/, "") } NF && $1 !~ /-fresh$/ { print $1 }' "$1"
}
