#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of pfructl without devices and with pretended ones (fakedev.c), in a
# build with ASan and UBSan, or with COVER=1 in one that counts lines. Prints TAP
# and "N passed, N failed" at the end. New tests go into test_*.py (conftest.py
# has what they share); run.sh --pytest ARGUMENT... runs these alone, by pytest.
# Touches nothing outside a temporary directory and the build directory.
set -u
cd "$(dirname "$0")/../../.." || exit 1
top=$PWD
build=${BUILD:-$top/build}
corpus=$top/tests/corpus
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
unset "${!FAKE_@}"

kind=SANITIZE=1
fake=$build/cli-fake/pfructl
kills=200
if [ -n "${COVER:-}" ]; then
	kind=COVER=1
	fake=$build/cli-fake/pfructl-cover
	kills=20
fi
passed=0
failed=0
number=0
out=$work/out
err=$work/err
counts=$work/counts
status=0

ok() {
	passed=$((passed + 1))
	number=$((number + 1))
	echo "ok $number - $1"
}

not_ok() {
	failed=$((failed + 1))
	number=$((number + 1))
	echo "not ok $number - $1"
	shift
	printf '# %s\n' "$@"
	sed 's/^/# out: /' "$out" | head -20
	sed 's/^/# err: /' "$err" | head -20
}

# check WHAT CONDITION...: the condition is a command
check() {
	local what=$1

	shift
	if "$@"; then
		ok "$what"
	else
		not_ok "$what" "$*" "exit status $status"
	fi
}

# run ARGUMENT...: pfructl with pretended devices
run() {
	rm -f "$counts"
	FAKE_COUNT=$counts timeout 60 "$fake" "$@" > "$out" 2> "$err" < /dev/null
	status=$?
}

# expect WHAT STATUS ARGUMENT...
expect() {
	local what=$1 want=$2

	shift 2
	run "$@"
	check "$what: exit status $want" [ "$status" = "$want" ]
}

says() {
	grep -Eq -- "$1" "$err"
}

prints() {
	grep -Eq -- "$1" "$out"
}

counted() {
	grep -q -- "$1" "$counts"
}

empty() {
	[ ! -s "$1" ]
}

# json EXPRESSION: true of the document "d" in the output
json() {
	python3 - "$out" "$1" << 'END'
import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)
END
}

# link_fake PROGRAM MAKE-VARIABLE: the tool of that build, with pretended devices
link_fake() {
	local flags

	flags=$(make -s -C cli BUILD="$build" "$2" link-flags) || return 1
	# shellcheck disable=SC2046,SC2086
	${CC:-cc} -std=gnu11 -Wall -Wextra -g -D_GNU_SOURCE -I. -Iinclude/uapi \
		-D_FILE_OFFSET_BITS=64 -fPIC -o "$1" \
		tests/unit/cli/fakedev.c \
		$(for f in open64 __open64_2 openat64 fstat64 close ioctl read pread64 write \
			mmap64 module_state_read flock fsync fchown renameat \
			clock_gettime; do
			echo "-Wl,--wrap=$f"
		done) $flags
}

build_program() {
	mkdir -p "$build/cli-fake" || return 1
	# of a run before
	[ ! -d "$build/cli-cover" ] || find "$build/cli-cover" -name '*.gcda' -delete
	make -s -C cli BUILD="$build" $kind all objects > "$work/make" 2>&1 || {
		cat "$work/make"
		return 1
	}
	link_fake "$fake" "$kind"
}

# one payload header: kind runtime-version svn
make_payload() {
	python3 - "$@" << 'END'
import struct, sys
kind, version, svn = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
platform = bytes.fromhex("4e5a0c7db391264c8f172a6be04d9c51")
head = struct.pack("<4sIIII16sI", b"SCI1" if kind == "code" else b"SDU1", 1,
                   40, 0x10000, version, platform, svn)
sys.stdout.buffer.write(head + bytes(range(256)) * 4)
END
}

