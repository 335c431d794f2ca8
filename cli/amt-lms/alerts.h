/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts of AMT for this machine: the channels that AMT opens for them, and their
 * entries in the journal.
 */
#ifndef AMT_LMS_ALERTS_H
#define AMT_LMS_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/amt/alert.h"
#include "cli/amt/lme.h"
#include "log.h"

struct alerts;

/**
 * struct alert_channel - a channel that AMT has opened
 * @all: where it belongs to
 * @channel: its number, 0 without one
 * @timer: runs when AMT had its time
 * @reader: what came
 */
struct alert_channel {
	struct alerts *all;
	uint32_t channel;
	sd_event_source *timer;
	struct alert_reader *reader;
};

/**
 * struct alerts - all of them
 * @event: loop
 * @lme: session that has the channels
 * @list: in no order
 * @many: alerts of the last minute
 * @minute: milliseconds: when that began
 * @odd: limit of messages about what can't be read
 * @flood: limit of messages about too many
 */
struct alerts {
	sd_event *event;
	struct lme *lme;
	struct alert_channel list[LME_ALERTS];
	unsigned int many;
	uint64_t minute;
	struct log_limit odd;
	struct log_limit flood;
};

/* as the hooks of struct lme_hooks; false when the channel carries no alert */
bool alerts_open(struct alerts *all, uint32_t channel);
bool alerts_data(struct alerts *all, uint32_t channel, const uint8_t *bytes,
		 size_t size);
bool alerts_closed(struct alerts *all, uint32_t channel);
void alerts_close(struct alerts *all);

#endif /* AMT_LMS_ALERTS_H */
