// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selftest-amt VFIO-SOCKET CONTROL-SOCKET DIRECTORY: tests the AMT of a model
 * that runs with --amt, without QEMU: every AMTHI command, WD, MKHI, LME with
 * HTTP and WS-MAN behind it, and every knob of them. Prints TAP.
 */
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "selftest-lib.h"

#define AMTHI	10
#define MKHI	11
#define FIXED	12
#define LME	13
#define LAST_CLIENT LME
#define MESSAGE_MAX 8192
#define PIECE_MAX 508

static const char *directory;

/*
 * A host with credits: messages of clients are put together and kept
 */

static struct {
	int credits;			/* what we may send */
	bool asked;			/* it has our credit */
	bool gone;			/* disconnected by the firmware */
	uint8_t message[MESSAGE_MAX];
	int len, have;			/* len -1: none is whole */
} peers[LAST_CLIENT + 1];

static uint8_t out[MESSAGE_MAX];	/* the last message received */

static void forget(void)
{
	int i;

	memset(peers, 0, sizeof(peers));
	for (i = 0; i <= LAST_CLIENT; i++)
		peers[i].len = -1;
}

static void on_bus(const uint8_t *m)
{
	if (m[0] == 8 && m[1] <= LAST_CLIENT)
		peers[m[1]].credits++;
	if (m[0] == 7 && m[1] <= LAST_CLIENT) {
		peers[m[1]].gone = true;
		hbm4(0x87, m[1], m[2], 0, NO_ANSWER);
	}
}

/* one piece of a message, when there is one in ms */
static bool step(int ms)
{
	uint32_t csr, hdr, word;
	uint8_t piece[520];
	int i, len, me;

	for (;; ms--) {
		csr = get(ME_CSR);
		if ((csr >> 16 & 0xff) != (csr >> 8 & 0xff))
			break;
		if (ms <= 0 || !(csr & RDY))
			return false;
		usleep(1000);
	}
	hdr = get(ME_CB_RW);
	len = hdr >> 16 & 0x1ff;
	for (i = 0; i < len; i += 4) {
		word = get(ME_CB_RW);
		memcpy(piece + i, &word, 4);
	}
	set(H_CSR, get(H_CSR) | IG);
	me = hdr & 0xff;
	if (!me) {
		on_bus(piece);
	} else if (me <= LAST_CLIENT) {
		memcpy(peers[me].message + peers[me].have, piece, len);
		peers[me].have += len;
		if (hdr >> 31) {
			peers[me].len = peers[me].have;
			peers[me].have = 0;
			peers[me].asked = false;
		}
	}
	return true;
}

/* receive - the next message of a client, in out; -1: none in ms */
static int receive(int me, int ms)
{
	int len;

	if (!peers[me].asked && peers[me].len < 0 && me != FIXED) {
		credit(me);
		peers[me].asked = true;
	}
	while (peers[me].len < 0 && !peers[me].gone && step(ms))
		;
	len = peers[me].len;
	peers[me].len = -1;
	if (len > 0)
		memcpy(out, peers[me].message, len);
	return len;
}

static void transmit(int me, int host, const uint8_t *data, int len)
{
	uint32_t word;
	int at, n, i;

	for (at = 0; at < len || !len; at += n) {
		n = len - at < PIECE_MAX ? len - at : PIECE_MAX;
		while (128 - (uint8_t)((get(H_CSR) >> 16) - (get(H_CSR) >> 8)) <
		       (n + 3) / 4 + 1)
			usleep(100);
		set(H_CB_WW, me | host << 8 | n << 16 |
			     (at + n == len ? 1u << 31 : 0));
		for (i = 0; i < n; i += 4) {
			word = 0;
			memcpy(&word, data + at + i, n - i < 4 ? n - i : 4);
			set(H_CB_WW, word);
		}
		set(H_CSR, get(H_CSR) | IG);
		if (!len)
			break;
	}
}

static bool say(int me, const uint8_t *data, int len)
{
	if (me == FIXED) {
		transmit(me, 0, data, len);
		return true;
	}
	while (!peers[me].credits)
		if (!step(500))
			return false;
	peers[me].credits--;
	transmit(me, US, data, len);
	return true;
}

/* start - a link, and a connection to this client */
static bool start(int me)
{
	int i;

	hello(true);
	forget();
	if (!bring_up())
		return false;
	for (i = AMTHI; i <= LAST_CLIENT; i++)
		if (hbm4(5, i, 0, 0, 0x85) < 0)
			return false;
	if (me == FIXED)
		return true;
	if (connect_to(me))
		return false;
	while (!peers[me].credits && step(500))
		;
	return peers[me].credits;
}

/*
 * AMTHI
 */

static uint32_t u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static int from_hex(const char *text, uint8_t *to)
{
	unsigned int byte;
	int n = 0;

	for (; sscanf(text, "%2x", &byte) == 1; text += 2)
		to[n++] = byte;
	return n;
}

/* the answer's length; it is in out */
static int ask_length(uint32_t command, const uint8_t *data, int len,
		      uint32_t said)
{
	uint8_t m[MESSAGE_MAX] = { 1, 1, 0, 0, command, command >> 8,
				   command >> 16, command >> 24, said,
				   said >> 8 };

	if (len)
		memcpy(m + 12, data, len);
	if (!say(AMTHI, m, 12 + len))
		return -2;
	return receive(AMTHI, 1000);
}

static int ask(uint32_t command, const char *hex)
{
	uint8_t data[512];
	int len = from_hex(hex, data);

	return ask_length(command, data, len, len);
}

/* the status of an answer with a right header; -1: it is none */
static long status(uint32_t command, const char *hex)
{
	int len = ask(command, hex);

	if (len < 16 || out[0] != 1 || out[1] != 1 || out[2] || out[3] ||
	    u32(out + 4) != (command | 0x800000) || u32(out + 8) != len - 12u)
		return -1;
	return u32(out + 12);
}

static void expect(uint32_t command, const char *request, const char *answer,
		   const char *name)
{
	uint8_t want[512];
	int len = from_hex(answer, want), got;

	got = ask(command, request);
	check(got == 16 + len && !u32(out + 12) && !memcmp(out + 16, want, len),
	      "%s", name);
	if (got != 16 + len)
		printf("# %d bytes, status %u, expected %d\n", got,
		       u32(out + 12), 16 + len);
}

