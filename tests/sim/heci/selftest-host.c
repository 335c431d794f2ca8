// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selftest-host VFIO-SOCKET CONTROL-SOCKET: tests a running model without
 * QEMU: first as a vfio-user client that breaks every rule, then as a host
 * that drives the device as its specification says, and with every knob.
 * Prints TAP. The model must have been started with --power legacy.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "selftest-lib.h"

static void test_stream(void)
{
	struct header h = { 1, VERSION, 20, 0, 0 };
	uint8_t bytes[20];
	int i, ret;

	same(raw_header(0, 0), GONE, "a message of 0 bytes ends the connection");
	same(raw_header(15, 0), GONE, "of 15 bytes");
	same(raw_header(8193, 0), GONE, "of 8193 bytes");
	same(raw_header(0xffffffff, 0), GONE, "of 4 GiB");
	same(raw_header(16, 1), GONE, "an answer nobody asked for");
	same(raw_header(16, 7), GONE, "a message of no known type");
	same(raw_header(16, 0), EINVAL, "a version request without a version");
	hello(false);
	same(info(GET_INFO, 16, 0, 16), EINVAL, "a request before the version");
	memcpy(bytes, &h, sizeof(h));
	memset(bytes + 16, 0, 4);
	bytes[16] = 1;
	hello(false);
	same(request(VERSION, bytes + 16, 4, NULL, 0), EINVAL, "version 1.0");
	bytes[16] = 0;
	hello(false);
	for (i = 0; i < 20; i++)
		send_all(bytes + i, 1, NULL, 0);
	same(get_reply(NULL, 0), 0, "a request byte by byte");
	hello(false);
	send_all(bytes, 7, NULL, 0);
	hello(true);
	same(info(GET_INFO, 16, 0, 16), 0, "a header cut short does no harm");
	ret = sock;
	sock = dial(vfio_path);
	same(request(VERSION, bytes + 16, 4, NULL, 0), GONE,
	     "a second client is turned away");
	close(sock);
	sock = ret;
	same(info(GET_INFO, 16, 0, 16), 0, "the first stays");
}

static void test_unread(void)
{
	struct header h = { 1, GET_INFO, 32, 0, 0 };
	uint8_t buf[32] = { 0 };
	int i;

	hello(true);
	memcpy(buf, &h, sizeof(h));
	buf[16] = 16;
	for (i = 0; i < 200000; i++)
		if (send_all(buf, sizeof(buf), NULL, 0))
			break;
	check(i < 200000, "who reads no answer loses the connection");
	hello(true);
	same(info(GET_INFO, 16, 0, 16), 0, "and the next is served");
}

