// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LME: the firmware's side of port forwarding (APF). It asks the host to
 * forward its ports and takes the channels that the host opens to them: HTTP
 * goes to http.c, TLS to a server outside (relay.c). Knobs are at the end.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "amt.h"
#include "apf.h"
#include "control.h"

#define SLOTS		RELAYS
#define REQUESTS	16		/* global requests that wait for a reply */
#define DEFAULT_WINDOW	4096
#define DEFAULT_CHUNK	4096
#define OVERRUN		64		/* bytes beyond the window */
#define PENDING_MAX	8		/* messages that wait for the host */
#define REBIND_DELAY	(20 * MS)
#define DROP_DELAY	(20 * MS)
#define TRIGGER_LME	254
#define STRAY_PLACE	99		/* beyond all slots */
#define PORT_HTTP	16992
#define PORT_TLS	16993

static const char service_pfwd[] = "pfwd@amt.intel.com";
static const char service_auth[] = "auth@amt.intel.com";

/* how far the session is */
enum stage {
	STAGE_NONE,
	STAGE_AUTH,
	STAGE_LOGIN,
	STAGE_SERVICE,
	STAGE_READY,
};

static const char *const stage_names[] = {
	"none", "auth", "login", "service", "ready",
};

static struct port {
	uint16_t number;
	bool tls;
	bool asked, bound;
} ports[] = {
	{ .number = 16992 }, { .number = 623 },
	{ .number = 16993, .tls = true }, { .number = 664, .tls = true },
};

enum kind { KIND_HTTP, KIND_RELAY, KIND_ALERT };

static struct channel {
	bool used, open, leaked, closing;	/* closing: CLOSE was sent */
	enum kind kind;
	uint32_t peer;			/* the host's number of it */
	uint32_t credit;		/* what may be sent to the host */
	uint32_t window;		/* what the host may send */
	uint32_t owed;			/* not adjusted yet */
	struct http *http;
	char *alert;			/* the whole of it */
	size_t alert_at;		/* what was sent of it */
	int fd;
	bool ended;			/* the server has */
	uint8_t *out;			/* for the server */
	size_t out_len;
} channels[SLOTS];

static struct connection *conn;		/* the one that counts */
static enum stage stage;
static bool version_sent, stray_place;	/* stray_place: may be closed once */
static struct {
	struct port *port;
	bool cancel;
} waiting[REQUESTS];
static unsigned int n_waiting;
static uint64_t rebind_at = NEVER, drop_at = NEVER;
static int alert_status;		/* of the last answer to an alert */

static struct {
	unsigned long opens, refused, closes, violations, disconnects, unknown;
	unsigned long alerts, alerts_refused;
	unsigned long long in, out;
} count;

/* knobs; the first group is what kind of firmware it is */
enum { PORTS_AUTO, PORTS_PLAIN, PORTS_TLS, PORTS_ALL };

static unsigned int port_set = PORTS_AUTO;
static bool auth_first, wait_for_version, no_rebind;
static uint32_t window = DEFAULT_WINDOW, chunk = DEFAULT_CHUNK;
static bool no_adjust;
static long refuse_count, stale_count, overrun_count, lie_count, leak_count,
	drop_count;
static uint32_t refuse_reason, lie_length;
static uint64_t reset_after;		/* bytes to the host; 0: never */

static void violation(const char *what)
{
	count.violations++;
	note("VIOLATION by the host: lme: %s", what);
}

/*
 * Sending
 */

static void send_message(struct apf_out *o)
{
	static const uint8_t shifts[4] = { 24, 16, 8, 0 };
	int i;

	if (!conn)
		return;
	if (o->string_at && take_one(&lie_count)) {
		note("FAULT lme: a length of %u", lie_length);
		for (i = 0; i < 4; i++)
			o->data[o->string_at + i] = lie_length >> shifts[i];
	}
	client_answer(conn, o->data, o->len);
}

static void send_numbers(enum apf_type type, size_t n, const uint32_t *numbers)
{
	struct apf_out o;
	size_t i;

	apf_begin(&o, type);
	for (i = 0; i < n; i++)
		apf_put32(&o, numbers[i]);
	send_message(&o);
}

static void send_service(const char *name)
{
	struct apf_out o;

	apf_begin(&o, APF_SERVICE_REQUEST);
	apf_put_string(&o, name);
	send_message(&o);
}

static void send_version(void)
{
	static const uint8_t reserved[64];
	struct apf_out o;

	if (version_sent)
		return;
	version_sent = true;
	apf_begin(&o, APF_PROTOCOL_VERSION);
	apf_put32(&o, 1);
	apf_put32(&o, 0);
	apf_put32(&o, TRIGGER_LME);
	apf_put_bytes(&o, amt.uuid, sizeof(amt.uuid));
	apf_put_bytes(&o, reserved, sizeof(reserved));
	send_message(&o);
}

static void send_login(void)
{
	struct apf_out o;

	apf_begin(&o, APF_USERAUTH_REQUEST);
	apf_put_string(&o, "lms");
	apf_put_string(&o, service_pfwd);
	apf_put_string(&o, "none");
	send_message(&o);
}

static void end_session(void);

static void send_disconnect(uint32_t reason)
{
	struct apf_out o;

	count.disconnects++;
	apf_begin(&o, APF_DISCONNECT);
	apf_put32(&o, reason);
	apf_put8(&o, 0);
	apf_put8(&o, 0);
	send_message(&o);
	end_session();
}