/* a knob, a command, and what comes of both */
static void test_reads(void)
{
	static const struct {
		const char *knob;
		uint32_t command;
		const char *request, *answer, *name;
	} rows[] = {
		{ "amt mode 2", 0x04000008, "", "0200000000000000", "mode" },
		{ "amt legacy yes", 0x04000008, "", "0200000001000000", "legacy mode" },
		{ "amt provisioning in", 0x04000011, "", "01000000", "state" },
		{ "amt provisioning pre", 0x04000011, "", "00000000", "state, back" },
		{ "amt control admin", 0x0400006b, "", "02000000", "control mode" },
		{ "amt control none", 0x0400006b, "", "00000000", "control, back" },
		{ "amt uuid 01020304-0506-0708-090a-0b0c0d0e0f10", 0x0400005c, "",
		  "0403020106050807090a0b0c0d0e0f10", "UUID" },
		{ "amt wired.ip 1.2.3.4", 0x04000048, "00000000",
		  "010000000403020101000000020102123456789a", "LAN settings" },
		{ "amt ip-order network", 0x04000048, "00000000",
		  "010000000102030401000000020102123456789a", "IPv4 swapped" },
		{ "amt ip-order host", 0x04000048, "00000000",
		  "010000000403020101000000020102123456789a", "and back" },
		{ "amt wireless.present yes", 0x04000048, "01000000",
		  "000000000000000000000000000002123456789b", "wireless" },
		{ "amt wired.mac 0a:0b:0c:0d:0e:0f", 0x04000048, "00000000",
		  "01000000040302010100000002010a0b0c0d0e0f", "MAC address" },
		{ "amt-hashes 2", 0x0400002c, "", "020000000100000002000000", "two hashes" },
		{ "amt-hashes 0", 0x0400002c, "", "00000000", "no hash" },
		{ "amt suffix abc", 0x04000036, "", "0300616263", "PKI suffix" },
		{ "amt suffix -", 0x04000036, "", "0000", "no PKI suffix" },
		{ "amt suffixes ab,c", 0x0400003e, "", "05006162006300", "DNS suffixes" },
		{ "amt suffixes -", 0x0400003e, "", "0000", "no DNS suffixes" },
		{ "amt network 1", 0x04000046, "", "0100000000000000000000000000", "network" },
		{ "amt remote 2", 0x04000046, "", "0100000002000000000000000000", "remote access" },
		{ "amt trigger 3", 0x04000046, "", "0100000002000000030000000000", "trigger" },
		{ "amt mps m.x", 0x04000046, "", "01000000020000000300000003006d2e78", "MPS" },
		{ "amt mac-host 01:02:03:04:05:06", 0x04000025, "", "02123456789a010203040506", "MACs" },
		{ "amt zero-touch no", 0x04000030, "", "00000000", "zero touch" },
		{ "amt zero-touch yes", 0x04000030, "", "01000000", "zero touch" },
		{ "amt tls-mode 1", 0x0400002b, "", "01000000", "TLS mode" },
		{ "amt rng 2", 0x0400002e, "", "02000000", "RNG" },
		{ "amt-feature 1 7", 0x04000049, "01000000", "0100000007000000", "a feature" },
		{ "amt ehbc yes", 0x04000084, "", "01000000", "EHBC" },
		{ "amt fqdn ab.c", 0x04000056, "", "0100000000000000a00500008403000002000000040061622e63", "FQDN" },
		{ "amt reset-reason 1", 0x0400004a, "", "0100000000000000", "reset reason" },
		{ "amt reset-time 258", 0x0400004a, "", "0100000002010000", "its time" },
		{ "amt unprovisioning 5", 0x04000068, "", "05000000", "unprovisioning" },
		{ "log", 0x01000001, "000102030405060708090a0b0c0d0e0f",
		  "000102030405060708090a0b0c0d0e0f050000000100000000", "AMT state" },
		{ "amthi-raw 0x0400004e 9cff", 0x0400004e, "", "9cff", "raw bytes" },
	};
	size_t i;

	check(start(AMTHI), "connected to amthi");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!ctl("%s", rows[i].knob))
			printf("# %s: %s", rows[i].knob, told);
		expect(rows[i].command, rows[i].request, rows[i].answer,
		       rows[i].name);
	}
}

static void test_versions(void)
{
	int i, bad = 0;

	same(ask(0x0400001a, ""), 525, "code versions of ten");
	check(!strcmp((char *)out + 16, "SIMBIOS1.86A.0042"), "the BIOS");
	same(u32(out + 81), 10, "ten");
	check(out[85] == 5 && !memcmp(out + 87, "Flash\0", 6), "a name");
	check(out[107] == 7 && !memcmp(out + 109, "11.8.93\0", 8), "a version");
	check(ctl("amt-version AMT 16.1.25"), "another AMT");
	check(ctl("amt-version Build_Number 2124"), "another build");
	ask(0x0400001a, "");
	check(!memcmp(out + 85 + 3 * 44 + 24, "16.1.25", 7), "is told");
	check(!memcmp(out + 85 + 6 * 44 + 24, "2124", 4), "and its build");
	ctl("amt-version clear");
	same(ask(0x0400001a, ""), 85, "no version at all");
	for (i = 0; i < 50; i++)
		bad += !ctl("amt-version Name%d %d", i, i);
	same(bad, 0, "fifty versions");
	check(!ctl("amt-version Name50 50"), "no more");
	same(ask(0x0400001a, ""), 2285, "the longest answer");
	ctl("amt-version clear");
	ctl("amt-version AMT 11.8.93");
	ctl("amt-version Build_Number 4323");
	ctl("amt bios OTHER");
	ask(0x0400001a, "");
	check(!strcmp((char *)out + 16, "OTHER"), "another BIOS");
}

static void test_hashes(void)
{
	ctl("amt-hashes 33");
	same(ask(0x0400002c, ""), 16 + 4 + 33 * 4, "33 hashes");
	same(u32(out + 20 + 32 * 4), 33, "and their handles");
	check(!ctl("amt-hashes 34"), "no more");
	same(ask(0x0400002d, "21000000"), 16 + 8 + 64 + 1 + 2 + 16, "the last");
	same(u32(out + 16), 0, "is no default");
	same(u32(out + 20), 1, "is active");
	same(out[24 + 64], 2, "is SHA-256");
	check(!memcmp(out + 24 + 67, "Model Root CA 32", 16), "has a name");
	same(status(0x0400002d, "22000000"), 0x805, "one there is not");
	same(status(0x0400002d, "00000000"), 0x805, "nor this");
	check(ctl("amt-hash 0 algorithm 3") && ctl("amt-hash 0 active no") &&
	      ctl("amt-hash 0 name A B") && ctl("amt-hash 0 bytes 0102"),
	      "a hash of one's own");
	ask(0x0400002d, "01000000");
	check(u32(out + 20) == 0 && out[24] == 1 && out[25] == 2 && !out[26] &&
	      out[88] == 3 && out[89] == 3 && !memcmp(out + 91, "A B", 3),
	      "is told");
	check(!ctl("amt-hash 40 active no"), "one there is not has no knob");
	ctl("amt-hashes 3");
}

static void test_more_reads(void)
{
	ctl("amt-security 16 9");
	same(ask(0x0400001b, ""), 16 + 17 * 4, "security parameters");
	same(u32(out + 16 + 16 * 4), 9, "are told");
	same(status(0x04000049, "08000000"), 0x24, "a feature there is not");
	same(status(0x04000048, "02000000"), 0x23, "an interface there is not");
	ctl("amt wireless.present no");
	same(status(0x04000048, "01000000"), 2501, "no wireless");
	ctl("amt user U");
	ctl("amt password P");
	same(ask(0x04000067, "00000000000000000000000000000000000000000000000000000000000000000000000000000000"),
	     16 + 68, "the local account");
	check(!strcmp((char *)out + 16, "U") && !strcmp((char *)out + 49, "P"),
	      "a user and a password");
	ctl("amt account-padding 0");
	same(ask(0x04000067, "00000000000000000000000000000000000000000000000000000000000000000000000000000000"),
	     16 + 66, "without padding");
	ctl("amt account-padding 2");
	ctl("amt user $$OsAdmin");
	ctl("amt password OsAdmin-Secret-7f3a");
	same(status(0x040000ff, ""), 0x812, "a command that it does not know");
	ctl("amthi-raw 0x0400004e none");
	same(status(0x0400004e, ""), 0x812, "nor this one any more");
	same(status(0x0400003f, "000000000000000000000000000000000000"), 0x200,
	     "enterprise access");
	ctl("amt access 0x203");
	same(status(0x0400003f, "000000000000000000000000000000000000"), 0x203,
	     "granted");
}