static void test_requests(void)
{
	static const int unknown[] = { 0, 6, 11, 12, 14, 16, 99, 65535 };
	uint8_t zero[64] = { 0 };
	uint32_t word;
	size_t i;
	int bad = 0;

	hello(true);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		bad += request(unknown[i], zero, 16, NULL, 0) != ENOTSUP;
	same(bad, 0, "commands it does not know get ENOTSUP");
	same(info(GET_INFO, 15, 0, 16), EINVAL, "device info: no room");
	same(info(GET_INFO, 16, 0, 12), EINVAL, "device info: short");
	same(info(REGION_INFO, 32, 8, 32), 0, "region info: the last");
	same(info(REGION_INFO, 32, 9, 32), EINVAL, "region info: past it");
	same(info(REGION_INFO, 32, ~0u, 32), EINVAL, "region info: far past it");
	same(info(REGION_INFO, 32, 0, 31), EINVAL, "region info: short");
	same(info(IRQ_INFO, 16, 5, 16), EINVAL, "interrupt info: past the last");
	same(request(RESET, zero, 1, NULL, 0), EINVAL, "reset: too long");

	same(io_read(CONFIG, 0, 4, &word), 0, "configuration space");
	same(word, 0x9c3a8086, "who it is");
	same(io_read(CONFIG, 253, 4, NULL), EINVAL, "read past its end");
	same(io_read(CONFIG, 256, 1, NULL), EINVAL, "read behind its end");
	same(io_read(CONFIG, 256, 0, NULL), 0, "read of nothing");
	same(io_read(CONFIG, -4ull, 8, NULL), EINVAL, "read around the end");
	same(io_read(BAR0, 4096, 4, NULL), EINVAL, "read behind BAR 0");
	same(io_read(BAR0, 0, ~0u, NULL), EINVAL, "read of 4 GiB");
	same(io_read(1, 0, 4, NULL), EINVAL, "read of an empty region");
	same(io_read(200, 0, 4, NULL), EINVAL, "read of no region");
	same(io_write(CONFIG, 254, 4, zero, 4), EINVAL, "write past the end");
	same(io_write(BAR0, 4, 8, zero, 4), EINVAL, "write of more than sent");
	same(io_write(BAR0, 4, 2, zero, 4), EINVAL, "write of less than sent");
	same(io_write(BAR0, ~3ull, 8, zero, 8), EINVAL, "write around the end");
	same(io_write(BAR0, 0, 1, zero, 1), 0, "a byte for a register");
	same(io_write(BAR0, 2, 4, zero, 4), 0, "a register between two");
	same(io_read(BAR0, 0, 4096, NULL), 0, "all registers at once");
	io_write(CONFIG, 0x10, 4, "\xff\xff\xff\xff", 4);
	io_read(CONFIG, 0x10, 4, &word);
	same(word, 0xfffff004, "BAR 0 says its size");
	io_write(CONFIG, 0x00, 4, "\xff\xff\xff\xff", 4);
	io_read(CONFIG, 0x00, 4, &word);
	same(word, 0x9c3a8086, "what can't be written isn't");
}

static void test_maps(void)
{
	uint8_t zero[40] = { 0 };

	hello(true);
	same(dma(DMA_MAP, 0, 0x1000), 0, "map");
	same(dma(DMA_MAP, 0x1000, 0x1000), 0, "map the next");
	same(dma(DMA_MAP, 0xfff, 2), EEXIST, "map across both");
	same(dma(DMA_MAP, 0, ~0ull), EEXIST, "map around both");
	same(dma(DMA_MAP, 0x10000, 0), EINVAL, "map nothing");
	same(dma(DMA_MAP, ~0xfffull, 0x2000), EINVAL, "map around the end");
	same(dma(DMA_MAP, ~0xfffull, 0x1000), 0, "map up to the end");
	same(dma(DMA_UNMAP, 0, 0x2000), ENOENT, "unmap two at once");
	same(dma(DMA_UNMAP, 0, 0x800), ENOENT, "unmap a half");
	same(dma(DMA_UNMAP, 0x5000, 0x1000), ENOENT, "unmap outside");
	same(dma(DMA_UNMAP, 0x1000, 0x1000), 0, "unmap");
	same(dma(DMA_UNMAP, 0x1000, 0x1000), ENOENT, "unmap again");
	same(request(DMA_MAP, zero, 31, NULL, 0), EINVAL, "map: short");
	same(request(DMA_UNMAP, zero, 40, NULL, 0), EINVAL, "unmap: long");
}

