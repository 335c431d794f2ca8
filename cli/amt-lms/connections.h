/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of programs on this machine, each with a channel to AMT. A program
 * that is slow, or gone, costs its own channel and no other's.
 */
#ifndef AMT_LMS_CONNECTIONS_H
#define AMT_LMS_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/amt/lme.h"

struct connection;

/**
 * struct connections - all of them
 * @event: loop
 * @lme: session that has the channels
 * @idle: microseconds without a byte after which one is ended, 0 for never
 * @held: AMT takes no messages now: nothing is read from programs
 * @count: how many there are
 * @first: list
 */
struct connections {
	sd_event *event;
	struct lme *lme;
	uint64_t idle;
	bool held;
	unsigned int count;
	struct connection *first;
};

/**
 * connections_add() - take a connection, and open a channel for it
 * @fd: the connection, which is owned from here on
 * @port: of AMT
 */
void connections_add(struct connections *all, int fd, uint16_t port);

/**
 * connections_refuse() - end a connection at once, so that its program knows
 */
void connections_refuse(int fd);

/**
 * connections_hold() - read nothing from programs, or read again
 */
void connections_hold(struct connections *all, bool hold);

/* as the hooks of struct lme_hooks; false when no connection has the channel */
bool connections_opened(struct connections *all, uint32_t channel);
bool connections_data(struct connections *all, uint32_t channel,
		      const uint8_t *bytes, size_t size);
bool connections_writable(struct connections *all, uint32_t channel);
bool connections_closed(struct connections *all, uint32_t channel);
/* for the hooks refused and broken */
bool connections_reset(struct connections *all, uint32_t channel);
void connections_close(struct connections *all);

#endif /* AMT_LMS_CONNECTIONS_H */