static void test_changes(void)
{
	char start_tls[2 * 393 + 1];

	ctl("amt rng 1");
	same(status(0x04000029, ""), 0x2f, "no start: RNG in progress");
	ctl("amt rng 2");
	same(status(0x04000029, ""), 0x30, "no start: RNG not ready");
	same(status(0x04000028, ""), 0, "a seed is generated");
	check(says("amt.rng", "0"), "it is there");
	ctl("amt-hashes 0");
	same(status(0x04000029, ""), 0x31, "no start: no certificate");
	ctl("amt-hashes 3");
	same(status(0x0400005e, ""), 3, "no stop before the start");
	same(status(0x04000029, ""), 0, "start configuration");
	check(says("amt.provisioning", "in"), "the window is open");
	same(status(0x0400005e, ""), 0, "stop configuration");
	check(says("amt.provisioning", "pre"), "the window is closed");
	same(status(0x04000010, "00000000"), 3, "nothing to unprovision");
	ctl("amt control admin");
	ctl("amt provisioning post");
	same(status(0x04000029, ""), 3, "no start in admin control mode");
	same(status(0x04000010, "01000000"), 3, "no unprovisioning there");
	ctl("amt control client");
	same(status(0x04000010, "07000000"), 0x24, "a mode there is not");
	ctl("amthi-idle");
	same(status(0x04000010, "01000000"), 0, "success, and nothing done");
	check(says("amt.control", "client"), "it is as it was");
	same(status(0x04000010, "01000000"), 0, "unprovisioned");
	check(says("amt.control", "none") && says("amt.provisioning", "pre"),
	      "the state says so");
	memset(start_tls, '0', sizeof(start_tls));
	start_tls[1] = '2';
	start_tls[2 * 390] = '\0';
	same(status(0x0400008b, start_tls), 0, "TLS start, one layout");
	start_tls[2 * 390] = '0';
	start_tls[2 * 393] = '\0';
	same(status(0x0400008b, start_tls), 0, "TLS start, the other");
	same(status(0x0400005e, ""), 0, "stopped");
	ctl("amt mps -");
	same(status(0x04000044, ""), 3, "no remote connection without a server");
	ctl("amt mps a.example.com");
	same(status(0x04000044, ""), 0, "a remote connection");
	check(says("amt.remote", "2"), "is open");
	same(status(0x04000045, ""), 0, "and ended");
	check(says("amt.remote", "0"), "is closed");
	same(status(0x0400005b, "0300412e42"), 0, "set the FQDN");
	check(says("amt.fqdn", "A.B"), "it is set");
	same(status(0x0400005b, "ff00412e42"), 4, "a string that is too short");
	same(status(0x0400002f, "050043"), 4, "a string that is missing");
	same(status(0x0400002f, "010043"), 0, "set the suffix");
	check(says("amt.suffix", "C"), "it is set");
}

static void test_amthi_faults(void)
{
	static const struct {
		const char *knob;
		int at, value;
	} rows[] = {
		{ "corrupt major amthi", 0, 9 },
		{ "corrupt minor amthi", 1, 0 },
		{ "corrupt reserved amthi", 2, 0x28 },
		{ "corrupt command amthi", 4, 0x7f },
		{ "corrupt class amthi", 7, 0x7f },
		{ "corrupt length amthi", 8, 0xff },
		{ "corrupt status=2 amthi", 12, 2 },
		{ "corrupt 81=60 amthi", 81, 60 },
	};
	double began;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ctl("%s", rows[i].knob);
		ask(0x0400001a, "");
		same(out[rows[i].at], rows[i].value, "%s", rows[i].knob);
	}
	check(!ctl("corrupt bytecount amthi"), "a field of another client");
	ctl("amthi-status 2 2");
	same(status(0x04000011, ""), 2, "not ready");
	same(status(0x04000011, ""), 2, "twice");
	same(status(0x04000011, ""), 0, "and ready");
	ctl("amthi-status 0x10 1 0x04000011");
	same(status(0x0400006b, ""), 0, "a status for one command only");
	same(status(0x04000011, ""), 0x10, "this one");
	ctl("truncate 0 amthi");
	same(ask(0x04000011, ""), 0, "an empty answer");
	ctl("truncate 14 amthi");
	same(ask(0x04000011, ""), 14, "a short one");
	ctl("truncate 5120 amthi");
	same(ask(0x04000011, ""), 5120, "a long one");
	ctl("amt enabled no");
	same(ask(0x04000011, ""), 0, "disabled: empty answers");
	ctl("amt enabled yes");
	ctl("delay 300 amthi");
	began = state("clock");
	ask(0x04000011, "");
	check(state("clock") - began >= 0.3, "an answer that is late");
	ctl("pace 250 amthi");
	began = state("clock");
	ask(0x04000011, "");
	ask(0x04000011, "");
	check(state("clock") - began >= 0.25, "answers that keep a distance");
	ctl("off");
	ctl("drop amthi");
	same(ask(0x04000011, ""), -1, "none");
	same(ask(0x04000011, ""), 20, "and the next");
	ctl("disconnect amthi");
	same(ask(0x0400001a, ""), -1, "disconnected in the middle of an answer");
	check(peers[AMTHI].gone, "by the firmware");
	check(peers[AMTHI].have > 0, "of which there was a part");
}

static void test_lengths(void)
{
	uint8_t four[4] = { 0 };

	check(start(AMTHI), "connected");
	same(ask_length(0x04000011, NULL, 0, 12), 20,
	     "a header's length of 12 is tolerated");
	same(u32(out + 12), 0, "it is");
	ask_length(0x04000011, four, 4, 4);
	same(u32(out + 12), 0, "and so is a long request");
	ask_length(0x04000048, NULL, 0, 0);
	same(u32(out + 12), 4, "a short one is not");
	ctl("amt lengths strict");
	ask_length(0x04000011, NULL, 0, 12);
	same(u32(out + 12), 4, "strict firmware wants the length right");
	ask_length(0x04000011, four, 4, 4);
	same(u32(out + 12), 4, "and no long request");
	same(status(0x04000011, ""), 0, "a right request is right");
	ctl("amt lengths tolerant");
	say(AMTHI, (const uint8_t *)"\1\1", 2);
	same(receive(AMTHI, 100), -1, "half a header is not answered");
	same(connect_to(AMTHI), 2, "one connection");
	ctl("connections 2 amthi");
	same(hbm4(6, AMTHI, US + 1, 0, 0x86), 4, "a second connection");
	same(in[3], 0, "when there may be two");
	ctl("connections 1 amthi");
	ctl("refuse 3 amthi");
	check(!start(AMTHI), "refused");
}

/*
 * WD and MKHI
 */

static int wd(const char *hex)
{
	uint8_t m[64];
	int len = from_hex(hex, m);

	return say(WATCHDOG, m, len) ? receive(WATCHDOG, 300) : -2;
}

static void test_wd(void)
{
	check(start(WATCHDOG), "connected to the watchdog");
	same(wd("05025110"), 1, "is AMT enabled: a byte");
	same(out[0], 1, "a change is allowed");
	ctl("amt change-allowed no");
	wd("05025110");
	same(out[0], 0, "it is not");
	ctl("amt change-allowed yes");
	ctl("amt new-interface yes");
	wd("05025110");
	same(out[0], 0x83, "the new interface says that it is on");
	ctl("amt tls-enforced yes");
	ctl("amt wd-bit5 yes");
	wd("05025110");
	same(out[0], 0xe3, "and that TLS is enforced");
	ctl("amt tls-enforced no");
	ctl("amt wd-bit5 no");
	same(wd("0503531000"), 8, "turn it off");
	same(u32(out + 4), 0, "done");
	check(says("amt.enabled", "no"), "it is off");
	wd("0503531002");
	same(u32(out + 4), 0x24, "neither on nor off");
	wd("05035310");
	same(u32(out + 4), 0x24, "nothing");
	wd("0503531001");
	check(says("amt.enabled", "yes"), "on again");
	ctl("amt control client");
	wd("0503531000");
	same(u32(out + 4), 3, "not when it is provisioned");
	ctl("amt control none");
	same(wd("05026610"), -1, "what it does not know is not answered");
	same(wd("0215131078000000000000000000000000000000000000"), 6,
	     "and the watchdog works");
	same(out[4], 0, "as ever");
	ctl("amt new-interface no");
}

