// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connection to LME. Nothing relies on an answer: the opener has a time limit,
 * and retries come at growing intervals.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/amt/mei.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "link.h"
#include "log.h"
#include "uevent.h"

#define MILLISECOND 1000ULL
#define SECOND	    (1000 * MILLISECOND)
/* two clients, each with the 15 seconds of the kernel and the tries of mei_open() */
#define OPENER_TIMEOUT (60 * SECOND)
#define DELAY_FIRST    (250 * MILLISECOND)
#define DELAY_MAX      (60 * SECOND)
/* the driver is not done when its first event comes */
#define DELAY_EVENT (200 * MILLISECOND)
/* of messages that the driver does not take; AMT is lost then */
#define QUEUE_MAX (1U << 20)
/* messages that are taken at once, so that AMT can't hold us */
#define BURST	32
#define MTU_MAX (1U << 20)

struct link_packet {
	struct link_packet *next;
	size_t size;
	uint8_t bytes[];
};

/**
 * enum retry - when it makes sense to ask the opener again
 * @IN_TIME: after a delay
 * @ON_EVENT: when the kernel says that something has changed
 */
enum retry {
	IN_TIME,
	ON_EVENT,
};

static const struct {
	const char *text;
	enum retry retry;
} problems[] = {
	[MEI_NO_ENGINE] = { "no Intel management engine, or it is hidden",
			    ON_EVENT },
	[MEI_NO_DRIVER] = { "the management engine has no driver (mei_me)",
			    ON_EVENT },
	[MEI_NO_NODE] = { "the management engine has no node in /dev",
			  ON_EVENT },
	[MEI_ONLY_GPU] = { "the only engine is that of a graphics card",
			   ON_EVENT },
	[MEI_NO_CLIENT] = { "AMT is not there, or disabled", ON_EVENT },
	[MEI_DISABLED] = { "AMT is disabled", ON_EVENT },
	[MEI_NO_PERMISSION] = { "no permission to open the engine's node",
				IN_TIME },
	[MEI_BUSY] = { "another program holds AMT's port forwarding (look with 'amtctl status')",
		       IN_TIME },
	[MEI_RESETTING] = { "the management engine is being reset", IN_TIME },
	[MEI_NOT_TAKEN] = { "the management engine takes no messages",
			    IN_TIME },
	[MEI_NO_ANSWER] = { "AMT does not answer", IN_TIME },
	[MEI_LOST] = { "the connection to AMT was lost", IN_TIME },
	[MEI_BAD_ANSWER] = { "the engine's answer is not valid", IN_TIME },
	[MEI_FAILED] = { "cannot connect to AMT", IN_TIME },
};

static const char *const refusals[] = {
	[HANDOVER_AFFECTED] =
		"refusing to listen: the firmware is affected by INTEL-SA-00075 (AllowAffectedFirmware= in amt-lms.conf(5))",
	[HANDOVER_UNKNOWN] =
		"refusing to listen: the firmware does not say whether INTEL-SA-00075 affects it (AllowAffectedFirmware= in amt-lms.conf(5))",
	[HANDOVER_CONFIG] = "the opener refuses the configuration",
	[HANDOVER_HELD] =
		"another program holds AMT's host interface, by which AMT says whether INTEL-SA-00075 affects it (look with 'amtctl status')",
};

static int on_io(sd_event_source *source, int fd, uint32_t events,
		 void *context);
static int on_timer(sd_event_source *source, uint64_t now, void *context);

static void wait_for(struct link *link, uint64_t microseconds)
{
	sd_event_source_set_time_relative(link->timer, microseconds);
	sd_event_source_set_enabled(link->timer, SD_EVENT_ONESHOT);
}

static void wait_no_more(struct link *link)
{
	sd_event_source_set_enabled(link->timer, SD_EVENT_OFF);
}

