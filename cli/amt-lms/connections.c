// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections of programs. Window is granted to AMT only for bytes that the socket
 * has accepted, and no more is read from a program than AMT's window has room for.
 * APF has no half-close: a program that has shut down its sending side keeps its
 * channel until it closes its socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "connections.h"
#include "peer.h"

/* microseconds */
#define SECOND 1000000ULL
/* the same as "idle" while others wait for a place in AMT: browsers keep connections */
#define CROWDED_TIME (30 * SECOND)
/* that a program has, after AMT has closed the channel, to take the rest */
#define FLUSH_TIME (30 * SECOND)
/* and to close its own end then */
#define LINGER_TIME (2 * SECOND)
/* the kernel disowns a socket a moment after it has sent its end */
#define GONE_FIRST  (200 * 1000ULL)
#define GONE_AGAIN  (10 * SECOND)
#define GONE_SURELY (30 * SECOND)

/**
 * enum connection_state - of a connection
 * @WAITING: for its channel
 * @OPEN: has a channel
 * @FLUSHING: the channel is closed, its bytes are not yet with the program
 * @LINGERING: they are, and the program has to close its end
 */
enum connection_state {
	WAITING,
	OPEN,
	FLUSHING,
	LINGERING,
};

/**
 * struct connection - a connection
 * @all: where it belongs to
 * @next: in the list
 * @before: what leads to it there
 * @fd: its socket
 * @io: of @fd
 * @timer: runs when it may be time to end it
 * @state: enum connection_state
 * @channel: of the session, 0 without one
 * @half: the program sends no more
 * @ended: all that it sent was read
 * @deadline: microseconds: when @timer runs
 * @active: microseconds: when the last byte passed
 * @at: where in @buffer the first byte is
 * @filled: bytes in @buffer
 * @buffer: a ring of LME_WINDOW bytes for what AMT sent and the socket did not take,
 *	NULL without such
 */
struct connection {
	struct connections *all;
	struct connection *next;
	struct connection **before;
	int fd;
	sd_event_source *io;
	sd_event_source *timer;
	enum connection_state state;
	uint32_t channel;
	bool half;
	bool ended;
	uint64_t deadline;
	uint64_t active;
	size_t at;
	size_t filled;
	uint8_t *buffer;
};

static uint64_t now_of(const struct connection *one)
{
	uint64_t now = 0;

	sd_event_now(one->all->event, CLOCK_MONOTONIC, &now);
	return now;
}

