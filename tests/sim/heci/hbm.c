// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host bus message protocol: start, enumeration, connections, flow
 * control, notification, power gating, and the way of an answer from a
 * firmware client to the host, on which faults.c is asked. What is refused here is
 * refused as the protocol has it; nothing but a link reset ends a bad host.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* numbers of messages; an answer has bit 7 set */
#define RESPONSE	0x80

enum {
	HOST_START = 0x01,
	HOST_STOP = 0x02,
	ENUM = 0x04,
	PROPERTIES = 0x05,
	CONNECT = 0x06,
	DISCONNECT = 0x07,
	FLOW_CONTROL = 0x08,
	PG_ENTRY = 0x0a,
	PG_EXIT = 0x0b,
	ADD_CLIENT = 0x0f,
	NOTIFY = 0x10,
	NOTIFICATION = 0x11,
	DMA_SETUP = 0x12,
	CAPABILITIES = 0x13,
	CLIENT_DMA_MAP = 0x14,
	CLIENT_DMA_UNMAP = 0x15,
};

enum {
	OK,
	NOT_FOUND,
	EXISTS,
	REJECTED,
	INVALID,
	NOT_ALLOWED,
	ALREADY_STARTED,
	NOT_STARTED,
};

static const char *const status_names[] = {
	"ok", "client not found", "already exists", "rejected",
	"invalid parameter", "not allowed", "already started", "not started",
};

static const char *status_name(uint8_t status)
{
	return status < ARRAY_SIZE(status_names) ? status_names[status] :
						   "no known status";
}

#define ENUM_ALLOW_ADD	0x01
#define PROPERTIES_LEN	24
#define DMA_BUFFERS	3
#define CONNECTIONS	32
#define PENDING_MAX	64	/* answers that wait for the host's credit */
#define CREDITS_MAX	0xffffu

/* an answer that waits for its time and for the host's credit */
struct answer {
	struct answer *next;
	uint64_t due;
	size_t len;
	uint8_t data[];
};

struct connection {
	struct client *client;		/* NULL: free */
	uint8_t host;
	unsigned int host_credits;	/* what the firmware may send */
	unsigned int fw_credits;	/* what the host may send */
	unsigned int withheld;
	bool notify;
	struct answer *answers;
	unsigned int pending;
	size_t have;
	uint8_t message[CLIENT_MESSAGE_MAX];
};

static struct client *const clients[] = {
	&watchdog_client, &echo_client, &amthi_client, &mkhi_client,
	&mkhi_fixed_client, &lme_client,
};
static struct connection connections[CONNECTIONS];

static uint8_t fw_major = 2, fw_minor;
static bool mute, started, enumerated, may_add;
static uint8_t host_major, host_minor;
static unsigned long violations;

/*
 * Clients and connections
 */

struct client *client_at(unsigned int i)
{
	return i < ARRAY_SIZE(clients) ? clients[i] : NULL;
}

struct client *client_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clients); i++)
		if (!strcmp(clients[i]->name, name))
			return clients[i];
	return NULL;
}

static struct client *client_by_address(uint8_t me)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clients); i++)
		if (clients[i]->me_addr == me && !clients[i]->absent)
			return clients[i];
	return NULL;
}

static struct connection *find(uint8_t me, uint8_t host)
{
	struct connection *c;

	for (c = connections; c < connections + CONNECTIONS; c++)
		if (c->client && c->client->me_addr == me && c->host == host)
			return c;
	return NULL;
}

/*
 * Connections that the firmware ended, until the host has answered: what it sent before
 * may still come. Address 0 is the bus: none.
 */
static struct leaving {
	uint8_t me, host;
} leaving[CONNECTIONS];

static struct leaving *find_leaving(uint8_t me, uint8_t host)
{
	struct leaving *l;

	for (l = leaving; l < leaving + CONNECTIONS; l++)
		if (l->me == me && l->host == host)
			return l;
	return NULL;
}

static void begin_leaving(uint8_t me, uint8_t host)
{
	struct leaving *l = find_leaving(0, 0);

	if (l)
		*l = (struct leaving){ me, host };
}

