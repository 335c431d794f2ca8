#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-kexec
#
# Before a kexec: a daemon pings. The scenario's end starts the next kernel by kexec,
# where later-init.sh goes on up to a panic and the kdump kernel after it;
# host/kexec.sh sees what the firmware hears.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh
# shellcheck source=SCRIPTDIR/kexec-load.sh disable=SC1091
. /tests/watchdog/kexec-load.sh

soon 20 wd_works
is $? 0 "there is a watchdog"
run -n "the next kernel is loaded" load_kernel next crashkernel=256M
drive
soon 20 has armed yes
is $? 0 "a daemon drives it"
done_testing