void connections_refuse(int fd)
{
	const struct linger reset = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

/* bytes from a place in the ring to where it begins again, @size at most */
static size_t in_one_piece(size_t at, size_t size)
{
	return size < LME_WINDOW - at ? size : LME_WINDOW - at;
}

/* Most sockets take everything at once: few connections ever need a buffer. */
static void keep(struct connection *one, const uint8_t *bytes, size_t size)
{
	size_t end = (one->at + one->filled) % LME_WINDOW;
	size_t first = in_one_piece(end, size);

	if (!size)
		return;
	if (!one->buffer)
		one->buffer = xrealloc(NULL, LME_WINDOW);
	memcpy(one->buffer + end, bytes, first);
	memcpy(one->buffer, bytes + first, size - first);
	one->filled += size;
}

static void drop_buffer(struct connection *one)
{
	if (one->buffer)
		explicit_bzero(one->buffer, LME_WINDOW);
	free(one->buffer);
	one->buffer = NULL;
	one->at = 0;
	one->filled = 0;
}

/* Ends all of it; the program sees a reset unless it was given everything. */
static void drop(struct connection *one, bool reset)
{
	if (one->channel)
		lme_close(one->all->lme, one->channel);
	sd_event_source_disable_unref(one->io);
	sd_event_source_disable_unref(one->timer);
	if (reset)
		connections_refuse(one->fd);
	else
		close(one->fd);
	*one->before = one->next;
	if (one->next)
		one->next->before = one->before;
	one->all->count--;
	drop_buffer(one);
	free(one);
}

static void wake_at(struct connection *one, uint64_t when)
{
	one->deadline = when;
	sd_event_source_set_time(one->timer, when);
	sd_event_source_set_enabled(one->timer, SD_EVENT_ONESHOT);
}

/* A byte passed. The timer is not moved for each: it looks itself. */
static void touch(struct connection *one)
{
	one->active = now_of(one);
}

static bool wants_input(const struct connection *one)
{
	if (one->ended)
		return false;
	if (one->state == LINGERING)
		return true;
	return one->state == OPEN && !one->all->held &&
	       lme_room(one->all->lme, one->channel);
}

static bool is_blocked(const struct connection *one)
{
	return one->state == OPEN && !one->ended && !wants_input(one);
}

static void update(struct connection *one)
{
	uint32_t events = 0;

	if (wants_input(one))
		events |= EPOLLIN;
	/* a killed program's end of file is queued behind unread bytes */
	else if (is_blocked(one) && one->deadline > now_of(one) + GONE_AGAIN)
		wake_at(one, now_of(one) + GONE_AGAIN);
	if (one->filled)
		events |= EPOLLOUT;
	/* a program that goes is noticed also while nothing is read */
	if (!one->half)
		events |= EPOLLRDHUP;
	sd_event_source_set_io_events(one->io, events);
}

/* If that is not known, one that sends no more and has received nothing for long. */
static bool is_gone(const struct connection *one)
{
	uid_t uid;

	switch (peer_of(one->fd, &uid)) {
	case PEER_GONE:
		return true;
	case PEER_OWNED:
		return false;
	default:
		return one->half && now_of(one) >= one->active + GONE_SURELY;
	}
}

/* AMT has closed the channel, and the program has its bytes. */
static void finish(struct connection *one)
{
	if (one->ended) {
		drop(one, false);
		return;
	}
	one->state = LINGERING;
	shutdown(one->fd, SHUT_WR);
	wake_at(one, now_of(one) + LINGER_TIME);
	update(one);
}

static ssize_t give(struct connection *one, const uint8_t *bytes, size_t size)
{
	ssize_t n = send(one->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0) {
		touch(one);
		if (one->state == OPEN)
			lme_consumed(one->all->lme, one->channel, n);
	}
	return n;
}

static void flush(struct connection *one)
{
	ssize_t n = give(one, one->buffer + one->at,
			 in_one_piece(one->at, one->filled));

	if (n < 0) {
		drop(one, true);
		return;
	}
	one->filled -= n;
	one->at = (one->at + n) % LME_WINDOW;
	if (!one->filled)
		drop_buffer(one);
	if (!one->filled && one->state == FLUSHING)
		finish(one);
	else
		update(one);
}

/* The program sends no more: is it there yet? */
static void at_end(struct connection *one)
{
	one->ended = true;
	one->half = true;
	if (one->state == LINGERING || is_gone(one)) {
		drop(one, false);
		return;
	}
	wake_at(one, now_of(one) + GONE_FIRST);
	update(one);
}

static void take(struct connection *one)
{
	struct lme *lme = one->all->lme;
	size_t room = lme_room(lme, one->channel);
	uint8_t *bytes = lme_payload(lme);
	ssize_t n = recv(one->fd, bytes, room, MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(one, true);
	} else if (!n) {
		at_end(one);
	} else if (n > 0) {
		touch(one);
		lme_send(lme, one->channel, bytes, n);
		update(one);
	}
}

static void discard(struct connection *one)
{
	char bytes[1024];
	ssize_t n = recv(one->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	explicit_bzero(bytes, sizeof(bytes));
	if (!n)
		at_end(one);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		drop(one, true);
}

/* The program sends no more, but what it sent may not be read yet. */
static void got_half(struct connection *one)
{
	one->half = true;
	if (one->state == WAITING && is_gone(one)) {
		drop(one, false);
		return;
	}
	wake_at(one, now_of(one) + GONE_FIRST);
	update(one);
}

/*
 * Both ends send no more. With bytes that are not read, close() would reset the
 * connection, and what the program has not yet taken be lost: see discard().
 */
static bool is_over(const struct connection *one, uint32_t events)
{
	return events & EPOLLHUP &&
	       !(events & EPOLLIN && one->state == LINGERING);
}

static int on_io(sd_event_source *source, int fd, uint32_t events,
		 void *context)
{
	struct connection *one = context;

	(void)source;
	(void)fd;
	if (events & EPOLLERR || is_over(one, events)) {
		drop(one, false);
	} else if (events & EPOLLOUT && one->filled) {
		flush(one);
	} else if (events & EPOLLIN && wants_input(one)) {
		if (one->state == LINGERING)
			discard(one);
		else
			take(one);
	} else if (events & EPOLLRDHUP && !one->half) {
		got_half(one);
	}
	return 0;
}

static bool is_crowded(const struct connections *all)
{
	const struct connection *one = all->first;

	while (one && one->state != WAITING)
		one = one->next;
	return one;
}

/* microseconds without a byte that end it, 0 for never */
static uint64_t limit_of(const struct connection *one)
{
	uint64_t idle = one->all->idle;

	if (one->state == FLUSHING)
		return FLUSH_TIME;
	if (one->state == OPEN && (!idle || idle > CROWDED_TIME) &&
	    is_crowded(one->all))
		return CROWDED_TIME;
	return idle;
}

/* One that was closed while AMT takes nothing would hold its place for long. */
static bool is_stale(const struct connection *one, uint64_t now)
{
	uint64_t limit = limit_of(one);

	if (one->state == LINGERING)
		return true;
	if (limit && now >= one->active + limit)
		return true;
	if (one->half && (one->ended || one->state == WAITING))
		return is_gone(one);
	return (one->half || is_blocked(one)) &&
	       now >= one->active + GONE_AGAIN && is_gone(one);
}

static int on_timer(sd_event_source *source, uint64_t at, void *context)
{
	struct connection *one = context;
	uint64_t limit = limit_of(one);
	uint64_t now = now_of(one);
	uint64_t next = limit ? one->active + limit : UINT64_MAX;

	(void)source;
	(void)at;
	if (is_stale(one, now)) {
		drop(one, one->state == FLUSHING);
		return 0;
	}
	one->deadline = UINT64_MAX;
	if ((one->half || is_blocked(one)) && next > now + GONE_AGAIN)
		next = now + GONE_AGAIN;
	if (next != UINT64_MAX)
		wake_at(one, next);
	return 0;
}

static void wake_when_idle(struct connection *one)
{
	if (one->state == OPEN && one->deadline > one->active + CROWDED_TIME)
		wake_at(one, one->active + CROWDED_TIME);
}

/* One more waits: those that have a place may have been idle for long. */
static void look_for_idle(struct connections *all)
{
	struct connection *one;

	for (one = all->first; one; one = one->next)
		wake_when_idle(one);
}

void connections_add(struct connections *all, int fd, uint16_t port)
{
	struct connection *one = xrealloc(NULL, sizeof(*one));

	memset(one, 0, sizeof(*one));
	one->all = all;
	one->fd = fd;
	one->channel = lme_open(all->lme, port);
	one->before = &all->first;
	one->next = all->first;
	if (one->next)
		one->next->before = &one->next;
	all->first = one;
	all->count++;
	one->deadline = UINT64_MAX;
	touch(one);
	if (!one->channel ||
	    sd_event_add_io(all->event, &one->io, fd, EPOLLRDHUP, on_io, one) <
		    0 ||
	    sd_event_add_time(all->event, &one->timer, CLOCK_MONOTONIC,
			      UINT64_MAX, 0, on_timer, one) < 0) {
		drop(one, true);
		return;
	}
	if (all->idle)
		wake_at(one, one->active + all->idle);
	if (all->count > LME_SLOTS)
		look_for_idle(all);
}

void connections_hold(struct connections *all, bool hold)
{
	struct connection *one;

	if (all->held == hold)
		return;
	all->held = hold;
	for (one = all->first; one; one = one->next)
		update(one);
}

static struct connection *find(const struct connections *all, uint32_t channel)
{
	struct connection *one = all->first;

	while (one && one->channel != channel)
		one = one->next;
	return one;
}

bool connections_opened(struct connections *all, uint32_t channel)
{
	struct connection *one = find(all, channel);

	if (!one)
		return false;
	one->state = OPEN;
	touch(one);
	/* the others that wait came before, and look at nobody any more */
	if (is_crowded(all))
		wake_when_idle(one);
	update(one);
	return true;
}

/* The program must not take what it has for all that there is. */
bool connections_reset(struct connections *all, uint32_t channel)
{
	struct connection *one = find(all, channel);

	if (!one)
		return false;
	one->channel = 0;
	drop(one, true);
	return true;
}

bool connections_data(struct connections *all, uint32_t channel,
		      const uint8_t *bytes, size_t size)
{
	struct connection *one = find(all, channel);
	ssize_t n = 0;

	if (!one)
		return false;
	if (!one->filled)
		n = give(one, bytes, size);
	/* AMT may send one window, and has not been given more */
	if (n < 0 || size - n > LME_WINDOW - one->filled) {
		drop(one, true);
		return true;
	}
	keep(one, bytes + n, size - n);
	if (one->filled)
		update(one);
	return true;
}

bool connections_writable(struct connections *all, uint32_t channel)
{
	struct connection *one = find(all, channel);

	if (one)
		update(one);
	return one;
}

bool connections_closed(struct connections *all, uint32_t channel)
{
	struct connection *one = find(all, channel);

	if (!one)
		return false;
	one->channel = 0;
	if (!one->filled) {
		finish(one);
		return true;
	}
	one->state = FLUSHING;
	touch(one);
	wake_at(one, one->active + FLUSH_TIME);
	update(one);
	return true;
}

void connections_close(struct connections *all)
{
	/* those that wait for their program's end have sent all of it */
	while (all->first)
		drop(all->first, all->first->state != LINGERING);
}
