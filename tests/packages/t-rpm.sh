#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rpms: built, judged by rpmlint, and their life with dkms in a tree of
# Debian, whose rpm has its own database and knows no other package.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

old=0.0.9
first=$(kernels | sed -n 1p)
# dkms and its like are here as Debian packages, which rpm cannot know
rpm_options=(--nodeps --define '_topdir /tmp/rpm')

# build SOURCE DIRECTORY [OPTION...]
build()
{
	local source=$1 dir=$2

	shift 2
	rpmbuild -ta "$source" --nodeps --define "_topdir $dir" "$@" >"$dir.log" 2>&1 && return
	tail -n 30 "$dir.log"
	return 1
}

# libraries: what the tool is linked with, as pkg-config names it
libraries()
{
	sed -n -E 's/^([A-Z]+_)?LIBRARIES := //p' "$tap_dir/cli/Makefile" |
		xargs -n 1 printf 'pkgconfig(%s)\n' | sort -u
}

# elsewhere: the same, on a distribution that has other directories
elsewhere()
{
	local macro options=()

	for macro in _sbindir=/usr/bin _libexecdir=/usr/lib/exec _unitdir=/usr/lib/units \
		_udevrulesdir=/lib/udev/rules.d _modprobedir=/lib/modprobe.d _mandir=/usr/man \
		_datadir=/usr/other-share; do
		options+=(--define "${macro/=/ }")
	done
	build "$1" "$2" "${options[@]}"
}

# by_hand PLACE: a module there that is not a package's
by_hand()
{
	mkdir -p "/lib/modules/$first/$1"
	echo "by hand" >"/lib/modules/$first/$1/pfru.ko"
}

# all_modules: where the kernel has one
all_modules()
{
	find "/lib/modules/$first" /var/lib/dkms/pfru/original_module -name 'pfru.ko*' 2>/dev/null
}

make_old()
{
	local d=$tap_dir/old

	mkdir "$d"
	tar -C "$d" -xzf /in/pfru.tar.gz
	mv "$d/pfru-$version" "$d/pfru-$old"
	echo "$old" >"$d/pfru-$old/VERSION"
	sed -i "s/$version/$old/" "$d/pfru-$old/rpm/pfru.spec"
	tar -C "$d" -czf "/tmp/pfru-$old.tar.gz" "pfru-$old"
}

rpm_do()
{
	rpm "${rpm_options[@]}" "$@" >"$tap_dir/rpm" 2>&1 && return
	cat "$tap_dir/rpm"
	return 1
}

all_files()
{
	find /usr /lib /etc /var/lib -xdev \( -path /var/lib/rpm -o -path /var/lib/dpkg \
		-o -path /var/lib/apt \) -prune -o -print | LC_ALL=C sort
}

cp /in/pfru.tar.gz "/tmp/pfru-$version.tar.gz"
run -n "the rpms can be built" build "/tmp/pfru-$version.tar.gz" /tmp/rpm
[ "$status" = 0 ] || done_testing
cp /tmp/rpm/RPMS/*/*.rpm /out/
tar -C "$tap_dir" --strip-components=2 -xzf /in/pfru.tar.gz "pfru-$version/rpm/rpmlint.toml"
tar -C "$tap_dir" --strip-components=1 -xzf /in/pfru.tar.gz "pfru-$version/cli/Makefile"
is "$(rpm -qp --requires /tmp/rpm/SRPMS/*.rpm | grep -v '^rpmlib' | sort)" \
	"$({ printf '%s\n' gcc make pkgconfig scdoc systemd-rpm-macros; libraries; } | sort)" \
	"what is needed to build them is required: compiler, programs, each library"
run -n "built where the directories are others" elsewhere "/tmp/pfru-$version.tar.gz" /tmp/rpm-elsewhere
is "$(rpm -qpl /tmp/rpm-elsewhere/RPMS/*/pfru*-"$version"*.rpm |
	grep -E 'pfru(ctl(\.fish|\.1.*)?|-telemetry.service|\.conf)?$|70-pfru|_pfructl|dkms-kernels' |
	grep -vE 'share/(doc|licenses)|^/usr/src' | sort | sed 's/\.gz$//' | tr '\n' ' ')" \
	"$(printf '%s ' /lib/modprobe.d/pfru.conf /lib/udev/rules.d/70-pfru.rules /usr/bin/pfructl \
	/usr/lib/exec/pfru /usr/lib/exec/pfru/dkms-kernels /usr/lib/units/pfru-telemetry.service \
	/usr/man/man1/pfructl.1 /usr/other-share/bash-completion/completions/pfructl \
	/usr/other-share/fish/vendor_completions.d/pfructl.fish /usr/other-share/pfructl \
	/usr/other-share/zsh/site-functions/_pfructl)" "each file is where rpm's macros say"
like "$(cd "$tap_dir" && rpm2cpio /tmp/rpm-elsewhere/RPMS/*/pfructl-"$version"*.rpm |
	cpio -i --to-stdout '*/pfru-telemetry.service' 2>/dev/null)" \
	'^ExecStart=/usr/bin/pfructl ' "and the service finds its program"