static void test_irqs(void)
{
	uint32_t q[6] = { 20, 0x22, 0, 0, 1, 0 };
	int fd = eventfd(0, EFD_NONBLOCK), many[20], i;
	uint64_t n;

	hello(true);
	for (i = 0; i < 20; i++)
		many[i] = fd;
	same(irqs(0x24, 0, 0, 1, &fd, 1), 0, "an event descriptor");
	same(irqs(0x21, 0, 0, 1, NULL, 0), 0, "tried");
	check(read(fd, &n, 8) == 8, "it comes");
	same(irqs(0x24, 0, 0, 1, many, 2), EINVAL, "two for one");
	same(irqs(0x21, 0, 0, 1, &fd, 1), EINVAL, "one nobody wants");
	same(irqs(0x21, 2, 0, 1, NULL, 0), EINVAL, "an interrupt it has not");
	same(irqs(0x21, 5, 0, 1, NULL, 0), EINVAL, "a kind it has not");
	same(irqs(0x21, 0, 1, 1, NULL, 0), EINVAL, "past the last");
	same(irqs(0x21, 0, ~0u, 2, NULL, 0), EINVAL, "around the end");
	same(irqs(0x23, 0, 0, 1, NULL, 0), EINVAL, "two kinds of data");
	same(irqs(0x31, 0, 0, 1, NULL, 0), EINVAL, "two actions");
	same(irqs(0x01, 0, 0, 1, NULL, 0), EINVAL, "no action");
	same(irqs(0x09, 1, 0, 1, NULL, 0), ENOTSUP, "masking MSI");
	same(request(SET_IRQS, q, 20, NULL, 0), EINVAL, "a bool that is missing");
	same(request(SET_IRQS, q, 21, NULL, 0), 0, "a bool");
	same(irqs(0x24, 0, 0, 1, many, 20), GONE, "twenty descriptors");
	hello(true);
	same(info(GET_INFO, 16, 0, 16), 0, "and the next is served");
	close(fd);
}

static void test_no_reply(void)
{
	uint8_t buf[36] = { 0 };
	struct header h = { 7, REGION_WRITE, 36, 0x10, 0 };
	uint32_t word = 0;

	hello(true);
	memcpy(buf, &h, sizeof(h));
	buf[16] = 0x3c;			/* interrupt line */
	buf[24] = CONFIG;
	buf[28] = 4;
	buf[32] = 0x5a;
	send_all(buf, sizeof(buf), NULL, 0);
	same(io_read(CONFIG, 0x3c, 4, &word), 0, "a write without an answer");
	same(word & 0xff, 0x5a, "was done");
}

static void test_link(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t n = 0;

	hello(true);
	same(get(H_CSR) >> 24, 128, "depth of the host's buffer");
	same(irqs(0x24, 1, 0, 1, &fd, 1), 0, "MSI");
	check(link_start(), "link reset");
	check(read(fd, &n, 8) == 8 && n == 1, "one MSI says so");
	same(get(H_CSR) & (IS | RST | RDY), RDY, "the host is ready");
	check(says("link", "up"), "link up");
	same(hbm4(1, 0, 2, 2, 0x81), 4, "start");
	same(in[1], 0, "2.2 is too new");
	same(in[3] << 8 | in[2], 0x200, "2.0 is not");
	check(read(fd, &n, 8) == 8, "an MSI for the answer");
	same(hbm4(4, 3, 0, 0, 0x84), 36, "enumeration");
	same(in[4] | in[5] << 8, 1 << WATCHDOG | 1 << ECHO, "two clients");
	same(hbm4(5, WATCHDOG, 0, 0, 0x85), 28, "properties");
	same(in[2], 0, "are there");
	same(in[4 + 16], 2, "protocol version 2");
	same(hbm4(5, 9, 0, 0, 0x85), 28, "properties of nobody");
	same(in[2], 1, "client not found");
	same(irqs(0x21, 1, 0, 0, NULL, 0), 0, "MSI off");
	set(H_CSR, get(H_CSR) | IS);
	while (read(fd, &n, 8) == 8)
		;
	same(irqs(0x24, 0, 0, 1, &fd, 1), 0, "INTx");
	hbm4(5, 9, 0, 0, NO_ANSWER);
	wait_for(H_CSR, IS, IS);
	check(read(fd, &n, 8) == 8 && n == 1, "one INTx, masked then");
	same(irqs(0x11, 0, 0, 1, NULL, 0), 0, "unmasked while it lasts");
	check(read(fd, &n, 8) == 8, "it comes again");
	set(H_CSR, get(H_CSR));
	same(irqs(0x11, 0, 0, 1, NULL, 0), 0, "unmasked when it has ended");
	check(read(fd, &n, 8) != 8, "it does not");
	close(fd);
}

