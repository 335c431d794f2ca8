#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: watchdog-real-time
# timeout: 240
#
# One expiry at the real 120 s, by a firmware's clock that runs as time does.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/wd.sh disable=SC1091
. /tests/wd.sh

# seconds STAMP: of the day, of a time in the model's log
seconds()
{
	printf '%s\n' "$1" | awk -F '[T:Z]' '{ print $2 * 3600 + $3 * 60 + $4 }'
}

soon 20 wd_works
is $? 0 "there is a watchdog"
is "$(heci state clock-factor)" 1 "the firmware's clock runs as time does"
wd "$(wd_dev)" ping touch="$tap_dir/pinged" wait="$tap_dir/go" ping magic >/dev/null &
soon 10 test -e "$tap_dir/pinged"
sleep 110
is "$(heci state expiries)" 0 "110 s later it has not expired"
soon 20 has expiries 1
is $? 0 "then it has"
ping=$(heci history 200 | grep 'rx watchdog/.* timeout 120' | tail -n 1)
event=$(heci history 200 | grep 'EVENT watchdog expired')
diag "$ping"
diag "$event"
after=$(awk -v a="$(seconds "${ping%% *}")" -v b="$(seconds "${event%% *}")" \
	'BEGIN { d = b - a; print d < 0 ? d + 86400 : d }')
echo "$after" | awk '{ exit !($1 >= 119.9 && $1 < 121) }'
is $? 0 "after 120 s of the wall's clock"
is "$(shown state) $(shown timeleft)" "expired 0" "sysfs shows that, and no time left"
run pfructl watchdog
out_like '^ *State: +expired$' "so does pfructl"
touch "$tap_dir/go"
wait
done_testing
