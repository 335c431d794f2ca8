#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt-meshcmd
# timeout: 560
#
# MeshCmd (MeshCentral's agent, unmodified) reads what the AMT is, opens and
# closes the configuration window, and activates and deactivates client
# control mode: through AMTHI, LME, HTTP digest and WS-MAN. amtctl reads the same
# values, and each sees what the other has changed.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

# equal NAME PATH PATH...: these of amtctl's values, in $tap_dir/ours, are MeshCmd's,
# in $tap_dir/theirs, there under the second path of each pair. Yes and no are
# numbers in some of MeshCmd's, and letters may be large or small.
equal()
{
	local name="$1"

	shift
	begin_row
	awk -v pairs="$*" '
	function norm(value) {
		value = tolower(value)
		return value == "true" ? 1 : value == "false" ? 0 : value
	}
	{ path = $1; sub(/^[^ ]* /, "") }
	FILENAME ~ /ours$/ { ours[path] = norm($0); next }
	{ theirs[path] = norm($0) }
	END {
		for (n = split(pairs, p, " "); n > 0; n -= 2)
			if (!(p[n - 1] in ours) || !(p[n] in theirs) ||
			    ours[p[n - 1]] != theirs[p[n]])
				print p[n - 1] ": " ours[p[n - 1]] ", MeshCmd: " theirs[p[n]]
	}' "$tap_dir/ours" "$tap_dir/theirs" >"$tap_dir/differ"
	is "$(cat "$tap_dir/differ")" "" "$name"
	while [ $# -gt 0 ]; do
		noted peer "$1" MeshCmd same
		shift 2
	done
}

# sees STATE CONTROL NAME: what amtctl status says
sees()
{
	amt_as_json status
	is "$status $(field provisioning_state), $(field control_mode)" "0 $1, $2" \
		"amtctl status: $3"
}

password='Amtctl-P4ss!'

# activated HOW: what MeshCmd sees of it, until it takes it back
activated()
{
	model control client "client control mode"
	model admin-password set "with a password"
	mesh amtinfo
	out_like 'activated in Client Control Mode' "amtinfo says so"
	# the password is the one that was set: AMT's web service takes it
	mesh amtuuid --user admin --password "$password"
	out_like "GUID: .*$(heci state amt.uuid | cut -d - -f 4)" "amtuuid logs in with it"
	noted change "amtctl activate, $1" "model, MeshCmd amtinfo and amtuuid"
	mesh amtdeactivate
	out_like 'Success' "amtdeactivate"
	model control none "no control mode"
}

# port 16992
listens()
{
	grep -qE '^ *[0-9]+: [0-9A-F]*:4260 [0-9A-F:]* 0A ' /proc/net/tcp /proc/net/tcp6
}

wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
unpack_meshcmd
export LD_LIBRARY_PATH=/data/meshcmd/lib
cd /tmp/mesh || exit 1

# what is not the factory's
for knob in "wired.dhcp-mode 1" "wireless.present yes" "wireless.enabled yes" \
	"wireless.ip 172.16.5.6" "wireless.dhcp-mode 2" "mac-host 02:12:34:56:78:ff" \
	"legacy yes" "ehbc yes" "network 2" "remote 2" "trigger 1" \
	"mps mps.example.com"; do
	# shellcheck disable=SC2086 # words
	heci amt $knob
done
heci amt-hash 1 algorithm 1
heci amt-hash 1 default no
heci amt-hash 2 algorithm 3
heci amt-hash 2 active no

mesh amtversions
for version in 11.8.93 16392 4323; do
	out_like "$version" "amtversions shows $version"
done
out_like "$(heci state amt.bios)" "and the BIOS"
printf '%s\n' "$out" | tr -d '\r' | sed -n \
	's/^BIOS Version/BIOS/; s/ (AMT, Corporate)$//; s/ = / /p' >"$tap_dir/theirs"
begin_row
amt_as_text versions
same "amtctl versions shows the same" "$amt_text" "$tap_dir/theirs"
sed 1d "$amt_text" >"$tap_dir/versions"
for path in versions amt_version build_number bios; do
	noted peer $path MeshCmd same
done

mesh amtinfo --json
flatten <"$tap_dir/out" >"$tap_dir/theirs"
amt_as_json status
cp "$amt_json" "$tap_dir/ours"
amt_as_json features
cat "$amt_json" >>"$tap_dir/ours"
begin_row
capture /data/mei-amt-version
printf '%s\n' "$out" | sed -n 's/^\([^:]*\):[ 	]*/\1 /p' |
	grep -v '^Intel AMT' >"$tap_dir/kernels"
same "mei-amt-version shows the versions of both" "$tap_dir/kernels" "$tap_dir/versions"
for path in versions amt_version build_number; do
	noted peer $path mei-amt-version same
done
equal "amtctl status and features have the values of amtinfo" amt_version ver \
	provisioning_state_number ProvisioningState.state \
	provisioning.provisioning_mode_number ProvisioningMode.mode \
	provisioning.legacy_mode ProvisioningMode.legacy \
	control_mode_number controlmode.controlMode uuid uuid ehbc ehbc \
	mac_addresses.dedicated mac.DedicatedMAC mac_addresses.host mac.HostMAC \
	lan_wired.enabled net0.enabled lan_wired.ipv4 net0.address \
	lan_wired.dhcp net0.dhcpEnabled lan_wired.dhcp_mode net0.dhcpMode \
	lan_wired.mac net0.mac \
	lan_wireless.enabled net1.enabled lan_wireless.ipv4 net1.address \
	lan_wireless.dhcp net1.dhcpEnabled lan_wireless.dhcp_mode net1.dhcpMode \
	lan_wireless.mac net1.mac pki_dns_suffix DnsSuffix \
	remote_access.network_number networkStatus \
	remote_access.connection_number remoteAccessStatus \
	remote_access.trigger_number remoteAccessTrigger \
	remote_access.server mpsHostname
mesh amthashes --json
flatten <"$tap_dir/out" >"$tap_dir/theirs"
amt_as_json hashes
cp "$amt_json" "$tap_dir/ours"
for i in 0 1 2; do
	equal "hash $i is the same in both" hashes.$i.name $i.name \
		hashes.$i.default $i.isDefault hashes.$i.active $i.isActive \
		hashes.$i.algorithm_number $i.hashAlgorithm \
		hashes.$i.hash $i.certificateHash
done
heci amt-hash 2 active yes
heci amt ehbc no
heci amt legacy no

begin_row
amt configure start --yes
is "$status" 0 "amtctl configure start"
model provisioning in "the window is open"
mesh amtinfo
out_like 'in-provisioning state' "amtinfo says so"
noted change "amtctl configure start" "model, MeshCmd amtinfo"
begin_row
mesh amtstopconfig
out_like 'Success' "amtstopconfig"
model provisioning pre "the window is closed"
sees "not provisioned" none "the window is closed"
noted change "MeshCmd amtstopconfig" "model, amtctl status"
begin_row
mesh amtstartconfig
out_like 'Success' "amtstartconfig"
model provisioning in "the window is open"
sees "in provisioning" none "the window is open"
noted change "MeshCmd amtstartconfig" "model, amtctl status"
begin_row
amt configure stop --yes
is "$status" 0 "amtctl configure stop"
model provisioning pre "the window is closed"
mesh amtstopconfig
out_like 'not in in-provisionning mode' "twice is once too often, says amtstopconfig"
noted change "amtctl configure stop" "model, MeshCmd amtstopconfig"
heci amt rng 2
mesh amtstartconfig
out_like 'Random generator not ready' "no random numbers, no start"
heci amt rng 0

begin_row
mesh amtccm --password 'Mesh-P4ss!'
out_like 'Success' "amtccm"
model control client "client control mode"
model provisioning post "configured"
model admin-password set "with a password"
sees provisioned "client control mode" "what amtccm did"
noted change "MeshCmd amtccm" "model, amtctl status, MeshCmd amtinfo"
mesh amtinfo
out_like 'Intel AMT v11\.8\.93, activated in Client Control Mode' "amtinfo says so"
out_like "Wired Enabled, DHCP, $(heci state amt.wired.mac | tr a-f A-F), $(heci state amt.wired.ip)" \
	"the LAN settings"
out_like "Trusted DNS suffix: $(heci state amt.suffix)" "the suffix"
out_like 'Connection Status: Outside, CIRA: Connected to mps\.example\.com' \
	"the remote access"
mesh amtuuid --user admin --password 'Mesh-P4ss!'
out_like "GUID: .*$(heci state amt.uuid | cut -d - -f 4)" "amtuuid"
mesh amtccm --password 'Mesh-P4ss!'
unlike "$out" Success "amtccm works once"

begin_row
amt_as_json configure start --yes
is "$status $(field error.reason)" "7 provisioned" "no window on a configured AMT"
amt deactivate --yes
is "$status" 0 "amtctl deactivate"
model control none "no control mode"
model provisioning pre "not configured"
model admin-password none "no password"
mesh amtinfo
out_like 'pre-provisioning state' "amtinfo says so"
noted change "amtctl deactivate" "model, MeshCmd amtinfo"
begin_row
heci amt control client
heci amt provisioning post
mesh amtdeactivate
out_like 'Success' "amtdeactivate"
model control none "no control mode"
sees "not provisioned" none "what amtdeactivate did"
noted change "MeshCmd amtdeactivate" "model, amtctl status"
begin_row
heci amt control admin
heci amt provisioning post
mesh amtdeactivate
out_like 'Error 3' "refused in admin control mode"
amt_as_json deactivate --yes
is "$status $(field error.reason)" "7 admin-control-mode" "by amtctl, too"
model control admin "and nothing has changed"
noted change "amtctl and MeshCmd deactivate in admin control mode" \
	"refused by both, model"

# the other way round: what amtctl activated, over LME and through a service
heci amt control none
heci amt provisioning pre
ip link set lo up
(umask 077; echo "$password" >/tmp/password)
begin_row
amt_as_json activate --yes --password-file /tmp/password
is "$status" 0 "amtctl activate"
like "$(field way)" 'session of its own over LME' "over LME"
activated "over LME"
begin_row
./meshagent_x86-64 meshcmd.js microlms --noconsole >/tmp/microlms 2>&1 &
microlms=$!
wait_for 30 listens
is $? 0 "MeshCmd's microlms listens on port 16992"
amt_as_json status
like "$(grep -E 'ports?' "$amt_json")" 16992 "amtctl status names the port"
is "$(field local_service.lme_in_use)" true "and says that LME is in use"
amt_as_json activate --yes --password-file /tmp/password
is "$status" 0 "amtctl activate"
like "$(field way)" 'the service on port 16992' "through it"
kill $microlms
wait $microlms 2>/dev/null
activated "through MeshCmd's microlms"
is "$(grep -cF -e "$(heci state amt.password)" -e 'Mesh-P4ss!' -e "$password" \
	"$amt_said")" 0 "amtctl printed no password"
is "$(heci state violations)" 0 "no rule of the bus was broken"
diag "APF rules broken by MeshCmd: $(heci state lme.apf-violations)"
done_testing
