/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of AMT on this machine's loopback addresses, and on no other: nobody who
 * uses this names an address.
 */
#ifndef AMT_LMS_LISTENERS_H
#define AMT_LMS_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "log.h"

/* ports of AMT that there are: see listeners_known() */
#define LISTENERS_MAX 6
#define FAMILIES      2

struct listeners;

/**
 * struct listener_said - limits of messages about a port, which AMT may open and
 * close all the time
 * @open: that an address of it is listened on
 * @failed: that one is not
 * @closed: that it is closed
 */
struct listener_said {
	struct log_limit open[FAMILIES];
	struct log_limit failed[FAMILIES];
	struct log_limit closed;
};

/**
 * struct listener - a port
 * @all: where it belongs to
 * @port: 0 in an unused entry
 * @confirmed: AMT has asked for it in this session
 * @incomplete: an address of it is taken: tried again
 * @fds: a socket for each family, -1 without one
 * @sources: of @fds
 */
struct listener {
	struct listeners *all;
	uint16_t port;
	bool confirmed;
	bool incomplete;
	int fds[FAMILIES];
	sd_event_source *sources[FAMILIES];
};

/**
 * struct listeners - all of them
 * @event: loop
 * @accepted: called with a connection, which it owns then
 * @context: for @accepted
 * @paused: no connection is taken
 * @retry: runs when a port is to be tried again
 * @recover: runs when connections can perhaps be taken again
 * @list: in no order
 * @odd: limit of messages about accept()
 * @said: of each port that is known
 */
struct listeners {
	sd_event *event;
	void (*accepted)(void *context, int fd, uint16_t port);
	void *context;
	bool paused;
	sd_event_source *retry;
	sd_event_source *recover;
	struct listener list[LISTENERS_MAX];
	struct log_limit odd;
	struct listener_said said[LISTENERS_MAX];
};

/**
 * listeners_known() - is a port one of AMT's
 */
bool listeners_known(uint16_t port);

/**
 * listeners_add() - listen on a port, or go on with it
 *
 * A port that another program has is retried until it is free.
 *
 * Return: false for a port that AMT does not use
 */
bool listeners_add(struct listeners *listeners, uint16_t port);
void listeners_remove(struct listeners *listeners, uint16_t port);

/**
 * listeners_doubt() - another session begins: AMT has to ask for each again
 */
void listeners_doubt(struct listeners *listeners);

/**
 * listeners_settle() - AMT has had the time: what it did not ask for is closed
 */
void listeners_settle(struct listeners *listeners);

/**
 * listeners_pause() - take no connections, or take them again
 */
void listeners_pause(struct listeners *listeners, bool pause);

/**
 * listeners_ports() - the ports that AMT asked for
 * @open: those that are listened on, by one address at least; or those that are not
 * @ports: set, LISTENERS_MAX at most, in ascending order
 *
 * Return: how many
 */
size_t listeners_ports(const struct listeners *listeners, bool open,
		       uint16_t *ports);
void listeners_close(struct listeners *listeners);

#endif /* AMT_LMS_LISTENERS_H */
