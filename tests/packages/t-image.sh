#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Debian system with the packages installed, as an archive that guests are
# booted from: all but the compiler, which has done its work by then, and what
# nobody looks at.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh

archive()
{
	tar -C / --one-file-system --numeric-owner -cf /out/system.tar \
		--exclude='./in' --exclude='./out' --exclude='./tests' \
		--exclude='./packages' --exclude='./proc/*' --exclude='./sys/*' \
		--exclude='./dev/*' --exclude='./run/*' --exclude='./tmp/*' \
		--exclude='./boot/*' --exclude='./usr/sbin/policy-rc.d' \
		--exclude='./usr/src/linux-*' --exclude='./usr/lib/linux-*' \
		--exclude='./usr/lib/gcc' --exclude='./usr/include' \
		--exclude='./usr/lib/python3*' --exclude='./usr/share/perl*' \
		--exclude='./usr/lib/x86_64-linux-gnu/perl*' \
		--exclude='./usr/lib/x86_64-linux-gnu/*.a' \
		--exclude='./usr/share/lintian/[!o]*' \
		--exclude='./usr/share/doc/[!p]*' --exclude='./usr/lib/binfmt.d/*' \
		--exclude='./usr/share/info' --exclude='./usr/share/locale' \
		--exclude='./usr/bin/x86_64-linux-gnu-*' \
		--exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' .
}

cd /var/cache/apt/archives || exit 1
run -n "systemd and udev are installed" apt_do install ./systemd-sysv_*.deb \
	./systemd_*.deb ./udev_*.deb ./procps_*.deb
run -n "the packages are installed" apt_do install /in/pfru-dkms_*.deb /in/pfructl_*.deb
has_module "$(kernels | sed -n 1p)"
cp /var/lib/dkms/mok.pub /out/
echo pfru >/etc/hostname
run -n "the system is an archive" archive
done_testing
