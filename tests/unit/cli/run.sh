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

# announced: what is about to be done is on standard error, and nothing else
announced() {
	says "calling the firmware" && [ "$(wc -l < "$err")" = 1 ]
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
	cd "$top" || return 1
}

# roots with different sets of nodes
make_roots() {
	mkdir -p "$work"/{ours,mainline,bare,many,odd}/dev "$work"/ours/dev/pfru \
		"$work"/many/dev/pfru "$work"/odd/dev
	touch "$work"/ours/dev/pfru/{update,telemetry}
	touch "$work"/mainline/dev/acpi_pfr_{update,telemetry}0
	touch "$work"/many/dev/pfru/{update,update1,update10,telemetry}
	touch "$work"/odd/dev/plain-file
	echo 1:3 > "$work/odd/dev/not-a-node"
}

use() {
	unset "${!FAKE_@}"
	export FAKE_ROOT=$work/$1
	[ "$1" != mainline ] || export FAKE_DRIVER=mainline
	export FAKE_LOG=$work/ring
}

test_usage() {
	local c

	use bare
	expect "no command" 2
	check "no command: says so" says "no command was given"
	check "no command: nothing on stdout" empty "$out"
	expect "unknown command" 2 frobnicate
	expect "unknown option" 2 --frobnicate
	check "unknown option: names it" says "frobnicate"
	expect "prefix of a command is no command" 2 stat
	expect "missing value" 2 capability --device
	expect "missing file" 2 stage
	expect "two files" 2 stage a b
	expect "argument where none belongs" 2 activate a
	expect "revision 3" 2 capability --revision 3
	expect "revision 0" 2 capability --revision 0
	expect "revision 1x" 2 capability --revision 1x
	expect "type" 2 telemetry --type old
	expect "retries for an activation" 2 stage-activate --retries 1 x
	check "retries for an activation: says so" says "takes no --retries"
	expect "full and delta" 2 telemetry --full --delta
	expect "state without delta" 2 telemetry --state x
	expect "state is the output" 2 telemetry --delta --state x --output x
	expect "journal without delta" 2 telemetry --journal
	expect "interval without follow" 2 telemetry --delta --interval 1
	expect "journal and JSON" 2 telemetry --follow --journal --json
	expect "raw and JSON" 2 telemetry --raw --json
	for c in 0 -1 1. .5 1.2345 1x 86401 ''; do
		expect "interval '$c'" 2 telemetry --follow --interval "$c"
	done
	expect "confirm x" 2 telemetry --follow --confirm x
	expect "delta of another command" 2 capability --delta
	check "delta of another command: says so" says "takes no --delta"
	expect "retries -1" 2 stage --retries -1 x
	expect "retries 3601" 2 stage --retries 3601 x
	expect "dry run of an activation" 2 activate --dry-run
	expect "level 3" 2 log-level 3
	expect "level debug" 2 log-level debug
	expect "empty device" 2 capability --device ""
	expect "usage in JSON" 2 --frobnicate --json
	check "usage in JSON: one document" json 'd["error"]["exit_status"] == 2'
	check "usage in JSON: nothing on stderr" empty "$err"
	expect "usage in JSON, option later" 2 frobnicate -j
	check "usage in JSON, option later" json 'd["error"]["reason"] == "usage"'
	expect "help" 0 --help
	check "help: exit statuses" prints "7  the log changed"
	expect "help in JSON" 0 --help --json
	check "help in JSON: commands" json \
'{c["name"]: c.get("argument") for c in d["commands"]}["stage"] == "FILE" and all(c["help"] for c in d["commands"])'
	expect "a command's help in JSON" 0 stage --help --json
	check "a command's help in JSON: commands" json \
		'"status" in [c["name"] for c in d["commands"]]'
	expect "version" 0 --version
	check "version: features" prints "^features: .*openssl"
	expect "version in JSON" 0 --version --json
	check "version in JSON" json '"kmod" in d["features"] and "journal" in d["features"]'
	for c in status capability capsule stage activate stage-activate \
		telemetry telemetry-info log-level watchdog; do
		expect "$c --help" 0 "$c" --help
		check "$c --help: names itself" prints "^Usage: pfructl $c"
		run --help
		check "help names $c" prints "^  $c "
	done
	expect "activation's help warns" 0 activate --help
	check "activation's help warns" prints DANGER
}

test_no_device() {
	local c

	use bare
	for c in capability activate telemetry telemetry-info log-level \
		"stage $work/signed.cap" "stage-activate $work/signed.cap" \
		"log-level 1" "capability --device 3"; do
		# shellcheck disable=SC2086
		expect "$c without a device" 3 $c
		check "$c: what to do" says "pfructl status"
		# shellcheck disable=SC2086
		expect "$c --json without a device" 3 $c --json
		check "$c --json" json 'd["error"]["reason"] == "no-device"'
	done
	use odd
	expect "plain file as device" 1 capability -d "$work/odd/dev/plain-file"
	check "plain file: says so" says "not a PFRU update node"
	expect "other device" 1 stage -d "$work/odd/dev/not-a-node" \
		"$work/signed.cap"
	check "other device: says so" says "not a PFRU update node"
	expect "missing node" 3 capability -d "$work/odd/dev/missing"
	use ours
	FAKE_OPEN=1 expect "no permission" 1 capability
	check "no permission: says what to do" says "CAP_SYS_RAWIO"
	FAKE_OPEN=13 expect "no permission for the log" 1 telemetry
	FAKE_OPEN=16 expect "busy at open" 6 capability
	use many
	expect "lowest instance" 0 capability --json
	check "lowest instance" json 'd["device"].endswith("/pfru/update")'
	check "several: a note" json '"several" in d["notes"][0]'
	expect "instance 10" 0 capability --json -d 10
	check "instance 10" json 'd["device"].endswith("/pfru/update10")'
	expect "instance 2" 3 capability -d 2
	rm "$work/many/dev/pfru/update"
	expect "no instance 0" 0 capability --json
	check "no instance 0" json 'd["device"].endswith("/pfru/update1")'
}

