#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt-systemd
# timeout: 260
#
# amtctl activate, ended by a signal while AMT is asked: no password, and nothing that
# is worth as much, is in its core, in /proc, in the journal, in the kernel's log, or in
# what it printed. Each place is searched for something that is there, too.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3045
. /tests/tap.sh
udevadm settle -t 60
modprobe -q virtio_console

password='1mage-pAss!word'
file=/root/amt-password
work=/tmp/amt-secrets
mkdir -p $work/core $work/proc $work/said

works()
{
	amtctl versions >/dev/null 2>&1
}

requests()
{
	[ "$(heci state http.requests)" -ge "$1" ]
}

hash()
{
	printf '%s' "$1" | md5sum | cut -d ' ' -f 1
}

# found_in PLACE FIXED-STRING: how many files have it
found_in()
{
	LC_ALL=C grep -rlaF -e "$2" "$1" | wc -l
}

# bytes_in PLACE DIGEST: the same for the bytes of a digest
bytes_in()
{
	LC_ALL=C grep -rlaP -e "$(printf '%s' "$2" | sed 's/../\\x&/g')" "$1" | wc -l
}

# clean PLACE NAME: no secret is there
clean()
{
	is "$(found_in "$1" "$password")" 0 "$2: not the new password"
	is "$(found_in "$1" "$account")" 0 "$2: not the local account's"
	for digest in "$admin_hash" "$account_hash"; do
		is "$(found_in "$1" "$digest")" 0 "$2: no digest of one"
		is "$(bytes_in "$1" "$digest")" 0 "$2: nor its bytes"
	done
}

wait_for 30 test -c /dev/mei0
is $? 0 "there is an MEI device"
wait_for 15 works
is $? 0 "and AMT answers"
account=$(heci state amt.password)
realm=$(heci state amt.realm)
admin_hash=$(hash "admin:$realm:$password")
account_hash=$(hash "$(heci state amt.user):$realm:$account")
(umask 077; printf '%s\n' "$password" >$file)
echo $work/core/%e >/proc/sys/kernel/core_pattern

# the search finds what is there
(ulimit -c unlimited; SECRET=$password exec sh -c 'kill -SEGV $$')
isnt "$(found_in $work/core "$password")" 0 "a shell's core has its environment"
rm -f $work/core/*
perl -e 'print "x", pack("H*", shift), "x"' "$admin_hash" >$work/said/bytes
is "$(bytes_in $work/said "$admin_hash")" 1 "bytes of a digest are found"
rm $work/said/bytes

# the setup is the fourth request: whoever waits for its answer holds all secrets
heci http-delay 3000
from=$(heci state http.requests)
(
	ulimit -c unlimited
	exec amtctl activate --yes --json --password-file $file >$work/said/killed 2>&1
) &
process=$!
wait_for 40 requests $((from + 4))
is $? 0 "AMT is asked to set itself up"
for name in cmdline environ maps smaps status limits stack syscall wchan; do
	cat /proc/$process/$name >$work/proc/$name 2>/dev/null
done
ls -l /proc/$process/fd >$work/proc/fd
kill -SEGV $process
wait $process 2>/dev/null
is $? 139 "amtctl is ended by a signal"
is "$(ls $work/core)" amtctl "and leaves a core"
isnt "$(found_in $work/core "$realm")" 0 "which has the realm, which is no secret"
clean $work/core core
isnt "$(found_in $work/proc "$file")" 0 "/proc names the password's file"
clean $work/proc /proc
is "$(heci state amt.admin-password)" set "AMT did it all the same"

heci off
run amtctl deactivate --yes
capture amtctl activate --yes --json --password-file $file
cat "$tap_dir/out" "$tap_dir/err" >$work/said/activate
is "$status" 0 "amtctl activate"
capture amtctl status --json
cat "$tap_dir/out" "$tap_dir/err" >$work/said/status
like "$out" 'client control mode' "amtctl status says so"
isnt "$(found_in $work/said "$realm")" 0 "what was printed has the realm"
clean $work/said "what was printed"

mkdir $work/journal $work/kernel
journalctl --all --output=export >$work/journal/export
isnt "$(found_in $work/journal AMTCTL_ACTION=activate)" 0 "the journal has the activation"
like "$(cat $work/journal/export)" 'AMTCTL_STATE_AFTER=client control mode' \
	"and what came of it"
clean $work/journal journal
dmesg >$work/kernel/log
isnt "$(found_in $work/kernel 'Linux version')" 0 "the kernel's log is whole"
clean $work/kernel "the kernel's log"
rm -f $file
done_testing