/*
 * Ports
 */

static bool wanted(const struct port *p)
{
	switch (port_set) {
	case PORTS_PLAIN:
		return !p->tls;
	case PORTS_TLS:
		return p->tls;
	case PORTS_ALL:
		return true;
	}
	return p->tls == !!amt.tls_enforced;
}

static void ask(struct port *p, bool cancel)
{
	struct apf_out o;

	if (n_waiting == REQUESTS) {
		note("lme: the host has not answered %u global requests", n_waiting);
		return;
	}
	waiting[n_waiting].port = p;
	waiting[n_waiting++].cancel = cancel;
	p->asked = !cancel;
	apf_begin(&o, APF_GLOBAL_REQUEST);
	apf_put_string(&o, cancel ? "cancel-tcpip-forward" : "tcpip-forward");
	apf_put8(&o, 1);
	apf_put_string(&o, amt.fqdn);
	apf_put32(&o, p->number);
	send_message(&o);
}

static void advertise(void)
{
	struct port *p;

	for (p = ports; p < ports + ARRAY_SIZE(ports); p++)
		if (wanted(p) && !p->asked)
			ask(p, false);
}

static void rebind(void)
{
	struct port *p;

	rebind_at = NEVER;
	if (stage != STAGE_READY)
		return;
	for (p = ports; p < ports + ARRAY_SIZE(ports); p++)
		if (p->asked)
			ask(p, true);
	advertise();
}

/* lme_readvertise - soon: an answer may be on its way */
void lme_readvertise(void)
{
	if (!no_rebind)
		rebind_at = now_ns() + REBIND_DELAY;
}

static struct port *find_port(uint32_t number)
{
	struct port *p;

	for (p = ports; p < ports + ARRAY_SIZE(ports); p++)
		if (p->number == number && p->bound)
			return p;
	return NULL;
}

/*
 * Channels
 */

static void free_channel(struct channel *ch)
{
	http_free(ch->http);
	free(ch->alert);
	if (ch->used && ch->kind == KIND_RELAY && ch->fd >= 0)
		close(ch->fd);
	free(ch->out);
	memset(ch, 0, sizeof(*ch));
	ch->fd = -1;
}

static void end_session(void)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		free_channel(&channels[i]);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		ports[i].asked = false;
		ports[i].bound = false;
	}
	stage = STAGE_NONE;
	version_sent = false;
	stray_place = false;
	n_waiting = 0;
	rebind_at = NEVER;
	drop_at = NEVER;
}

static struct channel *free_slot(void)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		if (!channels[i].used)
			return &channels[i];
	return NULL;
}

/* the channel of this number that the host may speak about */
static struct channel *find_channel(uint32_t number)
{
	struct channel *ch = number < SLOTS ? &channels[number] : NULL;

	return ch && ch->used && !ch->leaked ? ch : NULL;
}

static uint32_t number_of(const struct channel *ch)
{
	return ch - channels;
}

static void send_close(struct channel *ch)
{
	if (ch->closing)
		return;
	ch->closing = true;
	send_numbers(APF_CHANNEL_CLOSE, 1, &ch->peer);
}

static void send_stale_close(void)
{
	if (take_one(&stale_count)) {
		note("FAULT lme: a close of channel 0, which nobody opened");
		send_numbers(APF_CHANNEL_CLOSE, 1, (const uint32_t[]){ 0 });
	}
}

static void adjust(struct channel *ch)
{
	if (no_adjust || !ch->owed)
		return;
	send_numbers(APF_WINDOW_ADJUST, 2,
		     (const uint32_t[]){ ch->peer, ch->owed });
	ch->window += ch->owed;
	ch->owed = 0;
}

/* this much of what the host sent is done with */
static void consumed(struct channel *ch, size_t len)
{
	ch->owed += len;
	adjust(ch);
}

static void send_data(struct channel *ch, const void *data, size_t len)
{
	struct apf_out o;

	apf_begin(&o, APF_CHANNEL_DATA);
	apf_put32(&o, ch->peer);
	apf_put_counted(&o, data, len);
	send_message(&o);
	ch->credit -= len < ch->credit ? len : ch->credit;
	count.out += len;
	if (!reset_after)
		return;
	if (reset_after > len) {
		reset_after -= len;
		return;
	}
	reset_after = 0;
	heci_link_reset("in the middle of a transfer");
}

/* what the channel's owner has to say, at most this much; -1: it has ended */
static ssize_t produce(struct channel *ch, uint8_t *buf, size_t max,
		       uint64_t now)
{
	ssize_t n;

	switch (ch->kind) {
	case KIND_HTTP:
		n = http_give(ch->http, buf, max, now);
		return !n && http_over(ch->http) ? -1 : n;
	case KIND_ALERT:
		n = strlen(ch->alert + ch->alert_at);
		n = (size_t)n < max ? n : (ssize_t)max;
		memcpy(buf, ch->alert + ch->alert_at, n);
		ch->alert_at += n;
		return n;
	case KIND_RELAY:
		if (ch->ended)
			return -1;
		n = recv(ch->fd, buf, max, 0);
		if (n < 0 && errno == EAGAIN)
			return 0;
		ch->ended = n <= 0;
		return n > 0 ? n : -1;
	}
	return -1;
}

