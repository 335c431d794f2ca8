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

/*
 * sd_notify() waits for a manager that reads nothing, when hundreds of messages of all
 * services are before it: it is told at most once a second.
 */
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

/* Puts "ports 623, 16992" behind the text. */
static void add_ports(struct status *status, const struct status_list *list)
{
	size_t i, size = strlen(status->text);

	for (i = 0; i < list->count && size < STATUS_MAX; i++)
		size += snprintf(status->text + size, STATUS_MAX - size, "%s%u",
				 i		  ? ", " :
				 list->count == 1 ? "port " :
						    "ports ",
				 list->ports[i]);
}

static void add_text(struct status *status, const char *text)
{
	size_t size = strlen(status->text);

	snprintf(status->text + size, STATUS_MAX - size, "%s", text);
}

static void add_connections(struct status *status, unsigned int count)
{
	char text[32];

	snprintf(text, sizeof(text), " of AMT, %u connection%s", count,
		 count == 1 ? "" : "s");
	add_text(status, text);
}

void status_ports(struct status *status, const struct status_list *open,
		  const struct status_list *closed, unsigned int connections)
{
	*status->text = '\0';
	if (open->count) {
		add_text(status, "Forwarding ");
		add_ports(status, open);
		add_connections(status, connections);
	}
	if (closed->count) {
		add_text(status, open->count ? "; cannot listen on " :
					       "Waiting: cannot listen on ");
		add_ports(status, closed);
		add_text(status, ", see the log");
	}
	if (!open->count && !closed->count)
		add_text(status, "AMT forwards no port");
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