test_files() {
	use bare
	expect "signed" 0 capsule "$work/signed.cap"
	check "signed: signer" prints "Subject: *CN=Signer,O=Test"
	check "signed: flags in words" prints "persist across reset"
	check "signed: version" prints "Runtime version: *2"
	expect "signed, JSON" 0 capsule --json "$work/signed.cap"
	check "signed, JSON: items" json \
'd["accepted"] and d["items"][0]["authentication"]["signers"][0]["subject"] == "CN=Signer,O=Test"'
	check "signed, JSON: GUID in EFI order" json \
'd["items"][0]["type"] == "B2F84B79-7B6E-4E45-885F-3FB9BB185402"'
	check "signed, JSON: count" json \
'd["items"][0]["authentication"]["monotonic_count"] == 7'
	check "signed, JSON: payload" json \
'd["items"][0]["payload"]["signature"]["text"] == "SCI1"'
	expect "plain" 0 capsule --json "$work/plain.cap"
	check "plain: not authenticated" json 'not d["items"][0]["authenticated"]'
	expect "missing" 1 capsule "$work/missing.cap"
	check "missing: why" says "No such file"
	expect "directory" 1 capsule "$work/directory.cap"
	expect "empty" 4 capsule "$work/empty.cap"
	check "empty: words" says "too short to be a capsule at offset 0 \(bytes found 0, needed 28\)"
	expect "short" 4 capsule "$work/short.cap" --json
	check "short: reason" json \
'd["error"]["reason"] == "capsule-size" and d["error"]["found"] == 100 and not d["accepted"]'
	expect "huge" 4 capsule "$work/huge.cap"
	check "huge: words" says "larger than any capsule"
	expect "endless" 4 capsule <(cat /dev/zero 2> /dev/null)
	expect "one's own memory" 1 capsule /proc/self/mem
	expect "terminal escape in a name" 0 capsule "$work"/evil*
	check "terminal escape in a name: escaped" prints 'evil\\x1b\[2J\\x0aname'
	check "terminal escape in a name: gone" \
		sh -c "! grep -q $(printf '\033') '$out' '$err'"
	expect "terminal escape, JSON" 0 capsule --json "$work"/evil*
	check "terminal escape, JSON" json '"\033[2J\n" in d["file"]'
	expect "name that is not UTF-8, JSON" 0 capsule --json "$work"/not-utf8*
	check "name that is not UTF-8, JSON" json '"not-utf8-\\xff.cap" in d["file"]'
	expect "missing, hostile name" 1 capsule "$(printf 'a\033]0;x\007')"
	check "missing, hostile name: escaped" says 'a\\x1b\]0;x\\x07'
	expect "name with conversions" 1 capsule "%s%n%s%n"
	check "name with conversions" says "%s%n%s%n"
	"$fake" capsule - < "$work/signed.cap" > "$out" 2> "$err"
	status=$?
	check "standard input" prints "Would be accepted: *unknown .no device."
	mkfifo "$work/fifo"
	(dd if="$work/signed.cap" bs=7 status=none > "$work/fifo") &
	expect "FIFO, in pieces" 0 capsule "$work/fifo"
	"$fake" capsule - <&- > "$out" 2> "$err"
	status=$?
	check "closed standard input" [ "$status" = 1 ]
}

test_writing() {
	use ours
	"$fake" capsule "$work/signed.cap" > /dev/full 2> "$err"
	status=$?
	check "full disk: exit status 1" [ "$status" = 1 ]
	check "full disk: says so" says "cannot write to standard output: No space"
	"$fake" capsule --json "$work/signed.cap" > /dev/full 2> "$err"
	status=$?
	check "full disk, JSON: exit status 1" [ "$status" = 1 ]
	"$fake" --help >&- 2> "$err"
	status=$?
	check "closed stdout: exit status 1" [ "$status" = 1 ]
	check "closed stdout: says so" says "cannot write to standard output"
	"$fake" capability >&- 2> "$err"
	status=$?
	check "closed stdout with a device: exit status 1" [ "$status" = 1 ]
	"$fake" capability > "$out" 2>&-
	status=$?
	check "closed stderr: no device in its place" [ "$status" = 0 ]
	{
		"$fake" --help 2> "$err"
		echo $? > "$work/piped"
	} | true
	sleep 0.2
	check "closed pipe: exit status 0 or 1, no signal" \
		grep -qx '[01]' "$work/piped"
	FAKE_START=5:1 "$fake" stage "$work/signed.cap" --json > /dev/full \
		2> "$err"
	status=$?
	check "full disk after a refusal: 5 stays" [ "$status" = 5 ]
}

# A configuration of OpenSSL that has it load a library, which leaves a file.
make_evil_config() {
	echo '__attribute__((constructor)) static void run(void)
		{ extern int creat(const char *, unsigned int); creat(LEFT, 0600); }' |
		${CC:-cc} -shared -fPIC -x c -DLEFT="\"$work/loaded\"" \
			-o "$work/evil.so" -
	cat > "$work/evil.cnf" <<- END
	openssl_conf = all
	[all]
	providers = them
	[them]
	evil = it
	[it]
	module = $work/evil.so
	activate = 1
	END
}

