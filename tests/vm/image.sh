#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# image.sh NAME [-o DISK -k KERNEL [options]]: a user space of images.conf, or
# of the archive NAME when that is a path.
# Makes its tree in the cache when it is not there, and prints the archive of
# it. With -o, writes a disk (ext4, without a partition table) of that tree,
# which needs neither root nor mounts. KERNEL is a directory of kernel.sh.
#   -m NAME   a module of the kernel to carry, with what it depends on
#   -e UNIT   a unit of systemd to enable; may be repeated
#   -t TREE   a directory to lay on top, owned by root; may be repeated
# Modules that a TREE brings are indexed too, and what they depend on carried.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

label=pfru-root		# image/init looks for it
recipe=1		# raise it when make_tree makes something else
# what systemd starts that no test looks at, and that costs seconds without KVM
masked="getty.target serial-getty@ttyS0.service apt-daily.timer
	apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-update-utmp.service
	systemd-update-utmp-runlevel.service systemd-pstore.service
	systemd-random-seed.service systemd-tmpfiles-clean.timer
	systemd-machine-id-commit.service"
# what systemd loads by itself, and pfructl looks at
own_modules="autofs4 efivarfs"

tmp=
remove_at_exit

# lookup NAME: sets release and packages
lookup()
{
	local n

	while read -r n release packages; do
		[ "$n" = "$1" ] && return
	done < <(sed 's/#.*//' "$here/images.conf")
	die "no image named '$1'; known: $(sed 's/#.*//' "$here/images.conf" | awk 'NF { printf "%s ", $1 }')"
}

# make_tree ARCHIVE: the tree as apt and dpkg leave it, without a word of where
# the packages came from
make_tree()
{
	apt_sources "$release" >"$tmp/sources.list"
	apt_proxies >"$tmp/proxies"
	# shellcheck disable=SC2016 # for the hook's own shell
	timeout 900 mmdebstrap --quiet --variant=minbase --include="$packages" \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt="$tmp/proxies" --format=tar \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--customize-hook='cd "$1" && rm -rf etc/apt/sources.list \
			etc/apt/sources.list.d/* etc/apt/apt.conf.d/99mmdebstrap \
			etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/hostname \
			etc/resolv.conf etc/*- var/log/apt/* \
			var/log/dpkg.log var/log/bootstrap.log' \
		--customize-hook='echo pfru >"$1/etc/hostname"' \
		"$release" "$1" "$tmp/sources.list" >&2
}

# cached_tree: makes it once, prints its name
cached_tree()
{
	local store key archive f

	store=$(pfru_cache images)
	key=$(printf '%s\n' "$release $packages $recipe" | sha256sum | cut -c 1-12)
	archive=$store/$name-$key.tar
	exec 9>"$store/.$name.lock"
	lock_fd 9 "$store"
	if [ ! -f "$archive" ]; then
		need mmdebstrap mmdebstrap
		need apt-get apt
		apt_lists systemd
		apt_sources "$release" | grep . >/dev/null ||
			die "cannot tell where apt gets Debian from: 'apt-get indextargets' names neither $release nor a repository that ends in /debian; add one and run apt-get update"
		say "making the image $name: Debian $release with $packages (a minute or two)"
		retry 3 make_tree "$tmp/tree.tar" ||
			die "cannot make the image $name; mmdebstrap says why above"
		for f in "$store/$name"-????????????.tar; do
			rm -f "$f"
		done
		mv "$tmp/tree.tar" "$store/.new.$$"
		mv -T "$store/.new.$$" "$archive"
	fi
	exec 9>&-
	printf '%s\n' "$archive"
}

# lay TREE: on top, through the links of a merged /usr
lay()
{
	tar -C "$1" -c . | tar -C "$root" -x --no-same-owner \
		--keep-directory-symlink --no-overwrite-dir
}

# carry_module NAME
carry_module()
{
	local f list

	list=$(module_files "$mods" "$1") ||
		die "kernel $ver has no module '$1'"
	for f in $list; do
		install -D -m 0644 "$mods/$f" "$root/lib/modules/$ver/$f"
	done
}

# carry_modules NAME...: these, and all that the trees' own modules need
carry_modules()
{
	local m ko dep

	mkdir -p "$root/lib/modules/$ver"
	cp -L "$mods/modules.builtin" "$mods/modules.order" \
		"$root/lib/modules/$ver/"
	cp -L "$mods/modules.builtin.modinfo" "$root/lib/modules/$ver/" 2>/dev/null || :
	for m in "$@"; do
		carry_module "$m"
	done
	for ko in "$root/lib/modules/$ver"/updates/{,dkms/}*.ko; do
		[ -f "$ko" ] || continue
		for dep in $(modinfo -F depends "$ko" | tr ',' ' '); do
			[ -f "$root/lib/modules/$ver/updates/$dep.ko" ] ||
				carry_module "$dep"
		done
	done
	depmod -b "$root" "$ver"
}

