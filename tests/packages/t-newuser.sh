#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person with an account, sudo, the two .deb files and README, on a machine
# that nobody has built anything on and that has no such device. What README
# says to type is typed, in its order. /out/newuser.log is what that person
# sees.

# shellcheck source=SCRIPTDIR/inside.sh disable=SC1091,SC2154
. /packages/inside.sh
# shellcheck source=SCRIPTDIR/readme.sh disable=SC1091
. /packages/readme.sh

home=/home/newuser
log=/out/newuser.log
: >"$log"

# typed COMMAND: at the user's prompt; who is asked says yes
typed()
{
	printf '$ %s\n' "$1" >>"$log"
	# shellcheck disable=SC2016 # for the inner shell
	capture sh -c 'yes | runuser -l newuser -c "$0" 2>&1' "$1"
	printf '%s\n[exit status %s]\n\n' "$out" "$status" >>"$log"
}

# says STATUS REGEXP NAME: of what was typed last
says()
{
	is "$status" "$1" "$3: its exit status is $1"
	like "$out" "$2" "$3"
}

# installed: after README's line for it
installed()
{
	says 0 '^Setting up pfru-dkms' "the packages can be installed"
	unlike "$out" '^pfru-dkms:|[Ww]arning: |error:' "and nothing is complained of"
	kernel=$(kernels)
	is "$(wc -w <<<"$kernel")" 1 "the headers of one kernel came with them"
	has_module "$kernel"
	healthy "with the packages"
}

# no_device COMMAND: what needs one says so
no_device()
{
	says 3 'no (update|telemetry) device' "'$1' says that there is no device"
}

# typed_from_readme COMMAND: what it promises is looked at
typed_from_readme()
{
	case $1 in
	"sudo apt install ./"*.deb*)
		typed "$1"
		installed ;;
	"sudo dkms status")
		typed "$1"
		says 0 "^pfru/$version, $kernel, x86_64: installed\$" \
			"dkms has the module for the kernel" ;;
	"sudo modprobe pfru")
		# the kernel that runs is another one's: not loaded, but found
		typed "sudo modprobe --dry-run --verbose --set-version $kernel pfru"
		says 0 "^insmod /lib/modules/$kernel/updates/dkms/pfru.ko" \
			"modprobe finds the module" ;;
	"sudo pfructl status")
		typed "$1"
		# a tree may be without /sys
		says 3 'has neither of the ACPI devices INTC1080 \(update\) and INTC1081|/sys/bus/acpi/devices is missing' \
			"status says that this machine has no such device"
		like "$out" 'firmware setup, or ask its vendor|is /sys not mounted' "and where to look" ;;
	"sudo pfructl capsule update.cap")
		typed "$1"
		says 0 'code_injection|code injection' "the capsule is shown"
		like "$out" '^Would be accepted: +unknown \(no device\)' "nobody can say whether it would be accepted" ;;
	"sudo pfructl capability"|"sudo pfructl stage-activate update.cap"|\
	"sudo pfructl telemetry"|"sudo pfructl telemetry --follow")
		typed "$1"
		no_device "$1" ;;
	"sudo mokutil --import "*)
		# a booted guest has the rest of it
		typed "openssl x509 -inform der -noout -subject -in ${1##* }"
		says 0 'CN *= *DKMS module signing key' \
			"the key to enrol is where README says" ;;
	"sudo apt purge pfru-dkms pfructl")
		# last, below
		;;
	"sudo reboot"|"sudo make install")
		# not in a tree; not with packages
		;;
	*)	not_ok "this test knows README's line '$1'" ;;
	esac
}

is "$(command -v gcc make dkms pfructl mokutil)$(kernels)" "" \
	"nobody has built anything here"
useradd --create-home --shell /bin/bash newuser
echo 'newuser ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/newuser
echo '127.0.0.1 localhost' >/etc/hosts
hostname >/etc/hostname
sed -i "s/\$/ $(hostname)/" /etc/hosts
# apt keeps what it says on a terminal of its own
mkdir -p /dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
ln -sfn pts/ptmx /dev/ptmx
cp /in/pfru-dkms_*.deb /in/pfructl_*.deb "$home/"
tar -C "$home" --strip-components=1 -xzf /in/pfru.tar.gz \
	"pfru-$version/README.md"
chown newuser: "$home"/*
typed ls
is "$(tr '\n' ' ' <<<"$out")" \
	"README.md pfru-dkms_${version}_all.deb pfructl_${version}_amd64.deb " \
	"there are README and the two packages"

readme_commands "$home/README.md" Packages >"$tap_dir/packages"
readme_commands "$home/README.md" "On a machine that has it" >"$tap_dir/use"
is "$(grep -c 'sudo apt install \./' "$tap_dir/packages")" 1 \
	"README has one line that installs the packages"
is "$(grep -cx 'sudo apt purge pfru-dkms pfructl' "$tap_dir/packages")" 1 \
	"and one that takes them away"
isnt "$(grep -cE 'pfructl (capability|capsule|stage-activate|telemetry)' "$tap_dir/use")" 0 \
	"it says what to do with them"

while read -r line <&7; do
	typed_from_readme "$line"
done 7<"$tap_dir/packages"

# the vendor's capsule has come
cp /in/capsules/v2.cap "$home/update.cap"
cp /in/capsules/ca.pem "$home/"
head -c 1000 "$home/update.cap" >"$home/damaged.cap"
while read -r line <&7; do
	typed_from_readme "$line"
done 7<"$tap_dir/use"
typed "sudo pfructl capsule --ca ca.pem update.cap"
says 0 "^ *Signature verified: +yes" "its signature can be verified"
typed "sudo pfructl capsule damaged.cap"
says 4 'damaged.cap: .* at offset [0-9]+' "what is wrong with a damaged one is said"

# README names the tool, its help and the manual page
typed "sudo pfructl --version"
says 0 "$version" "the tool says its version"
typed "sudo pfructl --help"
says 0 '^ +status ' "and its commands"
commands=$(sed -nE 's/^  ([a-z-]+) .*/\1/p' <<<"$out")
is "$(grep -cx -e status -e stage-activate -e telemetry <<<"$commands")" 3 \
	"those that README names among them"
typed "man pfructl"
says 0 '^pfructl\(1\)' "there is a manual page"
page=$out
for command in $commands; do
	like "$page" "pfructl $command" "which has $command"
	typed "sudo pfructl $command --help"
	says 0 "pfructl $command" "$command has a help text"
done

typed "$(grep -x 'sudo apt purge pfru-dkms pfructl' "$tap_dir/packages")"
says 0 '^Removing pfru-dkms' "the packages can be taken away"
typed "sudo dkms status"
says 0 '^$' "dkms has nothing left"
is "$(find / -xdev \( -path /proc -o -path /tmp -o -path "$home" -o -path /in -o \
	-path /out -o -path /packages -o -path /tests -o -path /var/cache \) -prune -o \
	-name 'pfru*' ! -name 'pfrut.h' -print)" "" "no file of them is left"
healthy "at the end"

# the log is the person's: each line of README that could be typed is in it
is "$(grep -E 'command not found|No such file|syntax error' "$log")" "" \
	"no line of README was wrong by itself"
is "$(sed -n 's/^\$ //p' "$log" | grep -xF -f "$tap_dir/packages" | sort -u)" \
	"$(grep -vE 'modprobe|mokutil|reboot' "$tap_dir/packages" | sort -u)" \
	"the log has each line of README that a tree can run"
done_testing