# What somebody may set, or limit, before the program is started.
test_environment() {
	local plain=$work/plain refused=0 n name

	use ours
	make_evil_config
	OPENSSL_CONF=$work/evil.cnf openssl list -providers > "$out" 2>&1
	check "the evil configuration is one" [ -e "$work/loaded" ]
	rm -f "$work/loaded"
	OPENSSL_CONF=$work/evil.cnf expect "evil configuration" 0 \
		capsule "$work/signed.cap"
	check "evil configuration: not read" [ ! -e "$work/loaded" ]
	cp "$out" "$plain"
	env LC_ALL=../../x LANGUAGE=/x LOCPATH="$work" TZ=../../etc/shadow \
		COLUMNS=-1 TERM=/x POSIXLY_CORRECT=1 PATH= HOME= TMPDIR=/x \
		"$fake" capsule "$work/signed.cap" > "$out" 2> "$err" < /dev/null
	status=$?
	check "odd environment" [ "$status" = 0 ]
	check "odd environment: the same is printed" same "$out" "$plain"
	env -i FAKE_ROOT="$FAKE_ROOT" "$fake" capsule "$work/signed.cap" \
		> "$out" 2> "$err" < /dev/null
	status=$?
	check "no environment" [ "$status" = 0 ]
	check "no environment: the same is printed" same "$out" "$plain"
	name=$(printf 'a\033[2J\n%%n')
	(exec -a "$name" "$fake" --frobnicate -Z) > "$out" 2> "$err"
	status=$?
	check "hostile name of the program" says "--frobnicate"
	check "hostile name of the program: not shown" \
		sh -c "! grep -q $(printf '\033') '$out' '$err'"
	(exec -a '' "$fake" capability) > "$out" 2> "$err"
	status=$?
	check "no name of the program" [ "$status" = 0 ]
	(umask 0 && "$fake" telemetry --delta --state "$work/open" \
		--output "$work/log") > "$out" 2> "$err"
	status=$?
	check "umask 0" [ "$status" = 0 ]
	check "umask 0: the position is the user's own, the log as a shell makes it" \
		[ "$(stat -c %a "$work/open" "$work/log" | tr '\n' ' ')" = "600 666 " ]
	# the fifth: a node is looked at before it is opened
	(ulimit -n 5 && exec "$fake" stage-activate "$work/signed.cap") \
		> "$out" 2> "$err" < /dev/null
	status=$?
	check "five open files are enough for a capsule" [ "$status" = 0 ]
	for n in 4 5 6 7 8 9 10 11 12; do
		rm -f "$work/open" "$work/log"
		(ulimit -n $n && exec "$fake" telemetry --delta --state "$work/open" \
			--output "$work/log") > "$out" 2> "$err" < /dev/null
		status=$?
		[ "$status" != 1 ] || refused=$((refused + 1))
		check "$n open files: read, or said what is missing" \
			eval "[ $status = 0 ] || { [ $status = 1 ] && says 'open files'; }"
	done
	check "files that may not be opened: first refused, then enough" \
		eval "[ $refused -gt 0 ] && [ $status = 0 ]"
	rm -f "$counts"
	FAKE_COUNT=$counts "$fake" stage "$work/signed.cap" <&- >&- 2>&-
	status=$?
	check "nothing open: exit status 9, since nothing can be printed" \
		[ "$status" = 9 ]
	check "nothing open: the device got the capsule alone" counted \
		"writes=1 starts=1 bytes=$(stat -c %s "$work/signed.cap") "
}

test_signature() {
	use bare
	expect "verified" 0 capsule --ca "$work/cert.pem" "$work/signed.cap"
	check "verified: says so" prints "Signature verified: *yes"
	expect "verified, DER" 0 capsule --ca "$work/cert.der" "$work/signed.cap"
	expect "other signer" 4 capsule --ca "$work/other.pem" "$work/signed.cap"
	check "other signer: why" says "the signer is not trusted: "
	expect "tampered" 4 capsule --ca "$work/cert.pem" "$work/tampered.cap"
	check "tampered: why" says "the signature does not hold"
	expect "tampered, unasked" 0 capsule "$work/tampered.cap"
	expect "tampered count" 4 capsule --json --ca "$work/cert.pem" \
		"$work/count.cap"
	check "tampered count: JSON" json \
'd["error"]["reason"] == "signature" and d["items"][0]["signature_verified"] is False'
	expect "unsigned" 4 capsule --ca "$work/cert.pem" "$work/plain.cap"
	check "unsigned: why" says "it is not signed"
	expect "signature that is none" 4 capsule --ca "$work/cert.pem" \
		"$corpus/size-4466.cap"
	check "signature that is none: why" says "not readable as PKCS#7"
	cat "$work/other.pem" "$work/cert.pem" > "$work/both.pem"
	expect "two certificates" 0 capsule --ca "$work/both.pem" \
		"$work/signed.cap"
	expect "missing certificate" 1 capsule --ca "$work/none" \
		"$work/signed.cap"
	expect "endless certificates" 4 capsule \
		--ca <(cat /dev/zero 2> /dev/null) "$work/signed.cap"
	expect "no certificate" 1 capsule --ca "$work/payload" "$work/signed.cap"
}

# resign NAME OPTION...: signed.cap with another signature, by openssl cms, of
# the same bytes: the payload, then the count
resign() {
	local name=$1

	shift
	openssl cms -sign -binary -md sha256 -signer "$work/cert.pem" \
		-inkey "$work/key.pem" -in "$work/covered" -outform DER \
		-out "$work/signature" "$@" 2> /dev/null &&
		put_signature "$name"
}

# put_signature NAME: signed.cap with what is in "signature"
put_signature() {
	python3 - "$work" "$1" << 'END'
import struct, sys
work, name = sys.argv[1:]
b = bytearray(open(work + "/signed.cap", "rb").read())
new = open(work + "/signature", "rb").read()
image, certificate = 28 + 16, 28 + 16 + 48 + 8
old, = struct.unpack_from("<I", b, certificate)
grown = 24 + len(new) - old
b[certificate + 24:certificate + old] = new
struct.pack_into("<I", b, certificate, old + grown)
for at in (24, image + 24):
    struct.pack_into("<I", b, at, struct.unpack_from("<I", b, at)[0] + grown)
open(work + "/" + name, "wb").write(b)
END
}