static bool has_more(const struct channel *ch, uint64_t now)
{
	return ch->kind == KIND_ALERT ? ch->alert[ch->alert_at] :
	       ch->kind == KIND_HTTP && http_due(ch->http) <= now;
}

static size_t allowed(struct channel *ch, uint64_t now)
{
	size_t max = chunk;

	if (ch->credit < max && has_more(ch, now) && take_one(&overrun_count)) {
		note("FAULT lme: data beyond the window of channel %u",
		     number_of(ch));
		return ch->credit + OVERRUN;
	}
	return ch->credit < max ? ch->credit : max;
}

/* send what there is, as the host's window and its reading allow */
static void pump(struct channel *ch, uint64_t now)
{
	uint8_t buf[APF_MAX];
	ssize_t n = 1;
	size_t max;

	while (conn && ch->used && ch->open && !ch->closing && n > 0 &&
	       client_pending(conn) < PENDING_MAX) {
		max = allowed(ch, now);
		n = max || ch->kind != KIND_RELAY ? produce(ch, buf, max, now) :
						    0;
		if (n > 0)
			send_data(ch, buf, n);
		else if (n < 0)
			send_close(ch);
	}
}

/*
 * The server behind the TLS port
 */

static void flush_relay(struct channel *ch)
{
	ssize_t n;

	if (!ch->out_len)
		return;
	n = send(ch->fd, ch->out, ch->out_len, MSG_NOSIGNAL);
	if (n < 0) {
		ch->ended = errno != EAGAIN;
		return;
	}
	memmove(ch->out, ch->out + n, ch->out_len - n);
	ch->out_len -= n;
	consumed(ch, n);
}

static void queue_relay(struct channel *ch, const uint8_t *data, size_t len)
{
	ch->out = realloc(ch->out, ch->out_len + len + 1);
	if (!ch->out)
		abort();
	memcpy(ch->out + ch->out_len, data, len);
	ch->out_len += len;
	flush_relay(ch);
}

int lme_poll_fd(unsigned int i, short *events)
{
	const struct channel *ch = &channels[i];

	*events = 0;
	if (!conn || !ch->used || ch->kind != KIND_RELAY || ch->ended)
		return -1;
	if (ch->credit && client_pending(conn) < PENDING_MAX)
		*events |= POLLIN;
	if (ch->out_len)
		*events |= POLLOUT;
	return *events ? ch->fd : -1;
}

void lme_poll_event(unsigned int i)
{
	struct channel *ch = &channels[i];

	if (!conn || !ch->used || ch->kind != KIND_RELAY)
		return;
	flush_relay(ch);
	if (conn && ch->used)
		pump(ch, now_ns());
}

/*
 * From the host
 */

static void fail_open(uint32_t peer, uint32_t reason)
{
	count.refused++;
	send_numbers(APF_OPEN_FAILURE, 4,
		     (const uint32_t[]){ peer, reason, 0, 0 });
}

/* 0, or why it is refused */
static uint32_t open_channel(struct channel *ch, uint32_t number)
{
	const struct port *p = find_port(number);

	if (take_one(&refuse_count)) {
		note("FAULT lme: an open is refused");
		return refuse_reason;
	}
	if (!p)
		return APF_PROHIBITED;
	if (!ch)
		return APF_RESOURCE_SHORTAGE;
	if (number != PORT_HTTP && number != PORT_TLS)
		return APF_CONNECT_FAILED;
	ch->kind = number == PORT_TLS ? KIND_RELAY : KIND_HTTP;
	ch->fd = -1;
	if (ch->kind == KIND_RELAY) {
		ch->fd = relay_open();
		if (ch->fd < 0)
			return APF_CONNECT_FAILED;
	} else {
		ch->http = http_open();
	}
	ch->used = true;
	ch->open = true;
	return 0;
}

static void on_open(struct apf_in *in)
{
	struct apf_string type = apf_get_string(in);
	uint32_t peer = apf_get32(in), credit = apf_get32(in), number, reason;
	struct channel *ch = free_slot();

	apf_get32(in);
	apf_get_string(in);
	number = apf_get32(in);
	apf_get_string(in);
	apf_get32(in);
	if (in->bad) {
		violation("a channel open that is too short");
		return;
	}
	count.opens++;
	reason = apf_is(type, "forwarded-tcpip") ? open_channel(ch, number) :
						   APF_UNKNOWN_CHANNEL;
	if (reason) {
		fail_open(peer, reason);
		return;
	}
	ch->peer = peer;
	ch->credit = credit;
	ch->window = window;
	send_stale_close();
	send_numbers(APF_OPEN_CONFIRMATION, 4,
		     (const uint32_t[]){ peer, number_of(ch), window,
					 APF_WHOLE });
}

static void on_confirmation(struct apf_in *in)
{
	struct channel *ch = find_channel(apf_get32(in));

	if (!ch || ch->open) {
		violation("a confirmation of a channel that was not asked for");
		return;
	}
	ch->peer = apf_get32(in);
	ch->credit = apf_get32(in);
	ch->open = true;
}

static void on_failure(struct apf_in *in)
{
	struct channel *ch = find_channel(apf_get32(in));

	if (!ch || ch->open) {
		violation("a failure of a channel that was not asked for");
		return;
	}
	count.alerts_refused++;
	free_channel(ch);
}

static void on_adjust(struct apf_in *in)
{
	struct channel *ch = find_channel(apf_get32(in));
	uint32_t more = apf_get32(in);

	if (!ch || !ch->open)
		return;		/* it may have crossed a close */
	ch->credit = more > UINT32_MAX - ch->credit ? UINT32_MAX :
						      ch->credit + more;
}

