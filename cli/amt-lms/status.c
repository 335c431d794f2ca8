// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the service manager is told, see sd_notify(3).
 */
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "status.h"

/* microseconds */
#define PAUSE (1000 * 1000ULL)

static void tell(struct status *status)
{
	if (!strcmp(status->text, status->told))
		return;
	strcpy(status->told, status->text);
	sd_notifyf(0, "STATUS=%s", status->text);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	(void)source;
	(void)now;
	tell(context);
	return 0;
}

/* Tells it at once when it is not ready yet, or nothing was told lately. */
static void changed(struct status *status)
{
	int on = SD_EVENT_OFF;

	if (!strcmp(status->text, status->told))
		return;
	if (status->timer)
		sd_event_source_get_enabled(status->timer, &on);
	if (on != SD_EVENT_OFF)
		return;
	tell(status);
	if (!status->timer) {
		sd_event_add_time_relative(status->event, &status->timer,
					   CLOCK_MONOTONIC, PAUSE, 0, on_timer,
					   status);
		return;
	}
	sd_event_source_set_time_relative(status->timer, PAUSE);
	sd_event_source_set_enabled(status->timer, SD_EVENT_ONESHOT);
}

void status_ports(struct status *status, const uint16_t *ports, size_t count,
		  unsigned int connections)
{
	char list[STATUS_MAX / 2] = "";
	size_t i, size = 0;

	for (i = 0; i < count && size < sizeof(list); i++)
		size += snprintf(list + size, sizeof(list) - size, "%s%u",
				 i ? ", " : "", ports[i]);
	if (count)
		snprintf(status->text, sizeof(status->text),
			 "Forwarding port%s %s of AMT, %u connection%s",
			 count == 1 ? "" : "s", list, connections,
			 connections == 1 ? "" : "s");
	else
		snprintf(status->text, sizeof(status->text),
			 "AMT forwards no port");
	changed(status);
}

void status_problem(struct status *status, const char *text)
{
	snprintf(status->text, sizeof(status->text), "Waiting: %s", text);
	changed(status);
}

void status_ready(struct status *status)
{
	if (status->ready)
		return;
	status->ready = true;
	sd_notify(0, "READY=1");
}

void status_close(struct status *status)
{
	sd_event_source_disable_unref(status->timer);
	sd_notify(0, "STOPPING=1");
}
