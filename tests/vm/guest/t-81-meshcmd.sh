#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
#
# MeshCmd (MeshCentral's agent, unmodified) reads what the AMT is, opens and
# closes the configuration window, and activates and deactivates client
# control mode: through AMTHI, LME, HTTP digest and WS-MAN.

# shellcheck source=SCRIPTDIR/tap.sh disable=SC1091,SC2154
. /tests/tap.sh

# mesh ACTION...: sets out and status
mesh()
{
	capture timeout $((45 * VM_SLOWNESS)) ./meshagent_x86-64 meshcmd.js "$@"
	printf '== %s: status %s\n%s\n%s\n' "$*" "$status" "$out" "$err" >&2
}

# amt KEY WANT NAME: the model's state
amt()
{
	is "$(heci state "amt.$1")" "$2" "$3"
}

: "${VM_SLOWNESS:=1}"
mkdir -p /lib64 /tmp/mesh
cp /data/meshcmd/lib/ld-linux-x86-64.so.2 /lib64/
export LD_LIBRARY_PATH=/data/meshcmd/lib
cp /data/meshcmd/*.js /data/meshcmd/meshagent_x86-64 /tmp/mesh/
cd /tmp/mesh || exit 1
wait_for 10 test -c /dev/mei0
is $? 0 "there is an MEI device"
[ -e /dev/mei ] || ln -s mei0 /dev/mei

mesh amtversions
for version in 11.8.93 16392 4323; do
	out_like "$version" "amtversions shows $version"
done
out_like "$(heci state amt.bios)" "and the BIOS"
mesh amtinfo
out_like 'Intel AMT v11\.8\.93, pre-provisioning state' "amtinfo: not configured"
out_like "Wired Enabled, DHCP, $(heci state amt.wired.mac | tr a-f A-F), $(heci state amt.wired.ip)" \
	"the LAN settings"
out_like "Trusted DNS suffix: $(heci state amt.suffix)" "the suffix"
out_like 'Connection Status: Unknown, CIRA: Disconnected' "the remote access"
mesh amthashes
for i in 0 1 2; do
	out_like "Model Root CA $i, \\(Default, Active\\)" "amthashes has number $i"
done
out_like 'SHA256: 01060B10151A' "and their bytes"

mesh amtstartconfig
out_like 'Success' "amtstartconfig"
amt provisioning in "the window is open"
mesh amtstopconfig
out_like 'Success' "amtstopconfig"
amt provisioning pre "the window is closed"
mesh amtstopconfig
out_like 'not in in-provisionning mode' "twice is once too often"
heci amt rng 2
mesh amtstartconfig
out_like 'Random generator not ready' "no random numbers, no start"
heci amt rng 0

mesh amtccm --password 'Mesh-P4ss!'
out_like 'Success' "amtccm"
amt control client "client control mode"
amt provisioning post "configured"
amt admin-password set "with a password"
mesh amtinfo
out_like 'activated in Client Control Mode' "amtinfo says so"
mesh amtuuid --user admin --password 'Mesh-P4ss!'
out_like "GUID: .*$(heci state amt.uuid | cut -d - -f 4)" "amtuuid"
mesh amtccm --password 'Mesh-P4ss!'
unlike "$out" Success "amtccm works once"
mesh amtdeactivate
out_like 'Success' "amtdeactivate"
amt control none "no control mode"
amt admin-password none "no password"
heci amt control admin
heci amt provisioning post
mesh amtdeactivate
out_like 'Error 3' "refused in admin control mode"
is "$(heci state violations)" 0 "no rule of the bus was broken"
diag "APF rules broken by MeshCmd: $(heci state lme.apf-violations)"
done_testing