test_signers() {
	use bare
	python3 - "$work" << 'END'
import sys
b = open(sys.argv[1] + "/signed.cap", "rb").read()
count = b[28 + 16 + 48:][:8]
open(sys.argv[1] + "/covered", "wb").write(
    open(sys.argv[1] + "/payload", "rb").read() + count)
END
	check "signature made anew" resign again.cap
	expect "made anew" 0 capsule --ca "$work/cert.pem" "$work/again.cap"
	check "made anew: verified" prints "Signature verified: *yes"

	check "signature without a certificate" resign bare.cap -nocerts
	expect "no certificate in it" 0 capsule --json --ca "$work/cert.pem" \
		"$work/bare.cap"
	check "no certificate in it: who signed" json \
'(lambda s: s["certificate_included"] is False and "CN=Signer" in s["issuer"] and s["serial"])(d["items"][0]["authentication"]["signers"][0])'
	expect "no certificate in it, other signer" 4 capsule \
		--ca "$work/other.pem" "$work/bare.cap"

	check "two signers" resign two.cap -signer "$work/other.pem" \
		-inkey "$work/other.key"
	expect "two signers" 0 capsule --json "$work/two.cap"
	check "two signers: both" json \
'sorted(s["subject"] for s in d["items"][0]["authentication"]["signers"]) == ["CN=Other", "CN=Signer,O=Test"]'
	expect "two signers, one is trusted" 4 capsule --ca "$work/cert.pem" \
		"$work/two.cap"
	cat "$work/other.pem" "$work/cert.pem" > "$work/both.pem"
	expect "two signers, both are trusted" 0 capsule --ca "$work/both.pem" \
		"$work/two.cap"

	check "signature around its own bytes" resign inside.cap -nodetach
	expect "signature around its own bytes" 4 capsule --ca "$work/cert.pem" \
		"$work/inside.cap"
	check "signature around its own bytes: why" says "not detached"
	openssl cms -data_create -in "$work/covered" -outform DER \
		-out "$work/signature"
	check "CMS without a signature" put_signature data.cap
	expect "CMS without a signature" 4 capsule --ca "$work/cert.pem" \
		"$work/data.cap"
	check "CMS without a signature: why" says "not readable as PKCS#7"
}

# refused REASON [OFFSET]: the error in the JSON just printed
refused() {
	sed -n '/^  "error": {/,/^  }/p' "$out" > "$work/error"
	grep -q "\"reason\": \"$1\"" "$work/error" &&
		{ [ -z "$2" ] || grep -Eq "\"offset\": $2,?$" "$work/error"; }
}

# the same verdict as the corpus's list, by capsule and by stage
test_corpus() {
	local file verdict offset want

	use ours
	export FAKE_CACHED=1
	while read -r file verdict offset; do
		case $file in
		'' | \#*) continue ;;
		esac
		want=4
		[ "$verdict" != accepted ] || want=0
		run capsule --json "$corpus/$file"
		if [ "$want" != "$status" ]; then
			not_ok "capsule $file" "exit status $status, not $want"
			continue
		fi
		if [ $want = 4 ] && ! refused "$verdict" "$offset"; then
			not_ok "capsule $file" "expected $verdict ${offset:-}"
			continue
		fi
		run stage-activate "$corpus/$file"
		if [ "$want" != "$status" ]; then
			not_ok "stage-activate $file" "exit status $status"
			continue
		fi
		if [ $want = 4 ] && ! counted starts=0; then
			not_ok "stage-activate $file" "the firmware was called"
			continue
		fi
		ok "corpus: $file $verdict"
	done < "$corpus/MANIFEST"
}

test_capability() {
	use ours
	FAKE_OEM=$(printf 'Maker\033 1') expect "capability" 0 capability
	check "capability: one call" counted calls=1
	check "capability: revision is set" counted revision=1
	check "capability: platform" prints "7D0C5A4E-91B3-4C26-8F17-2A6BE04D9C51"
	check "capability: OEM escaped" prints 'Maker\\x1b 1'
	FAKE_OEM=Maker expect "capability, JSON" 0 capability --json -r 2
	check "capability, JSON: OEM" json \
'd["oem_info"] == {"base64": "TWFrZXI=", "text": "Maker"}'
	check "capability: revision 2" counted revision=2
	FAKE_QUERY=3:0x55 expect "capability refused" 5 capability --json
	check "capability refused: status" json \
'd["error"]["status"] == 3 and d["error"]["ext_status"] == 0x55 and d["error"]["status_name"] == "hardware error"'
	FAKE_QUERY=71 FAKE_REASON=34:6:2:3 expect "malformed answer" 1 capability
	check "malformed answer: words" says "wrong type at element 6"
	FAKE_QUERY=5 FAKE_REASON=29 expect "no answer" 1 capability
	check "no answer: what to do" says "kernel log"
	use mainline
	expect "mainline: capability" 0 capability --json
	check "mainline: driver" json 'd["driver"] == "pfr_update"'
	check "mainline: one call" counted calls=1
	FAKE_OEM=x expect "mainline: OEM information" 0 capability
	check "mainline: a note" says "does not give the OEM information"
	FAKE_QUERY=4:1 expect "mainline: refused" 5 capability
	check "mainline: says that status is hidden" says "hidden by the kernel's own driver"
	FAKE_QUERY=22 expect "mainline: malformed" 1 capability
}

