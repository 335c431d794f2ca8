// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections to a port of AMT through a session of our own. AMT may end the session
 * with any channel that is closed: the next connection begins another.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apf.h"
#include "secret.h"
#include "tunnel.h"

/* milliseconds */
#define READY_TIMEOUT 10000
#define SEND_TIMEOUT  1000
#define CLOSE_TIMEOUT 1000
/* AMT may end a session some time after a channel; 24 was seen */
#define SETTLE_TIME 200
#define STEP	    100
/* messages that are taken at once, so that AMT can't hold us */
#define BURST 64

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void drop(struct tunnel_link *link)
{
	close(link->fd);
	memset(link, 0, sizeof(*link));
}

static struct tunnel_link *find(struct tunnel *tunnel, uint32_t channel)
{
	size_t i;

	for (i = 0; i < TUNNEL_LINKS; i++)
		if (tunnel->links[i].channel == channel)
			return &tunnel->links[i];
	return NULL;
}

static void on_send(void *context, const uint8_t *message, size_t size)
{
	struct tunnel *tunnel = context;

	if (tunnel->broken)
		return;
	tunnel->problem = mei_send(&tunnel->mei, message, size, SEND_TIMEOUT);
	if (tunnel->problem)
		tunnel->broken = true;
}

static bool on_forward(void *context, const struct apf_string *address,
		       uint16_t port, bool on)
{
	struct tunnel *tunnel = context;

	(void)address;
	if (port == TUNNEL_PORT)
		tunnel->forwarded = on;
	if (port == TUNNEL_PORT_TLS)
		tunnel->tls = on;
	return true;
}

static void on_opened(void *context, uint32_t channel)
{
	struct tunnel_link *link = find(context, channel);

	if (link)
		link->open = true;
}

static void on_closed(void *context, uint32_t channel)
{
	struct tunnel_link *link = find(context, channel);

	if (link)
		drop(link);
}

static void on_refused(void *context, uint32_t channel, uint32_t reason)
{
	(void)reason;
	on_closed(context, channel);
}

/* A socket has room for many windows; a reader that lets it fill up is dropped. */
static void on_data(void *context, uint32_t channel, const uint8_t *bytes,
		    size_t size)
{
	struct tunnel *tunnel = context;
	struct tunnel_link *link = find(tunnel, channel);

	if (!link)
		return;
	tunnel->moved += size;
	if (link->connected &&
	    send(link->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size) {
		lme_consumed(&tunnel->lme, channel, size);
		return;
	}
	lme_close(&tunnel->lme, channel);
	drop(link);
}

static void on_ended(void *context, uint32_t reason)
{
	struct tunnel *tunnel = context;

	(void)reason;
	tunnel->broken = true;
}

static void on_ready(void *context)
{
	(void)context;
}

static void on_writable(void *context, uint32_t channel)
{
	(void)context;
	(void)channel;
}

static void on_odd(void *context, enum lme_oddity what)
{
	(void)context;
	(void)what;
}

static const struct lme_hooks hooks = {
	.send = on_send,
	.ready = on_ready,
	.forward = on_forward,
	.opened = on_opened,
	.refused = on_refused,
	.data = on_data,
	.writable = on_writable,
	.closed = on_closed,
	.ended = on_ended,
	.odd = on_odd,
};

static void take_messages(struct tunnel *tunnel)
{
	size_t got;
	int i;

	for (i = 0; i < BURST && !tunnel->broken; i++) {
		tunnel->problem = mei_receive(&tunnel->mei, 0, &got);
		if (tunnel->problem == MEI_NO_ANSWER)
			break;
		if (tunnel->problem)
			tunnel->broken = true;
		else
			lme_receive(&tunnel->lme, now_ms(), tunnel->mei.message,
				    got);
	}
	if (!tunnel->broken)
		tunnel->problem = MEI_GOOD;
}

/* The name is free for all who can guess it: only this process is let in. */
static void let_in(struct tunnel_link *link)
{
	int fd = accept4(link->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ||
	    peer.pid != getpid()) {
		close(fd);
		return;
	}
	close(link->fd);
	link->fd = fd;
	link->connected = true;
}

/* From the socket to AMT. */
static void pass_on(struct tunnel *tunnel, struct tunnel_link *link)
{
	size_t room = lme_room(&tunnel->lme, link->channel);
	ssize_t n;

	if (!link->connected)
		let_in(link);
	if (!link->connected || !link->open || !room)
		return;
	n = recv(link->fd, lme_payload(&tunnel->lme), room, 0);
	if (n > 0) {
		tunnel->moved += n;
		lme_send(&tunnel->lme, link->channel, lme_payload(&tunnel->lme),
			 n);
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		lme_close(&tunnel->lme, link->channel);
		drop(link);
	}
}

static void end_session(struct tunnel *tunnel)
{
	tunnel->broken = true;
	tunnel->forwarded = false;
	tunnel->tls = false;
	lme_lost(&tunnel->lme);
	mei_close(&tunnel->mei);
}

size_t tunnel_run(void *context, struct pollfd *fds)
{
	struct tunnel *tunnel = context;
	size_t i, count = 0;

	if (tunnel->broken)
		return 0;
	take_messages(tunnel);
	lme_tick(&tunnel->lme, now_ms());
	for (i = 0; i < TUNNEL_LINKS; i++)
		if (tunnel->links[i].channel)
			pass_on(tunnel, &tunnel->links[i]);
	if (tunnel->broken) {
		end_session(tunnel);
		return 0;
	}
	fds[count++] = (struct pollfd){ tunnel->mei.fd, POLLIN, 0 };
	for (i = 0; i < TUNNEL_LINKS; i++)
		if (!tunnel->links[i].connected ?
			    tunnel->links[i].channel :
			    lme_room(&tunnel->lme, tunnel->links[i].channel))
			fds[count++] = (struct pollfd){ tunnel->links[i].fd,
							POLLIN, 0 };
	return count;
}

uint64_t tunnel_moved(void *context)
{
	const struct tunnel *tunnel = context;

	return tunnel->moved;
}

/* AMT names its ports after the handshake. */
static enum mei_problem begin_session(struct tunnel *tunnel)
{
	uint64_t end = now_ms() + READY_TIMEOUT;
	struct pollfd fds[TUNNEL_FDS];
	size_t count;

	tunnel->problem = mei_open(&tunnel->mei, apf_uuid);
	if (tunnel->problem)
		return tunnel->problem;
	tunnel->broken = false;
	lme_start(&tunnel->lme, now_ms(), tunnel->mei.mtu);
	while (!tunnel->forwarded) {
		count = tunnel_run(tunnel, fds);
		if (tunnel->broken)
			return tunnel->problem ? tunnel->problem : MEI_LOST;
		if (now_ms() >= end)
			return MEI_NO_ANSWER;
		if (!tunnel->forwarded)
			poll(fds, count, STEP);
	}
	return MEI_GOOD;
}

enum mei_problem tunnel_open(struct tunnel *tunnel)
{
	memset(tunnel, 0, sizeof(*tunnel));
	tunnel->mei.fd = -1;
	tunnel->broken = true;
	lme_init(&tunnel->lme, &hooks, tunnel);
	return begin_session(tunnel);
}

static bool has_channels(const struct lme *lme)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++)
		if (lme->channels[i].state != LME_FREE)
			return true;
	return false;
}

