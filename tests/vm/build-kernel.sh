#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build-kernel.sh NAME SOURCE CONFIG: builds the kernel NAME of kernels.conf
# from Debian's package SOURCE with kernels/base.config and kernels/CONFIG, and
# kernels/NAME.patch where there is one. It prints the kernel's directory in the
# cache, laid out as kernel.sh has it. Once made, it is made again only when
# configuration, patch or source have changed. Lines "# slowness: N" and "# make:
# VARIABLE=VALUE" of CONFIG say how much longer than with Debian's kernel tests
# may take (8 without), and how make is called.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

recipe=1		# raise it when this script makes something else

tmp=
remove_at_exit

# source_version: of the package that is installed, else of the one to come
source_version()
{
	if [ -f "$installed" ]; then
		dpkg-query -W -f '${Version}\n' "$package" && return
	fi
	apt_lists "$package"
	apt_candidate "$package" | sed -n 's/^Version: //p'
}

# said WORD: what the configuration says behind "# WORD:"
said()
{
	sed -n "s/^# $1: *//p" "$here/kernels/$config"
}

# unpack_source: into $tmp/source
unpack_source()
{
	local tar

	tar=$(source_tarball "$package" "$tmp") || exit 1
	mkdir "$tmp/source"
	step "unpack $tar" tar -C "$tmp/source" --strip-components=1 -xf "$tar" \
		--exclude='*/Documentation/[[:lower:]]*' --exclude='drivers/gpu/*.h'
	rm -rf "${tmp:?}/usr"
	[ ${#patches[@]} -eq 0 ] ||
		step "patch the source" patch -d "$tmp/source" -p1 -i "${patches[0]}"
}

# configured: does the kernel have all that was asked for? One that does not
# would look for less than it says.
configured()
{
	local line want bad=0

	while read -r line; do
		case $line in
		CONFIG_*=n) want="# ${line%=n} is not set" ;;
		CONFIG_*)   want=$line ;;
		*)	    continue ;;
		esac
		grep -qxF "$want" "$tmp/out/.config" ||
			{ [ "${line%=n}" != "$line" ] &&
			  ! grep -q "^${line%=n}=" "$tmp/out/.config"; } ||
			{ say "$line is asked for, and not had"; bad=1; }
	done <"$tmp/fragment"
	[ "$bad" = 0 ] || die "the configuration does not fit this source"
}

build()
{
	cat "$here/kernels/base.config" "$here/kernels/$config" >"$tmp/fragment"
	step "configure the kernel" make -C "$tmp/source" O="$tmp/out" \
		KCONFIG_ALLCONFIG="$tmp/fragment" allnoconfig
	configured
	step "build the kernel" make -C "$tmp/source" O="$tmp/out" \
		-j "$(nproc)" "${variables[@]}" bzImage modules
	step "install the modules" make -C "$tmp/source" O="$tmp/out" \
		"${variables[@]}" INSTALL_MOD_PATH="$tmp/new/root" modules_install
}

# keep_headers: what modules are built with, of source and objects, goes to the
# places it will have in the cache
keep_headers()
{
	local from=$tmp/source to=$tmp/new/source f

	mkdir -p "$to/arch" "$tmp/new/out/arch/x86" "$tmp/new/out/tools"
	for f in Makefile Kbuild scripts include arch/x86; do
		mv "$from/$f" "$to/$f"
	done
	find "$to" -name '*.[cS]' ! -path '*/scripts/*' -delete
	from=$tmp/out to=$tmp/new/out
	for f in .config Module.symvers scripts include arch/x86/include; do
		mv "$from/$f" "$to/$f"
	done
	if [ -f "$from/tools/objtool/objtool" ]; then
		mkdir -p "$to/tools/objtool"
		mv "$from/tools/objtool/objtool" "$to/tools/objtool/"
	fi
	find "$to" \( -name '*.o' -o -name '.*.cmd' \) -delete
	printf 'include %s/source/Makefile\n' "$dir" >"$to/Makefile"
	ln -sfn ../source "$to/source"
}

# finish: lay out $tmp/new as kernel.sh's callers know it
finish()
{
	local ver slower new=$tmp/new

	ver=$(cat "$tmp/out/include/config/kernel.release")
	rm -f "$new/root/lib/modules/$ver"/{build,source}
	cp "$tmp/out/arch/x86/boot/bzImage" "$new/vmlinuz"
	strip -o "$new/vmlinux" "$tmp/out/vmlinux"
	cp "$tmp/out/.config" "$new/config"
	cp "$tmp/out/System.map" "$new/"
	keep_headers
	ln -s "root/lib/modules/$ver" "$new/modules"
	ln -s out "$new/build"
	slower=$(said slowness)
	echo "${slower:-8}" >"$new/slowness"
	printf '%s\n' "$ver" >"$new/version"
	chmod 755 "$new"
}

[ $# -eq 3 ] || die "usage: build-kernel.sh NAME SOURCE CONFIG"
name=$1 package=$2 config=$3
patches=()
read -r -a variables < <(said make) || :
[ ! -f "$here/kernels/$name.patch" ] || patches=("$here/kernels/$name.patch")
installed=/usr/src/$package.tar.xz
store=$(pfru_cache "kernels/$name")
from=$(source_version)
[ -n "$from" ] || die "apt offers no $package, from which the kernel is built"
id=$(cat "$here/kernels/base.config" "$here/kernels/$config" "${patches[@]}" \
	- <<<"$from $recipe" | sha256sum | head -c 12)
dir=$store/$id
# not even a wait for the one that builds another
if [ ! -f "$dir/version" ]; then
	exec 9>"$store/.lock"
	lock_fd 9 "$store"
fi
if [ -f "$dir/version" ]; then
	printf '%s\n' "$dir"
	exit
fi
case $store in
*[[:space:]]*) die "a kernel cannot be built at a path with spaces: $store; set XDG_CACHE_HOME" ;;
esac
need gcc gcc
need make make
need flex flex
need bison bison
need bc bc
need patch patch
[ -f /usr/include/gelf.h ] || die "gelf.h is missing; install libelf-dev"

tmp=$(mktemp -d "$store/.new.XXXXXX")
say "building the kernel '$name' from $package $from; this takes a quarter of an hour"
start=$SECONDS
unpack_source
mkdir "$tmp/new" "$tmp/out"
build
finish
rm -rf "$dir"
mv -T "$tmp/new" "$dir"
# what older recipes made, and what a build that was cut off left
find "$store" -mindepth 1 -maxdepth 1 -type d ! -name "$id" -mtime +2 \
	-exec rm -rf {} +
say "built in $((SECONDS - start)) s"
printf '%s\n' "$dir"
