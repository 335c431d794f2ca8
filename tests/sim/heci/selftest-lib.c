// SPDX-License-Identifier: GPL-2.0-or-later
/* What the self-tests share: selftest-lib.h says what. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "selftest-lib.h"

int tap_count, tap_bad;
const char *vfio_path, *control_path;
int sock = -1;

int dial(const char *path)
{
	struct timeval limit = { .tv_sec = 5 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		printf("Bail out! cannot connect to %s: %s\n", path,
		       strerror(errno));
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

/*
 * vfio-user
 */

int send_all(const void *data, size_t len, const int *fds, int nfds)
{
	union {
		struct cmsghdr c;
		char buf[CMSG_SPACE(32 * sizeof(int))];
	} control;
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.c.cmsg_level = SOL_SOCKET;
		control.c.cmsg_type = SCM_RIGHTS;
		control.c.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&control.c), fds, nfds * sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

int receive_all(void *data, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = recv(sock, (char *)data + have, len - have, 0);
		if (n <= 0)
			return -1;
		have += n;
	}
	return 0;
}

/* get_reply - 0, the errno of the answer, or GONE */
int get_reply(void *in, size_t max)
{
	static uint8_t rest[8192];
	struct header h;
	size_t len;

	if (receive_all(&h, sizeof(h)) || h.size < sizeof(h) ||
	    h.size - sizeof(h) > sizeof(rest))
		return GONE;
	len = h.size - sizeof(h);
	if (receive_all(rest, len))
		return GONE;
	if (h.flags & 0x20)
		return h.error ? (int)h.error : EIO;
	if (in)
		memcpy(in, rest, len < max ? len : max);
	return 0;
}

int request_fds(int command, const void *out, size_t len, void *in, size_t max,
		const int *fds, int nfds)
{
	uint8_t buf[8192];
	struct header h = { 1, command, sizeof(h) + len, 0, 0 };

	memcpy(buf, &h, sizeof(h));
	if (len)
		memcpy(buf + sizeof(h), out, len);
	if (send_all(buf, sizeof(h) + len, fds, nfds))
		return GONE;
	return get_reply(in, max);
}

int request(int command, const void *out, size_t len, void *in, size_t max)
{
	return request_fds(command, out, len, in, max, NULL, 0);
}

void hello(bool version)
{
	static const uint16_t v[2] = { 0, 0 };

	if (sock >= 0)
		close(sock);
	sock = dial(vfio_path);
	if (version && request(VERSION, v, sizeof(v), NULL, 0)) {
		printf("Bail out! no version\n");
		exit(1);
	}
}

int raw_header(uint32_t size, uint32_t flags)
{
	struct header h = { 1, VERSION, size, flags, 0 };

	hello(false);
	if (send_all(&h, sizeof(h), NULL, 0))
		return GONE;
	return get_reply(NULL, 0);
}

int io_read(uint32_t region, uint64_t offset, uint32_t count, void *in)
{
	struct io io = { offset, region, count };
	uint8_t buf[sizeof(io) + 4096];
	int ret = request(REGION_READ, &io, sizeof(io), buf, sizeof(buf));

	if (!ret && in)
		memcpy(in, buf + sizeof(io), count);
	return ret;
}

int io_write(uint32_t region, uint64_t offset, uint32_t count, const void *out,
	     size_t len)
{
	uint8_t buf[sizeof(struct io) + 4096];
	struct io io = { offset, region, count };

	memcpy(buf, &io, sizeof(io));
	memcpy(buf + sizeof(io), out, len);
	return request(REGION_WRITE, buf, sizeof(io) + len, NULL, 0);
}

int info(int command, uint32_t argsz, uint32_t index, size_t len)
{
	uint32_t q[8] = { argsz, 0, index };

	return request(command, q, len, NULL, 0);
}

int dma(int command, uint64_t addr, uint64_t size)
{
	struct {
		uint32_t argsz, flags;
		uint64_t offset, addr, size;
	} map = { sizeof(map), 3, 0, addr, size };
	struct {
		uint32_t argsz, flags;
		uint64_t addr, size;
	} unmap = { sizeof(unmap), 0, addr, size };

	return command == DMA_MAP ?
		       request(DMA_MAP, &map, sizeof(map), NULL, 0) :
		       request(DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0);
}

int irqs(uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	 const int *fds, int nfds)
{
	uint32_t q[5] = { sizeof(q), flags, index, start, count };

	return request_fds(SET_IRQS, q, sizeof(q), NULL, 0, fds, nfds);
}

/*
 * The host's side of HECI
 */

uint32_t get(uint32_t reg)
{
	uint32_t v = 0;

	io_read(BAR0, reg, 4, &v);
	return v;
}

void set(uint32_t reg, uint32_t v)
{
	io_write(BAR0, reg, 4, &v, 4);
}