static void test_mkhi(void)
{
	check(start(MKHI), "connected to mkhi");
	say(MKHI, (const uint8_t *)"\xff\x02\0\0", 4);
	same(receive(MKHI, 1000), 28, "the firmware's version");
	check(!memcmp(out, "\xff\x82\0\0", 4), "an answer");
	check(!memcmp(out + 4, "\x08\0\x0b\0\xe3\x10\x5d\0", 8),
	      "11.8.93, build 4323");
	say(MKHI, (const uint8_t *)"\3\2\0\0\x20\0\0\0", 8);
	same(receive(MKHI, 1000), 13, "rule 32");
	same(out[8], 4, "has four bytes");
	say(MKHI, (const uint8_t *)"\3\2\0\0\x63\0\0\0", 8);
	same(receive(MKHI, 1000), 4, "rule 99");
	check(out[3], "there is none");
	say(MKHI, (const uint8_t *)"\x55\2\0\0", 4);
	receive(MKHI, 1000);
	check(out[3], "nor is that group");
	ctl("corrupt result=7 mkhi");
	say(MKHI, (const uint8_t *)"\xff\x02\0\0", 4);
	receive(MKHI, 1000);
	same(out[3], 7, "corrupted");
	check(start(FIXED), "the fixed address needs no connection");
	say(FIXED, (const uint8_t *)"\xff\x02\0\0", 4);
	same(receive(FIXED, 1000), 28, "it answers");
	say(FIXED, (const uint8_t *)"\3\6\0\0\0\0\0\0", 8);
	same(receive(FIXED, 1000), 4, "the system's version is accepted");
	same(connect_to(FIXED), 5, "and lets nobody connect");
	same(state("violations"), 0, "no rule was broken");
}

/*
 * LME: the host's side of APF
 */

struct apf {
	int len;
	uint8_t data[MESSAGE_MAX];
};

static void a8(struct apf *a, int v)
{
	a->data[a->len++] = v;
}

static void a32(struct apf *a, uint32_t v)
{
	a8(a, v >> 24);
	a8(a, v >> 16);
	a8(a, v >> 8);
	a8(a, v);
}

static void abytes(struct apf *a, const void *data, int len)
{
	memcpy(a->data + a->len, data, len);
	a->len += len;
}

