#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: main
#
# --output in a directory of everybody: fs.protected_symlinks, protected_fifos and
# protected_regular hold as they do for a shell's redirection.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

shared=$tap_dir/shared
victim=$tap_dir/victim
mkdir "$shared"
chmod 1777 "$shared"
kept=$(cat /proc/sys/fs/protected_symlinks /proc/sys/fs/protected_fifos \
	/proc/sys/fs/protected_regular)

# protect VALUE...: of symlinks, fifos, regular
protect()
{
	echo "$1" >/proc/sys/fs/protected_symlinks
	echo "$2" >/proc/sys/fs/protected_fifos
	echo "$3" >/proc/sys/fs/protected_regular
}

# there is no log before the first update
printf 'a line\r\n' | fwctl append exec

# somebody else's
echo old >"$victim"
ln -s "$victim" "$shared/link"
ln -s "$tap_dir/none" "$shared/dangling"
echo old >"$shared/regular"
mkfifo "$shared/fifo"
chown -h 65534:65534 "$shared/link" "$shared/dangling"
chown 65534:65534 "$shared/regular" "$shared/fifo"
chmod 666 "$shared/regular" "$shared/fifo"

protect 1 1 1
for name in link dangling regular fifo; do
	before=$(fwctl calls)
	# a name that is opened nevertheless is opened at once
	sleep 60 <>"$shared/fifo" &
	reader=$!
	# shellcheck disable=SC2016 # of that shell
	exits -n "$name: a shell may not" 1 sh -c '(: >"$1") || exit 1' sh \
		"$shared/$name"
	exits -n "$name: nor may --output" 1 pfructl telemetry \
		--output "$shared/$name"
	err_like 'cannot open it: Permission denied' "$name: which says why"
	exits -n "$name: nor when it appends" 1 pfructl telemetry --delta \
		--state "$tap_dir/state" --output "$shared/$name"
	is "$(fwctl calls)" "$before" "$name: no firmware call"
	kill $reader
done
is "$(cat "$victim" "$shared/regular")" "old
old" "nothing was written"
[ ! -e "$tap_dir/none" ]
is $? 0 "nothing was made"

protect 0 0 0
run -n "a link, not protected" pfructl telemetry --output "$shared/link"
[ -L "$shared/link" ]
is $? 0 "stays a link"
pfructl telemetry >"$tap_dir/log"
run -n "what it leads to has the log" cmp "$tap_dir/log" "$victim"

# shellcheck disable=SC2086 # three numbers
protect $kept
done_testing
