// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service. Hooks note what has happened; settle() acts on it when the loop has
 * run, so that nothing is freed while its caller still uses it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "alerts.h"
#include "cli/amt/lme.h"
#include "cli/common/memory.h"
#include "connections.h"
#include "link.h"
#include "listeners.h"
#include "log.h"
#include "peer.h"
#include "service.h"
#include "status.h"

#define SECOND 1000000ULL
/* until AMT has to have named its first port */
#define HANDSHAKE_TIME (10 * SECOND)
/* and then all of them */
#define SETTLE_TIME (5 * SECOND)

/**
 * struct service - the service
 * @config: what the configuration says
 * @event: loop
 * @link: to AMT
 * @lme: session over it
 * @listeners: ports
 * @connections: of programs
 * @alerts: of AMT
 * @status: for the service manager
 * @due: runs when the session has something to do
 * @patience: runs when AMT had its time
 * @named: AMT has named a port in this session
 * @odd: a limit for each oddity
 * @lost: limit of messages about lost sessions
 * @unnamed: the same about those in which AMT names no port
 * @refused: limit of messages about programs that may not connect
 * @unknown: the same about those whose user is not known
 */
struct service {
	const struct config *config;
	sd_event *event;
	struct link link;
	struct lme lme;
	struct listeners listeners;
	struct connections connections;
	struct alerts alerts;
	struct status status;
	sd_event_source *due;
	sd_event_source *patience;
	bool named;
	struct log_limit odd[LME_ODDITIES];
	struct log_limit lost;
	struct log_limit unnamed;
	struct log_limit refused;
	struct log_limit unknown;
};

/* milliseconds */
static uint64_t now_of(const struct service *service)
{
	uint64_t now = 0;

	sd_event_now(service->event, CLOCK_MONOTONIC, &now);
	return now / 1000;
}

static void wait_patiently(struct service *service, uint64_t microseconds)
{
	sd_event_source_set_time_relative(service->patience, microseconds);
	sd_event_source_set_enabled(service->patience, SD_EVENT_ONESHOT);
}

static void on_send(void *context, const uint8_t *message, size_t size)
{
	struct service *service = context;

	link_send(&service->link, message, size);
}

/* AMT has to name its ports, those that it named before too. */
static void expect_ports(struct service *service)
{
	service->named = false;
	listeners_doubt(&service->listeners);
	wait_patiently(service, HANDSHAKE_TIME);
}

/* AMT names its ports after this, also when it restarts the handshake. */
static void on_ready(void *context)
{
	expect_ports(context);
}

static bool on_forward(void *context, const struct apf_string *address,
		       uint16_t port, bool on)
{
	struct service *service = context;

	/* a name of this machine: who listens elsewhere is no local service */
	(void)address;
	if (!on) {
		listeners_remove(&service->listeners, port);
		return true;
	}
	if (!listeners_add(&service->listeners, port))
		return false;
	if (!service->named)
		wait_patiently(service, SETTLE_TIME);
	service->named = true;
	status_ready(&service->status);
	return true;
}

static bool on_alert(void *context, uint32_t channel)
{
	struct service *service = context;

	return service->config->alerts &&
	       alerts_open(&service->alerts, channel);
}

static void on_opened(void *context, uint32_t channel)
{
	struct service *service = context;

	link_proved(&service->link);
	if (!connections_opened(&service->connections, channel))
		lme_close(&service->lme, channel);
}

static void on_refused(void *context, uint32_t channel, uint32_t reason)
{
	struct service *service = context;

	(void)reason;
	connections_reset(&service->connections, channel);
}

static void on_data(void *context, uint32_t channel, const uint8_t *bytes,
		    size_t size)
{
	struct service *service = context;

	if (!alerts_data(&service->alerts, channel, bytes, size))
		connections_data(&service->connections, channel, bytes, size);
}

static void on_writable(void *context, uint32_t channel)
{
	struct service *service = context;

	connections_writable(&service->connections, channel);
}

static void on_closed(void *context, uint32_t channel)
{
	struct service *service = context;

	if (!alerts_closed(&service->alerts, channel))
		connections_closed(&service->connections, channel);
}

static void on_broken(void *context, uint32_t channel)
{
	struct service *service = context;

	if (!alerts_closed(&service->alerts, channel))
		connections_reset(&service->connections, channel);
}

static void on_ended(void *context, uint32_t reason)
{
	struct service *service = context;

	(void)reason;
	link_fail(&service->link);
}