/* A head in one piece, without a body; with it, AMT has nothing more to say. */
static void on_alert_answer(struct channel *ch, const uint8_t *data, size_t len)
{
	if (ch->closing)
		return;
	if (len < 16 || memcmp(data, "HTTP/1.", 7) ||
	    memcmp(data + len - 4, "\r\n\r\n", 4)) {
		violation("an answer to an alert that is no HTTP");
		alert_status = 0;
	} else {
		alert_status = atoi((const char *)data + 9);
	}
	count.alerts++;
	note("lme: the host answers an alert with status %d", alert_status);
	send_close(ch);
}

static void on_data(struct apf_in *in)
{
	struct channel *ch = find_channel(apf_get32(in));
	size_t len = apf_get32(in);

	if (len > in->left) {
		violation("data shorter than it says");
		send_disconnect(APF_PROTOCOL_ERROR);
		return;
	}
	if (!ch || !ch->open)
		return;
	if (len > ch->window) {
		violation("data beyond the window");
		send_disconnect(APF_PROTOCOL_ERROR);
		return;
	}
	ch->window -= len;
	count.in += len;
	if (ch->kind == KIND_RELAY) {
		queue_relay(ch, in->p, len);
		return;
	}
	if (ch->http)
		http_take(ch->http, in->p, len);
	consumed(ch, len);
	if (ch->kind == KIND_ALERT)
		on_alert_answer(ch, in->p, len);
}

static void on_close(struct apf_in *in)
{
	uint32_t number = apf_get32(in);
	struct channel *ch = find_channel(number);

	if (number == STRAY_PLACE && stray_place) {
		stray_place = false;
		return;
	}
	if (!ch) {
		violation("a close of a channel that is not open");
		return;
	}
	count.closes++;
	send_close(ch);
	if (take_one(&leak_count)) {
		note("FAULT lme: slot %u leaks", number_of(ch));
		free_channel(ch);
		ch->used = true;
		ch->leaked = true;
	} else {
		free_channel(ch);
	}
	send_stale_close();
	if (take_one(&drop_count))
		drop_at = now_ns() + DROP_DELAY;
}

static void on_version(struct apf_in *in)
{
	uint32_t major = apf_get32(in);

	if (major < 1) {
		violation("a protocol version before 1.0");
		send_disconnect(8);
		return;
	}
	send_version();
	if (stage != STAGE_NONE)
		return;		/* some hosts send it twice */
	stage = auth_first ? STAGE_AUTH : STAGE_SERVICE;
	send_service(auth_first ? service_auth : service_pfwd);
}

static void on_accept(struct apf_in *in)
{
	struct apf_string name = apf_get_string(in);

	if (stage == STAGE_AUTH && apf_is(name, service_auth)) {
		stage = STAGE_LOGIN;
		send_login();
	} else if (stage == STAGE_SERVICE && apf_is(name, service_pfwd)) {
		stage = STAGE_READY;
		advertise();
	} else {
		violation("a service that was not asked for");
	}
}

static void on_login(struct apf_in *in)
{
	(void)in;
	if (stage != STAGE_LOGIN) {
		violation("a login that was not asked for");
		return;
	}
	stage = STAGE_SERVICE;
	send_service(service_pfwd);
}

static void on_login_failure(struct apf_in *in)
{
	(void)in;
	note("lme: the host refuses the login");
	send_disconnect(APF_SERVICE_UNAVAILABLE);
}

/* replies come in the order of the requests */
static void replied(bool good)
{
	struct port *p;
	bool cancel;

	if (!n_waiting) {
		violation("a reply to no request");
		return;
	}
	p = waiting[0].port;
	cancel = waiting[0].cancel;
	memmove(waiting, waiting + 1, --n_waiting * sizeof(waiting[0]));
	if (cancel || good)
		p->bound = !cancel;
	else
		note("lme: the host does not forward port %u", p->number);
}

static void on_success(struct apf_in *in)
{
	bool cancel = n_waiting && waiting[0].cancel;

	if (n_waiting && in->left != (cancel ? 0 : 4))
		violation("a success of the wrong length");
	replied(true);
}

static void on_request_failure(struct apf_in *in)
{
	(void)in;
	replied(false);
}

static void on_global_request(struct apf_in *in)
{
	apf_get_string(in);
	if (apf_get8(in))
		send_numbers(APF_REQUEST_FAILURE, 0, NULL);
}

static void on_disconnect(struct apf_in *in)
{
	note("lme: the host has disconnected, reason %u", apf_get32(in));
	end_session();
}

static void on_keepalive(struct apf_in *in)
{
	const uint32_t cookie = apf_get32(in);

	send_numbers(APF_KEEPALIVE_REPLY, 1, &cookie);
}

static void on_quiet(struct apf_in *in)
{
	(void)in;
}