static void end_leaving(uint8_t me, uint8_t host)
{
	struct leaving *l = find_leaving(me, host);

	if (l)
		*l = (struct leaving){ 0 };
}

/* something came for a connection there is not */
static void not_connected(const char *what, uint8_t me, uint8_t host)
{
	if (find_leaving(me, host))
		note("%s for %u/%u has crossed the disconnect", what, me, host);
	else
		hbm_violation("%s for %u/%u, which is not connected", what, me,
			      host);
}

unsigned int client_connections(const struct client *cl)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < CONNECTIONS; i++)
		n += connections[i].client == cl;
	return n;
}

static void close_connection(struct connection *c)
{
	struct answer *a;

	if (c->client && c->client->closed)
		c->client->closed(c);
	while (c->answers) {
		a = c->answers;
		c->answers = a->next;
		free(a);
	}
	memset(c, 0, sizeof(*c));
}

void hbm_link_lost(void)
{
	size_t i;

	started = false;
	enumerated = false;
	may_add = false;
	for (i = 0; i < CONNECTIONS; i++)
		close_connection(&connections[i]);
	memset(leaving, 0, sizeof(leaving));
	for (i = 0; i < ARRAY_SIZE(clients); i++)
		clients[i]->known = false;
}

/* the machine was switched off or reset: the watchdog runs in S0 only */
void hbm_host_gone(void)
{
	hbm_link_lost();
	watchdog_disarm("the host has no power or was reset");
}

void hbm_set_version(uint8_t major, uint8_t minor)
{
	fw_major = major;
	fw_minor = minor;
}

void hbm_set_mute(bool on)
{
	mute = on;
}

const char *hbm_state(void)
{
	if (!started)
		return "down";
	return enumerated ? "enumerated" : "started";
}

unsigned long hbm_violations(void)
{
	return violations;
}

void hbm_violation(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	violations++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note("VIOLATION by the host: %s", text);
}

/*
 * Firmware to host
 */

static void send_bus(const uint8_t *data, size_t len, const char *fmt, ...)
	PRINTF(3, 4);

static void send_bus(const uint8_t *data, size_t len, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (mute) {
		note("not sent, the firmware is mute: %s", text);
		return;
	}
	log_message("tx", data, len, "hbm %s", text);
	heci_send(0, 0, data, len);
}

static void give_credit(struct connection *c)
{
	const uint8_t msg[8] = { FLOW_CONTROL, c->client->me_addr, c->host };

	c->fw_credits++;
	send_bus(msg, sizeof(msg), "credit for %s/%u", c->client->name, c->host);
}

static void grant(struct connection *c)
{
	if (c->client->fixed)
		return;
	if (take_one(&c->client->faults.withhold)) {
		c->withheld++;
		note("credit for %s/%u withheld", c->client->name, c->host);
		return;
	}
	give_credit(c);
}

/* client_grant - hand out what was withheld; returns how many credits */
unsigned int client_grant(struct client *cl)
{
	struct connection *c;
	unsigned int n = 0;

	for (c = connections; c < connections + CONNECTIONS; c++)
		for (; c->client == cl && c->withheld; c->withheld--, n++)
			give_credit(c);
	return n;
}

static void queue_answer(struct connection *c, const uint8_t *data, size_t len,
			 uint64_t due)
{
	struct answer **at = &c->answers, *a;

	if (c->pending == PENDING_MAX) {
		note("the host reads nothing of %s/%u: an answer is lost",
		     c->client->name, c->host);
		return;
	}
	a = calloc(1, sizeof(*a) + len);
	if (!a)
		abort();
	a->due = due;
	a->len = len;
	if (len)
		memcpy(a->data, data, len);
	while (*at)
		at = &(*at)->next;
	*at = a;
	c->pending++;
}

/* client_answer - a client's answer, after all that is to go wrong with it */
void client_answer(struct connection *c, const uint8_t *data, size_t len)
{
	uint8_t buf[CLIENT_MESSAGE_MAX];
	unsigned int times;
	uint64_t due;

	memset(buf, 0, sizeof(buf));
	if (len)
		memcpy(buf, data, len);
	times = faults_apply(c->client, c->host, buf, &len, &due);
	while (times--)
		queue_answer(c, buf, len, due);
}