capture rpmlint -c "$tap_dir/rpmlint.toml" /tmp/rpm/RPMS/*/*.rpm /tmp/rpm/SRPMS/*.rpm
like "$out" ' 5 packages and .* 0 errors' "rpmlint finds no error"
is "$(grep -E ': E: ' <<<"$out")" "" "and says so of each"
is "$(rpm -qp --requires /tmp/rpm/RPMS/noarch/*.rpm | grep -cx dkms)" 1 \
	"pfru-dkms requires dkms"
is "$(rpm -qp --requires /tmp/rpm/RPMS/x86_64/pfructl-"$version"*.rpm |
	grep -cE '^lib(crypto|kmod)\.so\.[0-9.]+\(\)\(64bit\)$')" 2 \
	"pfructl requires the libraries that it loads"
is "$(rpm -qpl /tmp/rpm/RPMS/noarch/pfru-dkms-*.rpm | sed "s,^/,,; s/$version/VERSION/" |
	grep -vE '^usr/src/pfru-VERSION(/(core|module|include).*|/LICENSE)?$|^usr/libexec/pfru$' |
	sort)" "$(sort /packages/pfru-dkms.files)" "what is in pfru-dkms is what Debian's has"
is "$(rpm -qpl /tmp/rpm/RPMS/x86_64/pfructl-"$version"*.rpm |
	sed 's,^/,,; s,^usr/lib/systemd,lib/systemd,; s,/pfructl\.1$,&.gz,' |
	grep -vE '^lib/systemd/catalog$|^usr/(share/((doc|licenses)/|pfructl(/json)?$|fish$|fish/vendor_completions.d$|zsh/site-functions$)|lib/\.build-id)' | sort)" \
	"$(sort /packages/pfructl.files)" "what is in pfructl is what Debian's has"
is "$(rpm -qpl /tmp/rpm/RPMS/x86_64/pfru-amt-"$version"*.rpm |
	sed -E 's,^/,,; s,^usr/lib/systemd,lib/systemd,; s,/man[158]/[^/]*[^z]$,&.gz,' |
	grep -vE '^lib/systemd/catalog$|^usr/(share/((doc|licenses)/|fish$|fish/vendor_completions.d$|zsh/site-functions$)|lib/\.build-id)' | sort)" \
	"$(sort /packages/pfru-amt.files)" "what is in pfru-amt is what Debian's has"
is "$(rpm -qpl /tmp/rpm/RPMS/noarch/ansible-collection-pfru-*.rpm |
	sed 's,^/,,' | grep -v '^usr/share/doc/' | grep '\.[a-z]*$' | sort)" \
	"$(sort /packages/ansible-collection-pfru.files)" \
	"what is in ansible-collection-pfru is what Debian's has"

make_old
run -n "an older version can be built" build "/tmp/pfru-$old.tar.gz" /tmp/rpm-old
rpm --initdb
depmod "$first"
all_files >/tmp/before
# whoever has no package yet has perhaps built the module by hand
by_hand updates
by_hand extra
run -n "and installed" rpm_do -i /tmp/rpm-old/RPMS/*/*.rpm
like "$(cat "$tap_dir/rpm")" "pfru-dkms: /lib/modules/${first//+/\\+}/updates/pfru.ko, which was installed by hand, is removed" \
	"a module that was built by hand goes, and that is said"
is "$(all_modules)" "$(module_of "$first")" "dkms' module is the only one"
like "$(dkms status)" "pfru/$old, $first.*: installed" "dkms has it installed"
# to the packages, a system that runs systemd
mkdir -p /run/systemd/system
printf '#!/bin/sh\necho "$*" >>/tmp/systemctl\n' >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl
run -n "this version over it" rpm_do -U /tmp/rpm/RPMS/*/*.rpm
is "$(LC_ALL=C sort /tmp/systemctl 2>&1)" "daemon-reload
daemon-reload
daemon-reload
daemon-reload
try-restart amt-lms.service
try-restart pfru-telemetry.service" "services that run are restarted, those that do not are not started"
rm -r /run/systemd /usr/bin/systemctl
is "$(dkms status)" "pfru/$version, $first, x86_64: installed" \
	"dkms has this version, and no other"
is "$(find /usr/src /var/lib/dkms -maxdepth 2 -name "*$old*")" "" \
	"nothing of the older one is left"
has_module "$first"
run -n "nothing that rpm installed has changed" rpm_do -V pfru-dkms pfructl pfru-amt ansible-collection-pfru
run -n "the same version once more" rpm_do -U --force /tmp/rpm/RPMS/*/*.rpm
like "$(dkms status)" "pfru/$version, $first.*: installed" \
	"leaves its module installed"
# dkms keeps what it finds in its module's place, to put it back, except on Debian
sed -i 's/^ID=.*/ID=fedora/; s/^VERSION_ID=.*/VERSION_ID=40/' /etc/os-release
by_hand updates
run -n "dkms installs over a module that was built by hand" \
	sh -c "dkms uninstall -m pfru -v $version -k $first && dkms install -m pfru -v $version -k $first --force"
isnt "$(find /var/lib/dkms/pfru/original_module -name pfru.ko 2>&1)" "" "and keeps that"
run -n "removed" rpm_do -e pfru-dkms pfructl pfru-amt ansible-collection-pfru
is "$(all_modules)" "" "no module is left, and none is brought back"
rmdir --ignore-fail-on-non-empty "/lib/modules/$first/updates"
is "$(dkms status)" "" "dkms has nothing left"
# not of these packages: dkms' key, and a directory that rpm's systems have
is "$(all_files | diff /tmp/before - | grep '^[<>]' |
	grep -vE ' /(var/lib/dkms/mok\.[a-z]+|usr/share/licenses)$')" "" "nothing is left, and nothing is missing"
done_testing