static void test_watchdog(void)
{
	double left;

	ctl("off");
	check(fresh(WATCHDOG), "connected to the watchdog");
	same(connect_to(WATCHDOG), 2, "once is enough");
	ping(120);
	same(answer(1000), 0, "a ping is answered");
	same(in[5], 0, "it is required");
	check(says("armed", "yes"), "armed");
	same(state("timeout"), 120, "for 120 s");
	left = state("left");
	check(left > 110 && left <= 120, "time left");
	ctl("clock 100");
	usleep(300000);
	check(state("left") < 95, "the firmware's clock can run");
	ping(120);
	same(answer(1000), 0, "pinged");
	check(state("left") > 90, "that winds it up");
	usleep(1400000);
	ctl("clock 1");
	same(state("expiries"), 1, "it expires");
	check(says("armed", "no"), "once");
	ping(150);
	answer(1000);
	stop();
	same(await(WATCHDOG, -1, 1000), 0, "a stop is answered by nothing");
	check(says("armed", "no"), "stopped");
	put(WATCHDOG, US, "\x02\x15\x13", 3);
	credit(WATCHDOG);
	put(WATCHDOG, US, "\x02\x15\x13\x10\x78", 5);
	same(answer(1000), 1, "a short start is refused");
	same(state("bad"), 2, "and one shorter still");
	same(hbm4(7, WATCHDOG, US, 0, 0x87), 4, "disconnect");
	same(in[3], 0, "is granted");
	same(state("violations"), 0, "no rule was broken");
}

static void test_faults(void)
{
	static const int lengths[] = { 0, 1, 3, 5, 7, 512 };
	size_t i;

	check(fresh(WATCHDOG), "connected");
	ctl("drop 2");
	ping(120);
	same(answer(100), -1, "dropped");
	ping(120);
	same(answer(100), -1, "dropped again");
	ping(120);
	same(answer(1000), 0, "not a third time");
	/* three credits were given, one was used */
	same(hbm4(7, WATCHDOG, US, 0, 0x87), 4, "disconnect");
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		check(fresh(WATCHDOG), "connected");
		ctl("truncate %d", lengths[i]);
		ping(120);
		same(await(WATCHDOG, -1, 1000), lengths[i] < 508 ? lengths[i] : 508,
		     "length as told");
	}
	check(fresh(WATCHDOG), "connected");
	ctl("corrupt status=9");
	ping(120);
	same(answer(1000), 9, "a status");
	ctl("corrupt subcommand");
	ping(120);
	same(answer(1000), -2, "a subcommand");
	ctl("corrupt random");
	ping(120);
	same(await(WATCHDOG, -1, 1000), 6, "random bytes");
	ctl("duplicate");
	ping(120);
	same(answer(1000), 0, "an answer");
	same(answer(100), -1, "not twice without credit");
	credit(WATCHDOG);
	same(answer(1000), 0, "twice");
	ctl("delay 300");
	ping(120);
	same(answer(150), -1, "not yet");
	same(answer(1000), 0, "delayed");
	check(ctl("unsolicited"), "nobody asked");
	credit(WATCHDOG);
	same(answer(1000), 0, "an answer nobody asked for");
	check(ctl("unsolicited 0102 03"), "nobody asked");
	credit(WATCHDOG);
	same(await(WATCHDOG, -1, 1000), 3, "with any bytes");
	ctl("slow 200");
	ping(120);
	same(answer(50), -1, "slow");
	same(answer(1000), 0, "but it comes");
	ctl("slow 0");
	ctl("required no");
	ping(120);
	same(answer(1000), 0, "not required");
	same(in[5], 1, "it says so");
	check(says("armed", "no"), "and is not armed");
	same(hbm4(0x10, WATCHDOG, US, 1, 0x90), 8, "ask for notifications");
	same(in[3], 0, "granted");
	hbm4(0x10, WATCHDOG, US, 1, 0x90);
	same(in[3], 6, "once");
	ctl("required yes");
	same(await(0, 0x11, 1000), 4, "notified");
	hbm4(0x10, WATCHDOG, US, 0, 0x90);
	same(in[3], 0, "no more of it");
	check(!ctl("notify"), "nobody to notify");
	ctl("refuse-notify 4");
	hbm4(0x10, WATCHDOG, US, 1, 0x90);
	same(in[3], 4, "notification refused");
}

