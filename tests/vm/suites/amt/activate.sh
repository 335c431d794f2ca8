#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# timeout: 450
#
# amtctl activate on firmware that misbehaves: its port forwarding, its web server,
# its account, its answers. A run that changed AMT and one that did not are told apart
# by AMT's own state.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC2034,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

password='Gu3st-pAss!word'
file=/tmp/password
command="activate --yes --password-file $file"

# afresh UNDO: AMT is as it came from the factory
afresh()
{
	heci off
	turn "amt control none; amt provisioning pre${1:+; $1}"
}

# judge_web KNOBS STATUS REASON MESSAGE LIMIT CONTROL: the last run, and what AMT is
judge_web()
{
	model control "$6" "$1: AMT's control mode"
	judge_run "$1" activate "$2" "$3" "$4" "$5"
}

# web KNOBS STATUS REASON MESSAGE [LIMIT [CONTROL [UNDO]]]: a run in AMT as it came
# from the factory
web()
{
	local mode=none

	[ "$2" != 0 ] || mode=client
	begin_row
	turn "$1" || not_ok "the model takes '$1'"
	# shellcheck disable=SC2086 # words
	amt_as_json $command
	judge_web "$1" "$2" "$3" "$4" "${5:-8}" "${6:-$mode}"
	afresh "${7:-}"
}

# works KNOBS [LIMIT [UNDO]]
works()
{
	web "$1" 0 - - "${2:-8}" client "${3:-}"
}

requests()
{
	[ "$(heci state http.requests)" -ge "$1" ]
}

# during REQUESTS MS KNOBS STATUS REASON MESSAGE LIMIT [CONTROL]: the knobs are turned
# when AMT has so many requests, while its answer is awaited, which takes so long
during()
{
	local many="$1" delay="$2" from

	shift 2
	from=$(heci state http.requests)
	# shellcheck disable=SC2086 # words
	later "http-delay $((delay * VM_SLOWNESS))" $command
	wait_for 15 requests $((from + many))
	turn "$1" || not_ok "the model takes '$1'"
	wait
	take_up "$number"
	begin_row
	judge_web "$1" "$2" "$3" "$4" "$5" "${6:-client}"
	afresh
}

ip link set lo up
(umask 077; printf '%s\n' "$password" >$file)
wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
wait_for 10 amtctl versions
is $? 0 "and AMT answers"

# other tests leave what they have set
turn "amt control none; amt provisioning pre; amt new-interface no; amt tls-enforced no"

# what changes AMT, and what does not
begin_row
amt_as_json activate --dry-run --password-file $file
is "$status" 0 "a dry run"
model control none "changes nothing"
model admin-password none "and sets no password"
noted change "amtctl activate --dry-run" "model: unchanged"
begin_row
# shellcheck disable=SC2086 # words
amt_as_json $command
is "$status" 0 "amtctl activate"
like "$(field way)" 'session of its own over LME' "over LME"
is "$(field changed)" true "it changed AMT"
is "$(field state_after)" "client control mode" "into client control mode"
model control client "AMT's control mode"
model provisioning post "and provisioning state"
model admin-password set "and password"
noted change "amtctl activate, over LME" "model"
amt_as_json status
is "$(field control_mode)" "client control mode" "amtctl status says so"
# shellcheck disable=SC2086 # words
amt_as_json $command
is "$status $(field changed)" "0 false" "twice is nothing to do"
amt deactivate --yes
is "$status" 0 "amtctl deactivate"
model admin-password none "takes the password back"
is "$(heci state lme.apf-violations)" 0 "no rule of port forwarding was broken"

# how AMT forwards its ports
works "lme-auth yes" 8 "lme-auth no"
works "lme-wait yes" 8 "lme-wait no"
works "lme-rebind no" 8 "lme-rebind yes"
works "lme-ports all" 8 "lme-ports auto"
web "lme-ports tls" 7 tls 'forwards its TLS port only' 13 none "lme-ports auto"
web "amt new-interface yes; amt tls-enforced yes" 7 tls 'accepts only TLS' 8 none \
	"amt tls-enforced no; amt new-interface no"
works "lme-tls-server 127.0.0.1:1" 8 "lme-tls-server none"
works "lme-window 64"
works "lme-window 1" 60
works "lme-chunk 7" 20
works "lme-adjust no"
web "lme-window 64; lme-adjust no" 8 web-service 'did not answer in time' 20
works "lme-refuse 1"
works "lme-refuse 4 2"
web "lme-refuse 1 all" 8 web-service 'web service' 25
works "lme-stale all"
works "lme-leak all"
works "lme-drop all"
works "lme-overrun"
web "lme-lie 5000" 8 no-port 'does not forward its port 16992' 13
works "lme-reset-after 900" 20
works "pace 20 lme"
works "delay 100 lme all" 15
works "duplicate lme"
web "refuse 3 lme all" 6 busy "another program holds AMT's port forwarding"
web "truncate 3 lme" 8 lost 'was lost' 13
during 1 500 "lme-inject stale-close; lme-inject stray-close; lme-inject stray-data; lme-inject stray-confirm; lme-inject stray-adjust" \
	0 - - 15
during 1 500 "lme-inject unknown; lme-inject short; lme-inject empty; lme-inject keepalive; lme-inject options; unsolicited lme 00" \
	0 - - 15
during 1 300 "lme-inject disconnect" 0 - - 15
during 1 300 lme-readvertise 0 - - 15
during 1 500 "lme-direct 127.0.0.1 0; lme-direct 192.0.2.1 80; lme-udp 192.0.2.1 9" \
	0 - - 15
# whoever takes AMT's events is a service
before=$(heci state lme.alerts-refused)
during 1 500 "lme-alert iAMT0001; lme-alert iAMT0033 3 the_log_is_full" 0 - - 15
is "$(($(heci state lme.alerts-refused) - before))" 2 "both alerts are refused"
is "$(heci state lme.alerts)" 0 "and none was taken"

# its web server
works "http-close yes"
works "http-chunked yes"
works "http-delay 300"
web "http-delay 30000" 8 web-service 'did not answer in time' 20
works http-cut
web "http-cut all" 8 web-service 'web service' 20
# the fourth is the setup: it is done, and its answer is lost
during 3 1000 http-cut 0 - - 15
like "$(field notes.0)$(field notes.1)" 'its state shows that it succeeded' "and says how it knows"

# its answers and its account
web "wsman-return 1" 7 refused 'INTERNAL_ERROR \(0x1\)'
web "wsman-return 0x10" 7 refused 'NOT_PERMITTED \(0x10\)'
web "wsman-return 0" 9 unknown "is still 'none'" 13
web "wsman-fault" 7 refused 'the model refuses' 13
web "amt modes-allowed 1" 7 not-allowed 'does not allow client control mode' 8 none \
	"amt modes-allowed 2"
works "amt account-padding 0" 8 "amt account-padding 2"
# shellcheck disable=SC2016 # that is its name
works "amt user another" 8 'amt user $$OsAdmin'
works "amt realm Another" 8 "amt realm $(heci state amt.realm)"
secret=$(heci state amt.password)
works "amt password aN0ther,secret" 8 "amt password $secret"
web "amthi-status 0x10 all 0x04000067" 7 account 'NOT_PERMITTED \(0x10\)'
web "amthi-raw 0x04000067 0102" 1 malformed '0x04000067' 8 none \
	"amthi-raw 0x04000067 none"

is "$(grep -cF -e "$secret" -e "$password" -e aN0ther,secret "$amt_said")" 0 \
	"no password was printed"
is "$(heci state violations)" 0 "no rule of the bus was broken"
done_testing