static void on_odd(void *context, enum lme_oddity what)
{
	static const char *const texts[LME_ODDITIES] = {
		[LME_MALFORMED] = "a message that is cut short or impossible",
		[LME_UNKNOWN_TYPE] = "a message of an unknown type",
		[LME_OUT_OF_ORDER] = "a message out of order",
		[LME_UNKNOWN_SERVICE] = "a request for an unknown service",
		[LME_UNKNOWN_REQUEST] = "a request of an unknown kind",
		[LME_BEYOND_WINDOW] = "more data than there was room for",
		[LME_FOREIGN_CHANNEL] =
			"a request to connect elsewhere, which was refused",
		[LME_REMOTE_PORT] =
			"a request to listen for other machines, which was refused",
		[LME_UDP] = "a datagram for another machine, which was dropped",
		[LME_OLD_VERSION] = "a protocol version before 1.0",
	};
	struct service *service = context;

	/* it may be silent from here on */
	if (what == LME_RESTARTED)
		expect_ports(service);
	/* some firmware constantly closes unknown channels and restarts the handshake */
	if (texts[what])
		log_limited(&service->odd[what], now_of(service), LOG_WARNING,
			    "AMT sent %s", texts[what]);
}

static const struct lme_hooks lme_hooks = {
	.send = on_send,
	.ready = on_ready,
	.forward = on_forward,
	.alert = on_alert,
	.opened = on_opened,
	.refused = on_refused,
	.data = on_data,
	.writable = on_writable,
	.closed = on_closed,
	.broken = on_broken,
	.ended = on_ended,
	.odd = on_odd,
};

static void on_up(void *context, uint32_t mtu)
{
	struct service *service = context;

	expect_ports(service);
	lme_start(&service->lme, now_of(service), mtu);
}

static void on_message(void *context, const uint8_t *message, size_t size)
{
	struct service *service = context;

	lme_receive(&service->lme, now_of(service), message, size);
}

/* What on_patience() has ended was reported there. */
static void report_end(struct service *service)
{
	int patient = SD_EVENT_OFF;

	sd_event_source_get_enabled(service->patience, &patient);
	if (service->named)
		log_limited(&service->lost, now_of(service), LOG_NOTICE,
			    "AMT ended the session; beginning another");
	else if (patient != SD_EVENT_OFF)
		log_limited(&service->unnamed, now_of(service), LOG_WARNING,
			    "AMT ended the session before it named a port");
	else
		return;
	status_problem(&service->status, "the session with AMT has ended");
	status_ready(&service->status);
}

/* Ports stay: a program that connects meanwhile waits for the next session. */
static void on_down(void *context)
{
	struct service *service = context;

	report_end(service);
	sd_event_source_set_enabled(service->patience, SD_EVENT_OFF);
	lme_lost(&service->lme);
	service->named = false;
}

static void on_problem(void *context, const char *text)
{
	struct service *service = context;

	status_problem(&service->status, text);
	status_ready(&service->status);
}

/* Ports that an earlier version of the firmware has asked for may be open. */
static void on_affected(void *context)
{
	struct service *service = context;

	listeners_doubt(&service->listeners);
	listeners_settle(&service->listeners);
}

static const struct link_hooks link_hooks = {
	.up = on_up,
	.message = on_message,
	.down = on_down,
	.problem = on_problem,
	.affected = on_affected,
};

/* AMT names a port and then the others, or has nothing to say. */
static int on_patience(sd_event_source *source, uint64_t now, void *context)
{
	struct service *service = context;

	(void)source;
	(void)now;
	if (service->named) {
		listeners_settle(&service->listeners);
		link_proved(&service->link);
		return 0;
	}
	log_limited(&service->unnamed, now_of(service), LOG_WARNING,
		    "AMT does not name a port within 10 seconds: another program may hold its port forwarding, or it is not set up");
	status_problem(&service->status, "AMT does not name a port");
	status_ready(&service->status);
	link_fail(&service->link);
	return 0;
}

static bool is_restricted(const struct config *config)
{
	return config->user_count || config->group_count;
}

static bool is_allowed(struct service *service, int fd, uint16_t port)
{
	uid_t uid;
	char *name;

	if (!peer_is_local(fd))
		return false;
	if (!is_restricted(service->config))
		return true;
	if (peer_of(fd, &uid) != PEER_OWNED) {
		log_limited(&service->unknown, now_of(service), LOG_WARNING,
			    "refused a connection to port %u: its owner cannot be determined",
			    port);
		return false;
	}
	if (peer_allowed(service->config, uid))
		return true;
	name = peer_name(uid);
	log_limited(&service->refused, now_of(service), LOG_NOTICE,
		    "refused a connection of user %s to port %u", name, port);
	free(name);
	return false;
}