static void test_connections(void)
{
	int status, before, bad = 0;

	hello(true);
	check(bring_up(), "up");
	for (status = 1; status <= 7; status++) {
		ctl("refuse %d", status);
		bad += connect_to(WATCHDOG) != status;
	}
	same(bad, 0, "every way to refuse");
	same(connect_to(99), 1, "nobody there");
	ctl("withhold");
	same(connect_to(WATCHDOG), 0, "connected");
	same(await(0, 8, 100), -1, "without credit");
	check(ctl("grant"), "grant");
	same(await(0, 8, 1000), 8, "with credit");
	ctl("withhold 1");
	ping(120);
	same(answer(1000), 0, "a ping");
	same(await(0, 8, 100), -1, "no credit for the next");
	ctl("grant");
	same(await(0, 8, 1000), 8, "now there is");
	check(ctl("remove watchdog disconnect"), "removed");
	before = state("violations");
	credit(WATCHDOG);
	ping(120);
	same(await(0, 7, 1000), 4, "it disconnects");
	same(state("violations"), before, "what was sent before is no fault");
	hbm4(0x87, WATCHDOG, US, 0, NO_ANSWER);
	credit(WATCHDOG);
	same(state("violations"), before + 1, "what is sent afterwards is one");
	same(connect_to(WATCHDOG), 1, "nobody there");
	check(ctl("add watchdog"), "added");
	same(await(0, 0x0f, 1000), 28, "and announced");
	hbm4(0x8f, WATCHDOG, 0, 0, NO_ANSWER);
	same(connect_to(WATCHDOG), 0, "connected");
	check(ctl("remove watchdog"), "removed");
	check(wait_for(ME_CSR, RDY, 0), "with a link reset");
	check(bring_up(), "up");
	same(connect_to(WATCHDOG), 1, "nobody there");
	ctl("add watchdog");
	ctl("version 1");
	check(fresh(WATCHDOG), "connected");
	ping(120);
	same(answer(100), -1, "version 1 answers nothing");
	check(says("armed", "yes"), "but listens");
	ctl("version 2");
}

static void test_echo(void)
{
	uint8_t out[508], back[2048];
	uint32_t hdr, word;
	int i, n, len, me, host, parts = 0;

	check(fresh(ECHO), "connected to echo");
	credit(ECHO);
	for (i = 0; i < 508; i++)
		out[i] = i * 3;
	/* 2,032 bytes in four pieces */
	for (n = 0; n < 4; n++) {
		wait_for(H_CSR, 0xff0000, (get(H_CSR) >> 8 & 0xff) << 16);
		hdr = ECHO | US << 8 | 508u << 16 | (n == 3 ? 1u << 31 : 0);
		set(H_CB_WW, hdr);
		for (i = 0; i < 508; i += 4) {
			memcpy(&word, out + i, 4);
			set(H_CB_WW, word);
		}
		set(H_CSR, get(H_CSR) | IG);
	}
	for (n = 0; n < 2032; n += len) {
		len = take(&me, &host, in, 1000);
		if (len < 0)
			break;
		if (me != ECHO) {
			len = 0;
			continue;
		}
		memcpy(back + n, in, len);
		parts++;
	}
	same(n, 2032, "2,032 bytes there and back");
	same(parts, 4, "in four pieces");
	for (n = 0; n < 4 && !memcmp(back + n * 508, out, 508); n++)
		;
	same(n, 4, "and unchanged");
}