test_stage() {
	local v2=$work/v2.cap s ext

	use ours
	expect "stage" 0 stage "$work/signed.cap"
	check "stage: three calls, nothing known" counted "calls=3 writes=1 starts=1"
	check "stage: words" prints "^Status: *success"
	FAKE_CACHED=1 expect "stage, known capability" 0 stage "$work/signed.cap"
	check "stage: two calls" counted "calls=2 "
	expect "stage-activate, JSON" 0 stage-activate --json "$work/signed.cap"
	check "stage-activate, JSON" json \
'd["action"] == "stage-activate" and d["status"] == 0 and d["auth_time_ns"] == 1234567 and d["exec_time_ns"] == 7654321 and d["kind"] == "code_injection" and d["runtime_version"] == 2'
	expect "activate" 0 activate
	check "activate: one call" counted "calls=1 writes=0 starts=1"
	expect "stage, quiet" 0 stage --quiet "$work/signed.cap"
	check "stage, quiet: silent" empty "$out"
	check "stage, quiet: no talk" empty "$err"

	ext=1
	for s in 1 2 3 4 5 6 77; do
		FAKE_START=$s:0x7$ext expect "status $s" 5 stage "$work/signed.cap"
		check "status $s: words" says "status $s .*extended status 0x7$ext"
		check "status $s: one try" counted starts=1
		FAKE_START=$s:0x7$ext expect "status $s, JSON" 5 stage-activate \
			--json "$work/signed.cap"
		check "status $s, JSON" json \
"d['error']['status'] == $s and d['error']['ext_status'] == 0x7$ext"
		check "status $s, JSON: stderr says only what is begun" \
			announced
		FAKE_START=$s:0x7$ext expect "activate, status $s" 5 activate
		check "activate, status $s: one try" counted starts=1
	done
	FAKE_START=4:1,4:1,0:0 expect "retries" 0 stage --retries 2 --json \
		"$work/signed.cap"
	check "retries: three starts, one buffer" counted "calls=5 writes=1 starts=3"
	check "retries: told" json 'd["tries"] == 3'
	FAKE_START=4:1 expect "retries used up" 5 stage --retries 1 --json \
		"$work/signed.cap"
	check "retries used up: told" json 'd["error"]["tries"] == 2'
	FAKE_START=5:1 expect "no retry of another status" 5 stage --retries 3 \
		"$work/signed.cap"
	check "no retry of another status: one start" counted starts=1
	FAKE_START=4:1 FAKE_LATER=16 expect "busy at the second try" 6 stage \
		--retries 1 "$work/signed.cap"
	FAKE_START=4:1 FAKE_LATER=19 expect "gone at the second try" 3 stage \
		--retries 1 "$work/signed.cap"

	FAKE_WRITE=16 expect "another program loads" 6 stage "$work/signed.cap"
	check "another program loads: words" says "another program is loading"
	FAKE_WRITE=19 expect "device went away" 3 stage "$work/signed.cap"
	FAKE_WRITE=1 expect "not permitted to write" 1 stage "$work/signed.cap"
	FAKE_BUFFER=2:9 expect "buffer refused" 5 stage "$work/signed.cap"
	FAKE_BUFFER=71 FAKE_REASON=31:0:4096:16 expect "buffer unusable" 1 \
		stage "$work/signed.cap"
	check "buffer unusable: address" says "address 0x1000, size 16"
	FAKE_ROOM=1000 expect "buffer too small" 4 stage "$work/signed.cap"
	check "buffer too small: words" says "larger than the communication buffer"
	FAKE_ROOM=1000 expect "buffer too small, JSON" 4 stage --json \
		"$work/signed.cap"
	check "buffer too small, JSON" json \
'd["error"]["reason"] == "too-big" and d["error"]["expected"] == 1000 and d["error"]["offset"] == 24'
	expect "older" 4 stage "$corpus/code-older-version.cap"
	check "older: words" says "older than what runs at offset [0-9]+ \(version 0, running 1\); use"
	expect "other platform" 4 stage "$corpus/code-other-platform.cap"
	check "other platform: both GUIDs" says "\(capsule [0-9A-F-]{36}, platform 7D0C5A4E-"
	expect "unknown type" 4 stage "$corpus/type-unknown.cap" --json
	check "unknown type: all GUIDs" json \
'len(d["error"]["found"]) == 36 and d["error"]["expected_or"].startswith("140B5F0E")'
	FAKE_STALE=1 expect "known capability is stale" 0 stage "$work/signed.cap"
	expect "broken file: nothing opened" 4 stage "$work/short.cap"
	check "broken file: nothing written" counted "calls=0 writes=0 starts=0 bytes=0 revision=99"

	expect "dry run" 0 stage --dry-run "$work/signed.cap"
	check "dry run: two calls, none starts" counted "calls=2 writes=0 starts=0"
	check "dry run: words" prints "Driver would take it: *yes"
	FAKE_CACHED=1 expect "dry run, known capability" 0 stage-activate -n \
		"$work/signed.cap"
	check "dry run, known capability: one call" counted "calls=1 writes=0 starts=0"
	FAKE_STALE=1 expect "dry run, stale capability" 0 stage -n \
		"$work/signed.cap"
	check "dry run, stale capability: asked again" counted "calls=2 writes=0"
	FAKE_ROOM=1000 expect "dry run, too big" 4 stage -n "$work/signed.cap"
	expect "dry run, older" 4 stage -n "$corpus/code-older-version.cap"
	check "dry run, older: asked once" counted "calls=1 writes=0 starts=0"

	use mainline
	expect "mainline: signed v2" 0 stage-activate "$v2"
	check "mainline: one write" counted "calls=4 writes=1 starts=1"
	expect "mainline: v3" 4 stage "$work/signed.cap"
	check "mainline: v3: words" says "kernel's own driver .pfr_update. cannot take this capsule: its image header has version 3"
	check "mainline: v3: nothing asked" counted "calls=0 writes=0"
	expect "mainline: unsigned" 4 stage "$corpus/grid-h20-v2-d0-p1-plain.cap"
	check "mainline: unsigned: words" says "it is not signed"
	expect "mainline: drivers" 4 stage "$corpus/grid-h20-v2-d1-p1-signed.cap"
	expect "mainline: own type" 4 stage "$work/v2-own-type.cap" --json
	check "mainline: own type" json 'd["error"]["reason"] == "driver-limit"'
	expect "mainline: older" 4 stage "$corpus/driver-known-older-svn.cap"
	check "mainline: older: nothing written" counted writes=0
	FAKE_START=4:0x77 expect "mainline: refused" 5 stage-activate "$v2"
	check "mainline: refused: words" says "status is hidden by the kernel's own driver"
	FAKE_ROOM=10 expect "mainline: too big" 4 stage "$v2"
	FAKE_START=4:1 expect "mainline: retries" 5 stage --retries 2 "$v2"
	check "mainline: no retry" counted starts=1
	expect "mainline: dry run" 0 stage -n "$v2"
	check "mainline: dry run: one call" counted "calls=1 writes=0 starts=0"
}

test_large() {
	use ours
	export FAKE_ROOM=$((64 << 20))
	dd if=/dev/urandom of="$work/big.payload" bs=1M count=9 status=none
	cat "$work/payload" "$work/big.payload" > "$work/big"
	mkeficapsule -g B2F84B79-7B6E-4E45-885F-3FB9BB185402 -i 1 "$work/big" \
		"$work/big.cap" > /dev/null
	expect "9 MiB" 0 stage "$work/big.cap"
	check "9 MiB: in pieces, one buffer" counted "calls=3 writes=3 starts=1"
	check "9 MiB: all of it" counted "bytes=$(stat -c %s "$work/big.cap")"
}

same() {
	cmp -s "$1" "$2"
}