make_inputs() {
	local code=B2F84B79-7B6E-4E45-885F-3FB9BB185402
	local run='[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] ProcessSmmRuntimeUpdate'

	cd "$work" || return 1
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
		-days 30 -subj "/O=Test/CN=Signer" 2> /dev/null || return 1
	openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key \
		-out other.pem -days 30 -subj "/CN=Other" 2> /dev/null || return 1
	openssl x509 -in cert.pem -outform DER -out cert.der || return 1
	make_payload code 2 0 > payload
	mkeficapsule -p key.pem -c cert.pem -m 7 -g $code -i 1 payload \
		signed.cap > /dev/null || return 1
	mkeficapsule -g $code -i 1 payload plain.cap > /dev/null || return 1
	# the last byte is payload: the signature no longer holds
	cp signed.cap tampered.cap
	printf 'X' | dd of=tampered.cap bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s tampered.cap) - 1))
	# the count is signed too
	python3 - << 'END'
b = bytearray(open("signed.cap", "rb").read())
at = b.index(bytes.fromhex("9dd2af4adf68ee498aa9347d375665a7")) - 16
b[at] += 1
open("count.cap", "wb").write(b)
END
	# what mainline's driver takes: image header v2, by cutting the last field
	# of v3; and the same with a type that only the platform knows
	python3 - << 'END'
import struct
b = bytearray(open("signed.cap", "rb").read())
image = 28 + 16
struct.pack_into("<I", b, image, 2)
del b[image + 40:image + 48]
struct.pack_into("<I", b, 24, len(b))
open("v2.cap", "wb").write(b)
b[image + 4:image + 20] = bytes.fromhex("0e5f0b14f8497945ad81bc7b6d2bb245")
open("v2-own-type.cap", "wb").write(b)
END
	cp signed.cap "$(printf 'evil\033[2J\nname.cap')"
	cp signed.cap "$(printf 'not-utf8-\377.cap')"
	: > empty.cap
	mkdir directory.cap
	head -c 100 signed.cap > short.cap
	truncate -s 300M huge.cap
	# a ring of 4096 bytes whose oldest byte is at 1000, with every byte
	python3 - << 'END'
ring = bytearray(4096)
newer = b"".join(b"new line %d\r\n" % i for i in range(100))[:1000]
older = bytes(range(256)) + b"".join(b"old line %d\r\n" % i for i in range(400))
older = older[:3096]
ring[:1000] = newer
ring[1000:] = older
open("ring", "wb").write(ring)
open("chronological", "wb").write(older + newer)
open("newer", "wb").write(newer)
END
	{
		printf '%s = End, Status = Device Error\r\n' "$run"
		printf '%s = START, Action = 2\r\n' "$run"
		printf '[ProcessSmmRuntimeUpdate] ShadowSmmRuntimeUpdateImage.Status = Success\r\n'
		printf 'CPU CSR[0B102D28] Before = 7FBF830E\r\n'
		printf '%s = End, Status = Success\r\n' "$run"
		printf '%s = START, Action = 0\r\n' "$run"
	} > "$work/runs"
	cd "$top" || return 1
}

# roots with different sets of nodes
make_roots() {
	mkdir -p "$work"/{ours,mainline,bare}/dev "$work"/ours/dev/pfru
	touch "$work"/ours/dev/pfru/{update,telemetry}
	touch "$work"/mainline/dev/acpi_pfr_{update,telemetry}0
}

use() {
	unset "${!FAKE_@}"
	export FAKE_ROOT=$work/$1
	[ "$1" != mainline ] || export FAKE_DRIVER=mainline
	export FAKE_LOG=$work/ring
}

# sub WHAT COMMAND...: another program's TAP is ours
sub() {
	local what=$1 line ended=1

	shift
	timeout 900 "$@" > "$out" 2> "$err" && ended=0
	while read -r line; do
		case $line in
		"ok - "*) ok "${line#ok - }" ;;
		"not ok - "*) not_ok "${line#not ok - }" ;;
		"ok "*) ok "${line#ok * - }" ;;
		"not ok "*) not_ok "${line#not ok * - }" ;;
		esac
	done < <(cat "$out")
	grep '^#' "$out"
	check "$what: came to its end" [ "$ended" = 0 ]
}