static void test_link_resets(void)
{
	check(fresh(WATCHDOG), "connected");
	check(ctl("reset"), "link reset by the firmware");
	check(wait_for(ME_CSR, RDY, 0), "it is not ready");
	check(get(H_CSR) & IS, "and interrupts");
	check(bring_up() && !connect_to(WATCHDOG), "back again");
	ctl("reset ping");
	ping(120);
	check(wait_for(ME_CSR, RDY, 0), "link reset in the middle of a ping");
	check(says("armed", "yes"), "the watchdog runs on");
	ctl("die 2");
	check(bring_up(), "up");
	check(!link_start(), "dead at the second reset");
	check(!link_start(), "for good");
	check(says("firmware", "dead"), "it says so");
	ctl("revive");
	check(wait_for(ME_CSR, RDY, RDY), "revived");
	check(bring_up(), "up");
	ctl("mute yes");
	check(link_start(), "reset");
	same(hbm4(1, 0, 0, 2, 0x81) < 0, 1, "mute");
	ctl("mute no");
	ctl("gone yes");
	same(get(H_CSR), 0xffffffff, "pulled out");
	ctl("gone no");
	check(fresh(WATCHDOG), "plugged in");
	same(request(RESET, NULL, 0, NULL, 0), 0, "device reset");
	same(get(H_CSR) & 0xffffff, 0, "clears the registers");
}

static void test_refusals(void)
{
	uint8_t msg[40] = { 0x12 };

	ctl("hbm 2.2");
	hello(true);
	check(link_start(), "link reset");
	hbm4(1, 0, 2, 2, 0x81);
	same(in[1], 1, "2.2 is supported");
	same(hbm4(0x13, 0xff, 0xff, 0xff, 0x93), 4, "capabilities");
	same(in[1] | in[2] | in[3], 0, "none");
	memset(msg + 4, 0xff, 36);
	same(hbm(msg, 40, 0x92), 4, "DMA rings outside of memory");
	same(in[1], 5, "not allowed");
	same(hbm4(0x14, 0, 0, 0, 0x94), 4, "client DMA");
	same(in[1], 5, "not allowed");
	ctl("hbm 2.0");
}

static void test_power(void)
{
	check(fresh(WATCHDOG), "connected");
	same(get(ME_CSR) & 0x40, 0x40, "power gating is offered");
	same(hbm4(0x0a, 0, 0, 0, 0x8a), 4, "entry");
	set(H_HPG, 2);
	check(says("power", "gated"), "gated");
	set(H_HPG, 3);
	same(await(0, 0x0b, 1000), 4, "exit request");
	hbm4(0x8b, 0, 0, 0, NO_ANSWER);
	check(says("power", "on"), "left");
	hbm4(0x0a, 0, 0, 0, 0x8a);
	credit(WATCHDOG);
	set(H_HPG, 2);
	ctl("unsolicited");
	same(await(0, 0x0b, 1000), 4, "the firmware has something to say");
	same(answer(50), -1, "but waits");
	hbm4(0x8b, 0, 0, 0, NO_ANSWER);
	same(answer(1000), 0, "until the gate is open");
	hbm4(0x10, WATCHDOG, US, 1, 0x90);
	hbm4(0x0a, 0, 0, 0, 0x8a);
	set(H_HPG, 2);
	ctl("notify");
	same(await(0, 0x0b, 1000), 4, "a notification too");
	same(await(0, 0x11, 50), -1, "waits");
	hbm4(0x8b, 0, 0, 0, NO_ANSWER);
	same(await(0, 0x11, 1000), 4, "until the gate is open");
}

static void test_history(void)
{
	ctl("log one");
	ctl("log two");
	ctl("history 1");
	check(strstr(told, "MARK two\n") && !strstr(told, "MARK one"),
	      "the last line of the log");
	ctl("state");
	ctl("history 3");
	check(strstr(told, "MARK one\n") && strstr(told, "MARK two\n"),
	      "the last three, a look at the state leaves none");
	check(!ctl("history 201"), "no more than are kept");
}