/* wait_for - until all of these bits of a register are as wanted, 2 s */
bool wait_for(uint32_t reg, uint32_t mask, uint32_t want)
{
	int i;

	for (i = 0; i < 2000; i++) {
		if ((get(reg) & mask) == want)
			return true;
		usleep(1000);
	}
	return false;
}

bool link_start(void)
{
	set(H_CSR, 0);
	set(H_CSR, RST | IG | IS | IE);
	if (!wait_for(ME_CSR, RDY, RDY))
		return false;
	set(H_CSR, IG | IS | IE);
	set(H_CSR, RDY | IG | IE);
	return true;
}

void put(int me, int host, const void *data, int len)
{
	uint32_t word;
	int i;

	set(H_CB_WW, me | host << 8 | (uint32_t)len << 16 | 1u << 31);
	for (i = 0; i < len; i += 4) {
		word = 0;
		memcpy(&word, (const char *)data + i, len - i < 4 ? len - i : 4);
		set(H_CB_WW, word);
	}
	set(H_CSR, get(H_CSR) | IG);
}

/* take - the next message, or -1 when none came in ms */
int take(int *me, int *host, uint8_t *data, int ms)
{
	uint32_t csr, hdr, word;
	int i, len;

	for (;; ms--) {
		csr = get(ME_CSR);
		if ((csr >> 16 & 0xff) != (csr >> 8 & 0xff))
			break;
		if (ms <= 0)
			return -1;
		usleep(1000);
	}
	hdr = get(ME_CB_RW);
	*me = hdr & 0xff;
	*host = hdr >> 8 & 0xff;
	len = hdr >> 16 & 0x1ff;
	for (i = 0; i < len; i += 4) {
		word = get(ME_CB_RW);
		memcpy(data + i, &word, 4);
	}
	set(H_CSR, get(H_CSR) | IG);
	return len;
}

uint8_t in[520];

/* the next message of this sender; others are thrown away */
int await(int me, int command, int ms)
{
	int from, host, len;

	for (;;) {
		len = take(&from, &host, in, ms);
		if (len < 0)
			return -1;
		if (from == me && (command < 0 || in[0] == command))
			return len;
	}
}

int hbm(const void *msg, int len, int answer)
{
	put(0, 0, msg, len);
	return answer == NO_ANSWER ? 0 : await(0, answer, 2000);
}

int hbm4(int a, int b, int c, int d, int answer)
{
	uint8_t msg[4] = { a, b, c, d };

	return hbm(msg, 4, answer);
}

void credit(int me)
{
	uint8_t msg[8] = { 8, me, US };

	put(0, 0, msg, 8);
}

bool bring_up(void)
{
	int me;

	if (!link_start() || hbm4(1, 0, 0, 2, 0x81) < 0 ||
	    hbm4(4, 3, 0, 0, 0x84) < 0)
		return false;
	for (me = WATCHDOG; me <= ECHO; me++)
		hbm4(5, me, 0, 0, 0x85);
	return true;
}

/* answer's status, after the first credit has come too */
int connect_to(int me)
{
	if (hbm4(6, me, US, 0, 0x86) < 0)
		return -1;
	return in[3];
}

bool fresh(int me)
{
	hello(true);
	return bring_up() && !connect_to(me) && await(0, 8, 500) > 0;
}

void ping(int timeout)
{
	uint8_t msg[23] = { 2, 0x15, 0x13, 0x10, timeout & 0xff, timeout >> 8 };

	credit(WATCHDOG);
	put(WATCHDOG, US, msg, sizeof(msg));
}

void stop(void)
{
	credit(WATCHDOG);
	put(WATCHDOG, US, "\x02\x02\x14\x10", 4);
}

/* a start's answer: its status, -1: none, -2: not one */
int answer(int ms)
{
	int len = await(WATCHDOG, -1, ms);

	if (len < 0)
		return -1;
	return len == 6 && in[2] == 0x83 ? in[4] : -2;
}

/*
 * Knobs
 */

char told[65536];

bool ctl(const char *fmt, ...)
{
	char line[4096];
	size_t have = 0;
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	strcat(line, "\n");
	fd = dial(control_path);
	if (write(fd, line, strlen(line)) < 0)
		exit(1);
	told[0] = '\0';
	while (!strstr(told, "ok\n") && !strstr(told, "error: ")) {
		n = recv(fd, told + have, sizeof(told) - 1 - have, 0);
		if (n <= 0)
			break;
		have += n;
		told[have] = '\0';
	}
	close(fd);
	return strstr(told, "ok\n");
}

double state(const char *key)
{
	ctl("state %s", key);
	return strtod(told, NULL);
}

bool says(const char *key, const char *want)
{
	ctl("state %s", key);
	return !strncmp(told, want, strlen(want)) &&
	       told[strlen(want)] == '\n';
}