static const struct handler {
	enum apf_type type;
	size_t min, max;		/* bytes after the type */
	enum stage from;		/* not before */
	void (*fn)(struct apf_in *in);
} handlers[] = {
	{ APF_DISCONNECT, 4, 6, STAGE_NONE, on_disconnect },
	{ APF_PROTOCOL_VERSION, 92, 92, STAGE_NONE, on_version },
	{ APF_SERVICE_ACCEPT, 4, 64, STAGE_AUTH, on_accept },
	{ APF_USERAUTH_SUCCESS, 0, 0, STAGE_AUTH, on_login },
	{ APF_USERAUTH_FAILURE, 5, 256, STAGE_AUTH, on_login_failure },
	{ APF_GLOBAL_REQUEST, 5, APF_MAX, STAGE_READY, on_global_request },
	{ APF_REQUEST_SUCCESS, 0, 4, STAGE_READY, on_success },
	{ APF_REQUEST_FAILURE, 0, 0, STAGE_READY, on_request_failure },
	{ APF_CHANNEL_OPEN, 4, APF_MAX, STAGE_READY, on_open },
	{ APF_OPEN_CONFIRMATION, 16, 16, STAGE_READY, on_confirmation },
	{ APF_OPEN_FAILURE, 16, 16, STAGE_READY, on_failure },
	{ APF_WINDOW_ADJUST, 8, 8, STAGE_READY, on_adjust },
	{ APF_CHANNEL_DATA, 8, APF_MAX, STAGE_READY, on_data },
	{ APF_CHANNEL_CLOSE, 4, 4, STAGE_READY, on_close },
	{ APF_KEEPALIVE_REQUEST, 4, 4, STAGE_READY, on_keepalive },
	{ APF_KEEPALIVE_REPLY, 4, 4, STAGE_READY, on_quiet },
	{ APF_OPTIONS_REPLY, 8, 8, STAGE_READY, on_quiet },
};

static void handle(const uint8_t *m, size_t len)
{
	struct apf_in in = { m + 1, len - 1, false };
	const struct handler *h = handlers;

	while (h < handlers + ARRAY_SIZE(handlers) && h->type != m[0])
		h++;
	if (h == handlers + ARRAY_SIZE(handlers)) {
		count.unknown++;
		note("lme: unknown type %u ignored", m[0]);
	} else if (in.left < h->min || in.left > h->max) {
		violation("a message of the wrong length");
		send_disconnect(APF_PROTOCOL_ERROR);
	} else if (stage < h->from) {
		violation("a message before its time");
		send_disconnect(APF_PROTOCOL_ERROR);
	} else {
		h->fn(&in);
	}
}

static void message(struct connection *c, const uint8_t *m, size_t len)
{
	if (c != conn)
		note("lme: message ignored: the ports are bound by another connection");
	else if (!len)
		violation("an empty message");
	else
		handle(m, len);
}

/* some firmware takes a second connection, but binds no ports for it */
static void connected(struct connection *c)
{
	if (conn) {
		note("lme: a second connection, which gets no ports");
		return;
	}
	conn = c;
	if (!wait_for_version)
		send_version();
}

static void closed(struct connection *c)
{
	if (c != conn)
		return;
	end_session();
	conn = NULL;
}

/*
 * Time
 */

uint64_t lme_due(void)
{
	uint64_t due = rebind_at < drop_at ? rebind_at : drop_at, next;
	const struct channel *ch;

	if (!conn)
		return NEVER;
	for (ch = channels; ch < channels + SLOTS; ch++) {
		if (!ch->http || !ch->credit || ch->closing ||
		    client_pending(conn) >= PENDING_MAX)
			continue;
		next = http_due(ch->http);
		if (next < due)
			due = next;
	}
	return due;
}

void lme_run(uint64_t now)
{
	size_t i;

	if (rebind_at <= now)
		rebind();
	for (i = 0; i < SLOTS && conn; i++)
		pump(&channels[i], now);
	if (drop_at <= now && conn) {
		drop_at = NEVER;
		note("FAULT lme: disconnected after a close");
		client_disconnect(conn);
	}
}

/* 6733a4db-0476-4e7b-b3af-bcfc29bee7a7 */
struct client lme_client = {
	.name = "lme",
	.uuid = { 0xdb, 0xa4, 0x33, 0x67, 0x76, 0x04, 0x7b, 0x4e,
		  0xb3, 0xaf, 0xbc, 0xfc, 0x29, 0xbe, 0xe7, 0xa7 },
	.me_addr = 13,
	.version = 4,
	.max_connections = 1,
	.max_message = APF_MAX,
	.message = message,
	.describe = apf_describe,
	.connected = connected,
	.closed = closed,
	.absent = true,
};

/*
 * State and knobs
 */

void lme_print(FILE *f)
{
	const struct channel *ch;
	unsigned int used = 0, leaked = 0;
	size_t i;

	for (ch = channels; ch < channels + SLOTS; ch++) {
		used += ch->used;
		leaked += ch->leaked;
	}
	fprintf(f, "lme.stage %s\n", stage_names[stage]);
	fprintf(f, "lme.ports");
	for (i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i].bound)
			fprintf(f, " %u", ports[i].number);
	fprintf(f, "\nlme.waiting %u\n", n_waiting);
	fprintf(f, "lme.channels %u\nlme.leaked %u\n", used, leaked);
	fprintf(f, "lme.opens %lu\nlme.opens-refused %lu\nlme.closes %lu\n",
		count.opens, count.refused, count.closes);
	fprintf(f, "lme.bytes-in %llu\nlme.bytes-out %llu\n", count.in,
		count.out);
	fprintf(f, "lme.apf-violations %lu\nlme.apf-disconnects %lu\nlme.unknown %lu\n",
		count.violations, count.disconnects, count.unknown);
	fprintf(f, "lme.alerts %lu\nlme.alerts-refused %lu\nlme.alert-status %d\n",
		count.alerts, count.alerts_refused, alert_status);
	fprintf(f, "lme.tls-server %s\n", relay_server());
	for (ch = channels; ch < channels + SLOTS; ch++)
		if (ch->used && !ch->leaked)
			fprintf(f, "lme.channel %u peer=%u may-send=%u window=%u owed=%u\n",
				number_of(ch), ch->peer, ch->credit, ch->window,
				ch->owed);
}