/* without faults, to every host that is connected */
void client_unsolicited(struct client *cl, const uint8_t *data, size_t len)
{
	struct connection *c;

	for (c = connections; c < connections + CONNECTIONS; c++)
		if (c->client == cl)
			queue_answer(c, data, len, now_ns());
}

/* client_disconnect - the firmware ends a connection */
void client_disconnect(struct connection *c)
{
	const uint8_t msg[4] = { DISCONNECT, c->client->me_addr, c->host };

	send_bus(msg, sizeof(msg), "disconnect %s/%u", c->client->name,
		 c->host);
	begin_leaving(c->client->me_addr, c->host);
	close_connection(c);
}

unsigned int client_pending(const struct connection *c)
{
	return c->pending;
}

static bool may_send(const struct connection *c)
{
	return c->host_credits || (c->client && c->client->fixed);
}

/* the first half of an answer, and the connection ends */
static void cut_answer(struct connection *c, const struct answer *a)
{
	size_t len = a->len / 2 & ~3u;

	c->client->faults.applied++;
	note("FAULT answer of %s/%u ends after %zu of %zu bytes",
	     c->client->name, c->host, len, a->len);
	heci_send_part(c->client->me_addr, c->host, a->data, len);
	client_disconnect(c);
}

/* a delayed answer lets later ones pass, as nothing forbids it */
static void send_answers(struct connection *c, uint64_t now)
{
	struct answer **at = &c->answers, *a;

	while (may_send(c) && (a = *at)) {
		if (a->due > now) {
			at = &a->next;
			continue;
		}
		if (take_one(&c->client->faults.disconnect)) {
			cut_answer(c, a);
			return;
		}
		c->host_credits -= !c->client->fixed;
		c->pending--;
		*at = a->next;
		log_message("tx", a->data, a->len, "%s/%u %s", c->client->name,
			    c->host, c->client->describe(a->data, a->len));
		heci_send(c->client->me_addr, c->host, a->data, a->len);
		free(a);
	}
}

uint64_t hbm_due(void)
{
	const struct connection *c;
	const struct answer *a;
	uint64_t due = NEVER;

	for (c = connections; c < connections + CONNECTIONS; c++)
		for (a = may_send(c) ? c->answers : NULL; a; a = a->next)
			if (a->due < due)
				due = a->due;
	return due;
}

void hbm_run(uint64_t now)
{
	struct connection *c;

	for (c = connections; c < connections + CONNECTIONS; c++)
		send_answers(c, now);
}

bool client_notify(struct client *cl)
{
	struct connection *c;
	bool sent = false;

	for (c = connections; c < connections + CONNECTIONS; c++) {
		const uint8_t msg[4] = { NOTIFICATION, cl->me_addr, c->host };

		if (c->client != cl || !c->notify)
			continue;
		send_bus(msg, sizeof(msg), "notification for %s/%u", cl->name,
			 c->host);
		sent = true;
	}
	if (!sent)
		note("no notification: no host asked for those of %s", cl->name);
	return sent;
}

static void put_properties(uint8_t *p, struct client *cl)
{
	memcpy(p, cl->uuid, sizeof(cl->uuid));
	p[16] = cl->version;
	p[17] = cl->max_connections;
	p[18] = cl->fixed ? cl->me_addr : 0;
	p[19] = 0;			/* a buffer for each connection */
	put32(p + 20, cl->max_message);
	cl->told_version = cl->version;
	cl->known = true;
}

/*
 * client_remove - end a client: its connections are closed and it is not
 * enumerated again. The protocol has no message that removes it from the
 * host's list, so a host forgets it only with the link reset.
 */
int client_remove(struct client *cl, bool reset)
{
	struct connection *c;

	cl->absent = true;
	cl->known = false;
	note("client %s removed", cl->name);
	for (c = connections; c < connections + CONNECTIONS; c++)
		if (c->client == cl)
			client_disconnect(c);
	if (reset && heci_link_up())
		heci_link_reset("its clients have changed");
	return 0;
}