/* Until @end, or, with @closed, until no channel is left. */
static void run_until(struct tunnel *tunnel, uint64_t end, bool closed)
{
	struct pollfd fds[TUNNEL_FDS];
	size_t count;

	for (;;) {
		count = tunnel_run(tunnel, fds);
		if (tunnel->broken || now_ms() >= end ||
		    (closed && !has_channels(&tunnel->lme)))
			return;
		poll(fds, count, STEP);
	}
}

/*
 * AMT frees a place when it has answered that the channel is closed. A connection
 * that ends at once may also overtake the message that closes it (Linux 6.1).
 */
static void wait_for_channels(struct tunnel *tunnel)
{
	run_until(tunnel, now_ms() + CLOSE_TIMEOUT, true);
}

/* AMT may end its session with a channel: what was sent by then is lost. */
static void settle(struct tunnel *tunnel)
{
	if (!tunnel->used)
		return;
	wait_for_channels(tunnel);
	run_until(tunnel, now_ms() + SETTLE_TIME, false);
	tunnel->used = false;
}

/* A listener with a name that the kernel chooses. */
static int listen_somewhere(struct sockaddr *address, socklen_t *size)
{
	const struct sockaddr any = { .sa_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t room = *size;

	if (fd < 0)
		return -1;
	if (bind(fd, &any, sizeof(any.sa_family)) || listen(fd, 1) ||
	    getsockname(fd, address, size) || *size > room) {
		close(fd);
		return -1;
	}
	return fd;
}

int tunnel_dial(void *context, struct sockaddr *address, socklen_t *size)
{
	struct tunnel *tunnel = context;
	struct tunnel_link *link;
	int fd;

	settle(tunnel);
	if (tunnel->broken) {
		mei_close(&tunnel->mei);
		if (begin_session(tunnel))
			return -1;
	}
	link = find(tunnel, 0);
	if (!link)
		return -1;
	fd = listen_somewhere(address, size);
	if (fd < 0)
		return -1;
	link->channel = lme_open(&tunnel->lme, TUNNEL_PORT);
	link->fd = fd;
	tunnel->used = true;
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void tunnel_close(struct tunnel *tunnel)
{
	size_t i;

	for (i = 0; i < TUNNEL_LINKS; i++)
		if (tunnel->links[i].channel) {
			lme_close(&tunnel->lme, tunnel->links[i].channel);
			drop(&tunnel->links[i]);
		}
	wait_for_channels(tunnel);
	end_session(tunnel);
}