export PFRU_FAKE=$fake PFRU_KILLS=$kills
export PFRU_PLAIN=$build/cli-fake/pfructl-plain PFRU_FAILNTH=$build/failnth.so
pytest=(tests/lib/pytest.sh -o testpaths=tests/unit/cli)

# memory that is refused; the sanitizers' own allocations would be in the way
test_memory() {
	local plain=$build/cli-fake/pfructl-plain

	make -s -C cli BUILD="$build" objects &&
		link_fake "$plain" SANITIZE= &&
		${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$build/failnth.so" \
			tests/unit/cli/failnth.c
	check "memory: programs are built" [ $? = 0 ]
}

# the tests in Python, each a line of TAP
test_python() {
	local more=()

	unset "${!FAKE_@}"
	if [ -n "${COVER:-}" ]; then
		more=(--ignore tests/unit/cli/test_memory.py)
	else
		test_memory
	fi
	sub "tests in Python" "${pytest[@]}" --tap "${more[@]}"
}

# sysfs NAME [DRIVER [MODALIAS [NODE]]]
sysfs() {
	local dir=$FAKE_ROOT/sys/bus/acpi/devices/$1

	mkdir -p "$dir/physical_node${4:-}"
	[ -z "${2:-}" ] || ln -sfn "/x/drivers/$2" "$dir/physical_node${4:-}/driver"
	[ -z "${3:-}" ] || echo "$3" > "$dir/modalias"
}

test_status() {
	use bare
	FAKE_MODULE=absent expect "status of nothing" 3 status
	check "status of nothing: what to do" prints "neither of the ACPI devices INTC1080"
	FAKE_MODULE=absent expect "status of nothing, JSON" 3 status --json
	check "status of nothing, JSON" json \
'd["problems"] and not d["usable"] and d["error"]["exit_status"] == 3 and d["acpi"] == {"update": [], "telemetry": []}'

	mkdir -p "$work/st/dev"
	use st
	sysfs INTC1080:00
	sysfs PNP0C02:07 "" "acpi:PNP0C02:INTC1081:"
	FAKE_MODULE=absent expect "not installed" 3 status
	check "not installed: what to do" prints "not installed for this kernel"
	FAKE_MODULE=available,signed expect "not loaded" 3 status
	check "not loaded: what to do" prints "not loaded: run 'modprobe pfru'"
	FAKE_MODULE=available,blacklisted expect "blacklisted" 3 status
	check "blacklisted: what to do" prints "is blacklisted"
	FAKE_MODULE=loaded,available expect "loaded without a node" 3 status
	check "loaded without a node: what to do" prints "has made no node"
	FAKE_MODULE=absent expect "by _CID" 3 status --json
	check "by _CID" json 'd["acpi"]["telemetry"][0]["name"] == "PNP0C02:07"'
	mkdir -p "$FAKE_ROOT/sys/kernel/security" \
		"$FAKE_ROOT/sys/firmware/efi/efivars"
	echo 'none [integrity] confidentiality' \
		> "$FAKE_ROOT/sys/kernel/security/lockdown"
	printf '\006\0\0\0\001' > "$FAKE_ROOT/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	FAKE_MODULE=available expect "not signed, locked down" 3 status
	check "not signed, locked down: what to do" prints "locked down \(integrity\): sign it"
	mkdir -p "$FAKE_ROOT/proc"
	keys="$FAKE_ROOT/proc/keys"
	FAKE_MODULE=available,signed,by-us expect "keys that cannot be seen" 3 status
	check "keys that cannot be seen: what to do" prints "run 'modprobe pfru'"
	echo '3f5c2866 I------ 1 perm 1f010000 0 0 asymmetri Our key too: 63b8d5: X509.rsa c854dadb []' >"$keys"
	FAKE_MODULE=available,signed,by-us expect "a key nobody enrolled" 3 status
	check "a key nobody enrolled: what to do" prints \
		"signed by 'Our key', a key that this kernel does not trust.*mokutil --import FILE"
	mkdir -p "$FAKE_ROOT/var/lib/dkms"
	touch "$FAKE_ROOT/var/lib/dkms/mok.pub"
	FAKE_MODULE=available,signed,by-us expect "a key nobody enrolled, dkms" 3 status
	check "a key nobody enrolled, dkms: what to do" prints \
		"mokutil --import /var/lib/dkms/mok.pub"
	echo '3f5c2867 I------ 1 perm 1f010000 0 0 asymmetri Our key: 63b8d5: X509.rsa c854dadb []' >>"$keys"
	FAKE_MODULE=available,signed,by-us expect "an enrolled key" 3 status
	check "an enrolled key: what to do" prints "run 'modprobe pfru'"
	rm "$keys"
	check "Secure Boot is seen" prints "Secure Boot: *yes"

	mkdir -p "$FAKE_ROOT/dev/pfru"
	touch "$FAKE_ROOT/dev/pfru/update"
	sysfs INTC1080:00 pfru_update
	FAKE_MODULE=loaded,available,signed expect "one of two" 1 status
	touch "$FAKE_ROOT/dev/pfru/telemetry"
	sysfs PNP0C02:07 system "" ""
	sysfs PNP0C02:07 pfru_telemetry "" 1
	FAKE_MODULE=loaded,available,signed expect "all well" 0 status
	check "all well: no problem" sh -c "! grep -q Problems '$out'"
	check "all well: no call" counted "calls=0 "
	FAKE_MODULE=loaded,available,signed expect "all well, JSON" 0 status --json
	check "all well, JSON" json \
'd["usable"] and d["acpi"]["telemetry"][0]["driver"] == "pfru_telemetry" and not d["problems"]'
	FAKE_OPEN=1 FAKE_MODULE=loaded expect "no permission" 1 status
	check "no permission: what to do" prints "No permission for the update node"

	use mainline
	sysfs INTC1080:00 pfr_update
	sysfs INTC1081:00 pfr_telemetry
	FAKE_MODULE=absent expect "mainline's drivers" 0 status
	check "mainline's drivers: what to do" prints "modprobe -r pfr_update"
	check "mainline's drivers: no call" counted "calls=0 "
}

# client [DRIVER]: the AMT watchdog's client below FAKE_ROOT, as sysfs has it
client() {
	local name=0000:00:16.0-05b79a6f-4628-4d7f-899d-a91514cb32ab
	local real=$FAKE_ROOT/sys/devices/pci0000:00/0000:00:16.0

	rm -rf "$FAKE_ROOT/sys/devices" "$FAKE_ROOT/sys/bus/mei" \
		"$FAKE_ROOT/sys/module" "$FAKE_ROOT/sys/class"
	mkdir -p "$real/$name" "$real/mei/mei0" "$FAKE_ROOT/sys/bus/mei/devices" \
		"$FAKE_ROOT/sys/class/mei/mei0"
	ln -s "$real/$name" "$FAKE_ROOT/sys/bus/mei/devices/$name"
	ln -s "$real/other" "$FAKE_ROOT/sys/bus/mei/devices/${name%05b*}0e6b"
	printf '0:16.1.25.1885\n0:16.1.25.1885\n' > "$real/mei/mei0/fw_ver"
	printf 02 > "$real/$name/version"
	client=$real/$name
	[ -n "${1:-}" ] || return 0
	ln -s "/x/bus/mei/drivers/$1" "$client/driver"
	mkdir -p "$client/watchdog/watchdog10" "$client/watchdog/power"
	echo iamt_wdt > "$client/watchdog/watchdog10/identity"
	echo 180 > "$client/watchdog/watchdog10/timeout"
	echo active > "$client/watchdog/watchdog10/state"
}

# client_of_ours: with the numbers of this project's driver
client_of_ours() {
	local name

	client pfru_watchdog
	mkdir "$client/pfru_watchdog"
	for name in state=running required=yes notifications=no timeleft=117 \
		last_error=-110 heartbeats=17 stops=2 failures=3 timeouts=1 \
		refused=2 malformed=4 strays=5 connections=6; do
		echo "${name#*=}" > "$client/pfru_watchdog/${name%%=*}"
	done
}

test_watchdog() {
	use bare
	expect "watchdog: no bus" 3 watchdog
	check "watchdog: no bus: what to do" says "MEI bus is not loaded.*modprobe mei_me"
	expect "watchdog: no bus, JSON" 3 watchdog --json
	check "watchdog: no bus, JSON" json \
'd["service"] == "no-mei-bus" and d["error"]["reason"] == "no-mei-bus" and "client" not in d'

	mkdir -p "$work/wd/dev"
	use wd
	mkdir -p "$FAKE_ROOT/sys/bus/mei/devices"
	expect "watchdog: no engine" 3 watchdog
	check "watchdog: no engine: what to do" says "no management engine has a driver"
	mkdir -p "$FAKE_ROOT/sys/class/mei/mei0"
	expect "watchdog: AMT disabled" 3 watchdog
	check "watchdog: AMT disabled: what to do" says "disabled in the firmware setup"

	client
	expect "watchdog: no driver" 3 watchdog
	check "watchdog: no driver: what to do" says "modprobe pfru"
	check "watchdog: no driver: the client is shown" prints "Client: .*05b79a6f"
	mkdir -p "$FAKE_ROOT/sys/module/pfru/parameters"
	expect "watchdog: left out" 3 watchdog
	check "watchdog: left out: what to do" says "built without it .WATCHDOG=n"
	echo N > "$FAKE_ROOT/sys/module/pfru/parameters/watchdog"
	expect "watchdog: off" 3 watchdog
	check "watchdog: off: what to do" says "parameter watchdog=0"
	echo Y > "$FAKE_ROOT/sys/module/pfru/parameters/watchdog"
	expect "watchdog: not bound" 3 watchdog
	check "watchdog: not bound: what to do" says "kernel log"

	client_of_ours
	expect "watchdog: ours" 0 watchdog
	check "watchdog: ours: device" prints "Device: +/dev/watchdog10"
	check "watchdog: ours: time left" prints "Time left: +117 s"
	check "watchdog: ours: error" prints "Last error: +Connection timed out .110."
	check "watchdog: ours: nothing else" empty "$err"
	expect "watchdog: ours, JSON" 0 watchdog --json
	check "watchdog: ours, JSON" json \
'(d["service"], d["driver"], d["protocol"], d["firmware"], d["device"], d["identity"], d["state"], d["timeout"], d["time_left"], d["required"], d["notifications"], d["last_error"]) == ("pfru", "pfru_watchdog", 2, "0:16.1.25.1885", "/dev/watchdog10", "iamt_wdt", "running", 180, 117, "yes", "no", 110)'
	check "watchdog: ours, JSON: counts" json \
'd["counts"] == {"heartbeats": 17, "stops": 2, "failures": 3, "timeouts": 1, "refused": 2, "malformed": 4, "strays": 5, "connections": 6}'
	FAKE_MODULE=absent expect "watchdog: ours in status" 3 status
	check "watchdog: ours in status" prints "AMT watchdog: +driver pfru_watchdog, running"
	FAKE_MODULE=absent expect "watchdog: ours in status, JSON" 3 status --json
	check "watchdog: ours in status, JSON" json \
'd["watchdog"] == {"service": "pfru", "driver": "pfru_watchdog", "state": "running"}'

	rm -r "$client/watchdog"
	echo not-required > "$client/pfru_watchdog/state"
	expect "watchdog: not required" 0 watchdog --json
	check "watchdog: not required" json \
'd["state"] == "not-required" and d["device"] is None and d["identity"] is None and d["timeout"] is None'

	client mei_wdt
	expect "watchdog: mainline's" 0 watchdog
	check "watchdog: mainline's: state" prints "State: +running"
	check "watchdog: mainline's: what to do" says "modprobe -r mei_wdt"
	expect "watchdog: mainline's, JSON" 0 watchdog --json
	check "watchdog: mainline's, JSON" json \
'd["service"] == "mainline" and d["time_left"] is None and "counts" not in d and len(d["notes"]) == 1'
	FAKE_MODULE=absent expect "watchdog: mainline's in status" 3 status
	check "watchdog: mainline's in status" prints "  - .*modprobe -r mei_wdt"
	client strange
	expect "watchdog: another's" 0 watchdog --json
	check "watchdog: another's" json 'd["service"] == "other" and d["driver"] == "strange"'
}

# what sysfs would never hold
test_watchdog_hostile() {
	local bad

	client_of_ours
	printf 'evil\033[2J\302\233\r\377' > "$client/pfru_watchdog/state"
	printf 'iamt\0wdt' > "$client/watchdog/watchdog10/identity"
	printf '\033]0;x\007' > "$client/../mei/mei0/fw_ver"
	expect "hostile text" 0 watchdog
	check "hostile text: escaped" sh -c "! LC_ALL=C grep -q '[^ -~]' '$out'"
	expect "hostile text, JSON" 0 watchdog --json
	check "hostile text, JSON" json 'd["identity"] == "iamt"'
	for bad in -1 99999999999999999999 1e9 0x10 '' ' 5' '5 6' 12abc; do
		client_of_ours
		printf '%s' "$bad" > "$client/pfru_watchdog/timeleft"
		printf '%s' "$bad" > "$client/watchdog/watchdog10/timeout"
		printf '%s' "$bad" > "$client/pfru_watchdog/heartbeats"
		expect "no seconds: '$bad'" 0 watchdog --json
		check "no seconds: '$bad'" json \
'd["time_left"] is None and d["timeout"] is None and "heartbeats" not in d["counts"]'
	done
	for bad in 1 -4096 x 99999999999999999999; do
		client_of_ours
		echo "$bad" > "$client/pfru_watchdog/last_error"
		expect "no error: '$bad'" 0 watchdog --json
		check "no error: '$bad'" json 'd.get("last_error") is None'
	done
	for bad in '' zz 100 -2 '02 03'; do
		client_of_ours
		printf '%s' "$bad" > "$client/version"
		expect "no version: '$bad'" 0 watchdog --json
		check "no version: '$bad'" json 'd["protocol"] is None'
	done
	client_of_ours
	head -c 100000 /dev/zero | tr '\0' a > "$client/pfru_watchdog/state"
	expect "a state of 100,000 bytes" 0 watchdog --json
	check "a state of 100,000 bytes: cut" json 'len(d["state"]) == 4095'
	client_of_ours
	rm "$client/pfru_watchdog/state" "$client/watchdog/watchdog10/timeout"
	mkfifo "$client/pfru_watchdog/state"
	mkdir "$client/watchdog/watchdog10/timeout"
	expect "a FIFO and a directory" 0 watchdog --json
	check "a FIFO and a directory" json 'd["timeout"] is None'
	client_of_ours
	rm -r "$client/pfru_watchdog"
	expect "no files at all" 0 watchdog --json
	check "no files at all" json 'd["state"] is None and d["counts"] == {}'
	mkdir -p "$client/watchdog/watchdog2x" "$client/watchdog/watchdog"
	expect "names that are none" 0 watchdog --json
	check "names that are none" json 'd["device"] == "/dev/watchdog10"'
}

# a module that can't be loaded, since it needs one that can't
test_needs_mei() {
	use st
	rm -rf "$FAKE_ROOT/sys/kernel" "$FAKE_ROOT/dev/pfru"
	sysfs INTC1080:00
	rm -f "$FAKE_ROOT"/sys/bus/acpi/devices/*/physical_node*/driver
	FAKE_MODULE=available,mei expect "mei is there" 3 status
	check "mei is there: what to do" prints "not loaded: run 'modprobe pfru'"
	FAKE_MODULE=available,mei-forbidden expect "mei is forbidden" 3 status
	check "mei is forbidden: what to do" prints \
		"forbids that one .*WATCHDOG=n"
	FAKE_MODULE=available,no-mei expect "no mei" 3 status
	check "no mei: what to do" prints "this kernel has none: .*WATCHDOG=n"
}

if ! build_program || ! make_inputs; then
	echo "1..0 # the program or its input could not be made"
	echo "0 passed, 1 failed"
	exit 1
fi
if [ "${1:-}" = --pytest ]; then
	shift
	"${pytest[@]}" "$@"
	exit
fi
make_roots
test_python
test_status
test_watchdog
test_watchdog_hostile
test_needs_mei
echo "1..$number"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