/* client_add - back again; -1: the host must find it at its next start */
int client_add(struct client *cl)
{
	uint8_t msg[4 + PROPERTIES_LEN] = { ADD_CLIENT, cl->me_addr };

	cl->absent = false;
	note("client %s added", cl->name);
	if (!enumerated || !may_add || !heci_link_up())
		return -1;
	if (cl->known)
		return 0;
	put_properties(msg + 4, cl);
	send_bus(msg, sizeof(msg), "add client %s at %u version %u", cl->name,
		 cl->me_addr, cl->version);
	return 0;
}

void client_print(const struct client *cl,
		  void (*print)(void *arg, const char *fmt, ...), void *arg)
{
	const struct connection *c;

	for (c = connections; c < connections + CONNECTIONS; c++) {
		if (c->client != cl)
			continue;
		print(arg, "%s.connection host=%u credits=%u may-send=%u "
		      "withheld=%u pending=%u notify=%s\n", cl->name, c->host,
		      c->fw_credits, c->host_credits, c->withheld, c->pending,
		      c->notify ? "yes" : "no");
	}
}

/*
 * Host to firmware: the handlers of bus messages. The table has checked the
 * length.
 */

static void on_start(const uint8_t *m)
{
	uint8_t msg[4] = { HOST_START | RESPONSE, 0, fw_minor, fw_major };

	host_minor = m[2];
	host_major = m[3];
	msg[1] = host_major < fw_major ||
		 (host_major == fw_major && host_minor <= fw_minor);
	started = true;
	enumerated = false;
	send_bus(msg, sizeof(msg), "start response %ssupported, max %u.%u",
		 msg[1] ? "" : "not ", fw_major, fw_minor);
}

static void on_stop(const uint8_t *m)
{
	const uint8_t msg[4] = { HOST_STOP | RESPONSE };

	(void)m;
	hbm_link_lost();
	send_bus(msg, sizeof(msg), "stop response");
}

static void on_enum(const uint8_t *m)
{
	uint8_t msg[36] = { ENUM | RESPONSE };
	size_t i;

	may_add = m[1] & ENUM_ALLOW_ADD;
	for (i = 0; i < ARRAY_SIZE(clients); i++)
		if (!clients[i]->absent)
			msg[4 + clients[i]->me_addr / 8] |=
				1 << clients[i]->me_addr % 8;
	enumerated = true;
	send_bus(msg, sizeof(msg), "enumeration response");
}

static void on_properties(const uint8_t *m)
{
	uint8_t msg[4 + PROPERTIES_LEN] = { PROPERTIES | RESPONSE, m[1] };
	struct client *cl = client_by_address(m[1]);

	if (!cl) {
		msg[2] = NOT_FOUND;
		send_bus(msg, sizeof(msg), "properties of %u: %s", m[1],
			 status_name(NOT_FOUND));
		return;
	}
	put_properties(msg + 4, cl);
	send_bus(msg, sizeof(msg), "properties of %u: %s version %u", m[1],
		 cl->name, cl->version);
}

static struct connection *occupy(struct client *cl, uint8_t host)
{
	struct connection *c;

	for (c = connections; c < connections + CONNECTIONS; c++) {
		if (c->client)
			continue;
		c->client = cl;
		c->host = host;
		return c;
	}
	return NULL;
}

static uint8_t try_connect(struct client *cl, uint8_t host)
{
	if (!cl)
		return NOT_FOUND;
	if (take_one(&cl->faults.refuse))
		return cl->faults.refuse_status;
	if (cl->fixed)
		return NOT_ALLOWED;
	if (!host)
		return INVALID;
	if (find(cl->me_addr, host))
		return EXISTS;
	if (client_connections(cl) >= cl->max_connections)
		return EXISTS;
	return occupy(cl, host) ? OK : REJECTED;
}