test_telemetry() {
	use ours
	FAKE_NEWER=1000 expect "log" 0 telemetry
	check "log: bytes" same "$out" "$work/newer"
	check "log: two calls" counted "calls=2 "
	export FAKE_NEWER=1000 FAKE_OLDER=3096
	expect "log that rolled over" 0 telemetry
	check "log that rolled over: oldest first, every byte" \
		same "$out" "$work/chronological"
	check "log that rolled over: two calls" counted "calls=2 "
	expect "binary log, JSON" 0 telemetry --json
	check "binary log, JSON: base64" json \
"__import__('base64').b64decode(d['base64']) == open('$work/chronological','rb').read() and 'text' not in d"
	printf 'a\302\233b\177c\342\200\256d\303\244\n' > "$work/controls"
	FAKE_LOG=$work/controls FAKE_OLDER=0 FAKE_NEWER=13 \
		expect "controls in JSON" 0 telemetry --json
	check "controls in JSON: escaped" json \
		'd["text"] == "a\u009bb\x7fc\u202ed\u00e4\n"'
	check "controls in JSON: not as they are" prints \
		'a\\u009bb\\u007fc\\u202ed'
	FAKE_NEWER=0 expect "newest part empty" 0 telemetry --json
	check "newest part empty" json 'd["size"] == 3096'
	check "newest part empty: two calls" counted "calls=2 "
	FAKE_OLDER=0 expect "text log, JSON" 0 telemetry --json
	check "text log, JSON" json 'd["text"].startswith("new line 0\r\n") and d["reset_count"] == 4'
	FAKE_CHANGES=2 expect "log changes twice" 0 telemetry
	check "log changes twice: read again" same "$out" "$work/chronological"
	check "log changes twice: four calls" counted "calls=4 "
	FAKE_CHANGES=100 expect "log keeps changing" 7 telemetry
	check "log keeps changing: nothing printed" empty "$out"
	check "log keeps changing: bounded" counted "calls=6 "
	FAKE_CHANGES=100 expect "log keeps changing, JSON" 7 telemetry --json
	check "log keeps changing, JSON" json 'd["error"]["reason"] == "changing"'
	FAKE_NEWER=0 FAKE_OLDER=0 expect "empty log" 0 telemetry
	check "empty log: nothing" empty "$out"
	printf 'a\033[2Jb\tc\r\nd\re\r\n' > "$work/rude"
	FAKE_LOG=$work/rude FAKE_NEWER=14 FAKE_OLDER=0 \
		script -qec "$fake telemetry" /dev/null < /dev/null > "$out"
	: > "$err"
	check "log on a terminal: escapes shown" prints 'a\\x1b\[2Jb'
	check "log on a terminal: a carriage return alone is shown" \
		prints 'd\\x0de'
	FAKE_NO_LOG=1 expect "before the first update" 6 telemetry
	check "before the first update: words" says "no telemetry before the first update"
	FAKE_OLDER=4000 expect "sizes that cannot be" 1 telemetry
	check "sizes that cannot be: words" says "firmware bug"
	FAKE_RING=4294967295 FAKE_NEWER=4294967295 FAKE_OLDER=0 \
		expect "ring of 4 GiB" 1 telemetry
	check "ring of 4 GiB: words" says "an impossible log"
	FAKE_DATA=6:0x12 expect "data refused" 5 telemetry --json
	check "data refused: status" json 'd["error"]["ext_status"] == 0x12'
	FAKE_DATA=16 expect "busy" 6 telemetry
	check "busy: words" says "another program uses it now"
	FAKE_PREAD=71 FAKE_REASON=32:0:4096:64 expect "log out of reach" 1 telemetry
	check "log out of reach: words" says "telemetry buffer is not usable \(address 0x1000"
	expect "history" 0 telemetry --type history -r 2
	check "history: type and revision are set" counted "revision=2 type=1"
	expect "execution" 0 telemetry
	check "execution: type and revision are set" counted "revision=1 type=0"
	expect "info" 0 telemetry-info --json
	check "info: two calls" counted "calls=2 "
	check "info" json \
'd["level_name"] == "info" and d["available"] and d["older"]["size"] == 3096 and d["rollover_count"] == 3 and d["newest"]["address"] == 0x110000000'
	FAKE_NO_LOG=1 expect "info before the first update" 0 telemetry-info
	check "info before the first update" prints "Log available: *no"
	expect "level" 0 log-level
	check "level: one word" prints '^info$'
	check "level: one call" counted "calls=1 "
	expect "set level" 0 log-level verbose
	check "set level: one call" counted "calls=1 "
	expect "set level by number" 0 log-level --json 1
	check "set level by number" json 'd["level_name"] == "warning"'
	FAKE_LEVEL=2:0x3 expect "level refused" 5 log-level 4
	FAKE_LEVEL=2:0x3 expect "level refused when read" 5 log-level

	use mainline
	export FAKE_NEWER=1000 FAKE_OLDER=3096
	expect "mainline: log" 0 telemetry
	check "mainline: oldest first" same "$out" "$work/chronological"
	check "mainline: three calls" counted "calls=3 "
	FAKE_CHANGES=100 expect "mainline: log keeps changing" 7 telemetry
	FAKE_ELSEWHERE=1 expect "mainline: older part elsewhere" 1 telemetry
	check "mainline: older part elsewhere: the rest" same "$out" "$work/newer"
	check "mainline: older part elsewhere: words" says "3096 bytes. is not printed"
	FAKE_MMAP=11 expect "mainline: no mapping" 1 telemetry
	check "mainline: no mapping: words" says "cannot map the log"
	FAKE_LEVEL=4:1 expect "mainline: errno for a level" 5 log-level
	FAKE_LEVEL=4:1 expect "mainline: errno for a level, info" 5 telemetry-info
	expect "mainline: level" 0 log-level
	check "mainline: level" prints '^info$'
	FAKE_DATA=4:1 expect "mainline: data refused" 5 telemetry
}