void lme_off(void)
{
	size_t i;

	refuse_count = 0;
	stale_count = 0;
	overrun_count = 0;
	lie_count = 0;
	leak_count = 0;
	drop_count = 0;
	reset_after = 0;
	window = DEFAULT_WINDOW;
	chunk = DEFAULT_CHUNK;
	no_adjust = false;
	for (i = 0; i < SLOTS; i++) {
		if (channels[i].leaked)
			free_channel(&channels[i]);
		else if (channels[i].open)
			adjust(&channels[i]);
	}
}

static int do_ports(struct result *r, int argc, char **argv)
{
	static const char *const words[] = { "auto", "plain", "tls", "all" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(argv[0], words[i]))
			break;
	if (i == ARRAY_SIZE(words) || (argc > 1 && strcmp(argv[1], "now")))
		return fail(r, "expected auto, plain, tls or all, and perhaps now");
	port_set = i;
	if (argc > 1)
		rebind();
	return 0;
}

static int flag(struct result *r, const char *word, bool *flag, bool inverted)
{
	bool yes;

	if (!yes_no(word, &yes))
		return fail(r, "expected yes or no");
	*flag = yes != inverted;
	return 0;
}

static int do_auth(struct result *r, int argc, char **argv)
{
	(void)argc;
	return flag(r, argv[0], &auth_first, false);
}

static int do_wait(struct result *r, int argc, char **argv)
{
	(void)argc;
	return flag(r, argv[0], &wait_for_version, false);
}

static int do_rebind(struct result *r, int argc, char **argv)
{
	(void)argc;
	return flag(r, argv[0], &no_rebind, true);
}

static int do_adjust(struct result *r, int argc, char **argv)
{
	size_t i;

	(void)argc;
	if (flag(r, argv[0], &no_adjust, true))
		return -1;
	for (i = 0; i < SLOTS; i++)
		if (channels[i].open)
			adjust(&channels[i]);
	return 0;
}

static int size(struct result *r, const char *word, unsigned long max,
		uint32_t *to)
{
	unsigned long n;

	if (!integer(word, max, &n) || !n)
		return fail(r, "expected a number of bytes");
	*to = n;
	return 0;
}

static int do_window(struct result *r, int argc, char **argv)
{
	(void)argc;
	return size(r, argv[0], INT32_MAX, &window);
}

static int do_chunk(struct result *r, int argc, char **argv)
{
	(void)argc;
	return size(r, argv[0], APF_MAX - APF_DATA_HEAD, &chunk);
}

static int counted(struct result *r, int argc, char **argv, long *to)
{
	*to = 1;
	if (argc && !count_word(argv[0], to))
		return fail(r, "expected a number or all");
	return 0;
}

static int do_refuse(struct result *r, int argc, char **argv)
{
	unsigned long reason;

	if (!integer(argv[0], UINT32_MAX, &reason) || !reason)
		return fail(r, "expected a reason, 1 to 4");
	refuse_reason = reason;
	return counted(r, argc - 1, argv + 1, &refuse_count);
}

static int do_lie(struct result *r, int argc, char **argv)
{
	unsigned long length;

	if (!integer(argv[0], UINT32_MAX, &length))
		return fail(r, "expected a length");
	lie_length = length;
	return counted(r, argc - 1, argv + 1, &lie_count);
}

static int do_stale(struct result *r, int argc, char **argv)
{
	return counted(r, argc, argv, &stale_count);
}

static int do_overrun(struct result *r, int argc, char **argv)
{
	return counted(r, argc, argv, &overrun_count);
}

static int do_leak(struct result *r, int argc, char **argv)
{
	return counted(r, argc, argv, &leak_count);
}

static int do_drop(struct result *r, int argc, char **argv)
{
	return counted(r, argc, argv, &drop_count);
}

static int do_reset_after(struct result *r, int argc, char **argv)
{
	unsigned long n;

	(void)argc;
	if (!integer(argv[0], UINT32_MAX, &n))
		return fail(r, "expected a number of bytes");
	reset_after = n;
	return 0;
}

static int do_readvertise(struct result *r, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (stage != STAGE_READY)
		return fail(r, "no host has accepted the forwarding service");
	rebind();
	return 0;
}

/*
 * An alert as AMT posts it: ID, severity and text vary. The line ends, the order of
 * elements and what is empty are as in examples that others have published.
 */
