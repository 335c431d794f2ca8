# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What README has a person type, for the tests that type it; to be sourced.

# readme_commands FILE SECTION: one a line, without the remarks behind them
readme_commands()
{
	awk -v section="## $2" '
	/^## / { here = $0 == section }
	here && /^    / { sub(/^    /, ""); sub(/ +# .*/, ""); print }' "$1"
}