static void astring(struct apf *a, const char *text)
{
	a32(a, strlen(text));
	abytes(a, text, strlen(text));
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool asend(const struct apf *a)
{
	return say(LME, a->data, a->len);
}

/* a type and numbers, the last of which is -1 */
static void numbers(int type, ...)
{
	struct apf a = { 0 };
	va_list ap;
	long v;

	a8(&a, type);
	va_start(ap, type);
	while ((v = va_arg(ap, long)) != -1)
		a32(&a, v);
	va_end(ap);
	asend(&a);
}

/* the next message's type, 0: none, -1: an empty one */
static int anext(int ms)
{
	int len = receive(LME, ms);

	return len > 0 ? out[0] : len < 0 ? 0 : -1;
}

/* the next message of this type; others are thrown away */
static bool until(int type, int ms)
{
	int t;

	while ((t = anext(ms)) && t != type)
		;
	return t == type;
}

static void send_version(void)
{
	struct apf a = { 0 };
	uint8_t rest[80] = { 0 };

	a8(&a, 192);
	a32(&a, 1);
	a32(&a, 0);
	a32(&a, 254);
	abytes(&a, rest, 80);
	asend(&a);
}

static void accept_service(void)
{
	struct apf a = { 0 };

	a8(&a, 6);
	abytes(&a, out + 1, 4 + be32(out + 1));
	asend(&a);
}

/* the port of a global request, negative when it is cancelled, 0: it is none */
static int requested(void)
{
	const uint8_t *p = out + 1;
	int cancel = be32(p) == 20 && !memcmp(p + 4, "cancel-tcpip-forward", 20);

	if (!cancel && (be32(p) != 13 || memcmp(p + 4, "tcpip-forward", 13)))
		return 0;
	p += 4 + be32(p) + 1;
	p += 4 + be32(p);
	return cancel ? -(int)be32(p) : (int)be32(p);
}

static int forwarded[16];

static void forward(int n)
{
	forwarded[n] = requested();
	if (forwarded[n] < 0)
		numbers(81, -1L);
	else
		numbers(81, (long)forwarded[n], -1L);
}

/* answer requests for ports while there are some; how many there were */
static int forwards(int ms)
{
	int n = 0;

	while (n < 16 && anext(ms) == 80)
		forward(n++);
	return n;
}

/* everything up to the ports; how many there are, or -1 */
static int handshake(void)
{
	if (!start(LME) || anext(1000) != 192)
		return -1;
	send_version();
	if (anext(1000) != 5)
		return -1;
	accept_service();
	return forwards(20);
}

#define OURS 5				/* our number of the channel */
static long amt_channel;		/* AMT's number of it */
static uint32_t host_credit;		/* what we may send */

/* 0, the reason of a failure, or -1 */
static int open_channel(int port, uint32_t credit)
{
	struct apf a = { 0 };
	int t;

	a8(&a, 90);
	astring(&a, "forwarded-tcpip");
	a32(&a, OURS);
	a32(&a, credit);
	a32(&a, 0xffffffff);
	astring(&a, "127.0.0.1");
	a32(&a, port);
	astring(&a, "127.0.0.1");
	a32(&a, 40000);
	asend(&a);
	while ((t = anext(1000)) != 91 && t != 92)
		if (!t)
			return -1;
	if (be32(out + 1) != OURS)
		return -1;
	if (t == 92)
		return be32(out + 5);
	amt_channel = be32(out + 5);
	host_credit = be32(out + 9);
	return 0;
}

static void adata(const void *data, int len)
{
	struct apf a = { 0 };

	a8(&a, 94);
	a32(&a, amt_channel);
	a32(&a, len);
	abytes(&a, data, len);
	asend(&a);
}

static char page[17 << 20];
static size_t page_len;
static bool page_closed;
static int biggest;			/* data in one message */
static int page_forwards;		/* requests for ports meanwhile */

/* send a request as the window allows */
static bool request_page(const char *text)
{
	size_t left = strlen(text), n;

	while (left) {
		n = left < host_credit ? left : host_credit;
		if (n > 4000)
			n = 4000;
		if (n) {
			adata(text, n);
			host_credit -= n;
			text += n;
			left -= n;
			continue;
		}
		if (!until(93, 300))
			return false;
		host_credit += be32(out + 5);
	}
	return true;
}

/* all that comes of a channel, until it is silent for ms or is closed */
static void collect(int ms)
{
	uint32_t len;
	int t;

	page_len = 0;
	page_closed = false;
	biggest = 0;
	page_forwards = 0;
	while ((t = anext(ms))) {
		if (t == 80 && page_forwards < 16)
			forward(page_forwards++);
		if (t == 97 && be32(out + 1) == OURS) {
			page_closed = true;
			break;
		}
		if (t == 93)
			host_credit += be32(out + 5);
		if (t != 94 || page_len + be32(out + 5) >= sizeof(page))
			continue;
		len = be32(out + 5);
		memcpy(page + page_len, out + 9, len);
		page_len += len;
		biggest = (int)len > biggest ? (int)len : biggest;
		numbers(93, amt_channel, (long)len, -1L);
	}
	page[page_len] = '\0';
}

static const char *body_of(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n");

	return body ? body + 4 : "";
}

/* the body of an answer in one piece */
static const char *fetch(const char *method, const char *path, const char *head,
			 const char *body)
{
	static char text[20000];

	snprintf(text, sizeof(text),
		 "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
		 method, path, head, strlen(body), body);
	page[0] = '\0';
	if (request_page(text))
		collect(60);
	return body_of(page);
}

static void close_channel(void)
{
	numbers(97, amt_channel, -1L);
	until(97, 300);
}

static bool has_port(int port)
{
	int i;

	for (i = 0; i < 16; i++)
		if (forwarded[i] == port)
			return true;
	return false;
}

static void test_handshake(void)
{
	memset(forwarded, 0, sizeof(forwarded));
	same(handshake(), 2, "two ports");
	check(has_port(16992) && has_port(623), "16992 and 623");
	check(says("lme.stage", "ready"), "ready");
	check(says("lme.ports", "16992 623"), "bound");
	check(start(LME), "again");
	same(anext(1000), 192, "the firmware's version comes by itself");
	same(receive(LME, 100), -1, "and no service before ours");
	send_version();
	send_version();
	same(anext(1000), 5, "our version twice is tolerated");
	ctl("lme-wait yes");
	check(start(LME), "again");
	same(anext(100), 0, "firmware that waits");
	send_version();
	same(anext(1000), 192, "answers");
	same(anext(1000), 5, "and goes on");
	ctl("lme-wait no");
	ctl("lme-auth yes");
	check(start(LME) && anext(1000) == 192, "again");
	send_version();
	check(anext(1000) == 5 && !memcmp(out + 5, "auth@", 5), "auth first");
	accept_service();
	same(anext(1000), 50, "a login");
	numbers(52, -1L);
	check(anext(1000) == 5 && !memcmp(out + 5, "pfwd@", 5), "then pfwd");
	accept_service();
	same(forwards(100), 2, "and the ports");
	ctl("lme-auth no");
	memset(forwarded, 0, sizeof(forwarded));
	ctl("lme-ports tls");
	same(handshake(), 2, "TLS ports");
	check(has_port(16993) && has_port(664), "16993 and 664");
	ctl("lme-ports all");
	same(handshake(), 4, "all four");
	ctl("lme-ports auto");
	ctl("amt tls-enforced yes");
	memset(forwarded, 0, sizeof(forwarded));
	handshake();
	check(has_port(16993) && !has_port(16992), "as TLS is enforced");
	ctl("amt tls-enforced no");
}

static void test_rules(void)
{
	double before = state("lme.apf-violations");

	check(start(LME) && anext(1000) == 192, "connected");
	numbers(97, 0L, -1L);
	same(anext(1000), 1, "a close before the version: disconnected");
	same(be32(out + 1), 2, "as a protocol error");
	same(state("lme.apf-violations"), before + 1, "it is counted");
	handshake();
	same(open_channel(16993, 4096), 1, "a port that is not forwarded");
	same(open_channel(623, 4096), 2, "one that nobody serves");
	numbers(199, 1L, -1L);
	same(anext(100), 0, "an unknown type is ignored");
	check(state("lme.unknown") >= 1, "and counted");
	numbers(208, 0x01020304L, -1L);
	check(anext(1000) == 209 && be32(out + 1) == 0x01020304,
	      "a keepalive is answered");
	same(open_channel(16992, 4096), 0, "a channel");
	host_credit = 1 << 20;
	memset(page, 'x', 5000);
	page[5000] = '\0';
	adata(page, 4097);
	check(until(1, 1000), "data beyond the window: disconnected");
	handshake();
	open_channel(16992, 4096);
	numbers(94, amt_channel, 100L, -1L);
	check(until(1, 1000), "data shorter than it says: disconnected");
	same(state("violations"), 0, "the bus knows no violation");
	connect_to(WATCHDOG);
}

static void test_slots(void)
{
	int i, bad = 0;

	handshake();
	for (i = 0; i < 8; i++)
		bad += open_channel(16992, 4096) != 0;
	same(bad, 0, "eight channels");
	same(open_channel(16992, 4096), 4, "no ninth");
	same(state("lme.channels"), 8, "counted");
	amt_channel = 0;
	close_channel();
	same(open_channel(16992, 4096), 0, "one closed, one free");
	same(amt_channel, 0, "channel 0 is one");
	handshake();
	same(state("lme.channels"), 0, "a new session has none");
	ctl("lme-leak");
	open_channel(16992, 4096);
	close_channel();
	same(state("lme.leaked"), 1, "a slot leaks");
	for (i = 0, bad = 0; i < 7; i++)
		bad += open_channel(16992, 4096) != 0;
	same(bad, 0, "seven are left");
	same(open_channel(16992, 4096), 4, "not eight");
	ctl("off");
	same(open_channel(16992, 4096), 0, "off frees it");
	ctl("lme-refuse 1 2");
	handshake();
	same(open_channel(16992, 4096), 1, "refused");
	same(open_channel(16992, 4096), 1, "twice");
	same(open_channel(16992, 4096), 0, "not a third time");
	ctl("lme-refuse 4");
	same(open_channel(16992, 4096), 4, "no resources");
}

static void test_http(void)
{
	size_t i;

	handshake();
	open_channel(16992, 4096);
	check(!strcmp(fetch("POST", "/echo", "", "hello"), "hello"), "echo");
	check(!strcmp(fetch("POST", "/echo", "", "again"), "again"),
	      "twice in a channel");
	check(!strcmp(fetch("POST", "/sink", "", "12345"), "5\n"), "sink");
	fetch("GET", "/bulk/1", "", "");
	check(strstr(page, "Content-Length: 1\r\n"), "a bulk of a byte");
	close_channel();
	open_channel(16992, 1 << 20);
	fetch("GET", "/bulk/100000", "", "");
	for (i = 0; i < 100000; i++)
		if ((uint8_t)body_of(page)[i] !=
		    (uint8_t)(i ^ i >> 8 ^ i >> 16))
			break;
	same(i, 100000, "100,000 bytes, unchanged");
	same(biggest, 4096, "in messages of 4096 bytes at most");
	fetch("GET", "/bulk/16777217", "", "");
	check(strstr(page, " 404 "), "no more than 16 MiB");
	fetch("GET", "/bulk/5000/chunked", "", "");
	check(!strncmp(body_of(page), "1000\r\n", 6) &&
	      !memcmp(page + page_len - 7, "\r\n0\r\n\r\n", 7), "chunked");
	fetch("GET", "/slow/5/20", "", "");
	check(strlen(body_of(page)) <= 5 && strstr(page, "Length: 5"), "slow");
	check(!page_closed, "the channel stays open");
	fetch("POST", "/echo", "Connection: close\r\n", "bye");
	check(page_closed, "until the host asks for its end");
	close_channel();
	ctl("http-close yes");
	open_channel(16992, 4096);
	fetch("POST", "/echo", "", "bye");
	check(page_closed && strstr(page, "Connection: close"),
	      "or AMT closes it");
	ctl("http-close no");
	close_channel();
	open_channel(16992, 4096);
	ctl("http-chunked yes");
	check(!strcmp(fetch("POST", "/echo", "", "hello"),
		      "5\r\nhello\r\n0\r\n\r\n"), "all answers chunked");
	ctl("http-chunked no");
	ctl("http-delay 1000");
	fetch("POST", "/echo", "", "late");
	check(!page_len, "no answer at once");
	collect(1500);
	check(!strcmp(body_of(page), "late"), "but later");
	ctl("off");
	request_page("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\n");
	request_page("de\r\n0\r\n\r\n");
	collect(100);
	check(!strcmp(body_of(page), "abcde"), "a chunked request");
	request_page("POST /echo HTTP/1.1\r\nContent-Length: 1000000\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	collect(100);
	check(!strcmp(body_of(page), "abc"), "its chunks count, not its length");
	fetch("GET", "/nowhere", "", "");
	check(strstr(page, " 404 "), "a page there is not");
	request_page("nonsense\r\n\r\n");
	collect(100);
	check(strstr(page, " 400 ") && page_closed, "no request at all");
}

static void test_windows(void)
{
	handshake();
	open_channel(16992, 1);
	request_page("GET /bulk/100 HTTP/1.1\r\n\r\n");
	check(until(94, 1000) && be32(out + 5) == 1, "a host's window of 1");
	same(anext(100) == 94, 0, "is kept");
	numbers(93, amt_channel, 10L, -1L);
	check(until(94, 1000) && be32(out + 5) == 10, "and what it adds");
	numbers(93, amt_channel, 0xffffffffL, -1L);
	numbers(93, amt_channel, 0xffffffffL, -1L);
	check(until(94, 1000), "a window that would overflow is saturated");
	ctl("lme-overrun");
	open_channel(16992, 8);
	request_page("GET /bulk/1000 HTTP/1.1\r\n\r\n");
	check(until(94, 1000) && be32(out + 5) > 8, "data beyond the window");
	handshake();
	ctl("lme-window 1");
	open_channel(16992, 4096);
	same(host_credit, 1, "a window of 1");
	check(request_page("POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"),
	      "can be worked with");
	collect(100);
	check(!strcmp(body_of(page), "ab"), "and answers");
	ctl("lme-window 64");
	open_channel(16992, 4096);
	same(host_credit, 64, "a window of 64");
	ctl("lme-adjust no");
	check(!request_page("POST /echo HTTP/1.1\r\nContent-Length: 99\r\n\r\n01234567890123456789012345678901234567890123456789"),
	      "never adjusted");
	ctl("lme-adjust yes");
	check(until(93, 1000), "adjusted late");
	ctl("off");
	ctl("lme-chunk 10");
	open_channel(16992, 4096);
	fetch("GET", "/bulk/100", "", "");
	same(biggest, 10, "small messages");
	ctl("off");
}

static void test_apf_faults(void)
{
	static const struct {
		const char *what;
		int type, len;
	} rows[] = {
		{ "stale-close", 97, 5 }, { "stray-close", 97, 5 },
		{ "stray-data", 94, 11 }, { "stray-confirm", 91, 17 },
		{ "stray-adjust", 93, 9 }, { "unknown", 200, 5 },
		{ "short", 90, 1 }, { "keepalive", 208, 5 },
		{ "options", 210, 9 }, { "disconnect", 1, 7 },
	};
	double before;
	size_t i;

	handshake();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ctl("lme-inject %s", rows[i].what);
		same(receive(LME, 1000), rows[i].len, "%s", rows[i].what);
		same(out[0], rows[i].type, "its type");
	}
	ctl("lme-inject empty");
	same(anext(1000), -1, "empty");
	check(!ctl("lme-inject nothing"), "nothing else");
	handshake();
	ctl("lme-inject stray-confirm");
	check(until(91, 1000) && be32(out + 5) > 7, "a place beyond the slots");
	before = state("lme.apf-violations");
	numbers(97, (long)be32(out + 5), -1L);
	ctl("log");
	same(state("lme.apf-violations"), before, "may be given back");
	numbers(97, (long)be32(out + 5), -1L);
	ctl("log");
	same(state("lme.apf-violations"), before + 1, "but once");
	ctl("lme-stale");
	open_channel(16992, 4096);
	handshake();
	ctl("lme-stale 2");
	numbers(90, -1L);
	same(anext(1000), 1, "a short open ends the session");
	handshake();
	ctl("lme-stale all");
	ctl("lme-refuse 1");
	open_channel(16992, 4096);
	same(open_channel(16992, 4096), 0, "an open with a stale close");
	close_channel();
	check(until(97, 1000) && be32(out + 1) == 0, "a stale close of 0");
	ctl("off");
	ctl("lme-lie 0xffffffff");
	open_channel(16992, 4096);
	request_page("GET /bulk/10 HTTP/1.1\r\n\r\n");
	check(until(94, 1000) && be32(out + 5) == 0xffffffff,
	      "a length that lies");
	ctl("lme-lie 3");
	ctl("lme-readvertise");
	check(until(80, 1000) && be32(out + 1) == 3, "in a name, too");
	handshake();
	ctl("lme-direct 127.0.0.1 0");
	check(until(90, 1000) && be32(out + 1) == 12 &&
	      !memcmp(out + 5, "direct-tcpip", 12), "AMT opens a channel");
	numbers(91, (long)be32(out + 17), 9L, 4096L, 0xffffffffL, -1L);
	check(until(94, 1000) && be32(out + 1) == 9 &&
	      strstr((char *)out + 9, "iAMT0005"), "for an alert");
	same(be32(out + 5) - (body_of((char *)out + 9) - (char *)out - 9),
	     atoi(strstr((char *)out + 9, "Length: ") + 8), "of its length");
	adata("HTTP/1.1 200 OK\r\n\r\n", 19);
	check(until(97, 1000), "and closes it when that was answered");
	ctl("lme-direct 192.0.2.1 80");
	check(until(90, 1000) && be32(out + 42) == 80 &&
	      !memcmp(out + 33, "192.0.2.1", 9), "for a foreign host");
	numbers(92, (long)be32(out + 17), 1L, 0L, 0L, -1L);
	ctl("lme-udp 192.0.2.1 162");
	check(until(80, 1000) && !memcmp(out + 5, "udp-send-to", 11),
	      "AMT sends a datagram");
}

/* a channel that AMT opens, with so much room; false when it opens none */
static bool accept_alert(uint32_t credit)
{
	if (!until(90, 1000) || be32(out + 1) != 12 || be32(out + 42))
		return false;
	amt_channel = be32(out + 17);
	host_credit = be32(out + 21);
	numbers(91, amt_channel, (long)OURS, (long)credit, 0xffffffffL, -1L);
	return true;
}

static void test_alerts(void)
{
	double before, refused, wrong;

	handshake();
	wrong = state("lme.apf-violations");
	before = state("lme.alerts");
	refused = state("lme.alerts-refused");
	ctl("lme-alert iAMT0033 3 the_log_is_full");
	check(accept_alert(100), "an alert in pieces");
	collect(300);
	same(biggest, 100, "as the host's window has it");
	same(page_len - (body_of(page) - page),
	     atoi(strstr(page, "Content-Length: ") + 16), "of its length");
	check(strstr(page, "<g:MessageID>iAMT0033</g:MessageID>") &&
	      strstr(page, "<g:PerceivedSeverity>3</") &&
	      strstr(page, "<g:Message>the log is full</"), "says what it was told");
	check(!page_closed, "and waits for an answer");
	same(state("lme.channels"), 1, "it has a place");
	adata("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	check(until(97, 1000), "which ends it");
	numbers(97, amt_channel, -1L);
	ctl("log");
	same(state("lme.channels"), 0, "the place is free again");
	same(state("lme.alerts"), before + 1, "one was answered");
	same(state("lme.alert-status"), 400, "with that status");
	ctl("lme-alert iAMT0001");
	check(accept_alert(8000), "another");
	collect(60);
	check(strstr(page, "<g:PerceivedSeverity>2</") &&
	      strstr(page, "<g:Message></"), "without a text");
	numbers(97, amt_channel, -1L);
	check(until(97, 1000), "the host may close it without an answer");
	same(state("lme.alerts"), before + 1, "and that counts as no answer");
	ctl("lme-alert iAMT0001");
	check(until(90, 1000), "or");
	numbers(92, (long)be32(out + 17), 1L, 0L, 0L, -1L);
	ctl("log");
	same(state("lme.alerts-refused"), refused + 1, "refuse it");
	same(state("lme.channels"), 0, "and no place is lost");
	check(!ctl("lme-alert a<b") && !ctl("lme-alert x -1") &&
	      !ctl("lme-alert x 1 a&b"), "knobs that can't be");
	same(state("lme.apf-violations"), wrong, "nothing was against the rules");
}

static void test_sessions(void)
{
	int n;

	handshake();
	memset(forwarded, 0, sizeof(forwarded));
	ctl("lme-readvertise");
	n = forwards(200);
	same(n, 4, "cancelled and advertised again");
	check(forwarded[0] == -16992 && forwarded[2] == 16992, "in this order");
	check(says("lme.ports", "16992 623"), "bound again");
	ctl("lme-ports tls now");
	same(forwards(200), 4, "other ports");
	check(says("lme.ports", "16993 664"), "bound");
	ctl("lme-ports auto");
	handshake();
	ctl("lme-drop");
	open_channel(16992, 4096);
	close_channel();
	same(receive(LME, 500), -1, "nothing more comes");
	check(peers[LME].gone, "disconnected after a close");
	handshake();
	ctl("lme-reset-after 10000");
	open_channel(16992, 1 << 20);
	request_page("GET /bulk/100000 HTTP/1.1\r\n\r\n");
	collect(100);
	check(page_len < 20000 && wait_for(ME_CSR, RDY, 0),
	      "link reset in the middle of a transfer");
	handshake();
	ctl("connections 2 lme");
	hbm4(6, LME, US + 1, 0, 0x86);
	same(in[3], 0, "a second connection");
	check(says("lme.ports", "16992 623"), "leaves the first its ports");
	ctl("connections 1 lme");
	handshake();
	same(open_channel(16992, 4096), 0, "and it still works");
}

/*
 * WS-MAN
 */

static void md5(char hex[33], const char *fmt, ...)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char text[1000];
	va_list ap;
	int i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	EVP_Digest(text, strlen(text), sum, NULL, EVP_md5(), NULL);
	for (i = 0; i < 16; i++)
		sprintf(hex + 2 * i, "%02x", sum[i]);
}

static void quoted(const char *name, char *to)
{
	char *p = strstr(page, name);

	*to = '\0';
	if (p)
		sscanf(p + strlen(name), "=\"%99[^\"]", to);
}

/* what /wsman says to this user; the first request is challenged */
static const char *wsman(const char *user, const char *password,
			 const char *body)
{
	char realm[100], nonce[100], ha1[33], ha2[33], response[33], head[1000];

	fetch("POST", "/wsman", "", "");
	if (!strstr(page, " 401 "))
		return "no challenge";
	quoted("realm", realm);
	quoted("nonce", nonce);
	md5(ha1, "%s:%s:%s", user, realm, password);
	md5(ha2, "POST:/wsman");
	md5(response, "%s:%s:00000001:abcd:auth:%s", ha1, nonce, ha2);
	snprintf(head, sizeof(head),
		 "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"/wsman\", qop=auth, nc=00000001, cnonce=\"abcd\", response=\"%s\"\r\n",
		 user, realm, nonce, response);
	return fetch("POST", "/wsman", head, body);
}

#define OS "$$OsAdmin", "OsAdmin-Secret-7f3a"

static const char *act(const char *user, const char *password,
		       const char *action, const char *resource,
		       const char *body)
{
	static char text[8000];

	snprintf(text, sizeof(text),
		 "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\"><s:Header><a:Action>%s</a:Action><w:ResourceURI>%s</w:ResourceURI><a:MessageID>7</a:MessageID></s:Header><s:Body>%s</s:Body></s:Envelope>",
		 action, resource, body);
	return wsman(user, password, text);
}

#define TRANSFER_GET "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
#define ENUMERATION "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
#define AMT_URI "http://intel.com/wbem/wscim/1/amt-schema/1/"
#define IPS_URI "http://intel.com/wbem/wscim/1/ips-schema/1/"
#define HBS IPS_URI "IPS_HostBasedSetupService"
#define SETUP "AMT_SetupAndConfigurationService"

static const char *setup(const char *type, const char *hash)
{
	char body[500];

	snprintf(body, sizeof(body),
		 "<r:Setup_INPUT xmlns:r=\"" HBS "\"><r:NetAdminPassEncryptionType>%s</r:NetAdminPassEncryptionType><r:NetworkAdminPassword>%s</r:NetworkAdminPassword></r:Setup_INPUT>",
		 type, hash);
	return act(OS, HBS "/Setup", HBS, body);
}

static void test_wsman_reads(void)
{
	handshake();
	open_channel(16992, 4096);
	wsman("$$OsAdmin", "wrong", "");
	check(strstr(page, " 401 "), "a wrong password");
	wsman("admin", "", "");
	check(strstr(page, " 401 "), "no admin yet");
	check(strstr(wsman(OS, "<s:Envelope xmlns:s=\"x\"><s:Body><Identify/></s:Body></s:Envelope>"),
		     "Intel(r)"), "Identify");
	wsman(OS, "no XML");
	check(strstr(page, " 400 "), "no XML is a fault");
	wsman(OS, "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Envelope><Body>&e;</Body></Envelope>");
	check(!strstr(page, "root:"), "no entity is read");
	check(strstr(act(OS, TRANSFER_GET, AMT_URI "AMT_GeneralSettings", ""),
		     "<h:DigestRealm>Digest:A407"), "Get of AMT_GeneralSettings");
	check(strstr(page, "<b:RelatesTo>7<"), "relates to the request");
	check(strstr(act(OS, TRANSFER_GET, HBS, ""),
		     "<h:AllowedControlModes>2</h:AllowedControlModes><h:AllowedControlModes>1<"),
	      "two modes are allowed");
	ctl("amt modes-allowed 1");
	check(!strstr(act(OS, TRANSFER_GET, HBS, ""), ">1</h:Allowed"), "one");
	ctl("amt modes-allowed 2");
	check(strstr(act(OS, TRANSFER_GET, AMT_URI SETUP, ""),
		     "ProvisioningState>0<"), "Get of the setup service");
	check(strstr(act(OS, ENUMERATION "Enumerate",
			 "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_SoftwareIdentity", ""),
		     "EnumerationContext>"), "Enumerate CIM_SoftwareIdentity");
	check(strstr(act(OS, ENUMERATION "Pull",
			 "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_SoftwareIdentity", ""),
		     "<h:InstanceID>AMT</h:InstanceID>"), "Pull it");
	check(strstr(act(OS, TRANSFER_GET,
			 "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ComputerSystemPackage", ""),
		     ">0403020106050807090A0B0C0D0E0F10<"), "the UUID");
	act(OS, TRANSFER_GET, AMT_URI "AMT_Nothing", "");
	check(strstr(page, " 400 ") && strstr(page, "Unreachable"),
	      "a class there is not");
	act(OS, HBS "/Nothing", HBS, "");
	check(strstr(page, "ActionNotSupported"), "nor this method");
}

static void test_setup(void)
{
	char hash[33];
	int i;

	md5(hash, "admin:Digest:A4070000000000000000000000000000:S3cret!");
	for (i = 0; i < 32; i++)	/* as MeshCmd has it */
		hash[i] = toupper(hash[i]);
	check(strstr(setup("1", hash), "ReturnValue>36<"), "a type it lacks");
	check(strstr(setup("2", "abc"), "ReturnValue>36<"), "no MD5");
	ctl("wsman-return 1");
	check(strstr(setup("2", hash), "ReturnValue>1<"), "a forced value");
	check(says("amt.control", "none"), "does nothing");
	ctl("wsman-fault");
	check(strstr(setup("2", hash), "AccessDenied") && strstr(page, " 400 "),
	      "a fault");
	check(says("amt.control", "none"), "does nothing either");
	check(strstr(act(OS, AMT_URI SETUP "/CommitChanges", AMT_URI SETUP, ""),
		     "ReturnValue>3<"), "nothing to commit");
	check(strstr(setup("2", hash), "ReturnValue>0<"), "set up");
	check(says("amt.control", "client") && says("amt.provisioning", "post"),
	      "client control mode");
	same(page_forwards + forwards(100), 4, "the ports are advertised again");
	check(strstr(setup("2", hash), "ReturnValue>3<"), "once");
	check(strstr(act("admin", "S3cret!", AMT_URI SETUP "/CommitChanges",
			 AMT_URI SETUP, ""), "ReturnValue>0<"), "admin commits");
	check(strstr(act("admin", "S3cret!", AMT_URI SETUP "/Unprovision",
			 AMT_URI SETUP, ""), "ReturnValue>0<"), "unprovisioned");
	check(says("amt.control", "none"), "it is");
	ctl("lme-rebind no");
	handshake();
	open_channel(16992, 4096);
	ctl("http-cut");
	setup("2", hash);
	check(page_closed && !strstr(page, "ReturnValue"), "an answer is lost");
	check(says("amt.control", "client"), "but it was done");
	usleep(100000);
	same(state("lme.waiting"), 0, "and no port is advertised again");
	ctl("lme-rebind yes");
	start(AMTHI);
	same(status(0x04000010, "00000000"), 0, "and taken back through amthi");
	check(says("amt.admin-password", "none"), "with the password");
}

/*
 * The TLS port, and what does not fit elsewhere
 */

static void test_relay(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 2 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	char buf[5000];
	ssize_t n = 0;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/tls", directory);
	bind(fd, (struct sockaddr *)&to, sizeof(to));
	listen(fd, 8);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ctl("lme-ports tls");
	handshake();
	same(open_channel(16993, 4096), 2, "no server behind the TLS port");
	check(!ctl("lme-tls-server nonsense"), "not a server");
	check(ctl("lme-tls-server %s", to.sun_path), "a server");
	same(open_channel(16993, 4096), 0, "a channel to it");
	peer = accept(fd, NULL, NULL);
	adata("hello", 5);
	usleep(100000);
	check(recv(peer, buf, sizeof(buf), 0) == 5 && !memcmp(buf, "hello", 5),
	      "what the host says");
	check(until(93, 1000) && be32(out + 5) == 5, "is adjusted then");
	check(write(peer, buf, 5000) == 5000, "what the server says");
	while (n < 5000 && until(94, 500)) {
		n += be32(out + 5);
		numbers(93, amt_channel, (long)be32(out + 5), -1L);
	}
	same(n, 5000, "comes, window by window");
	close(peer);
	check(until(97, 1000), "its end closes the channel");
	close_channel();
	ctl("lme-tls-server 127.0.0.1:1");
	same(open_channel(16993, 4096), 2, "nobody listens there");
	ctl("lme-tls-server none");
	ctl("lme-ports auto");
	close(fd);
}

/* what a TLS client wants to send goes to AMT, and what AMT sends comes back */
static bool pass_on(SSL *tls, int ms)
{
	char bytes[4000];
	int len;

	while ((len = BIO_read(SSL_get_wbio(tls), bytes, sizeof(bytes))) > 0)
		adata(bytes, len);
	if (!until(94, ms))
		return false;
	len = be32(out + 5);
	BIO_write(SSL_get_rbio(tls), out + 9, len);
	numbers(93, amt_channel, (long)len, -1L);
	return true;
}

/* openssl s_server -rev, which selftest.sh has started: a line comes back reversed */
static void test_tls(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls = SSL_new(context);
	char line[16] = "";
	int n = -1;

	SSL_set_bio(tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	ctl("lme-ports tls");
	ctl("lme-tls-server %s/s_server", directory);
	handshake();
	same(open_channel(16993, 4096), 0, "a channel to openssl s_server");
	while (SSL_connect(tls) != 1 && pass_on(tls, 2000))
		;
	check(SSL_is_init_finished(tls), "TLS is agreed on");
	SSL_write(tls, "hello\n", 6);
	while ((n = SSL_read(tls, line, sizeof(line) - 1)) <= 0 &&
	       pass_on(tls, 2000))
		;
	check(n == 6 && !strcmp(line, "olleh\n"), "and carries bytes both ways");
	SSL_free(tls);
	SSL_CTX_free(context);
	close_channel();
	ctl("lme-tls-server none");
	ctl("lme-ports auto");
}

static void test_knobs(void)
{
	static const char *const bad[] = {
		"amt nothing 1", "amt mode 4", "amt mode", "amt uuid 12",
		"amt wired.ip 1.2.3", "amt wired.mac 1:2", "amt control maybe",
		"amt bios 0123456789012345678901234567890123456789012345678901234567890123456789",
		"amt-feature 8 1", "amt-security 17 1", "amthi-status",
		"amthi-raw 1 zz", "lme-ports none", "lme-window 0",
		"lme-chunk 9000", "lme-refuse 0", "lme-direct x 70000",
		"lme-lie x", "wsman-fault x", "http-delay x", "corrupt length lme",
		"pace x", "connections 300",
	};
	size_t i;
	int n = 0;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!ctl("%s", bad[i]))
			continue;
		n++;
		printf("# '%s' was taken\n", bad[i]);
	}
	same(n, 0, "what knobs do not take");
	ctl("state");
	check(strstr(told, "\namt.uuid 01020304-0506-0708-090a-0b0c0d0e0f10\n"),
	      "state shows the AMT");
	check(strstr(told, "\namt.wired.mac 0a:0b:0c:0d:0e:0f\n") &&
	      strstr(told, "\namt.wired.ip 1.2.3.4\n"), "its LAN");
	check(strstr(told, "\namt.version AMT=11.8.93\n"), "its versions");
	check(strstr(told, "\namt.hash 0 algorithm=2"), "its hashes");
	check(strstr(told, "\nlme.tls-server none\n"), "its ports");
	ctl("history 200");
	check(strstr(told, "channel open 'forwarded-tcpip' 5 4096"),
	      "the log says what was opened");
	ctl("help");
	check(strstr(told, "lme-overrun") && strstr(told, "amthi-status"),
	      "help has all knobs");
	check(!ctl("remove none") &&
	      strstr(told, "expected a client (watchdog, echo, amthi, mkhi, mkhi-fixed, lme)"),
	      "with no client's name all names are given");
}

