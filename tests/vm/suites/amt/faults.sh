#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# timeout: 300
#
# amtctl on firmware that misbehaves: each fault ends in time, with an exit status, a
# reason and a message of its own kind.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC2030,SC2031,SC2034,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
# wrong headers, lengths, commands and versions
for what in major minor reserved; do
	fault "corrupt $what amthi" versions 1 malformed 'unknown format'
done
for what in command class; do
	fault "corrupt $what amthi" versions 1 malformed 'is for another command'
done
fault "corrupt length amthi" versions 1 malformed 'not have the length that it states'
fault "truncate 0 amthi" versions 4 disabled 'its answer is empty'
fault "truncate 1 amthi" versions 1 malformed 'shorter than a header'
fault "truncate 15 amthi" versions 1 malformed 'shorter than a header'
fault "truncate 16 amthi" versions 1 malformed 'not have the length that it states'
fault "truncate 5120 amthi" versions 1 malformed 'not have the length that it states'
fault "corrupt length amthi all" status 1 malformed 'not have the length that it states'
fault "corrupt length amthi all" "configure start --yes" 1 malformed \
	'not have the length that it states'
model provisioning pre "nothing was changed"

# statuses
fault "corrupt status amthi" versions 7 refused 'INTERNAL_ERROR \(0x1\)'
fault "amthi-status 0x10" versions 7 refused 'NOT_PERMITTED \(0x10\)'
fault "amthi-status 0x7777" versions 7 refused 'UNKNOWN \(0x7777\)'
fault "amthi-status 2 2" versions 0 - - 6
fault "amthi-status 2501 1 0x04000048" status 0 - -
with lan_wired_status_name INTERFACE_DOES_NOT_EXIST

# data of the wrong size or shape
fault "corrupt 81=60 amthi" versions 1 malformed 'unexpected size or shape'
fault "corrupt 85=21 amthi" versions 1 malformed 'unexpected size or shape'
undo="amthi-raw 0x0400001a none"
setting "$undo" "amthi-raw 0x0400001a 00" versions 1 malformed 'unexpected size'
undo="amthi-raw 0x04000036 none"
setting "$undo" "amthi-raw 0x04000036 ff0061" status 1 malformed '0x04000036'
with dns_suffixes.0 example.com
# both bytes of its length count
setting "$undo" "amthi-raw 0x04000036 0401$(printf '%0520d' 0 | sed 's/00/61/g')" \
	status 0 - -
with pki_dns_suffix "$(printf '%0260d' 0 | tr 0 a)"
undo="amthi-raw 0x0400003e none"
setting "$undo" "amthi-raw 0x0400003e ffff" status 1 malformed '0x0400003e'
undo="amthi-raw 0x0400002c none"
setting "$undo" "amthi-raw 0x0400002c 22000000" hashes 1 malformed 'unexpected size'
setting "$undo" "amthi-raw 0x0400002c ffffffff" hashes 1 malformed 'unexpected size'
setting "$undo" "amthi-raw 0x0400002c 00000000" hashes 0 - -
undo="amthi-raw 0x0400002d none"
setting "$undo" "amthi-raw 0x0400002d 01" hashes 1 malformed '0x0400002d'
undo="amthi-raw 0x0400006b none"
setting "$undo" "amthi-raw 0x0400006b 07000000" status 0 - -
with control_mode unknown
with control_mode_number 7

# what sources disagree about comes with its raw value
setting "amt ip-order host" "amt ip-order network" status 0 - -
with lan_wired.ipv4_raw c0a80117
with lan_wired.ipv4 23.1.168.192
setting "amt-hash 0 algorithm 2" "amt-hash 0 algorithm 3" hashes 0 - -
with hashes.0.algorithm_number 3
with hashes.0.algorithm unknown
is "$(field hashes.0.hash | wc -c)" 129 "and all 64 bytes are shown"
noted also "hashes.0.hash: all 64 bytes"
setting "amt trigger 0" "amt trigger 3" status 0 - -
with remote_access.trigger periodic
# the mode is not the state
setting "amt mode 1" "amt mode 2" status 0 - -
with provisioning.provisioning_mode "small business"
with provisioning_state "not provisioned"
# a wireless interface that is not there, and one of zeros
fault "amt wireless.present no" status 0 - -
with lan_wireless null
setting "amt wireless.present no" "amt wireless.present yes; amt wireless.mac 00:00:00:00:00:00" \
	status 0 - -
with lan_wireless.ipv4 0.0.0.0
# firmware that takes no other lengths and versions than it should get
for command in status versions hashes features "configure start --dry-run"; do
	setting "amt lengths tolerant" "amt lengths strict" "$command" 0 - -
