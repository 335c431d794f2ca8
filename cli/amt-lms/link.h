/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to LME: obtained from the opener, lost in resets, obtained again.
 * Never waits, and does not know what the messages mean.
 */
#ifndef AMT_LMS_LINK_H
#define AMT_LMS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/amt/mei.h"
#include "handover.h"
#include "log.h"

/* why there is no connection: a mei_problem, a handover_refusal, or the opener itself */
#define LINK_REASONS (MEI_FAILED + HANDOVER_HELD + 5)

/**
 * struct link_hooks - what a link calls; link_settle() alone calls @up and @down
 * @up: there is a connection, for messages of @mtu bytes at most
 * @message: a message of AMT
 * @down: the connection is gone
 * @problem: there is no connection: @text says why, without a full stop
 * @affected: firmware is not to be listened for
 */
struct link_hooks {
	void (*up)(void *context, uint32_t mtu);
	void (*message)(void *context, const uint8_t *message, size_t size);
	void (*down)(void *context);
	void (*problem)(void *context, const char *text);
	void (*affected)(void *context);
};

/**
 * enum link_state - of a link
 * @LINK_WAITING: for a time, or for an event of the kernel
 * @LINK_OPENING: the opener works
 * @LINK_OPENED: it has handed over a descriptor
 * @LINK_UP: messages pass
 */
enum link_state {
	LINK_WAITING,
	LINK_OPENING,
	LINK_OPENED,
	LINK_UP,
};

struct link_packet;

/**
 * struct link - the connection to LME, or the wish for one
 * @event: loop
 * @opener: socket that the opener listens on; NULL to run it as a child
 * @config: path of the configuration that a child is given, NULL for the usual one
 * @hooks: what is called
 * @context: for the hooks
 * @state: enum link_state
 * @failed: the connection is of no use any more
 * @missed: an event of the kernel came while the opener worked
 * @failures: attempts that did not lead to a session that AMT used
 * @said: the problem that was reported last, NULL for none
 * @limits: of messages about each reason
 * @mtu: of the connection, in bytes
 * @fd: the opener's socket, then the connection; -1 without
 * @events: the kernel's events, -1 without
 * @io: of @fd
 * @timer: runs when the wait is over
 * @kernel: of @events
 * @first: messages that the driver did not take yet
 * @last: where the next goes
 * @queued: bytes of these
 * @message: room for one message
 */
struct link {
	sd_event *event;
	const char *opener;
	const char *config;
	const struct link_hooks *hooks;
	void *context;
	enum link_state state;
	bool failed;
	bool missed;
	unsigned int failures;
	char *said;
	struct log_limit limits[LINK_REASONS];
	uint32_t mtu;
	int fd;
	int events;
	sd_event_source *io;
	sd_event_source *timer;
	sd_event_source *kernel;
	struct link_packet *first;
	struct link_packet **last;
	size_t queued;
	uint8_t *message;
};

/**
 * link_start() - begin; the first four and @context are set, all else is zero
 *
 * Return: 0 or a negative errno
 */
int link_start(struct link *link);

/**
 * link_send() - send a message, at once or when the driver takes it
 */
void link_send(struct link *link, const uint8_t *message, size_t size);

/**
 * link_is_busy() - are there messages that the driver did not take yet
 */
bool link_is_busy(const struct link *link);

/**
 * link_fail() - the connection is of no use: it is ended in link_settle()
 */
void link_fail(struct link *link);

/**
 * link_proved() - AMT uses the connection: it may be obtained again at once
 */
void link_proved(struct link *link);

/**
 * link_settle() - do what is due, after the loop has run
 */
void link_settle(struct link *link);
void link_close(struct link *link);

#endif /* AMT_LMS_LINK_H */
