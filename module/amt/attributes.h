/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the AMT watchdog shows in sysfs: below its watchdog device, and below the
 * client on the MEI bus while that is bound.
 */
#ifndef PFRU_AMT_ATTRIBUTES_H
#define PFRU_AMT_ATTRIBUTES_H

#include <linux/sysfs.h>

/**
 * struct pfru_watchdog_status - the watchdog at one moment
 * @state: a word; see attributes.c
 * @required: does AMT require it: "unknown", "yes" or "no"
 * @notifications: can the firmware notify: "yes" or "no"
 * @timeleft: seconds until AMT reports a hang, 0 when it would not
 * @last_heartbeat: seconds since the last heartbeat that was acknowledged, -1
 *	when there was none
 * @protocol: version of the client
 * @timeout: in seconds
 * @error: the last error, a negative errno, 0 for none
 * @heartbeats: starts that the firmware has acknowledged
 * @stops: stops that it has taken
 * @failures: starts and stops that failed
 * @timeouts: those that were not taken or answered in time
 * @refused: those that the firmware has answered with another status than 0
 * @malformed: messages that came instead of an answer
 * @strays: messages that nothing was asked for
 * @connections: how often a connection was made
 */
struct pfru_watchdog_status {
	const char *state;
	const char *required;
	const char *notifications;
	unsigned int timeleft;
	long last_heartbeat;
	unsigned int protocol;
	unsigned int timeout;
	int error;
	unsigned int heartbeats;
	unsigned int stops;
	unsigned int failures;
	unsigned int timeouts;
	unsigned int refused;
	unsigned int malformed;
	unsigned int strays;
	unsigned int connections;
};

/**
 * pfru_watchdog_look() - look at the watchdog; never waits for the firmware
 * @status: written
 */
void pfru_watchdog_look(struct pfru_watchdog_status *status);

/* the directory of a device that shows them; see pfru_figures_group */
extern const struct attribute_group pfru_watchdog_group;
/* for the watchdog core, which makes it with its device or not at all */
extern const struct attribute_group *pfru_watchdog_groups[];

#endif /* PFRU_AMT_ATTRIBUTES_H */