static void pause_or_go_on(struct service *service)
{
	listeners_pause(&service->listeners,
			service->connections.count >=
				service->config->connections);
}

/* Other listeners may have one, too: settle() would come too late for these. */
static void on_accepted(void *context, int fd, uint16_t port)
{
	struct service *service = context;

	if (is_allowed(service, fd, port))
		connections_add(&service->connections, fd, port);
	else
		connections_refuse(fd);
	pause_or_go_on(service);
}

static int on_due(sd_event_source *source, uint64_t now, void *context)
{
	/* what is to be done is done in settle() */
	(void)source;
	(void)now;
	(void)context;
	return 0;
}

static void tick(struct service *service)
{
	uint64_t next = lme_tick(&service->lme, now_of(service));

	if (next == LME_NEVER) {
		sd_event_source_set_enabled(service->due, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(service->due, next * 1000);
	sd_event_source_set_enabled(service->due, SD_EVENT_ONESHOT);
}

static int settle(sd_event_source *source, void *context)
{
	struct service *service = context;
	struct status_list open, closed;

	(void)source;
	do {
		link_settle(&service->link);
		tick(service);
	} while (service->link.failed);
	connections_hold(&service->connections, link_is_busy(&service->link));
	pause_or_go_on(service);
	if (service->named) {
		open.count =
			listeners_ports(&service->listeners, true, open.ports);
		closed.count = listeners_ports(&service->listeners, false,
					       closed.ports);
		status_ports(&service->status, &open, &closed,
			     service->connections.count);
	}
	return 0;
}

/* SIGTERM and SIGINT end the loop. */
static int add_signals(sd_event *event)
{
	sigset_t signals;
	int ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	ret = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	return ret < 0 ? ret :
			 sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
}

static int add_sources(struct service *service)
{
	sd_event *event = service->event;
	int ret;

	ret = add_signals(event);
	if (ret < 0)
		return ret;
	ret = sd_event_add_time(event, &service->due, CLOCK_MONOTONIC,
				UINT64_MAX, 1000, on_due, service);
	if (ret < 0)
		return ret;
	ret = sd_event_add_time(event, &service->patience, CLOCK_MONOTONIC,
				UINT64_MAX, 0, on_patience, service);
	if (ret < 0)
		return ret;
	ret = sd_event_add_post(event, NULL, settle, service);
	return ret < 0 ? ret : link_start(&service->link);
}

static void begin(struct service *service, const struct config *config,
		  const char *path, const char *opener)
{
	service->config = config;
	lme_init(&service->lme, &lme_hooks, service);
	service->link.event = service->event;
	service->link.opener = opener;
	service->link.config = path;
	service->link.hooks = &link_hooks;
	service->link.context = service;
	service->link.fd = -1;
	service->link.events = -1;
	service->listeners.event = service->event;
	service->listeners.accepted = on_accepted;
	service->listeners.context = service;
	service->connections.event = service->event;
	service->connections.lme = &service->lme;
	service->connections.idle = config->idle * SECOND;
	service->alerts.event = service->event;
	service->alerts.lme = &service->lme;
	service->status.event = service->event;
}

int service_run(const struct config *config, const char *path,
		const char *opener)
{
	struct service *service = xrealloc(NULL, sizeof(*service));
	int ret;

	memset(service, 0, sizeof(*service));
	ret = sd_event_new(&service->event);
	if (ret < 0)
		out_of_memory();
	if (!peer_begin())
		log_line(LOG_WARNING,
			 "the kernel cannot tell who owns a socket (module tcp_diag)%s",
			 is_restricted(config) ?
				 ": every connection is refused" :
				 "");
	begin(service, config, path, opener);
	ret = add_sources(service);
	if (ret >= 0)
		ret = sd_event_loop(service->event);
	status_close(&service->status);
	listeners_close(&service->listeners);
	connections_close(&service->connections);
	alerts_close(&service->alerts);
	link_close(&service->link);
	sd_event_source_disable_unref(service->due);
	sd_event_source_disable_unref(service->patience);
	sd_event_unref(service->event);
	peer_end();
	explicit_bzero(service, sizeof(*service));
	free(service);
	return ret < 0 ? ret : 0;
}
