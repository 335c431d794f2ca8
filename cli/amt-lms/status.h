/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status reported to the service manager. Changes are collected for a second,
 * since connections come and go by the hundred.
 */
#ifndef AMT_LMS_STATUS_H
#define AMT_LMS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "listeners.h"

#define STATUS_MAX 256

/**
 * struct status - what is reported
 * @event: loop
 * @ready: the service is ready
 * @ready_told: it knows that
 * @text: the status to report next
 * @told: the status reported last
 * @timer: runs when the next one may be reported
 */
struct status {
	sd_event *event;
	bool ready;
	bool ready_told;
	char text[STATUS_MAX];
	char told[STATUS_MAX];
	sd_event_source *timer;
};

/**
 * struct status_list - ports of AMT
 * @ports: in ascending order
 * @count: of @ports
 */
struct status_list {
	uint16_t ports[LISTENERS_MAX];
	size_t count;
};

/**
 * status_ports() - the ports that are forwarded
 * @open: these
 * @closed: those that cannot be listened on
 * @connections: how many there are
 */
void status_ports(struct status *status, const struct status_list *open,
		  const struct status_list *closed, unsigned int connections);

/**
 * status_problem() - why none is
 */
void status_problem(struct status *status, const char *text);

/**
 * status_ready() - the service is ready, whether AMT is there or not
 */
void status_ready(struct status *status);
void status_close(struct status *status);

#endif /* AMT_LMS_STATUS_H */
