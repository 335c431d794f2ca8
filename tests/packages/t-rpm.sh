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

build()
{
	rpmbuild -ta "$1" --define "_topdir $2" >"$2.log" 2>&1 && return
	tail -n 30 "$2.log"
	return 1
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
capture rpmlint -c "$tap_dir/rpmlint.toml" /tmp/rpm/RPMS/*/*.rpm /tmp/rpm/SRPMS/*.rpm
like "$out" ' 4 packages and .* 0 errors' "rpmlint finds no error"
is "$(grep -E ': E: ' <<<"$out")" "" "and says so of each"
is "$(rpm -qp --requires /tmp/rpm/RPMS/noarch/*.rpm | grep -cx dkms)" 1 \
	"pfru-dkms requires dkms"
is "$(rpm -qpl /tmp/rpm/RPMS/noarch/*.rpm | sed "s,^/,,; s/$version/VERSION/" |
	grep -vE '^usr/src/pfru-VERSION(/(core|module|include).*|/LICENSE)?$|^usr/libexec/pfru$' |
	sort)" "$(sort /packages/pfru-dkms.files)" "what is in pfru-dkms is what Debian's has"
is "$(rpm -qpl /tmp/rpm/RPMS/x86_64/pfructl-"$version"*.rpm |
	sed 's,^/,,; s,^usr/lib/systemd,lib/systemd,; s,/pfructl\.1$,&.gz,' |
	grep -vE '^usr/(share/((doc|licenses)/|fish$|fish/vendor_completions.d$|zsh/site-functions$)|lib/\.build-id)' | sort)" \
	"$(sort /packages/pfructl.files)" "what is in pfructl is what Debian's has"
is "$(rpm -qpl /tmp/rpm/RPMS/x86_64/pfru-amt-"$version"*.rpm |
	sed 's,^/,,; s,/amtctl\.1$,&.gz,' |
	grep -vE '^usr/(share/((doc|licenses)/|fish$|fish/vendor_completions.d$|zsh/site-functions$)|lib/\.build-id)' | sort)" \
	"$(sort /packages/pfru-amt.files)" "what is in pfru-amt is what Debian's has"

make_old
run -n "an older version can be built" build "/tmp/pfru-$old.tar.gz" /tmp/rpm-old
rpm --initdb
depmod "$first"
all_files >/tmp/before
run -n "and installed" rpm_do -i /tmp/rpm-old/RPMS/*/*.rpm
like "$(dkms status)" "pfru/$old, $first.*: installed" "dkms has it installed"
run -n "this version over it" rpm_do -U /tmp/rpm/RPMS/*/*.rpm
is "$(dkms status)" "pfru/$version, $first, x86_64: installed" \
	"dkms has this version, and no other"
is "$(find /usr/src /var/lib/dkms -maxdepth 2 -name "*$old*")" "" \
	"nothing of the older one is left"
has_module "$first"
run -n "nothing that rpm installed has changed" rpm_do -V pfru-dkms pfructl pfru-amt
run -n "the same version once more" rpm_do -U --force /tmp/rpm/RPMS/*/*.rpm
like "$(dkms status)" "pfru/$version, $first.*: installed" \
	"leaves its module installed"
run -n "removed" rpm_do -e pfru-dkms pfructl pfru-amt
is "$(dkms status)" "" "dkms has nothing left"
# not of these packages: dkms' key, and a directory that rpm's systems have
is "$(all_files | diff /tmp/before - | grep '^[<>]' |
	grep -vE ' /(var/lib/dkms/mok\.[a-z]+|usr/share/licenses)$')" "" "nothing is left, and nothing is missing"
done_testing
