#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: installed
#
# What was installed is where the system looks for it, and owned by root.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# file MODE PATH
file()
{
	is "$(stat -Lc '%F %a %U %G' "$2" 2>&1)" "regular file $1 root root" "$2"
}

file 755 /usr/sbin/pfructl
file 644 /usr/share/man/man1/pfructl.1
file 644 /usr/lib/udev/rules.d/70-pfru.rules
file 644 /usr/lib/udev/rules.d/71-pfru-telemetry.rules
file 644 /usr/lib/udev/rules.d/72-pfru-metrics.rules
file 644 /usr/share/bash-completion/completions/pfructl
file 755 /usr/sbin/amtctl
file 644 /usr/share/man/man1/amtctl.1
file 644 /usr/share/bash-completion/completions/amtctl
file 644 "/usr/lib/modules/$VM_KERNEL/updates/pfru.ko"
is "$(modinfo -n pfru)" "/lib/modules/$VM_KERNEL/updates/pfru.ko" \
	"modprobe finds that module"
like "$(modinfo -F vermagic pfru)" "^$VM_KERNEL " "made for this kernel"
like "$(head -n 10 /usr/share/man/man1/pfructl.1)" '^\.TH "?pfructl"? "?1"?' \
	"the manual page is pfructl(1)"
run -n "bash takes the completion" bash -c \
	'. /usr/share/bash-completion/completions/pfructl && complete -p pfructl'
out_like 'pfructl$' "and completes pfructl with it"
# shellcheck disable=SC2016 # for bash
run -n "the completion runs" bash -c '
	. /usr/share/bash-completion/completions/pfructl
	COMP_WORDS=(pfructl stage-) COMP_CWORD=1
	f=$(complete -p pfructl | sed "s/.*-F \([^ ]*\).*/\1/")
	"$f"; printf "%s\n" "${COMPREPLY[@]}"'
out_like '^stage-activate *$' "and completes a command"
is "$(pfructl --version | head -n 1 | grep -o '[0-9][0-9.]*' | head -n 1)" \
	"$(modinfo -F version pfru)" "tool and module have one version"
capture pfructl status --json
out_like "\"srcversion\": \"$(modinfo -F srcversion pfru)\"" \
	"status reads the module's file"
out_like "\"running_srcversion\": \"$(cat /sys/module/pfru/srcversion)\"" \
	"and the module that runs"
unlike "$(ldd /usr/sbin/pfructl)" 'not found' "the tool's libraries are there"
: >"$tap_dir/empty.cap"
exits -n "and the one that it loads for a capsule" 4 pfructl capsule "$tap_dir/empty.cap"
out_like '^SHA-256: +e3b0c44298fc1c14' "which it has used"
unlike "$(ldd /usr/sbin/amtctl)" 'not found' "amtctl's libraries are there"
exits -n "amtctl says what this machine lacks" 3 amtctl status
err_like 'no management engine was found' "no management engine"
done_testing
