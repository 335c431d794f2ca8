#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# order: 90
#
# Each knob of the model was turned before a run of amtctl that was judged: by the
# tests before this one, in the same guest. A knob that joins needs such a run.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

# those that show something, or end what another began; and a notification, which
# amtctl never asks for
harmless="state log history help off grant add revive notify"

# untried: the wanted ones, a line each on standard input, that no line of the notes
# begins with
untried()
{
	local knob

	while read -r knob; do
		grep -qE -e "^$knob( |\$)" "$amt_knobs" || printf '%s\n' "$knob"
	done
}

[ -s "$amt_knobs" ] || skip_all "the tests before this one were not run"

# shellcheck disable=SC2086 # words
heci help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' |
	grep -vxF "$(printf '%s\n' $harmless)" >"$tap_dir/knobs"
isnt "$(grep -c . "$tap_dir/knobs")" 0 "the model has knobs"
is "$(untried <"$tap_dir/knobs")" "" "amtctl was judged on each"

heci state | sed -n 's/^amt\.\([a-z.-]*\) .*/\1/p' |
	grep -vxE 'version|hash|hashes|admin-password' | sed 's/^/amt /' \
	>"$tap_dir/settings"
isnt "$(grep -c . "$tap_dir/settings")" 0 "its AMT has settings"
is "$(untried <"$tap_dir/settings")" "" "and on each of these"

# the model says what it takes
heci lme-inject nothing 2>&1 | sed -n 's/.*expected //p' |
	sed 's/ or /, /' | tr , '\n' | sed 's/^ */lme-inject /' >"$tap_dir/injected"
isnt "$(grep -c . "$tap_dir/injected")" 0 "there are messages out of the blue"
is "$(untried <"$tap_dir/injected")" "" "and on each of these"
done_testing
