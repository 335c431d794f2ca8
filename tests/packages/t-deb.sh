#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian packages: built as make deb does, what is in them, what lintian
# says. They are left in /out for the tests that install them.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

# build DIR: the packages, into DIR
build()
{
	mkdir -p "$1" && cd "$1" && tar -xzf /in/pfru.tar.gz &&
	cd "pfru-$version" && dpkg-buildpackage -us -uc >"$1/log" 2>&1 && return
	tail -n 30 "$1/log"
	return 1
}

# hashes DIR: of what was built
hashes()
{
	(cd "$1" && sha256sum ./*.deb ./*.dsc ./*.tar.*)
}

# files PACKAGE: all but its documentation
files()
{
	dpkg-deb --fsys-tarfile /tmp/first/"$1"_*.deb | tar -t |
		sed -n 's,^\./\(.*[^/]\)$,\1,p' |
		grep -v '^usr/share/\(doc\|lintian\)/' | LC_ALL=C sort
}

# misspelt: the words that lintian has found in programs, $out, and that stand in the
# sources: machine code is full of others
misspelt()
{
	sed -n 's/.* spelling-error-in-binary "\{0,1\}\([^ "]*\).*/\1/p' <<<"$out" |
	while read -r word; do
		! grep -rqF -e "$word" "/tmp/first/pfru-$version"/{core,cli} ||
			echo "$word"
	done
}

run -n "the packages can be built" build /tmp/first
[ "$status" = 0 ] || done_testing
unlike "$(cat /tmp/first/log)" '^dpkg-[a-z]*: warning|^dh_.*(warning|deprecated)' \
	"without a warning of dpkg or debhelper"

if [ "$RELEASE" = bookworm ]; then
	# another place, another time, another number of processors
	run -n "and built again elsewhere" \
		build /tmp/a/second/place/of/another/length
	is "$(hashes /tmp/a/second/place/of/another/length)" "$(hashes /tmp/first)" \
		"they are the same, byte for byte"
	run -n "lintian" lintian --pedantic -I -E --allow-root \
		--suppress-tags spelling-error-in-binary \
		--fail-on error,warning,info,pedantic,experimental,override \
		/tmp/first/*.changes
	is "$out" "" "lintian has nothing to say that is not explained"
	capture lintian -I --allow-root --tags spelling-error-in-binary \
		/tmp/first/*.changes
	is "$(misspelt)" "" "nor about the spelling of messages"
fi

is "$(files pfru-dkms | sed "s/$version/VERSION/" |
	grep -v '^usr/src/pfru-VERSION/\(core\|module\|include\)/')" \
	"$(sort /packages/pfru-dkms.files)" "what is in pfru-dkms"
is "$(files pfru-dkms | grep -cE '\.(o|ko|cmd|mod|mod\.c)$')" 0 \
	"nothing that a build leaves is in it"
is "$(files pfructl | sed 's,^usr/lib/systemd,lib/systemd,' | sort)" \
	"$(sort /packages/pfructl.files)" "what is in pfructl"
is "$(files pfru-amt | sed 's,^usr/lib/systemd,lib/systemd,' | sort)" \
	"$(sort /packages/pfru-amt.files)" "what is in pfru-amt"
is "$(files ansible-collection-pfru)" "$(sort /packages/ansible-collection-pfru.files)" \
	"what is in ansible-collection-pfru"
unlike "$(dpkg-deb -f /tmp/first/pfru-amt_*.deb Depends Recommends)" \
	'pfru|pfructl|dkms' "which needs none of the others"
like "$(dpkg-deb -f /tmp/first/pfructl_*.deb Depends)" \
	'libkmod2 .*libssl[0-9]' "pfructl depends on the libraries that it loads"
is "$(dpkg-deb -f /tmp/first/pfru-dkms_*.deb Version)" "$version" \
	"the package's version is VERSION's"
isnt "$(find /tmp/first -name 'pfructl-dbgsym_*.deb')" "" \
	"there is a package of debugging symbols"
cp /tmp/first/*.deb /tmp/first/*.dsc /tmp/first/*.tar.* /out/
done_testing
