#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scenarios: amt
# timeout: 120
#
# amtctl on the stock mei driver: every value of the model's AMT, in JSON and in
# text, and the versions beside those of mei-amt-version.

# shellcheck source=SCRIPTDIR/../../guest/tap.sh disable=SC1091,SC2154,SC3043
. /tests/tap.sh
# shellcheck source=SCRIPTDIR/../../guest/amt.sh disable=SC1091,SC2154
. /tests/amt.sh

# The model's knob, "-" for none; the command; the key and what it has in JSON; the
# label and what stands behind it in text, empty where text leaves it out.
cat >"$tap_dir/table" <<END
amt bios OTHER.0007|status|bios|OTHER.0007|BIOS|OTHER.0007
amt-version AMT 11.0.4|status|amt_version|11.0.4|AMT version|11.0.4
amt-version Build_Number 1186|status|build_number|1186|Build number|1186
-|status|intel_sa_00075|yes|INTEL-SA-00075|AFFECTED: anyone can log in to AMT; get new firmware from the vendor
amt provisioning post|status|provisioning_state|provisioned|Provisioning state|provisioned (2)
-|status|provisioning_state_number|2||
amt mode 3|status|provisioning.provisioning_mode|remote assistance|Provisioning.Provisioning mode|remote assistance (3)
-|status|provisioning.provisioning_mode_number|3||
amt legacy yes|status|provisioning.legacy_mode|true|Provisioning.Legacy mode|yes
amt control client|status|control_mode|client control mode|Control mode|client control mode (1)
-|status|control_mode_number|1||
amt uuid 8f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0|status|uuid|8F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0|UUID|8F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0
amt wired.enabled no|status|lan_wired.enabled|false|Wired LAN.Enabled|no
amt wired.ip 10.20.30.40|status|lan_wired.ipv4|10.20.30.40|Wired LAN.IPv4 address|10.20.30.40
-|status|lan_wired.ipv4_raw|281e140a||
amt wired.dhcp no|status|lan_wired.dhcp|false|Wired LAN.DHCP|no
amt wired.dhcp-mode 1|status|lan_wired.dhcp_mode|active|Wired LAN.DHCP mode|active (1)
-|status|lan_wired.dhcp_mode_number|1||
amt wired.link no|status|lan_wired.link|0|Wired LAN.Link up|0
amt wired.mac 02:aa:bb:cc:dd:01|status|lan_wired.mac|02:aa:bb:cc:dd:01|Wired LAN.MAC address|02:aa:bb:cc:dd:01
amt wireless.present yes|status|lan_wireless.dhcp_mode|unknown|Wireless LAN.DHCP mode|unknown (0)
amt wireless.enabled yes|status|lan_wireless.enabled|true|Wireless LAN.Enabled|yes
amt wireless.ip 172.16.5.6|status|lan_wireless.ipv4|172.16.5.6|Wireless LAN.IPv4 address|172.16.5.6
amt wireless.dhcp yes|status|lan_wireless.dhcp|true|Wireless LAN.DHCP|yes
amt wireless.link yes|status|lan_wireless.link|1|Wireless LAN.Link up|1
amt wireless.mac 02:aa:bb:cc:dd:02|status|lan_wireless.mac|02:aa:bb:cc:dd:02|Wireless LAN.MAC address|02:aa:bb:cc:dd:02
amt fqdn-shared no|status|host_name.shared|false|Host name.Shared with the host|no
amt ddns yes|status|host_name.ddns_update|true|Host name.DDNS update|yes
amt ddns-interval 77|status|host_name.ddns_interval|77|Host name.DDNS interval|77
amt ddns-ttl 88|status|host_name.ddns_ttl|88|Host name.DDNS TTL|88
amt fqdn desk.corp.example.org|status|host_name.fqdn|desk.corp.example.org|Host name.Name|desk.corp.example.org
-|status|host_name.host_name_length|4|Host name.Host name length|4
amt suffix pki.example.org|status|pki_dns_suffix|pki.example.org|DNS suffix for PKI|pki.example.org
amt suffixes one.example.org,two.example.org|status|dns_suffixes.0|one.example.org|DNS suffixes|one.example.org
-|status|dns_suffixes.1|two.example.org|DNS suffixes|two.example.org
amt network 1|status|remote_access.network|VPN|Remote access.Network|VPN (1)
-|status|remote_access.network_number|1||
amt remote 2|status|remote_access.connection|connected|Remote access.Connection|connected (2)
-|status|remote_access.connection_number|2||
amt trigger 2|status|remote_access.trigger|provisioning|Remote access.Trigger|provisioning (2)
-|status|remote_access.trigger_number|2||
amt mps mps.example.net|status|remote_access.server|mps.example.net|Remote access.Server|mps.example.net
amt change-allowed no|status|watchdog.transition_allowed|false|Watchdog.May be switched on or off|no
amt new-interface yes|status|watchdog.enabled|true|Watchdog.AMT enabled|yes
amt tls-enforced yes|status|watchdog.tls_enforced|true|Watchdog.TLS only on local ports|yes
amt wd-bit5 yes|status|watchdog.flags|226||
-|status|watchdog.offered|true|Watchdog.Offered|yes
-|status|watchdog.driver|null||
-|status|watchdog.in_use|false|Watchdog.In use|no
-|status|local_service.lme_in_use|false|Local manageability service.Port forwarding (LME) in use|no
-|status|engine.node|/dev/mei0|Management engine.Node|/dev/mei0
-|status|engine.driver|mei_me|Management engine.Driver|mei_me
-|status|engine.state|ENABLED|Management engine.State|ENABLED
-|status|engine.firmware|$(head -n 1 /sys/class/mei/mei0/fw_ver)|Management engine.Firmware|$(head -n 1 /sys/class/mei/mei0/fw_ver)
-|status|engine.protocol|1|Management engine.AMT protocol|1
-|status|engine.max_message|5120||
amt mac-dedicated 02:aa:bb:cc:dd:03|features|mac_addresses.dedicated|02:aa:bb:cc:dd:03|MAC addresses.Dedicated|02:aa:bb:cc:dd:03
amt mac-host 02:aa:bb:cc:dd:04|features|mac_addresses.host|02:aa:bb:cc:dd:04|MAC addresses.Host|02:aa:bb:cc:dd:04
amt zero-touch no|features|zero_touch|false|Zero-touch configuration|no
amt tls-mode 1|features|provisioning_tls_mode|PSK|TLS mode of provisioning|PSK (1)
amt rng 1|features|rng_seed|in progress|Random number seed|in progress (1)
amt-security 0 0|features|security.enterprise_mode|false|Security parameters.Enterprise mode|no
amt-security 1 1|features|security.tls|true|Security parameters.TLS|yes
amt-security 2 0|features|security.hardware_crypto|false|Security parameters.Hardware cryptography|no
-|features|security.provisioning_state|provisioned|Security parameters.Provisioning state|provisioned (2)
amt-security 4 0|features|security.network_interface|false|Security parameters.Network interface|no
amt-security 5 0|features|security.sol|false|Security parameters.Serial over LAN|no
amt-security 6 0|features|security.ider|false|Security parameters.IDE redirection|no
amt-security 7 0|features|security.firmware_update|false|Security parameters.Firmware update|no
amt-security 8 0|features|security.link|false|Security parameters.Link up|no
amt-security 9 0|features|security.kvm|false|Security parameters.KVM|no
amt-security 16 66051|features|security.reserved|$(printf '%048d' 0)03020100||
amt-feature 0 5|features|redirection_sessions.data|05000000|Redirection sessions.Data|05000000
amt-feature 1 6|features|system_defense.data|06000000|System defense.Data|06000000
amt-feature 2 7|features|web_ui.data|07000000|Web interface.Data|07000000
-|features|web_ui.id|2||
amt ehbc yes|features|ehbc|true|Embedded host-based setup|yes
amt reset-reason 1|features|last_reset.reason|other|Last reset of the host.Reason|other (1)
amt reset-time 1700000000|features|last_reset.time|1700000000|Last reset of the host.Time|1700000000
amthi-raw 0x0400008e 0102030405|features|cira_log|0102030405|Log of remote access|0102030405
amt unprovisioning 4|features|unprovisioning_state|4|Unprovisioning state|4
-|features|configuration_server.port|9971|Configuration server.Port|9971
-|features|configuration_server.data|c0a80101|Configuration server.Address and name|c0a80101
amthi-raw 0x04000006 06a1|features|tcp_ip|06a1|TCP/IP parameters|06a1
amthi-raw 0x04000047 47a2|features|power_policy|47a2|Power policy|47a2
amthi-raw 0x0400004d 4da3|features|user_initiated_interfaces|4da3|User-initiated interfaces|4da3
amthi-raw 0x04000050 50a4|features|setup_audit_record|50a4|Setup audit record|50a4
amthi-raw 0x04000052 52a5|features|ipv6_lan_wired|52a5|IPv6 of the wired LAN|52a5
-|features|ipv6_lan_wireless|52a5|IPv6 of the wireless LAN|52a5
amthi-raw 0x04000058 58a6|features|redirection_state|58a6|Redirection state|58a6
-|features|amt_state.id|00000000-0000-0000-0000-000000000000||
-|features|amt_state.size|5||
-|features|amt_state.data|0102010000|AMT state.Data|0102010000
amt-hash 0 name Another_Root|hashes|hashes.0.name|Another_Root||
amt-hash 0 algorithm 1|hashes|hashes.0.algorithm|SHA-1|Another_Root.Algorithm|SHA-1
amt-hash 0 default no|hashes|hashes.0.default|false|Another_Root.Default|no
amt-hash 0 active no|hashes|hashes.0.active|false|Another_Root.Active|no
amt-hash 0 bytes $(printf '%040d' 7)|hashes|hashes.0.hash|$(printf '%040d' 7)|Another_Root.Hash|$(printf '%040d' 7)
amt-hash 1 algorithm 0|hashes|hashes.1.hash|262b30353a3f44494e53585d62676c71|Model Root CA 1.Hash|262b30353a3f44494e53585d62676c71
-|hashes|hashes.1.algorithm|MD5|Model Root CA 1.Algorithm|MD5
amt-hash 2 algorithm 3|hashes|hashes.2.algorithm_number|3|Model Root CA 2.Algorithm|unknown
-|hashes|hashes.2.hash|4b50555a5f64696e73787d82878c91969ba0a5aaafb4b9bec3c8cdd2d7dce1e6$(printf '%064d' 0)|Model Root CA 2.Hash|4b50555a5f64696e73787d82878c91969ba0a5aaafb4b9bec3c8cdd2d7dce1e6$(printf '%064d' 0)
-|hashes|hashes.32.handle|33|Model Root CA 32.Active|yes
amthi-raw 0x0400004e f326c0a80101|configure start|configuration_server.port|9971|Configuration server.Port|9971
-|configure start|configuration_server.data|c0a80101|Configuration server.Address and name|c0a80101
END