# What of a reader's memory cannot be had is said, and nothing of others harmed.
test_state_attacks() {
	local lib=$FAKE_ROOT/var/lib state=$FAKE_ROOT/var/lib/pfructl/telemetry0-execution

	mkdir -p "$lib" "$work/elsewhere"
	echo precious > "$work/precious"
	ln -s "$work/elsewhere" "$lib/pfructl"
	expect "state directory is a link" 1 telemetry --delta
	check "state directory is a link: nothing behind it" \
		[ -z "$(ls -A "$work/elsewhere")" ]
	check "state directory is a link: nothing printed" empty "$out"
	rm "$lib/pfructl"
	mkdir -m 0777 "$lib/pfructl"
	chmod 0777 "$lib/pfructl"
	expect "state directory of everybody" 1 telemetry --delta
	check "state directory of everybody: words" says "written by others"
	rmdir "$lib/pfructl"
	expect "state directory is made" 0 telemetry --delta
	check "state directory is made: mode" \
		[ "$(stat -c %a "$lib/pfructl" "$state" | tr '\n' ' ')" = "700 600 " ]
	rm "$state"
	ln -s "$work/precious" "$state"
	expect "state is a link" 1 telemetry --delta
	check "state is a link: words" says "cannot open it"
	rm "$state"
	ln -s "$work/precious" "$state.new"
	expect "new state is a link" 0 telemetry --delta
	check "links: not followed" [ "$(cat "$work/precious")" = precious ]
	mv "$state.lock" "$state.old"
	ln -s "$work/precious" "$state.lock"
	expect "lock is a link" 1 telemetry --delta
	rm "$state.lock" "$state"
	mkfifo "$state"
	expect "state is a FIFO" 1 telemetry --delta
	rm "$state"
	mkdir "$state"
	expect "state is a directory" 1 telemetry --delta
	rmdir "$state"
	expect "state: no name for it" 2 telemetry --delta \
		-d "$FAKE_ROOT/dev/pfru/telemetry-x"
	expect "state: a directory" 1 telemetry --delta --state "$work/"
	expect "state: no directory" 1 telemetry --delta --state "$work/no/x"
}

# damage WHAT SED-EXPRESSION: a state file that was changed
damage() {
	run telemetry --delta --state "$work/pos"
	sed -i "$2" "$work/pos"
	cp "$work/pos" "$work/pos.damaged"
	expect "state: $1" 1 telemetry --delta --state "$work/pos"
	check "state: $1: what to do" says "emove the file|Remove it"
	check "state: $1: nothing printed" empty "$out"
	check "state: $1: left as it is" same "$work/pos" "$work/pos.damaged"
	rm -f "$work/pos"
}

test_state() {
	use ours
	export FAKE_NEWER=1000
	touch "$FAKE_ROOT/dev/pfru/telemetry-x"
	test_state_attacks
	rm -f "$work/pos"
	damage "another number" 's/1000/1001/'
	damage "another version" '1s/2$/3/'
	damage "empty" d
	damage "a line more" "\$a more"
	damage "sum" "\$s/.\$/x/"
	damage "a number too large" 's/1000/99999999999/'
	damage "not ours" '1s/.*/[Unit]/'
	damage "bytes behind it" "\$s/\$/\n/"
	run telemetry --delta --state "$work/pos"
	expect "delta: of the other log" 1 telemetry --delta --type history \
		--state "$work/pos"
	check "delta: of the other log: words" says "of type 'execution', not 'history'"
	touch "$FAKE_ROOT/dev/pfru/telemetry1"
	expect "delta: of another device" 1 telemetry --delta -d 1 \
		--state "$work/pos"
	rm "$FAKE_ROOT/dev/pfru/telemetry1"
	check "delta: of another device: words" says "of device 0, not 1"
	rm "$work/pos"
	expect "delta: all of it" 0 telemetry --delta --state "$work/pos"
	check "delta: all of it" same "$out" "$work/newer"
	check "delta: two calls" counted "calls=2 "
	expect "delta: nothing new" 0 telemetry --delta --state "$work/pos"
	check "delta: nothing new" empty "$out"
	check "delta: one call" counted "calls=1 "
	FAKE_NEWER=1013 expect "delta: what is new" 0 telemetry --delta --json \
		--state "$work/pos"
	check "delta: what is new, JSON" json \
'd["position"] == 1000 and d["size"] == 13 and d["lost"] == 0 and d["discontinuity"] is None and "T" in d["time"]'
	check "delta: one line" [ "$(wc -l < "$out")" = 1 ]
	check "delta: what is new: two calls" counted "calls=2 "
	FAKE_NEWER=900 expect "delta: went back" 0 telemetry --delta --json \
		--state "$work/pos"
	check "delta: went back" json 'd["discontinuity"] == "back" and d["size"] == 900'
	FAKE_NEWER=900 FAKE_RING=2048 expect "delta: another size" 0 telemetry \
		--delta --json --state "$work/pos"
	check "delta: another size" json 'd["discontinuity"] == "size"'
	FAKE_RESETS=1 expect "delta: keeps changing" 7 telemetry --delta --json \
		--state "$work/pos"
	check "delta: keeps changing: bounded" counted "calls=6 "
	check "delta: keeps changing: one line" [ "$(wc -l < "$out")" = 1 ]
	FAKE_NO_LOG=1 expect "delta: no log yet" 6 telemetry --delta \
		--state "$work/pos"
	FAKE_OLDER=4000 expect "delta: nonsense" 1 telemetry --delta \
		--state "$work/pos"
	rm "$work/pos"
	flock "$work/pos.lock" sleep 3 &
	sleep 0.3
	expect "delta: locked" 6 telemetry --delta --state "$work/pos"
	check "delta: locked: words" says "another reader"
	expect "full: needs no lock" 0 telemetry
	wait
	FAKE_COUNT=$counts "$fake" telemetry --delta --state "$work/pos" \
		> /dev/full 2> "$err"
	check "delta: /dev/full is told" [ $? = 1 ]
	expect "delta: nothing lost at /dev/full" 0 telemetry --delta \
		--state "$work/pos"
	check "delta: nothing lost at /dev/full" same "$out" "$work/newer"
	rm "$work/pos"
	expect "delta: --output" 0 telemetry --delta --state "$work/pos" \
		--output "$work/collected"
	FAKE_NEWER=1013 expect "delta: --output appends" 0 telemetry --delta \
		--state "$work/pos" --output "$work/collected"
	check "delta: --output appends" \
		[ "$(stat -c %s "$work/collected")" = 1013 ]
	FAKE_CHANGES=100 expect "full: --output keeps what it had" 7 telemetry \
		--output "$work/collected"
	check "full: --output keeps what it had" \
		[ "$(stat -c %s "$work/collected")" = 1013 ]
	expect "full: --output" 0 telemetry -o "$work/collected"
	check "full: --output replaces" same "$work/collected" "$work/newer"
	expect "full: --output nowhere" 1 telemetry -o "$work/no/x"
	FAKE_OLDER=3096 expect "since the reset" 0 telemetry --since-reset
	check "since the reset: lost" says "warning: .*: 9192 bytes"
	check "since the reset: all there is" same "$out" "$work/chronological"
	FAKE_OLDER=3096 expect "since the reset, JSON" 0 telemetry --since-reset -j
	check "since the reset, JSON" json 'd["lost"] == 9192 and d["position"] == 9192'
	use mainline
	export FAKE_NEWER=1000 FAKE_OLDER=3096
	rm -f "$work/pos"
	expect "mainline: delta" 0 telemetry --delta --state "$work/pos"
	check "mainline: delta" same "$out" "$work/chronological"
	expect "mainline: delta, nothing new" 0 telemetry --delta --state "$work/pos"
	check "mainline: delta, nothing new: one call" counted "calls=1 "
	rm -f "$work/pos"
	FAKE_ELSEWHERE=1 expect "mainline: delta, older part elsewhere" 0 \
		telemetry --delta --json --state "$work/pos"
	check "mainline: delta, older part elsewhere" json \
		'd["lost"] == 3096 and d["size"] == 1000'
	FAKE_MMAP=11 expect "mainline: delta, no mapping" 1 telemetry --delta \
		--state "$work/st2"
}

