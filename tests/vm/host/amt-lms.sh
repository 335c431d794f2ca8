#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A TLS server behind the model's port 16993, and a key that wakes the guest 2 s after
# the mark "sleep".

# shellcheck source=SCRIPTDIR/host.sh disable=SC1091
. "$(dirname "$0")/host.sh"

dir=$(mktemp -d) || exit 1
trap 'kill $server 2>/dev/null; rm -rf "$dir"' EXIT
ok_if "there is a certificate" openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
	-subj /CN=amt.example.org -keyout "$dir/key" -out "$dir/certificate"
openssl s_server -unix "$dir/tls" -key "$dir/key" -cert "$dir/certificate" \
	-www -quiet >"$dir/log" 2>&1 &
server=$!
ok_if "a TLS server" soon 20 test -S "$dir/tls"
ok_if "the model knows it" ctl lme-tls-server "$dir/tls"
until over; do
	if [ "$(marks sleep)" -gt "$(marks awake)" ]; then
		sleep 2
		mon sendkey ctrl
	fi
	sleep 0.2
done
ok_if "the guest woke as often as it slept" test "$(marks awake)" = "$(marks sleep)"
done_testing
