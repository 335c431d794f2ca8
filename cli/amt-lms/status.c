// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reports the status to the service manager, see sd_notify(3). That function blocks
 * while the manager does not read, which would block all connections and SIGTERM, too:
 * here it is retried later.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "status.h"

/* microseconds */
#define PAUSE (1000 * 1000ULL)

/* False when there is no room for it now; true without a manager. */
static bool say(const char *text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	bool full;
	int fd;

	if (!length || length >= sizeof(to.sun_path))
		return true;
	memcpy(to.sun_path, path, length);
	/* an abstract name */
	if (*path == '@')
		*to.sun_path = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	full = sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		      (struct sockaddr *)&to,
		      offsetof(struct sockaddr_un, sun_path) + length) < 0 &&
	       (errno == EAGAIN || errno == ENOBUFS);
	close(fd);
	return !full;
}

static int on_timer(sd_event_source *source, uint64_t now, void *context);

static void pause_telling(struct status *status)
{
	if (!status->timer) {
		sd_event_add_time_relative(status->event, &status->timer,
					   CLOCK_MONOTONIC, PAUSE, 0, on_timer,
					   status);
		return;
	}
	sd_event_source_set_time_relative(status->timer, PAUSE);
	sd_event_source_set_enabled(status->timer, SD_EVENT_ONESHOT);
}

static bool tell_text(struct status *status)
{
	char line[sizeof("STATUS=") + STATUS_MAX];

	if (!strcmp(status->text, status->told))
		return true;
	snprintf(line, sizeof(line), "STATUS=%s", status->text);
	if (!say(line))
		return false;
	strcpy(status->told, status->text);
	return true;
}

static bool tell_ready(struct status *status)
{
	if (status->ready && !status->ready_told)
		status->ready_told = say("READY=1");
	return status->ready == status->ready_told;
}

static void tell(struct status *status)
{
	if (!tell_text(status) || !tell_ready(status))
		pause_telling(status);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	(void)source;
	(void)now;
	tell(context);
	return 0;
}

/* Reports it at once, unless something was reported recently. */
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
	pause_telling(status);
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
	tell(status);
}

void status_close(struct status *status)
{
	sd_event_source_disable_unref(status->timer);
	say("STOPPING=1");
}