static char *make_alert(const char *id, unsigned int severity, const char *text)
{
	static const char body_form[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:c=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" xmlns:g=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AlertIndication\" xmlns:h=\"http://schemas.dmtf.org/wbem/wscim/1/common\"><a:Header>"
		"<b:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</b:To><b:Action a:mustUnderstand=\"true\">http://schemas.dmtf.org/wbem/wsman/1/wsman/Event</b:Action><b:MessageID>uuid:00000000-8086-8086-8086-%012lX</b:MessageID><c:ResourceURI>http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AlertIndication</c:ResourceURI></a:Header>"
		"<a:Body><g:CIM_AlertIndication><g:AlertType>8</g:AlertType><g:AlertingElementFormat>2</g:AlertingElementFormat><g:AlertingManagedElement>Interop:CIM_ComputerSystem.CreationClassName=&quot;CIM_ComputerSystem&quot;,Name=&quot;Intel(r) AMT&quot;</g:AlertingManagedElement><g:IndicationFilterName>Intel(r) AMT:AllEvents</g:IndicationFilterName><g:IndicationIdentifier>Intel(r):%lu</g:IndicationIdentifier>"
		"<g:IndicationTime><h:Datetime>2026-01-02T03:04:05.000Z</h:Datetime></g:IndicationTime><g:Message>%s</g:Message><g:MessageArguments>0</g:MessageArguments><g:MessageArguments>Interop:CIM_ComputerSystem.CreationClassName=CIM_ComputerSystem,Name=Intel(r) AMT</g:MessageArguments><g:MessageID>%s</g:MessageID><g:OtherAlertingElementFormat></g:OtherAlertingElementFormat><g:OtherSeverity></g:OtherSeverity>"
		"<g:OwningEntity>Intel(r) AMT</g:OwningEntity><g:PerceivedSeverity>%u</g:PerceivedSeverity><g:ProbableCause>0</g:ProbableCause><g:SystemName>Intel(r) AMT</g:SystemName></g:CIM_AlertIndication></a:Body></a:Envelope>";
	static unsigned long number;
	char *body, *request;

	number++;
	if (asprintf(&body, body_form, number, number, text, id, severity) < 0 ||
	    asprintf(&request,
		     "POST / HTTP/1.1\r\nHost: localhost:0\r\nUser-Agent: Intel(R) AMT Agent\r\nConnection: Keep-Alive\r\nContent-Length: %zu\r\n\r\n%s",
		     strlen(body), body) < 0)
		abort();
	free(body);
	return request;
}

/* AMT opens a channel, and sends an alert when the host takes it */
static int open_to_host(struct result *r, const char *host, uint32_t port,
			char *alert)
{
	struct channel *ch = free_slot();
	struct apf_out o;

	if (stage != STAGE_READY || !ch) {
		free(alert);
		return fail(r, "no host has accepted the forwarding service, or no slot is free");
	}
	ch->used = true;
	ch->kind = KIND_ALERT;
	ch->fd = -1;
	ch->alert = alert;
	ch->window = window;
	apf_begin(&o, APF_CHANNEL_OPEN);
	apf_put_string(&o, "direct-tcpip");
	apf_put32(&o, number_of(ch));
	apf_put32(&o, window);
	apf_put32(&o, APF_WHOLE);
	apf_put_string(&o, host);
	apf_put32(&o, port);
	apf_put_string(&o, "127.0.0.1");
	apf_put32(&o, 16992);
	send_message(&o);
	return 0;
}

static int do_direct(struct result *r, int argc, char **argv)
{
	unsigned long port;

	(void)argc;
	if (!integer(argv[1], 65535, &port))
		return fail(r, "expected a host and a port");
	return open_to_host(r, argv[0], port, make_alert("iAMT0005", 2, ""));
}

static int do_alert(struct result *r, int argc, char **argv)
{
	unsigned long severity = 2;
	char *c;

	if (strpbrk(argv[0], "<&") || (argc > 2 && strpbrk(argv[2], "<&")) ||
	    (argc > 1 && !integer(argv[1], UINT32_MAX, &severity)))
		return fail(r, "expected a message ID, a severity and a text, without markup");
	for (c = argc > 2 ? argv[2] : NULL; c && *c; c++)
		if (*c == '_')
			*c = ' ';
	return open_to_host(r, "127.0.0.1", 0,
			    make_alert(argv[0], severity, argc > 2 ? argv[2] : ""));
}

static int do_udp(struct result *r, int argc, char **argv)
{
	unsigned long port;
	struct apf_out o;

	(void)argc;
	if (!integer(argv[1], 65535, &port))
		return fail(r, "expected a host and a port");
	if (stage != STAGE_READY)
		return fail(r, "no host has accepted the forwarding service");
	apf_begin(&o, APF_GLOBAL_REQUEST);
	apf_put_string(&o, "udp-send-to@amt.intel.com");
	apf_put8(&o, 0);
	apf_put_string(&o, argv[0]);
	apf_put32(&o, port);
	apf_put_string(&o, "127.0.0.1");
	apf_put32(&o, 623);
	apf_put_string(&o, "datagram");
	send_message(&o);
	return 0;
}

/* messages that come out of the blue */
static int do_inject(struct result *r, int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t data[17];
	} all[] = {
		{ "stale-close", 5, { APF_CHANNEL_CLOSE } },
		{ "stray-close", 5, { APF_CHANNEL_CLOSE, 0, 0, 0, 77 } },
		{ "stray-data", 11, { APF_CHANNEL_DATA, 0, 0, 0, 77, 0, 0, 0,
				      2, 'h', 'i' } },
		{ "stray-confirm", 17, { APF_OPEN_CONFIRMATION, 0, 0, 0, 77, 0, 0,
					 0, STRAY_PLACE, 0, 0, 16, 0, 0xff,
					 0xff, 0xff, 0xff } },
		{ "stray-adjust", 9, { APF_WINDOW_ADJUST, 0, 0, 0, 77, 0xff,
				       0xff, 0xff, 0xff } },
		{ "unknown", 5, { 200, 1, 2, 3, 4 } },
		{ "short", 1, { APF_CHANNEL_OPEN } },
		{ "empty", 0, { 0 } },
		{ "keepalive", 5, { APF_KEEPALIVE_REQUEST, 1, 2, 3, 4 } },
		{ "options", 9, { APF_OPTIONS_REQUEST, 0, 0, 0, 60, 0, 0, 0,
				  20 } },
		{ "disconnect", 7, { APF_DISCONNECT, 0, 0, 0, 11 } },
	};
	size_t i;

	(void)argc;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(all[i].name, argv[0]))
			continue;
		if (!conn)
			return fail(r, "no host is connected");
		note("FAULT lme: injected %s", argv[0]);
		stray_place |= all[i].data[0] == APF_OPEN_CONFIRMATION;
		client_answer(conn, all[i].data, all[i].len);
		return 0;
	}
	return fail(r, "expected stale-close, stray-close, stray-data, stray-confirm, stray-adjust, unknown, short, empty, keepalive, options or disconnect");
}