static uint64_t delay_of(const struct link *link)
{
	uint64_t delay = DELAY_FIRST;
	unsigned int i;

	for (i = 1; i < link->failures && delay < DELAY_MAX; i++)
		delay *= 2;
	return delay < DELAY_MAX ? delay : DELAY_MAX;
}

static void drop_fd(struct link *link)
{
	sd_event_source_disable_unref(link->io);
	link->io = NULL;
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

static void drop_queue(struct link *link)
{
	struct link_packet *packet;

	while ((packet = link->first)) {
		link->first = packet->next;
		explicit_bzero(packet->bytes, packet->size);
		free(packet);
	}
	link->last = &link->first;
	link->queued = 0;
}

/* Back to waiting, for an event of the kernel in any case. */
static void retreat(struct link *link, enum retry retry)
{
	drop_fd(link);
	link->state = LINK_WAITING;
	link->failures++;
	if (link->missed)
		wait_for(link, DELAY_EVENT);
	else if (retry == IN_TIME || link->events < 0)
		wait_for(link, delay_of(link));
	else
		wait_no_more(link);
	link->missed = false;
}

/* milliseconds */
static uint64_t now_of(const struct link *link)
{
	uint64_t now = 0;

	sd_event_now(link->event, CLOCK_MONOTONIC, &now);
	return now / 1000;
}

/*
 * Once, until there is another, since it is tried again and again; an AMT that comes
 * and goes all the time is not to fill the log either. Owns @text.
 */
static void report(struct link *link, size_t reason, char *text)
{
	bool same = link->said && !strcmp(link->said, text);

	free(link->said);
	link->said = text;
	if (!same)
		log_limited(&link->limits[reason], now_of(link), LOG_WARNING,
			    "%s", text);
	/* a session that came to nothing may have taken its place since */
	link->hooks->problem(link->context, text);
}

enum opener_fault {
	UNREACHABLE,
	ENDED,
	SILENT,
	SENSELESS,
};

static void opener_failed(struct link *link, enum opener_fault fault,
			  const char *why)
{
	report(link, MEI_FAILED + HANDOVER_HELD + 1 + fault,
	       xasprintf("the opener of the engine's node %s", why));
	retreat(link, IN_TIME);
}

static void report_problem(struct link *link, const struct handover *handover)
{
	const char *why = problems[handover->problem].text;
	const char *path = escaped(handover->path), *colon = *path ? ": " : "";

	if (handover->error && handover->problem == MEI_FAILED)
		report(link, handover->problem,
		       xasprintf("%s%s%s: %s", path, colon, why,
				 strerror(handover->error)));
	else
		report(link, handover->problem,
		       xasprintf("%s%s%s", path, colon, why));
}

static void watch(struct link *link, uint32_t events)
{
	if (sd_event_add_io(link->event, &link->io, link->fd, events, on_io,
			    link) < 0)
		out_of_memory();
}

static void got_handover(struct link *link, const struct handover *handover,
			 int fd)
{
	if (handover->refusal) {
		report(link, MEI_FAILED + handover->refusal,
		       xasprintf("%s", refusals[handover->refusal]));
		if (handover->refusal == HANDOVER_AFFECTED)
			link->hooks->affected(link->context);
		/* fixed firmware starts with a reset, which is an event */
		retreat(link, handover->refusal == HANDOVER_AFFECTED ?
				      ON_EVENT :
				      IN_TIME);
	} else if (handover->problem) {
		report_problem(link, handover);
		retreat(link, problems[handover->problem].retry);
	} else {
		drop_fd(link);
		wait_no_more(link);
		link->fd = fd;
		link->mtu = handover->mtu;
		link->message = xrealloc(link->message, link->mtu);
		link->state = LINK_OPENED;
	}
}

static bool makes_sense(const struct handover *handover, int fd)
{
	if (handover->refusal >= ARRAY_LENGTH(refusals) ||
	    handover->problem >= ARRAY_LENGTH(problems))
		return false;
	if (handover->refusal || handover->problem)
		return fd < 0;
	return fd >= 0 && handover->mtu && handover->mtu <= MTU_MAX;
}

static void take_handover(struct link *link)
{
	struct handover handover;
	int fd;

	if (!handover_receive(link->fd, &handover, &fd)) {
		opener_failed(link, ENDED,
			      "ended without an answer: see its log");
	} else if (!makes_sense(&handover, fd)) {
		if (fd >= 0)
			close(fd);
		opener_failed(link, SENSELESS, "sent an invalid answer");
	} else {
		got_handover(link, &handover, fd);
	}
}

/* Signals that we block, or ignore, are the child's to be ended by. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t signals;

	sigemptyset(&signals);
	posix_spawnattr_setsigmask(attributes, &signals);
	sigaddset(&signals, SIGCHLD);
	posix_spawnattr_setsigdefault(attributes, &signals);
	return posix_spawnattr_setflags(attributes,
					POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
}

/*
 * posix_spawn() comes back when the child has let go of our listeners: they must not
 * outlive us in it. Neither of the initialisations can fail in glibc.
 */
static int spawn(int input, char *const *arguments)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t child;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	error = set_signals(&attributes);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, input,
							 STDIN_FILENO);
	if (!error)
		error = posix_spawn(&child, "/proc/self/exe", &actions,
				    &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* The opener as a child, where no service manager starts it. */
static int spawn_opener(struct link *link)
{
	char open[] = "--open", config[] = "--config";
	char *const arguments[] = { (char *)program_name, open,
				    link->config ? config : NULL,
				    (char *)link->config, NULL };
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -1;
	error = spawn(pair[1], arguments);
	close(pair[1]);
	if (!error)
		return pair[0];
	close(pair[0]);
	errno = error;
	return -1;
}

static int call_opener(struct link *link)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (!link->opener)
		return spawn_opener(link);
	if (strlen(link->opener) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, link->opener);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 ||
	    !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void begin(struct link *link)
{
	char *text;

	link->missed = false;
	link->fd = call_opener(link);
	if (link->fd < 0) {
		text = xasprintf("cannot be reached: %s", strerror(errno));
		opener_failed(link, UNREACHABLE, text);
		free(text);
		return;
	}
	link->state = LINK_OPENING;
	watch(link, EPOLLIN);
	wait_for(link, OPENER_TIMEOUT);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	struct link *link = context;

	(void)source;
	(void)now;
	if (link->state == LINK_WAITING)
		begin(link);
	else if (link->state == LINK_OPENING)
		opener_failed(link, SILENT, "does not answer");
	return 0;
}

static int on_kernel(sd_event_source *source, int fd, uint32_t events,
		     void *context)
{
	struct link *link = context;

	(void)source;
	(void)events;
	if (!uevent_take(fd))
		return 0;
	if (link->state == LINK_WAITING)
		wait_for(link, DELAY_EVENT);
	else if (link->state == LINK_OPENING)
		link->missed = true;
	return 0;
}

static bool again(int error)
{
	return error == EAGAIN || error == EINTR;
}

/* One message a read(), see the kernel's mei.rst; nothing is what a disabled AMT says */
static void take_messages(struct link *link)
{
	ssize_t n;
	int i;

	for (i = 0; i < BURST && !link->failed; i++) {
		n = read(link->fd, link->message, link->mtu);
		if (n > 0)
			link->hooks->message(link->context, link->message, n);
		else if (!n || !again(errno))
			link_fail(link);
		else
			return;
	}
}

static void send_queued(struct link *link)
{
	struct link_packet *packet;
	ssize_t n;

	while ((packet = link->first) && !link->failed) {
		n = write(link->fd, packet->bytes, packet->size);
		if (n < 0 && again(errno))
			return;
		if (n != (ssize_t)packet->size) {
			link_fail(link);
			return;
		}
		link->first = packet->next;
		if (!link->first)
			link->last = &link->first;
		link->queued -= packet->size;
		explicit_bzero(packet->bytes, packet->size);
		free(packet);
	}
	sd_event_source_set_io_events(link->io, EPOLLIN);
}

static int on_io(sd_event_source *source, int fd, uint32_t events,
		 void *context)
{
	struct link *link = context;

	(void)source;
	(void)fd;
	if (link->state == LINK_OPENING) {
		take_handover(link);
		return 0;
	}
	if (events & EPOLLOUT)
		send_queued(link);
	if (events & ~EPOLLOUT)
		take_messages(link);
	/* what was there was taken, or could not be */
	if (events & (EPOLLERR | EPOLLHUP))
		link_fail(link);
	return 0;
}

static void enqueue(struct link *link, const uint8_t *message, size_t size)
{
	struct link_packet *packet;

	if (link->queued + size > QUEUE_MAX) {
		link_fail(link);
		return;
	}
	packet = xrealloc(NULL, sizeof(*packet) + size);
	packet->next = NULL;
	packet->size = size;
	memcpy(packet->bytes, message, size);
	*link->last = packet;
	link->last = &packet->next;
	link->queued += size;
	sd_event_source_set_io_events(link->io, EPOLLIN | EPOLLOUT);
}

void link_send(struct link *link, const uint8_t *message, size_t size)
{
	ssize_t n;

	if (link->state != LINK_UP || link->failed)
		return;
	if (link->first) {
		enqueue(link, message, size);
		return;
	}
	n = write(link->fd, message, size);
	if (n < 0 && again(errno))
		enqueue(link, message, size);
	else if (n != (ssize_t)size)
		link_fail(link);
}

bool link_is_busy(const struct link *link)
{
	return link->first;
}

void link_fail(struct link *link)
{
	if (link->state == LINK_UP)
		link->failed = true;
}

void link_proved(struct link *link)
{
	link->failures = 0;
	free(link->said);
	link->said = NULL;
}

static void end_connection(struct link *link)
{
	link->failed = false;
	drop_fd(link);
	drop_queue(link);
	explicit_bzero(link->message, link->mtu);
	link->state = LINK_WAITING;
	/* a session that AMT used is begun again at once, others are not */
	if (link->failures++)
		wait_for(link, delay_of(link));
	else
		wait_for(link, 0);
	link->hooks->down(link->context);
}

void link_settle(struct link *link)
{
	if (link->state == LINK_OPENED) {
		link->state = LINK_UP;
		watch(link, EPOLLIN);
		link->hooks->up(link->context, link->mtu);
	}
	if (link->failed)
		end_connection(link);
}

int link_start(struct link *link)
{
	int ret;

	link->fd = -1;
	link->last = &link->first;
	ret = sd_event_add_time_relative(link->event, &link->timer,
					 CLOCK_MONOTONIC, 0, MILLISECOND,
					 on_timer, link);
	if (ret < 0)
		return ret;
	/* without events of the kernel, what waits for one waits for a restart */
	link->events = uevent_open();
	if (link->events < 0) {
		log_line(LOG_WARNING,
			 "cannot listen to the kernel's events: %s",
			 strerror(-link->events));
		return 0;
	}
	return sd_event_add_io(link->event, &link->kernel, link->events,
			       EPOLLIN, on_kernel, link);
}

static void awake(int number)
{
	(void)number;
}

/*
 * What the kernel holds until AMT takes one more message it would send after it has
 * asked for the end of the connection, which breaks a rule of the bus. mei's fsync()
 * waits for that, without a limit of its own.
 */
static void wait_for_sent(int fd)
{
	struct sigaction wake = { .sa_handler = awake };

	sigaction(SIGALRM, &wake, NULL);
	alarm(1);
	fsync(fd);
	alarm(0);
}

void link_close(struct link *link)
{
	if (link->fd >= 0)
		wait_for_sent(link->fd);
	drop_fd(link);
	drop_queue(link);
	sd_event_source_disable_unref(link->timer);
	sd_event_source_disable_unref(link->kernel);
	if (link->events >= 0)
		close(link->events);
	free(link->message);
	free(link->said);
}
