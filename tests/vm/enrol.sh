#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# enrol.sh [--mok] OUT CERTIFICATE...: a store of UEFI variables for boot.sh --vars, with
# Secure Boot on: that of Debian's ovmf package for tests, and the CERTIFICATEs
# (PEM or DER) in its db, where the kernel looks for the keys of modules; with
# --mok, in shim's list of the machine owner's keys.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/lib.sh disable=SC1091
. "$here/lib.sh"

where=--add-db
[ "${1:-}" != --mok ] || { where=--add-mok; shift; }
out=$(realpath -m "${1:?usage: enrol.sh [--mok] OUT CERTIFICATE...}")
shift
owner=70667275-7365-6375-7265-626f6f740000	# of our entries in db

need openssl openssl
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pfru-enrol.XXXXXX")
remove_at_exit
cp /usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd "$tmp/vars.fd"
for certificate; do
	[ -f "$certificate" ] || die "there is no certificate $certificate to enrol"
	form=der
	! grep -q BEGIN "$certificate" || form=pem
	openssl x509 -inform "$form" -in "$certificate" \
		-out "$(mktemp "$tmp/XXXXXX.pem")"
done
# the tool is in trixie
tree=$("$here/tree.sh" trixie)
# shellcheck disable=SC2016 # for the inner shell to expand
"$here/enter.sh" "$tree" -b "$tmp:/secure" sh -ec '
	cd /var/cache/apt/archives
	apt-get -qq -y --no-install-recommends install \
		./python3-virt-firmware_*.deb >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }
	for pem in /secure/*.pem; do
		virt-fw-vars --input /secure/vars.fd --output /secure/vars.new \
			"$1" "$0" "$pem"
		mv /secure/vars.new /secure/vars.fd
	done' "$owner" "$where" >&2
cmp -s "$tmp/vars.fd" /usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd &&
	die "nothing was enrolled"
mv "$tmp/vars.fd" "$out"
