#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A life of the packages: an older version, this one over it, a kernel that
# arrives before its headers, removal, purge. No network.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

old=0.0.9

# make_old: pfru-dkms as an earlier version would have been
make_old()
{
	local d=$tap_dir/old

	dpkg-deb -R /in/pfru-dkms_*.deb "$d"
	mv "$d/usr/src/pfru-$version" "$d/usr/src/pfru-$old"
	sed -i "s/$version/$old/" "$d"/DEBIAN/{control,postinst,prerm} \
		"$d/usr/src/pfru-$old"/{VERSION,dkms.conf}
	(cd "$d" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
	dpkg-deb -b "$d" /tmp/old.deb >/dev/null
}

# all_files: what a removal must leave as it was; dkms asks rpm, where there is
# one, whose Debian version keeps a database for whoever asks first
all_files()
{
	find / -xdev \( -path /proc -o -path /tmp -o -path /var/log -o \
		-path /var/cache -o -path /root/.rpmdb -o -path /run -o -path /var/lib/apt -o -path /var/lib/dpkg -o \
		-path /in -o -path /out -o -path /tests -o -path /packages \) -prune \
		-o -print | LC_ALL=C sort
}

# kept NAME: packages in the tree's cache whose names match
kept()
{
	find /var/cache/apt/archives -name "$1" | sort
}

# gone NAME: nothing of the module is left
gone()
{
	is "$(dkms status)" "" "dkms has nothing left $1"
	is "$(find /lib/modules /var/lib/dkms /usr/src -name 'pfru.ko*' \
		-o -name pfru -o -name 'pfru-*')" "" "no file of the module is left $1"
}

status_of()
{
	dkms status | sed 's,pfru/,pfru\, ,' | grep "^pfru, $1, $2, .*: installed"
}

for kernel in $(kernels); do
	depmod "$kernel"
done
all_files >/tmp/before
first=$(kernels | sed -n 1p)

# what is for AMT needs nothing of the rest
run -n "pfru-amt is installed alone" apt_do install /in/pfru-amt_*.deb
exits -n "its tool says that there is no engine" 3 amtctl status
like "$err" 'no management engine was found.*enable it' "and what to do"
mkdir -p "$tap_dir/source" "$tap_dir/autopkgtest"
tar -C "$tap_dir/source" --strip-components=1 -xzf /in/pfru.tar.gz
run -n "its autopkgtest passes" env -C "$tap_dir/source" \
	AUTOPKGTEST_TMP="$tap_dir/autopkgtest" debian/tests/amt
run -n "pfru-amt is purged" apt_do purge pfru-amt
is "$(all_files | diff /tmp/before - | grep '^[<>]')" "" \
	"nothing of it is left, and nothing is missing"

make_old
# whoever has no package yet has perhaps built the module by hand; dkms of newer
# releases would put it back in the end
mkdir -p "/lib/modules/$first/updates"
echo "by hand" >"/lib/modules/$first/updates/pfru.ko"
run -n "an older version can be installed" apt_do install /tmp/old.deb
like "$(cat "$tap_dir/apt")" "^pfru-dkms: /lib/modules/${first//+/\\+}/updates/pfru.ko, which was installed by hand, is removed" \
	"a module that was built by hand goes, and that is said"
isnt "$(status_of "$old" "$first")" "" "and has the module for $first"

run -n "this version over it" apt_do install /in/pfru-dkms_*.deb /in/pfructl_*.deb
apt_said=$(cat "$tap_dir/apt")
isnt "$(status_of "$version" "$first")" "" "dkms has this version installed"
is "$(dkms status | grep -c pfru)" "$(kernels | wc -l)" "and no other"
is "$(find /usr/src /var/lib/dkms -maxdepth 2 -name "*$old*")" "" \
	"nothing of the older one is left"
is "$(grep -c 'Building module' <<<"$apt_said")" "$(kernels | wc -l)" \
	"each kernel's module is built once"
healthy "after the upgrade"
for kernel in $(kernels); do
	has_module "$kernel"
done
is "$(pfructl --version | head -n 1 | grep -o '[0-9][0-9.]*' | head -n 1)" \
	"$version" "the tool runs and has the version of the module"
for t in tool module; do
	mkdir -p "$tap_dir/source" "$tap_dir/autopkgtest"
	tar -C "$tap_dir/source" --strip-components=1 -xzf /in/pfru.tar.gz
	run -n "its autopkgtest $t passes" env -C "$tap_dir/source" \
		AUTOPKGTEST_TMP="$tap_dir/autopkgtest" "debian/tests/$t"
done

for kernel in $(kernels); do
	echo "$kernel" >>/out/kernels
done

# state or a configuration file that only purge may take would be seen between
# one that dkms found by itself, without the package
echo "by hand" >"/lib/modules/$first/updates/pfru.ko"
run -n "dkms builds again over a module that was built by hand" \
	sh -c "dkms uninstall -m pfru -v $version -k $first && dkms install -m pfru -v $version -k $first --force"
# on Debian dkms of older releases leaves it alone: then it is the person's
[ -d /var/lib/dkms/pfru/original_module ] || rm -f "/lib/modules/$first/updates/pfru.ko"
# to the packages, a system that runs systemd
mkdir -p /run/systemd/system
printf '#!/bin/sh\nexit 0\n' >/usr/sbin/policy-rc.d
# where dpkg finds it: apt gives it a path without /usr/local
[ ! -e /usr/bin/systemctl ] || mv /usr/bin/systemctl "$tap_dir/systemctl"
printf '#!/bin/sh\necho "$*" >>/tmp/systemctl\n' >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl
run -n "the tool once more" apt_do install --reinstall /in/pfructl_*.deb
like "$(cat /tmp/systemctl)" 'try-restart pfru-telemetry.service' \
	"restarts the service that runs"
: >/tmp/systemctl
run -n "removed" apt_do remove pfru-dkms pfructl
like "$(cat /tmp/systemctl)" 'stop pfru-telemetry.service pfru-metrics.timer' "which is stopped, and the timer"
rm -r /run/systemd /usr/bin/systemctl
[ ! -e "$tap_dir/systemctl" ] || mv "$tap_dir/systemctl" /usr/bin/systemctl
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
gone "after the removal"
run -n "purged" apt_do purge pfru-dkms pfructl
healthy "after the purge"
# dkms makes its key once for all modules, and keeps it; what depmod wrote for
# a kernel that has only headers has no owner
is "$(all_files | diff /tmp/before - | grep '^[<>]' | grep -vE \
	' (/var/lib/dkms/mok\.[a-z]+|(/usr)?/lib/modules/[^/]+/modules\.[a-z.]+)$')" \
	"" "nothing is left, and nothing is missing"

# a kernel arrives, and its headers after it; of the first one enough was seen
mv "/lib/modules/$first/build" /tmp/first-build
run -n "installed again, where there are no headers" \
	apt_do install /in/pfru-dkms_*.deb /in/pfructl_*.deb
mapfile -t image < <(kept 'linux-image-[0-9]*cloud*.deb'
	kept 'linux-modules-*cloud*.deb'; kept 'linux-binary-*cloud*.deb'
	kept 'linux-base-*cloud*.deb')
run -n "a new kernel without headers is installed" apt_do install "${image[@]}"
cloud=$(find /lib/modules -maxdepth 1 -name '*cloud*' -printf '%f\n')
is "$(module_of "$cloud")" "" "$cloud has no module yet"
healthy "with a kernel that has no headers"
mapfile -t headers < <(kept 'linux-headers-[0-9]*.deb'; kept 'linux-kbuild-*.deb'
	kept 'linux-base-*.deb'; kept 'linux-image-*-rt-*.deb'
	kept 'linux-libc-dev*.deb')
run -n "then the headers, and those of other kernels" \
	apt_do install "${headers[@]}"
healthy "with the headers"
for kernel in $(kernels); do
	has_module "$kernel"
	isnt "$(status_of "$version" "$kernel")" "" "$kernel: installed, says dkms"
	echo "$kernel" >>/out/kernels
done
is "$(modinfo -k "$cloud" -n pfru 2>&1)" "$(module_of "$cloud" | sed 's,^/usr,,')" \
	"modprobe of $cloud would find it"
isnt "$(kernels | grep cloud)" "" "a kernel of the cloud flavour was among them"
isnt "$(kernels | grep rt-)" "" "one of the rt flavour too"
# Debian's cloud kernels have none from 6.12 on
case $RELEASE in
trixie*) is "$(grep -c '^CONFIG_INTEL_MEI=' "/lib/modules/$cloud/build/.config")" 0 \
		"$cloud is one without MEI" ;;
esac
# newer releases' headers want their image
mapfile -t goes < <(dpkg-query -W -f '${Package}\n' "linux-*-$cloud*" |
	grep -E '^linux-(image|headers)-')
run -n "the new kernel is purged" apt_do purge "${goes[@]}"
unlike "$(dkms status)" "$cloud" "dkms has forgotten it"

run -n "the packages are purged at once" apt_do purge pfru-dkms pfructl
gone "after the purge"
healthy "at the end"
done_testing
