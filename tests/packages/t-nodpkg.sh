#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A system without dpkg and apt: what README has a person type on it, with and
# without what is needed.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

first=$(kernels | sed -n 1p)
kdir=/lib/modules/$first/build
source=$tap_dir/source

# missing GROUP: what deps.sh finds missing; state PACKAGE of the table
missing()
{
	"$source/tests/deps.sh" --table debian | awk '$3 == "missing" { print $4 }' | sort -u
}

# uninstalled: what dpkg says of the same packages
uninstalled()
{
	local name

	"$source/tests/deps.sh" --table debian | awk '$1 != "module" { print $4 }' | sort -u |
		while read -r name; do
			dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' |
				grep -qE "^ii .*\\b$name\\b" || echo "$name"
		done
}

# all_modules: where the kernel has one
all_modules()
{
	find "/lib/modules/$first" -name 'pfru.ko*'
}

mkdir "$source"
tar -C "$source" --strip-components=1 -xzf /in/pfru.tar.gz
is "$(missing | grep -v '^linux-headers-[0-9]')" "$(uninstalled)" \
	"what deps.sh does not find is what dpkg does not have"

mkdir /tmp/hidden
for program in /usr/bin/dpkg* /usr/bin/apt* /usr/sbin/dpkg*; do
	mv "$program" /tmp/hidden/
done
mv /var/lib/dpkg /tmp/hidden/
rm /etc/os-release
printf 'NAME="Another system"\nID=another\n' >/etc/os-release

run -n "make install" make -C "$source" install KDIR="$kdir"
is "$(all_modules)" "/lib/modules/$first/updates/pfru.ko" \
	"installs the module for the kernel that KDIR is of"
is "$(modinfo -F vermagic "$(all_modules)" | cut -d ' ' -f 1)" "$first" "which can load it"
run -n "and the tool" pfructl --version
run -n "make dkms-install" make -C "$source" dkms-install
like "$err" "^pfru-dkms: /lib/modules/${first//+/\\+}/updates/pfru.ko, which was installed by hand, is removed" \
	"says that the other module goes"
is "$(all_modules | wc -l)" 1 "there is one module"
like "$(dkms status)" "^pfru/$version, $first.*: installed\$" "and it is dkms'"
run -n "make uninstall" make -C "$source" uninstall KVER="$first"
is "$(all_modules; dkms status)" "" "leaves no module"
run -n "make rpm" make -C "$source" rpm
is "$(find "$source/build/rpm/RPMS" -name 'pfru*.rpm' | grep -vc debug)" 3 "makes three packages"

mv /usr/bin/scdoc /tmp/hidden/
exits -n "make install without scdoc fails" 2 make -C "$source" install KDIR="$kdir"
like "$err" '^  the program scdoc$' "and names it"
unlike "$err" 'gcc|libkmod|json' "and nothing that is here"
done_testing