# table COMMAND FIELD FIELD: two columns of the rows of a command, into wanted
table()
{
	awk -F '|' -v command="$1" -v a="$2" -v b="$3" \
		'$2 == command && $a != "" { print $a " " $b }' "$tap_dir/table" \
		>"$tap_dir/wanted"
}

# values COMMAND [STATUS [WORD]]: what the table has of it
values()
{
	local command="$1"

	begin_row
	# shellcheck disable=SC2086 # words
	amt_as_json $command ${3:-}
	is "$status" "${2:-0}" "amtctl $command --json ends with ${2:-0}"
	[ -n "${3:-}" ] || is "$err" "" "and says nothing else"
	table "$command" 3 4
	holds "$amt_json" "$tap_dir/wanted" "its values in JSON"
	# shellcheck disable=SC2086 # words
	amt_as_text $command ${3:-}
	is "$status" "${2:-0}" "amtctl $command ends with ${2:-0}"
	table "$command" 5 6
	holds "$amt_text" "$tap_dir/wanted" "its values in text"
	[ "$tap_bad" = "$row_bad" ] || keep "$amt_json" "$command.json"
	while IFS='|' read -r knob which path _ label _; do
		[ "$which" != "$command" ] || [ "$knob$label" = - ] ||
			noted value "$path" "$command" "$knob"
	done <"$tap_dir/table"
}

wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
begin_row
heci amt-hashes 33
bad=
while IFS='|' read -r knob _; do
	# shellcheck disable=SC2086 # words
	[ "$knob" = - ] || heci $knob </dev/null || bad="$bad $knob;"
done <"$tap_dir/table"
is "$bad" "" "the model has taken all values"
tried "amt-hashes 33"
while IFS='|' read -r knob _; do
	[ "$knob" = - ] || tried "$knob"
done <"$tap_dir/table"

values status
values features
values hashes
is "$(grep -c '^hashes\.[0-9]*\.name ' "$amt_json")" 33 "all 33 hashes are shown"
values "configure start" 7 --dry-run
model provisioning post "a dry run that is refused changes nothing"

begin_row
i=11
while [ $i -le 50 ]; do
	heci amt-version "Part_$i" "$i.0"
	i=$((i + 1))
done
versions >"$tap_dir/model"
is "$(grep -c . "$tap_dir/model")" 50 "the model has 50 versions"
amt_as_text versions
is "$status" 0 "amtctl versions"
sed '1d; s/^\(.*\) \([^ ]*\)$/\1: \2/' "$amt_text" >"$tap_dir/ours"
same "the same ones" "$tap_dir/ours" "$tap_dir/model"
amt_as_json versions
awk '/^versions\.[0-9]*\.name / { sub(/^[^ ]* /, ""); name = $0 }
	/^versions\.[0-9]*\.version / { sub(/^[^ ]* /, ""); print name ": " $0 }
	' "$amt_json" >"$tap_dir/ours"
same "in JSON, too" "$tap_dir/ours" "$tap_dir/model"
is "$(field bios)" "$(heci state amt.bios)" "and the BIOS"
noted value versions versions "50 versions"
begin_row
capture /data/mei-amt-version
printf '%s\n' "$out" | sed -n 's/^\([^:]*\):[ 	]*/\1: /p' |
	grep -v '^Intel AMT' >"$tap_dir/theirs"
same "mei-amt-version shows the same ones" "$tap_dir/ours" "$tap_dir/theirs"
for path in versions amt_version build_number; do
	noted peer "$path" mei-amt-version same
done

is "$(grep -cF "$(heci state amt.password)" "$amt_said")" 0 \
	"the local account's password was printed nowhere"
is "$(heci state violations)" 0 "no rule of the bus was broken"
is "$(heci state amthi.connections)" 0 "no connection was left open"
done_testing