/* anything at all; the sanitizers of the model look on */
static void test_random(void)
{
	static const uint8_t types[] = { 1, 5, 6, 50, 52, 80, 81, 82, 90, 91,
					 92, 93, 94, 97, 192, 208, 209 };
	static const char letters[] = "GET / HTP1.\r\n: ";
	uint8_t m[300];
	int i, k, len;

	srandom(2);
	for (i = 0; i < 3000; i++) {
		if (i % 100 == 0)
			handshake();
		len = random() % 120;
		for (k = 0; k < len; k++)
			m[k] = random() % 3 ? random() % 9 : random();
		if (len)
			m[0] = types[random() % sizeof(types)];
		if (!say(LME, m, len))
			handshake();
		receive(LME, 0);
	}
	check(handshake() == 2, "3,000 random messages for lme survived");
	open_channel(16992, 1 << 30);
	for (i = 0; i < 500; i++) {
		for (k = 0; k < 200; k++)
			m[k] = random() % 4 ? letters[random() % 15] : random();
		host_credit = 4096;
		adata(m, 200);
		if (i % 20 == 0) {
			handshake();
			open_channel(16992, 1 << 30);
		}
	}
	start(AMTHI);
	for (i = 0; i < 2000; i++) {
		len = random() % 100;
		for (k = 0; k < len; k++)
			m[k] = random() % 2 ? random() : 0;
		if (len > 7 && random() % 2) {
			m[4] = random() % 0x90;
			m[5] = 0;
			m[6] = 0;
			m[7] = 4;
		}
		if (!say(AMTHI, m, len))
			start(AMTHI);
		receive(AMTHI, 0);
	}
	check(start(AMTHI) && status(0x04000011, "") >= 0,
	      "2,000 random messages for amthi survived");
}

int main(int argc, char **argv)
{
	static void (*const all[])(void) = {
		test_reads, test_versions, test_hashes, test_more_reads,
		test_changes, test_amthi_faults, test_lengths, test_wd,
		test_mkhi, test_handshake, test_rules, test_slots, test_http,
		test_windows, test_apf_faults, test_alerts, test_sessions,
		test_wsman_reads, test_setup, test_relay, test_tls, test_knobs,
		test_random,
	};
	size_t i;

	if (argc != 4) {
		fprintf(stderr, "usage: selftest-amt VFIO-SOCKET CONTROL-SOCKET DIRECTORY\n");
		return 2;
	}
	vfio_path = argv[1];
	control_path = argv[2];
	directory = argv[3];
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i]();
	return done();
}