# the public sample of a run, and two that are not whole
test_summary() {
	local run='[SmmRuntimeUpdateHandler.ProcessSmmRuntimeUpdate] ProcessSmmRuntimeUpdate'

	use ours
	{
		printf '%s = End, Status = Device Error\r\n' "$run"
		printf '%s = START, Action = 2\r\n' "$run"
		printf '[ProcessSmmRuntimeUpdate] ShadowSmmRuntimeUpdateImage.Status = Success\r\n'
		printf 'CPU CSR[0B102D28] Before = 7FBF830E\r\n'
		printf '%s = End, Status = Success\r\n' "$run"
		printf '%s = START, Action = 0\r\n' "$run"
	} > "$work/runs"
	FAKE_LOG=$work/runs FAKE_NEWER=$(stat -c %s "$work/runs") \
		expect "summary" 0 telemetry --summary
	check "summary: whole run" prints \
		'^2 +stage and activate +4 +Success$'
	check "summary: beginning is gone" prints \
		'^1 +\(beginning is gone\) +1 +Device Error$'
	check "summary: no end" prints '^3 +stage +1 +\(no end\)$'
	FAKE_LOG=$work/runs FAKE_NEWER=$(stat -c %s "$work/runs") \
		expect "summary, JSON" 0 telemetry --summary --json
	check "summary, JSON" json \
'[(r["action"], r["status"]) for r in d["runs"]] == [(None, "Device Error"), (2, "Success"), (0, None)]'
	FAKE_NEWER=1000 expect "summary of no run" 0 telemetry --summary
	check "summary of no run: empty" [ "$(wc -l < "$out")" = 1 ]
}

# sub WHAT COMMAND...: another program's TAP is ours
sub() {
	local what=$1 line ended=1

	shift
	timeout 300 "$@" > "$out" 2> "$err" && ended=0
	while read -r line; do
		case $line in
		"ok - "*) ok "${line#ok - }" ;;
		"not ok - "*) not_ok "${line#not ok - }" ;;
		esac
	done < <(cat "$out")
	grep '^#' "$out"
	check "$what: came to its end" [ "$ended" = 0 ]
}

pytest=(env -u PYTHONPATH PYTHONDONTWRITEBYTECODE=1 "PFRU_FAKE=$fake"
	"PFRU_INPUTS=$work" pytest-3 -q
	--tb=short -p no:cacheprovider -o testpaths=tests/unit/cli)

# the tests in Python, each a line of TAP
test_python() {
	unset "${!FAKE_@}"
	sub "tests in Python" "${pytest[@]}" -s tests/unit/cli
}

test_live() {
	use ours
	sub "followers" python3 tests/unit/cli/follow.py "$fake" "$work/live"
	sub "what was left" python3 tests/unit/cli/recover.py "$fake" "$work/left"
	sub "text killed" \
		python3 tests/unit/cli/kill.py "$fake" "$work/k1" text $kills
	sub "JSON killed" \
		python3 tests/unit/cli/kill.py "$fake" "$work/k2" json $kills
	sub "pipe killed" \
		python3 tests/unit/cli/kill.py "$fake" "$work/k3" pipe $kills
	use mainline
	sub "mainline killed" \
		python3 tests/unit/cli/kill.py "$fake" "$work/k4" text 50
}

# sysfs NAME [DRIVER [MODALIAS [NODE]]]
sysfs() {
	local dir=$FAKE_ROOT/sys/bus/acpi/devices/$1

	mkdir -p "$dir/physical_node${4:-}"
	[ -z "${2:-}" ] || ln -sfn "/x/drivers/$2" "$dir/physical_node${4:-}/driver"
	[ -z "${3:-}" ] || echo "$3" > "$dir/modalias"
}

# memory that is refused; the sanitizers' own allocations would be in the way
test_memory() {
	local plain=$build/cli-fake/pfructl-plain

	make -s -C cli BUILD="$build" objects &&
		link_fake "$plain" SANITIZE= &&
		${CC:-cc} -shared -fPIC -O1 -Wall -Wextra -o "$build/failnth.so" \
			tests/unit/cli/failnth.c
	check "memory: programs are built" [ $? = 0 ]
	use ours
	sub "memory" python3 tests/unit/cli/failnth.py "$plain" \
		"$build/failnth.so" "$work"
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
test_usage
test_no_device
test_files
test_writing
test_environment
test_signature
test_signers
test_capability
test_stage
test_large
test_telemetry
test_state
test_summary
test_python
test_live
[ -n "${COVER:-}" ] || test_memory
test_status
test_watchdog
test_watchdog_hostile
test_needs_mei
[ -n "${SKIP_CORPUS:-}" ] || test_corpus
echo "1..$number"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