done
setting "amt wired.present yes" "amt wired.present no" status 0 - -
with lan_wired null
setting "amt wireless.present no; amt wireless.dhcp-mode 0" \
	"amt wireless.present yes; amt wireless.dhcp-mode 2" \
	status 0 - -
with lan_wireless.dhcp_mode passive
setting "amt access $(heci state amt.access)" "amt access 513" status 0 - -

# connections and answers
fault "disconnect amthi" versions 8 lost 'was lost before it answered'
fault "delay 1500 amthi" versions 0 - -
fault "duplicate amthi" versions 0 - -
fault "duplicate amthi" status 1 malformed 'is for another command'
fault "refuse 1 amthi all" status 4 no-client 'offers no AMT'
# the driver forgets a client that the firmware says it has not
heci reset
wait_for 10 amtctl versions
is $? 0 "and after a reset it is there again"
fault "refuse 3 amthi all" versions 6 busy 'another program holds'
fault "refuse 3 amthi 2" versions 0 - -
fault "refuse 4 amthi" versions 1 system 'Invalid argument'
fault "pace 100 amthi" status 0 - - 8
setting "connections 1 amthi" "connections 0 amthi" versions 6 busy 'another program holds'
fault "send 10 99 00" versions 0 - -
setting "reset-time 2" "reset-time 500; reset" versions 0 - -
setting "hbm 2.0; reset" "hbm 2.2; reset" versions 0 - -
wait_for 10 amtctl versions
is $? 0 "and after one more reset"
# what only concerns the watchdog's client is no failure
fault "refuse 3 watchdog all" status 0 - -
with notes.0 "whether AMT's local ports take TLS only is not known: the watchdog's client did not say"
fault "truncate 2 watchdog" status 0 - -
isnt "$(field notes.0)" "" "and a note says so"
setting "version 2" "version 1" status 0 - -
setting "required yes quiet" "required no" status 0 - -
setting "stop-answer empty" "stop-answer none" status 0 - -
setting "clock 1" "clock 0" status 0 - -
fault "refuse-notify 1 watchdog all" status 0 - -
fault "reset ping all" status 0 - -

# changes
undo="amt provisioning pre"
setting "$undo" "amthi-status 3 1 0x04000029" "configure start --yes" 7 refused \
	'INVALID_AMT_MODE \(0x3\)'
setting "$undo" "amthi-status 0x30 1 0x04000029" "configure start --yes" 8 refused \
	'RNG_NOT_READY \(0x30\)'
setting "$undo" "amthi-status 0x31 1 0x04000029" "configure start --yes" 8 refused \
	'CERTIFICATE_NOT_READY \(0x31\)' 10
setting "amt rng 0" "amt rng 2" "configure start --yes" 8 rng 'no random number seed'
setting "amt control none; $undo" "amt control client; amt provisioning post; amthi-status 0x81c 1 0x04000010" \
	"deactivate --yes" 7 refused 'BLOCKING_COMPONENT \(0x81c\)'
setting "amt control none; $undo" "amt control admin; amt provisioning post" \
	"deactivate --yes" 7 admin-control-mode 'admin control mode'

# those that take ten seconds, side by side: all of it is 12 s, not 40
heci connections 8 amthi
later "drop amthi" versions
spent drop
later "withhold amthi 1" versions
spent withhold
later "amthi-status 2 all 0x0400001a" versions
later "amthi-idle 1" configure start --yes
wait
ended 1 "drop amthi" versions 8 no-answer 'did not answer within 10 seconds' 14
ended 2 "withhold amthi 1" versions 8 no-answer 'did not answer within 10 seconds' 14
ended 3 "amthi-status 2 all" versions 8 refused 'NOT_READY \(0x2\)' 14
ended 4 "amthi-idle" "configure start" 9 unknown "is still 'not provisioned'" 10
heci off
heci connections 1 amthi

# the link is reset while an answer is awaited
later "delay 3000 amthi" versions
spent delay
heci reset
wait
ended 5 "delay 3000 amthi; reset" versions 8 lost 'was lost before it answered' 5
heci off
# and something comes that was not asked for
later "delay 1500 amthi" versions
spent delay
heci unsolicited amthi 00
wait
ended 6 "delay 1500 amthi; unsolicited amthi 00" versions 1 malformed \
	'shorter than a header' 5
heci off
fault "slow 20" versions 0 - -
is "$(cat /sys/class/mei/mei0/dev_state)" ENABLED "the engine is there as before"

is "$(grep -cF "$(heci state amt.password)" "$amt_said")" 0 \
	"the local account's password was printed nowhere"
is "$(heci state violations)" 0 "no rule of the bus was broken"
done_testing
