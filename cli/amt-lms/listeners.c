// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports on loopback. Only one function of the daemon creates such sockets, and it
 * takes a family and a port: no caller can pass a wrong address.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "listeners.h"
#include "peer.h"

/* microseconds */
#define RETRY	(30 * 1000000ULL)
#define RECOVER (1 * 1000000ULL)
#define BACKLOG 128

/* the web service, and redirection; without TLS, and with it */
static const uint16_t known[LISTENERS_MAX] = {
	623, 664, 16992, 16993, 16994, 16995,
};

static const int families[FAMILIES] = { AF_INET, AF_INET6 };

/* LISTENERS_MAX for a port that AMT does not use */
static size_t index_of(uint16_t port)
{
	size_t i;

	for (i = 0; i < LISTENERS_MAX && known[i] != port; i++)
		;
	return i;
}

bool listeners_known(uint16_t port)
{
	return index_of(port) < LISTENERS_MAX;
}

static struct listener_said *said_of(const struct listener *listener)
{
	return &listener->all->said[index_of(listener->port)];
}

/* milliseconds */
static uint64_t now_of(const struct listeners *listeners)
{
	uint64_t now = 0;

	sd_event_now(listeners->event, CLOCK_MONOTONIC, &now);
	return now / 1000;
}

/* Gives a socket or a negative errno. */
static int listen_loopback(int family, uint16_t port)
{
	const struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	const struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons(port),
	};
	bool is_six = family == AF_INET6;
	const void *address = is_six ? (const void *)&six : &four;
	socklen_t size = is_six ? sizeof(six) : sizeof(four);
	const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	/* connections of the program before this one may linger */
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !bind(fd, address, size) && !listen(fd, BACKLOG))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static const char *address_of(int family)
{
	return family == AF_INET6 ? "[::1]" : "127.0.0.1";
}

static int on_retry(sd_event_source *source, uint64_t now, void *context);
static int on_recover(sd_event_source *source, uint64_t now, void *context);

static void run_in(struct listeners *listeners, sd_event_source **timer,
		   uint64_t microseconds, sd_event_time_handler_t handler)
{
	if (!*timer) {
		sd_event_add_time_relative(listeners->event, timer,
					   CLOCK_MONOTONIC, microseconds, 0,
					   handler, listeners);
		return;
	}
	sd_event_source_set_time_relative(*timer, microseconds);
	sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

/* What may pass is waited for: a loop that is woken by it at once would spin. */
static void accept_failed(struct listener *listener, sd_event_source *source,
			  int error)
{
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	log_limited(&listener->all->odd, now_of(listener->all), LOG_WARNING,
		    "cannot accept a connection to port %u: %s", listener->port,
		    strerror(error));
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	run_in(listener->all, &listener->all->recover, RECOVER, on_recover);
}

static int on_connect(sd_event_source *source, int fd, uint32_t events,
		      void *context)
{
	struct listener *listener = context;
	struct listeners *all = listener->all;
	int one;

	(void)events;
	one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (one < 0)
		accept_failed(listener, source, errno);
	else
		all->accepted(all->context, one, listener->port);
	return 0;
}

static void report_taken(const struct listener *listener, size_t i)
{
	struct log_limit *limit = &said_of(listener)->failed[i];
	uint64_t now = now_of(listener->all);
	uid_t uid;
	char *name;

	if (!peer_listener(families[i], listener->port, &uid)) {
		log_limited(limit, now, LOG_WARNING,
			    "%s:%u is in use by another program; retrying until it is free",
			    address_of(families[i]), listener->port);
		return;
	}
	name = peer_name(uid);
	log_limited(limit, now, LOG_WARNING,
		    "%s:%u is in use by a program of user %s; retrying until it is free (look with 'ss -ltnp')",
		    address_of(families[i]), listener->port, name);
	free(name);
}

static void report_failed(const struct listener *listener, size_t i, int error)
{
	if (error == EADDRINUSE)
		report_taken(listener, i);
	else
		log_limited(&said_of(listener)->failed[i],
			    now_of(listener->all), LOG_ERR,
			    "cannot listen on %s:%u: %s",
			    address_of(families[i]), listener->port,
			    strerror(error));
}

/* A kernel without the family, or a machine that has it switched off */
static bool is_missing(int error)
{
	return error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL;
}

static void open_one(struct listener *listener, size_t i, bool again)
{
	struct listeners *all = listener->all;
	int fd = listen_loopback(families[i], listener->port);

	if (is_missing(fd))
		return;
	if (fd < 0) {
		listener->incomplete = true;
		if (!again)
			report_failed(listener, i, -fd);
		return;
	}
	if (sd_event_add_io(all->event, &listener->sources[i], fd, EPOLLIN,
			    on_connect, listener) < 0) {
		close(fd);
		return;
	}
	listener->fds[i] = fd;
	if (all->paused)
		sd_event_source_set_enabled(listener->sources[i], SD_EVENT_OFF);
	log_limited(&said_of(listener)->open[i], now_of(all), LOG_INFO,
		    "listening on %s:%u", address_of(families[i]),
		    listener->port);
}

static void open_missing(struct listener *listener, bool again)
{
	size_t i;

	listener->incomplete = false;
	for (i = 0; i < FAMILIES; i++)
		if (listener->fds[i] < 0)
			open_one(listener, i, again);
	if (listener->incomplete)
		run_in(listener->all, &listener->all->retry, RETRY, on_retry);
}

static struct listener *find(struct listeners *listeners, uint16_t port)
{
	size_t i;

	for (i = 0; i < LISTENERS_MAX; i++)
		if (listeners->list[i].port == port)
			return &listeners->list[i];
	return NULL;
}

bool listeners_add(struct listeners *listeners, uint16_t port)
{
	struct listener *listener;
	size_t i;

	if (!listeners_known(port))
		return false;
	listener = find(listeners, port);
	if (listener) {
		listener->confirmed = true;
		/* the machine may have a family by now that it had not */
		open_missing(listener, true);
		return true;
	}
	/* there is room for each that is known */
	listener = find(listeners, 0);
	listener->all = listeners;
	listener->port = port;
	listener->confirmed = true;
	for (i = 0; i < FAMILIES; i++)
		listener->fds[i] = -1;
	open_missing(listener, false);
	return true;
}

static void close_one(struct listener *listener)
{
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		sd_event_source_disable_unref(listener->sources[i]);
		if (listener->fds[i] >= 0)
			close(listener->fds[i]);
	}
	memset(listener, 0, sizeof(*listener));
}