static void on_connect(const uint8_t *m)
{
	uint8_t msg[4] = { CONNECT | RESPONSE, m[1], m[2] };
	struct connection *c;

	end_leaving(m[1], m[2]);
	msg[3] = try_connect(client_by_address(m[1]), m[2]);
	send_bus(msg, sizeof(msg), "connect %u/%u: %s", m[1], m[2],
		 status_name(msg[3]));
	c = find(m[1], m[2]);
	if (!c || msg[3])
		return;
	grant(c);
	if (c->client->connected)
		c->client->connected(c);
}

static void on_disconnect(const uint8_t *m)
{
	uint8_t msg[4] = { DISCONNECT | RESPONSE, m[1], m[2] };
	struct connection *c = find(m[1], m[2]);

	msg[3] = c ? OK : NOT_FOUND;
	if (c)
		close_connection(c);
	send_bus(msg, sizeof(msg), "disconnect %u/%u: %s", m[1], m[2],
		 status_name(msg[3]));
}

/* the host has seen that the firmware ended a connection */
static void on_disconnected(const uint8_t *m)
{
	end_leaving(m[1], m[2]);
}

static void on_flow_control(const uint8_t *m)
{
	struct connection *c = find(m[1], m[2]);

	if (!c)
		not_connected("credit", m[1], m[2]);
	else if (c->host_credits < CREDITS_MAX)
		c->host_credits++;
}

static void on_pg_entry(const uint8_t *m)
{
	const uint8_t msg[4] = { PG_ENTRY | RESPONSE };

	(void)m;
	heci_pg_isolated(true);
	send_bus(msg, sizeof(msg), "power gating entry response");
}

static void on_pg_exit_response(const uint8_t *m)
{
	(void)m;
	heci_pg_isolated(false);
}

void hbm_request_pg_exit(void)
{
	const uint8_t msg[4] = { PG_EXIT };

	send_bus(msg, sizeof(msg), "power gating exit request");
}

static void on_notify(const uint8_t *m)
{
	uint8_t msg[8] = { NOTIFY | RESPONSE, m[1], m[2], OK, m[3] };
	struct connection *c = find(m[1], m[2]);
	bool start = m[3] & 1;

	if (!c)
		msg[3] = NOT_FOUND;
	else if (take_one(&c->client->faults.refuse_notify))
		msg[3] = c->client->faults.refuse_notify_status;
	else if (c->notify == start)
		msg[3] = start ? ALREADY_STARTED : NOT_STARTED;
	else
		c->notify = start;
	send_bus(msg, sizeof(msg), "notification %s %u/%u: %s",
		 start ? "start" : "stop", m[1], m[2], status_name(msg[3]));
}

/* memory descriptors of the host's rings: high, low, size; never used */
static void on_dma_setup(const uint8_t *m)
{
	const uint8_t msg[4] = { DMA_SETUP | RESPONSE, NOT_ALLOWED };
	unsigned int i;

	for (i = 0; i < DMA_BUFFERS; i++) {
		const uint8_t *d = m + 4 + 12 * i;
		uint64_t addr = (uint64_t)get32(d) << 32 | get32(d + 4);

		note("DMA ring %u offered: 0x%llx, %u bytes, %s", i,
		     (unsigned long long)addr, get32(d + 8),
		     dma_mapped(addr, get32(d + 8)) ? "guest memory" :
						      "outside guest memory");
	}
	send_bus(msg, sizeof(msg), "DMA setup: %s", status_name(NOT_ALLOWED));
}

static void on_capabilities(const uint8_t *m)
{
	const uint8_t msg[4] = { CAPABILITIES | RESPONSE };

	(void)m;
	send_bus(msg, sizeof(msg), "capabilities: none");
}

static void on_client_dma(const uint8_t *m)
{
	const uint8_t msg[4] = { m[0] | RESPONSE, NOT_ALLOWED };

	send_bus(msg, sizeof(msg), "client DMA: %s", status_name(NOT_ALLOWED));
}

static void on_quiet(const uint8_t *m)
{
	(void)m;
}

