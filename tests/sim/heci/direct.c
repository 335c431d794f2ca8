// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * heci-direct: the model's firmware for programs on this host, without a PCI device, a
 * guest and its driver, which would take most of the time when programs are measured. A
 * connection to a client is a message socket. There are no knobs, and there is no log.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "amt.h"
#include "sim.h"

/* of the bus, see hbm.c */
#define HOST_START	0x01
#define CONNECT		0x06
#define CONNECT_ANSWER	0x86
#define DISCONNECT	0x07
#define FLOW_CONTROL	0x08

#define HOSTS		16

/* a connection; its address on the bus is its place, from 1 on */
static struct host {
	int fd;				/* -1: none */
	struct client *client;		/* NULL: not connected yet */
	int status;			/* of the bus, to the attempt to connect */
	unsigned int credits;		/* messages that the firmware takes */
} hosts[HOSTS];

static void die(const char *what)
{
	fprintf(stderr, "heci-direct: %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * What the firmware's files expect of those that are left out
 */

/* only what a host did wrong is worth a line here */
void note(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strncmp(text, "VIOLATION", 9))
		fprintf(stderr, "heci-direct: %s\n", text);
}

void log_message(const char *dir, const uint8_t *data, size_t len,
		 const char *fmt, ...)
{
	(void)dir;
	(void)data;
	(void)len;
	(void)fmt;
}

bool heci_link_up(void)
{
	return true;
}

void heci_link_reset(const char *why)
{
	fprintf(stderr, "heci-direct: the link would be reset: %s\n", why);
	exit(1);
}

void heci_pg_isolated(bool entering)
{
	(void)entering;
}

bool dma_mapped(uint64_t addr, uint64_t size)
{
	(void)addr;
	(void)size;
	return false;
}

static void close_host(struct host *h)
{
	close(h->fd);
	memset(h, 0, sizeof(*h));
	h->fd = -1;
}

static void from_bus(const uint8_t *m)
{
	struct host *h = &hosts[m[2] - 1];

	if (m[0] == CONNECT_ANSWER)
		h->status = m[3];
	else if (m[0] == FLOW_CONTROL)
		h->credits++;
	else if (m[0] == DISCONNECT && h->client)
		close_host(h);
}

/* The host's windows are smaller than the socket's buffer: this always succeeds. */
void heci_send(uint8_t me, uint8_t host, const uint8_t *data, size_t len)
{
	const uint8_t credit[8] = { FLOW_CONTROL, me, host };

	if (!me) {
		from_bus(data);
		return;
	}
	if (send(hosts[host - 1].fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE)
		die("cannot send a message to the host");
	hbm_receive(0, 0, true, credit, sizeof(credit));
}

void heci_send_part(uint8_t me, uint8_t host, const uint8_t *data, size_t len)
{
	heci_send(me, host, data, len);
}

/*
 * From the host
 */

static struct client *by_uuid(const uint8_t *uuid)
{
	struct client *cl;
	unsigned int i;

	for (i = 0; (cl = client_at(i)); i++)
		if (!cl->absent && !memcmp(cl->uuid, uuid, sizeof(cl->uuid)))
			return cl;
	return NULL;
}

/* the errno that Linux's driver gives */
static int connect_host(struct host *h, struct client *cl)
{
	const uint8_t host = h - hosts + 1;
	uint8_t m[8] = { CONNECT, cl ? cl->me_addr : 0, host };

	if (!cl)
		return ENOTTY;
	/* AMT may send before the host has asked for it */
	h->client = cl;
	hbm_receive(0, 0, true, m, 4);
	if (h->status) {
		h->client = NULL;
		return EBUSY;
	}
	m[0] = FLOW_CONTROL;
	hbm_receive(0, 0, true, m, sizeof(m));
	return 0;
}

/* "C" and a UUID; the answer is "O", the largest message and the protocol, or "E", errno */
static bool greet(struct host *h, const uint8_t *m, ssize_t len)
{
	uint8_t answer[6] = "O";
	struct client *cl;
	int error;

	if (len != 17 || m[0] != 'C')
		return false;
	cl = by_uuid(m + 1);
	error = connect_host(h, cl);
	if (error) {
		answer[0] = 'E';
		put32(answer + 1, error);
		send(h->fd, answer, 5, MSG_NOSIGNAL);
		return true;
	}
	put32(answer + 1, cl->max_message);
	answer[5] = cl->version;
	send(h->fd, answer, sizeof(answer), MSG_NOSIGNAL);
	return true;
}

static void end_host(struct host *h)
{
	const uint8_t m[4] = { DISCONNECT, h->client ? h->client->me_addr : 0,
			       h - hosts + 1 };

	if (h->client)
		hbm_receive(0, 0, true, m, sizeof(m));
	if (h->fd >= 0)
		close_host(h);
}

static void from_host(struct host *h)
{
	static uint8_t m[CLIENT_MESSAGE_MAX];
	ssize_t n = recv(h->fd, m, sizeof(m), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end_host(h);
	} else if (!h->client) {
		if (!greet(h, m, n))
			end_host(h);
	} else {
		h->credits--;
		hbm_receive(h->client->me_addr, h - hosts + 1, true, m, n);
	}
}

static void accept_host(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	size_t i;

	for (i = 0; i < HOSTS && fd >= 0; i++) {
		if (hosts[i].fd >= 0)
			continue;
		hosts[i].fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	errno = fd < 0 ? errno : ENAMETOOLONG;
	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		die(path);
	strcpy(at.sun_path, path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, HOSTS))
		die(path);
	return fd;
}

static void run_timers(void)
{
	uint64_t now = now_ns();

	lme_run(now);
	hbm_run(now);
}

static void wait_for_something(struct pollfd *fds)
{
	uint64_t now = now_ns(), due = lme_due(), next = hbm_due(), left;
	struct timespec ts;
	size_t i;

	for (i = 0; i < HOSTS; i++)
		fds[i] = (struct pollfd){
			.fd = hosts[i].client && !hosts[i].credits ? -1 :
								     hosts[i].fd,
			.events = POLLIN,
		};
	next = due < next ? due : next;
	left = next > now ? next - now : 0;
	ts.tv_sec = left / SECOND;
	ts.tv_nsec = left % SECOND;
	if (ppoll(fds, HOSTS + 1, next == NEVER ? NULL : &ts, NULL) < 0)
		die("poll");
}

static void serve(int listener)
{
	struct pollfd fds[HOSTS + 1] = { [HOSTS] = { listener, POLLIN, 0 } };
	size_t i;

	for (;;) {
		wait_for_something(fds);
		for (i = 0; i < HOSTS; i++)
			if (hosts[i].fd >= 0 && fds[i].revents)
				from_host(&hosts[i]);
		if (fds[HOSTS].revents)
			accept_host(listener);
		run_timers();
	}
}

int main(int argc, char **argv)
{
	const uint8_t start[4] = { HOST_START, 0, 0, 2 };
	size_t i;

	if (argc != 2) {
		fputs("usage: heci-direct SOCKET\n"
		      "The firmware of the HECI model, with AMT, for programs that connect to SOCKET\n",
		      stderr);
		return 2;
	}
	amthi_client.absent = false;
	lme_client.absent = false;
	for (i = 0; i < HOSTS; i++)
		hosts[i].fd = -1;
	hbm_receive(0, 0, true, start, sizeof(start));
	serve(listen_at(argv[1]));
	return 0;
}
