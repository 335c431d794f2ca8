#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: refused-memory
# timeout: 300
#
# Every allocation and copy that the module asks for fails once. Those of the
# kernel's interpreter of ACPI are left out: it does not survive all of them, and
# loses what it has. Loading is load.sh's.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/fault.sh disable=SC1091
. /tests/fault.sh

[ -e /proc/self/fail-nth ] || skip_all "this kernel has no fault injection"
begin=$(acpi_begin ds)
end=$(acpi_end)
fault_in_modules
fault_not_in "$begin" "$end"
# what it prints is the test's, as it comes; FAILNTH: one operation's name
exec failnth "$begin" "$end" ${FAILNTH:+"$FAILNTH"}
