# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the scripts that run beside a guest with the HECI model, to be sourced:
# TAP, the model's knobs, QEMU's monitor and the marks that the guest leaves in
# the model's log ("heci log WORD" there). Such a script ends when over says so
# and prints its plan by done_testing.

# shellcheck source=SCRIPTDIR/../../lib/tap.sh disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/tap.sh"

# shellcheck disable=SC2034 # beside what the guest leaves
tap_table=$HECI_OUT/host-

# ctl WORD...: the model's knobs
ctl()
{
	"$HECI_SIM" ctl "$HECI_DIR/control" "$@"
}

# mon COMMAND: of QEMU's monitor; opened for both, which waits for no QEMU
mon()
{
	echo "$*" 1<>"$HECI_DIR/monitor.in"
}

# over: has the guest ended, or was the run stopped, and the model with it?
over()
{
	[ -e "$HECI_DIR/over" ] || [ ! -S "$HECI_DIR/control" ]
}

# marks WORD: how often the guest has left this mark
marks()
{
	grep -c -- "-- MARK $1\$" "$HECI_LOG" || :
}

# await WORD: a mark, or the guest's end, which is a failure
await()
{
	until [ "$(marks "$1")" -gt 0 ]; do
		! over || return 1
		sleep 0.1
	done
}

# has KEY VALUE: in the model's state
has()
{
	[ "$(ctl state "$1")" = "$2" ] || { ctl state; return 1; }
}