static const struct handler {
	uint8_t command;
	uint8_t min, max;
	bool early;		/* allowed before the host has started */
	const char *name;
	void (*fn)(const uint8_t *m);
} handlers[] = {
	{ HOST_START, 4, 4, true, "start request", on_start },
	{ HOST_STOP, 4, 4, true, "stop request", on_stop },
	{ ENUM, 4, 4, false, "enumeration request", on_enum },
	{ PROPERTIES, 4, 4, false, "properties request", on_properties },
	{ CONNECT, 4, 4, false, "connect request", on_connect },
	{ CONNECT | RESPONSE, 4, 4, false, "connect response", on_quiet },
	{ DISCONNECT, 4, 4, false, "disconnect request", on_disconnect },
	{ DISCONNECT | RESPONSE, 4, 4, false, "disconnect response",
	  on_disconnected },
	{ FLOW_CONTROL, 8, 8, false, "credit", on_flow_control },
	{ PG_ENTRY, 4, 4, false, "power gating entry request", on_pg_entry },
	{ PG_EXIT | RESPONSE, 4, 4, false, "power gating exit response",
	  on_pg_exit_response },
	{ ADD_CLIENT | RESPONSE, 4, 4, false, "add client response", on_quiet },
	{ NOTIFY, 4, 4, false, "notification request", on_notify },
	{ DMA_SETUP, 40, 40, false, "DMA setup request", on_dma_setup },
	{ CAPABILITIES, 4, 8, false, "capabilities request", on_capabilities },
	{ CLIENT_DMA_MAP, 4, 64, false, "client DMA map", on_client_dma },
	{ CLIENT_DMA_UNMAP, 4, 64, false, "client DMA unmap", on_client_dma },
};

static void receive_bus(const uint8_t *data, size_t len)
{
	const struct handler *h = handlers;

	while (h < handlers + ARRAY_SIZE(handlers) &&
	       (!len || h->command != data[0]))
		h++;
	if (h == handlers + ARRAY_SIZE(handlers)) {
		log_message("rx", data, len, "hbm unknown");
		hbm_violation("a bus message that the firmware does not know");
		return;
	}
	log_message("rx", data, len, "hbm %s", h->name);
	if (len < h->min || len > h->max)
		hbm_violation("%s of %zu bytes, expected %u to %u", h->name,
			      len, h->min, h->max);
	else if (!started && !h->early)
		hbm_violation("%s before start", h->name);
	else
		h->fn(data);
}

/* gather the pieces of a client's message */
static void receive_client(struct connection *c, bool complete,
			   const uint8_t *data, size_t len)
{
	struct client *cl = c->client;
	size_t total = c->have + len;

	if (!c->have && !c->fw_credits && !cl->fixed) {
		log_message("rx", data, len, "%s/%u", cl->name, c->host);
		hbm_violation("a message for %s/%u without credit", cl->name,
			      c->host);
		return;
	}
	if (total > cl->max_message) {
		hbm_violation("a message for %s/%u of more than %u bytes",
			      cl->name, c->host, cl->max_message);
		heci_link_reset("a message is too long");
		return;
	}
	memcpy(c->message + c->have, data, len);
	c->have = total;
	if (!complete)
		return;
	c->have = 0;
	if (c->fw_credits)
		c->fw_credits--;
	log_message("rx", c->message, total, "%s/%u %s", cl->name, c->host,
		    cl->describe(c->message, total));
	cl->message(c, c->message, total);
	/* the client may have reset the link */
	if (c->client)
		grant(c);
}

/* a client with a fixed address is spoken to without a connection */
static struct connection *open_fixed(uint8_t me)
{
	struct client *cl = client_by_address(me);

	return cl && cl->fixed && enumerated ? occupy(cl, 0) : NULL;
}

void hbm_receive(uint8_t me, uint8_t host, bool complete, const uint8_t *data,
		 size_t len)
{
	struct connection *c;

	if (!me && !host) {
		if (!complete)
			hbm_violation("a bus message in pieces");
		else
			receive_bus(data, len);
		return;
	}
	c = find(me, host);
	if (!c && !host)
		c = open_fixed(me);
	if (!c) {
		log_message("rx", data, len, "%u/%u", me, host);
		not_connected("a message", me, host);
		return;
	}
	receive_client(c, complete, data, len);
}