static int do_tls_server(struct result *r, int argc, char **argv)
{
	(void)argc;
	return relay_set_server(argv[0]) ?
		       fail(r, "expected none, the path of a unix socket, PORT or IPV4:PORT") :
		       0;
}

static int do_http_delay(struct result *r, int argc, char **argv)
{
	double ms;

	(void)argc;
	if (!number(argv[0], 1e6, &ms))
		return fail(r, "expected milliseconds");
	http_set_delay(ms * MS);
	return 0;
}

static int do_http_close(struct result *r, int argc, char **argv)
{
	bool yes = false;

	(void)argc;
	if (flag(r, argv[0], &yes, false))
		return -1;
	http_set_always_close(yes);
	return 0;
}

static int do_http_chunked(struct result *r, int argc, char **argv)
{
	bool yes = false;

	(void)argc;
	if (flag(r, argv[0], &yes, false))
		return -1;
	http_set_chunked(yes);
	return 0;
}

static int do_http_cut(struct result *r, int argc, char **argv)
{
	long n;

	if (counted(r, argc, argv, &n))
		return -1;
	http_set_cut(n);
	return 0;
}

const struct command lme_commands[] = {
	{ "lme-ports", 1, 2, do_ports, "auto|plain|tls|all [now]",
	  "ports from the next session on, or now: 16992 623, 16993 664 (auto)" },
	{ "lme-auth", 1, 1, do_auth, "yes|no",
	  "ask for the authentication service first (no)" },
	{ "lme-wait", 1, 1, do_wait, "yes|no",
	  "send the protocol version only after the host's (no)" },
	{ "lme-rebind", 1, 1, do_rebind, "yes|no",
	  "readvertise after setup and unprovisioning (yes)" },
	{ "lme-readvertise", 0, 0, do_readvertise, "",
	  "cancel all forwarded ports, and ask for them again" },
	{ "lme-window", 1, 1, do_window, "BYTES",
	  "the window of channels to come (4096)" },
	{ "lme-chunk", 1, 1, do_chunk, "BYTES",
	  "data in one message at most (4096)" },
	{ "lme-adjust", 1, 1, do_adjust, "yes|no",
	  "give the host window back (yes)" },
	{ "lme-refuse", 1, 2, do_refuse, "REASON [N|all]",
	  "refuse to open channels" },
	{ "lme-stale", 0, 1, do_stale, "[N|all]",
	  "a close of channel 0 with each confirmation and close" },
	{ "lme-overrun", 0, 1, do_overrun, "[N|all]",
	  "data beyond the host's window, when there is some" },
	{ "lme-lie", 1, 2, do_lie, "LENGTH [N|all]",
	  "the first string or data of a message has this length" },
	{ "lme-leak", 0, 1, do_leak, "[N|all]",
	  "closed channels keep their slot" },
	{ "lme-drop", 0, 1, do_drop, "[N|all]",
	  "disconnect after a channel has been closed" },
	{ "lme-reset-after", 1, 1, do_reset_after, "BYTES",
	  "reset the link when so much data was sent; 0: never" },
	{ "lme-direct", 2, 2, do_direct, "HOST PORT",
	  "AMT opens a channel; port 0 is an alert" },
	{ "lme-alert", 1, 3, do_alert, "ID [SEVERITY [TEXT]]",
	  "AMT reports an event to the host" },
	{ "lme-udp", 2, 2, do_udp, "HOST PORT", "AMT asks to send a datagram" },
	{ "lme-inject", 1, 1, do_inject, "WHAT",
	  "stale-close, stray-*, unknown, short, empty, keepalive, options, disconnect" },
	{ "lme-tls-server", 1, 1, do_tls_server, "none|PATH|[IPV4:]PORT",
	  "where channels to port 16993 go (none)" },
	{ "http-delay", 1, 1, do_http_delay, "MS",
	  "time before each answer of the HTTP server (0)" },
	{ "http-close", 1, 1, do_http_close, "yes|no",
	  "close the channel after each answer (no)" },
	{ "http-chunked", 1, 1, do_http_chunked, "yes|no",
	  "all answers are chunked (no)" },
	{ "http-cut", 0, 1, do_http_cut, "[N|all]",
	  "do what WS-MAN asks for, but close instead of answering" },
	{ 0 }
};