# enable UNIT: as systemctl would, which not every machine has
enable()
{
	local dir file='' target targets

	for dir in etc/systemd usr/lib/systemd lib/systemd; do
		[ ! -f "$root/$dir/system/$1" ] || { file=$dir/system/$1; break; }
	done
	[ -n "$file" ] || die "the image has no unit $1 to enable"
	targets=$(sed -n 's/^WantedBy=//p' "$root/$file")
	[ -n "$targets" ] || die "unit $1 cannot be enabled: it has no WantedBy="
	for target in $targets; do
		mkdir -p "$root/etc/systemd/system/$target.wants"
		ln -sfn "/$file" "$root/etc/systemd/system/$target.wants/$1"
	done
}

# settle: how the image boots, and nothing that only a first boot would do
settle()
{
	local unit system=$root/etc/systemd/system

	install -D -m 0755 "$here/image/run-tests" "$root/tests/run-tests"
	install -m 0644 "$here/guest/runner.sh" "$root/tests/runner.sh"
	for unit in "$here"/image/*.service "$here"/image/*.target; do
		install -D -m 0644 "$unit" "$system/$(basename "$unit")"
	done
	ln -sfn emergency.service "$system/rescue.service"
	ln -sfn pfru-tests.target "$system/default.target"
	for unit in $masked; do
		ln -sfn /dev/null "$system/$unit"
	done
	mkdir -p "$root"/etc/systemd/{journald,system}.conf.d "$root"/out
	printf '[Manager]\nShowStatus=no\n' \
		>"$root/etc/systemd/system.conf.d/pfru-tests.conf"
	printf '[Journal]\nStorage=volatile\n' \
		>"$root/etc/systemd/journald.conf.d/pfru-tests.conf"
	printf 'LABEL=%s / ext4 defaults 0 0\n' "$label" >"$root/etc/fstab"
	echo 5066727500000000000000000000cafe >"$root/etc/machine-id"
	# newer than /usr: nothing is to be updated at boot
	touch "$root/etc/.updated" "$root/var/.updated"
}

# write_disk OUT: as root, or as what fakeroot shows as root
write_disk()
{
	local mib t u

	root=$tmp/root
	mods=$kernel/modules
	ver=$(cat "$kernel/version")
	mkdir "$root"
	tar -C "$root" -xf "$archive" --exclude './dev/*'
	for t in "${trees[@]}"; do
		lay "$t"
	done
	# shellcheck disable=SC2086 # a list of words
	carry_modules $own_modules "${modules[@]}"
	for u in "${units[@]}"; do
		enable "$u"
	done
	settle
	mib=$(du -sm "$root" | cut -f 1)
	# no journal: the disk lives for one boot
	mke2fs -q -t ext4 -O '^has_journal,^metadata_csum' -m 0 -L "$label" \
		-E lazy_itable_init=0,nodiscard,root_owner=0:0 \
		-d "$root" "$tmp/disk" $((mib + mib / 8 + 128))M >/dev/null
	mv "$tmp/disk" "$1"
}

name=${1:-}
[ -n "$name" ] || die "usage: image.sh NAME [-o DISK -k KERNEL [options]]"
shift
out='' kernel=''
modules=() trees=() units=()
args=("$@")
while getopts e:o:k:m:t: opt; do
	case $opt in
	e) units+=("$OPTARG") ;;
	o) out=$OPTARG ;;
	k) kernel=$OPTARG ;;
	m) modules+=("$OPTARG") ;;
	t) trees+=("$OPTARG") ;;
	*) exit 2 ;;
	esac
done
case $name in
*/*)	[ -f "$name" ] || die "there is no image $name: the test that makes it must run before" ;;
*)	lookup "$name" ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pfru-image.XXXXXX")
case $name in
*/*)	archive=$(realpath "$name") ;;
*)	archive=$(cached_tree) ;;
esac
if [ -z "$out" ]; then
	printf '%s\n' "$archive"
	exit
fi
[ -f "$kernel/version" ] || die "'$kernel' is not a kernel directory of kernel.sh: it has no file 'version'"
need mke2fs e2fsprogs
need depmod kmod
need modinfo kmod
if [ "$(id -u)" != 0 ]; then
	need fakeroot fakeroot
	rm -rf "$tmp"
	tmp=
	exec fakeroot -- "$0" "$name" "${args[@]}"
fi
write_disk "$out"