static void test_violations(void)
{
	uint8_t big[508] = { 0 };
	int i, before;

	hello(true);
	before = state("violations");
	link_start();
	hbm4(4, 0, 0, 0, NO_ANSWER);
	same(state("violations"), before + 1, "enumeration before start");
	hbm4(1, 0, 0, 2, 0x81);
	put(0, 0, big, 0);
	same(state("violations"), before + 2, "an empty bus message");
	put(0, 0, "\x06\x07\x03", 3);
	same(state("violations"), before + 3, "a short one");
	hbm4(0x55, 0, 0, 0, NO_ANSWER);
	same(state("violations"), before + 4, "an unknown one");
	put(WATCHDOG, US, big, 4);
	same(state("violations"), before + 5, "a message without a connection");
	connect_to(WATCHDOG);
	put(WATCHDOG, US, big, 4);
	put(WATCHDOG, US, big, 4);
	before = state("violations");
	ctl("withhold");
	put(WATCHDOG, US, big, 4);
	put(WATCHDOG, US, big, 4);
	check(state("violations") > before, "a message without credit");
	ctl("off");
	set(H_CB_WW, WATCHDOG | US << 8 | 511u << 16);
	for (i = 0; i < 300; i++)
		set(H_CB_WW, i);
	set(H_CSR, get(H_CSR) | IG);
	check(wait_for(ME_CSR, RDY, 0), "a message the buffer cannot hold");
	check(state("overflows") > 0, "a buffer that overflows");
	check(fresh(WATCHDOG), "and the next is served");
}

/* anything at all; the sanitizers of the model look on */
static void test_random(void)
{
	static const uint32_t regs[] = {
		H_CB_WW, H_CB_WW, H_CB_WW, H_CB_WW, H_CSR, H_CSR, ME_CB_RW,
		ME_CSR, H_HPG, 0x800
	};
	uint8_t msg[64];
	struct header h;
	int i, k, ret = 0;

	srandom(1);
	hello(true);
	for (i = 0; i < 20000; i++) {
		if (i % 500 == 0)
			bring_up();
		k = random() % 20;
		for (ret = 0; ret < (int)sizeof(msg); ret++)
			msg[ret] = random();
		if (k < 10) {
			set(regs[k], random() & (k < 4 ? 0x801f0f0f : ~0u));
		} else if (k < 14) {
			get(regs[k - 10 + 6]);
		} else if (k < 18) {
			msg[0] = msg[0] % 0x18 | (msg[0] & 0x80);
			msg[1] = 6 + msg[1] % 4;
			put(0, 0, msg, random() % 41);
		} else {
			put(6 + msg[0] % 4, msg[1] % 5, msg + 2, msg[2] % 60);
		}
	}
	same(info(GET_INFO, 16, 0, 16), 0, "20,000 random accesses survived");
	for (i = 0; i < 2000; i++) {
		hello(i % 4);
		h = (struct header){ i, random() % 20, 16 + random() % 48,
				     random() % 8 ? 0 : random(), 0 };
		for (k = 0; k < (int)sizeof(msg); k++)
			msg[k] = random() % 3 ? random() % 48 : 0;
		memcpy(msg, &h, sizeof(h));
		send_all(msg, h.size, NULL, 0);
		shutdown(sock, SHUT_WR);
		get_reply(NULL, 0);
	}
	hello(true);
	same(info(GET_INFO, 16, 0, 16), 0, "2,000 random requests survived");
	for (i = 0; i < 300; i++) {
		char line[128];

		for (k = 0; k < 100; k++)
			line[k] = 1 + random() % 127;
		line[100] = '\0';
		ctl("%s", line);
	}
	check(ctl("state"), "300 random lines survived");
	ctl("off");
	ctl("revive");
	check(fresh(WATCHDOG), "and it still works");
}

int main(int argc, char **argv)
{
	static void (*const all[])(void) = {
		test_stream, test_unread, test_requests, test_maps, test_irqs,
		test_no_reply, test_link, test_watchdog, test_faults,
		test_connections, test_echo, test_link_resets, test_refusals,
		test_power, test_history, test_violations, test_random,
	};
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: selftest-host VFIO-SOCKET CONTROL-SOCKET\n");
		return 2;
	}
	vfio_path = argv[1];
	control_path = argv[2];
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		all[i]();
	return done();
}
