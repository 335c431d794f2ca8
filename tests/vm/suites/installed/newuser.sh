#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: packages
# timeout: 180
# order: 60
#
# What README has a person type on a machine that has the devices, with the
# packages installed: its lines, in its order. newuser.log is what is seen.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../../packages/readme.sh disable=SC1091
. /tests/readme.sh

log=/out/newuser.log
cp /data/v5.cap "$tap_dir/update.cap"
cd "$tap_dir" || exit 1
udevadm settle -t 60
wait_for 30 test -e /dev/pfru/telemetry

# typed COMMAND: by root, who needs no sudo
typed()
{
	capture sh -c "${1#sudo } 2>&1"
	printf '# %s\n%s\n[exit status %s]\n\n' "${1#sudo }" "$out" "$status" >>"$log"
	is "$status" "${2:-0}" "README's line: $1"
}

running()
{
	pfructl --json capability |
		sed -n 's/.*"runtime_version": *\([0-9]*\).*/\1/p' | head -n 1
}

# typed_from_readme COMMAND: what it promises is looked at
typed_from_readme()
{
	case $1 in
	"sudo modprobe pfru")
		modprobe -r pfru
		typed "$1"
		udevadm settle -t 60
		wait_for 30 test -e /dev/pfru/telemetry
		is $? 0 "the nodes are there" ;;
	"sudo pfructl status")
		typed "$1"
		out_like '^Usable: +yes' "all is well" ;;
	"sudo pfructl capability")
		typed "$1"
		out_like '[Rr]untime version: +[0-9]' "what runs now is said" ;;
	"sudo pfructl capsule update.cap")
		typed "$1"
		out_like '^Would be accepted: +unknown \(signature not verified' \
			"the capsule fits this machine, its signature was not looked at"
		unlike "$out" 'not compared' "by this machine" ;;
	"sudo pfructl stage-activate update.cap")
		typed "$1"
		is "$(running)" 5 "the update runs now" ;;
	"sudo pfructl telemetry")
		typed "$1"
		out_like 'Status = Success' "the log shows the update" ;;
	"sudo pfructl telemetry --follow")
		typed "timeout --preserve-status -s INT 5 ${1#sudo }"
		out_like 'Status = Success' "so it does when followed" ;;
	"sudo dkms status")
		# its compiler is not in this image
		like "$(modinfo -F filename pfru)" /updates/dkms/ "dkms has made the module" ;;
	"sudo apt "*|"sudo make install"|"sudo mokutil "*|"sudo reboot")
		# t-newuser.sh of the packages' tests; not here
		;;
	*)	not_ok "this test knows README's line '$1'" ;;
	esac
}

for section in Packages "On a machine that has it"; do
	readme_commands /root/README.md "$section" >"$tap_dir/lines"
	isnt "$(wc -l <"$tap_dir/lines")" 0 "README's '$section' says what to type"
	while read -r line <&7; do
		typed_from_readme "$line"
	done 7<"$tap_dir/lines"
done
done_testing