void listeners_remove(struct listeners *listeners, uint16_t port)
{
	struct listener *listener = port ? find(listeners, port) : NULL;

	if (!listener)
		return;
	log_limited(&said_of(listener)->closed, now_of(listeners), LOG_INFO,
		    "port %u is closed", port);
	close_one(listener);
}

void listeners_doubt(struct listeners *listeners)
{
	size_t i;

	for (i = 0; i < LISTENERS_MAX; i++)
		listeners->list[i].confirmed = false;
}

void listeners_settle(struct listeners *listeners)
{
	size_t i;

	for (i = 0; i < LISTENERS_MAX; i++)
		if (!listeners->list[i].confirmed)
			listeners_remove(listeners, listeners->list[i].port);
}

void listeners_pause(struct listeners *listeners, bool pause)
{
	size_t i, j;

	if (listeners->paused == pause)
		return;
	listeners->paused = pause;
	for (i = 0; i < LISTENERS_MAX; i++)
		for (j = 0; j < FAMILIES; j++)
			if (listeners->list[i].sources[j])
				sd_event_source_set_enabled(listeners->list[i]
								    .sources[j],
							    pause ? SD_EVENT_OFF :
								    SD_EVENT_ON);
}

static int on_retry(sd_event_source *source, uint64_t now, void *context)
{
	struct listeners *listeners = context;
	size_t i;

	(void)source;
	(void)now;
	for (i = 0; i < LISTENERS_MAX; i++)
		if (listeners->list[i].incomplete)
			open_missing(&listeners->list[i], true);
	return 0;
}

/* Those that could not take a connection are listened to again. */
static int on_recover(sd_event_source *source, uint64_t now, void *context)
{
	struct listeners *listeners = context;

	(void)source;
	(void)now;
	if (!listeners->paused) {
		listeners->paused = true;
		listeners_pause(listeners, false);
	}
	return 0;
}

static bool is_open(const struct listener *listener)
{
	return listener->fds[0] >= 0 || listener->fds[1] >= 0;
}

size_t listeners_ports(const struct listeners *listeners, bool open,
		       uint16_t *ports)
{
	size_t i, j, count = 0;

	for (i = 0; i < LISTENERS_MAX; i++)
		for (j = 0; j < LISTENERS_MAX; j++)
			if (listeners->list[j].port == known[i] &&
			    is_open(&listeners->list[j]) == open)
				ports[count++] = known[i];
	return count;
}

void listeners_close(struct listeners *listeners)
{
	size_t i;

	for (i = 0; i < LISTENERS_MAX; i++)
		if (listeners->list[i].port)
			close_one(&listeners->list[i]);
	sd_event_source_disable_unref(listeners->retry);
	sd_event_source_disable_unref(listeners->recover);
}
