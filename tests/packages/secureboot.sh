#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# secureboot.sh: boots the Debian system that check.sh bookworm has installed
# the packages in: as it is, and with Secure Boot and dkms' key in the firmware's
# db, in the machine owner's list through shim, and nowhere. Ends with
# "N passed, N failed".

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=SCRIPTDIR/../vm/lib.sh disable=SC1091
. "$top/tests/vm/lib.sh"

build=${PFRU_BUILD:-$top/build}
if [ ! -f "$build/packages/bookworm/system.tar" ]; then
	say "no packages have been installed yet: doing that first"
	"$here/check.sh" bookworm >"$build/check-packages.log" 2>&1 || {
		tail -n 30 "$build/check-packages.log"
		die "the packages cannot be installed"
	}
fi
"$top/tests/vm/run.sh" --kernel 6.1-tree --no-skips --scenario packages \
	--scenario secureboot --scenario secureboot-mok \
	--scenario secureboot-not-enrolled
