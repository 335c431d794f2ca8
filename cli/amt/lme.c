// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A session of AMT's port forwarding. AMT is a peer that may be buggy: what does not
 * fit is ignored and reported, a slot in AMT is never leaked, and every wait is
 * bounded.
 */
#include <string.h>

#include "apf.h"
#include "cli/common/memory.h"
#include "lme.h"

#define VERSION_MAJOR 1
#define PACKET_MAX    0xffffffffU
#define PORT_MAX      65535U
/* the least window credit that AMT is given at once, in bytes */
#define CREDIT_LEAST (LME_WINDOW / 4)

/* stands for this end of the connection; AMT ignores it */
#define LOCALHOST "127.0.0.1"

static void send_message(struct lme *lme, const struct apf_message *message)
{
	size_t size;

	if (lme->dead)
		return;
	/* a mailbox that is too small for the protocol gets nothing */
	size = apf_encode(message, lme->message, lme->mtu);
	if (size)
		lme->hooks->send(lme->context, lme->message, size);
}

static void odd(struct lme *lme, enum lme_oddity what)
{
	lme->hooks->odd(lme->context, what);
}

/* Both ends of it: nothing more is sent, and what comes is not looked at. */
static void disconnect(struct lme *lme, uint32_t reason)
{
	const struct apf_message bye = {
		.type = APF_DISCONNECT,
		.reason = reason,
	};

	send_message(lme, &bye);
	lme->dead = true;
	lme->hooks->ended(lme->context, reason);
}

static struct lme_channel *find(const struct lme *lme, uint32_t number)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++) {
		const struct lme_channel *channel = &lme->channels[i];

		if (channel->state != LME_FREE && channel->number == number)
			return (struct lme_channel *)channel;
	}
	return NULL;
}

static void release(struct lme_channel *channel)
{
	memset(channel, 0, sizeof(*channel));
}

void lme_init(struct lme *lme, const struct lme_hooks *hooks, void *context)
{
	memset(lme, 0, sizeof(*lme));
	lme->hooks = hooks;
	lme->context = context;
	lme->dead = true;
}

static void send_version(struct lme *lme)
{
	const struct apf_message version = {
		.type = APF_PROTOCOLVERSION,
		.major = VERSION_MAJOR,
		.trigger = APF_TRIGGER_LME,
	};

	send_message(lme, &version);
}

void lme_start(struct lme *lme, uint64_t now, uint32_t mtu)
{
	lme->now = now;
	lme->mtu = mtu < LME_MESSAGE_MAX ? mtu : LME_MESSAGE_MAX;
	lme->agreed = false;
	lme->ready = false;
	lme->used = false;
	lme->dead = false;
	lme->full_until = 0;
	send_version(lme);
}

/* Numbers may wrap: the difference says who came first. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint32_t next_number(struct lme *lme)
{
	do {
		lme->last++;
	} while (!lme->last || find(lme, lme->last));
	return lme->last;
}

static struct lme_channel *find_free(struct lme *lme)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++)
		if (lme->channels[i].state == LME_FREE)
			return &lme->channels[i];
	return NULL;
}

/* Nobody has said that this is its end. */
static void report_broken(struct lme *lme, uint32_t number)
{
	const struct lme_hooks *hooks = lme->hooks;

	(hooks->broken ? hooks->broken : hooks->closed)(lme->context, number);
}

static void forget(struct lme *lme, struct lme_channel *channel)
{
	const struct lme_channel was = *channel;

	release(channel);
	if (was.abandoned || was.state == LME_CLOSING)
		return;
	if (was.state == LME_OPEN)
		report_broken(lme, was.number);
	else
		lme->hooks->refused(lme->context, was.number, 0);
}

/* All channels; those that a hook opens meanwhile wait for the next handshake. */
static void forget_all(struct lme *lme)
{
	uint32_t last = lme->last;
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++)
		if (lme->channels[i].state != LME_FREE &&
		    !is_before(last, lme->channels[i].number))
			forget(lme, &lme->channels[i]);
}

void lme_lost(struct lme *lme)
{
	lme->agreed = false;
	lme->ready = false;
	lme->dead = true;
	forget_all(lme);
}

uint32_t lme_open(struct lme *lme, uint16_t port)
{
	struct lme_channel *channel = find_free(lme);

	if (!channel)
		return 0;
	channel->number = next_number(lme);
	channel->state = LME_WAITING;
	channel->port = port;
	return channel->number;
}

static void open_now(struct lme *lme, struct lme_channel *channel)
{
	const struct apf_message open = {
		.type = APF_CHANNEL_OPEN,
		.name = apf_string(APF_CHANNEL_TO_AMT),
		.sender = channel->number,
		.window = LME_WINDOW,
		.maximum = PACKET_MAX,
		.address = apf_string(LOCALHOST),
		.port = channel->port,
		.origin = apf_string(LOCALHOST),
		.origin_port = channel->port,
	};

	channel->state = LME_OPENING;
	channel->tries++;
	channel->credit = LME_WINDOW;
	channel->until = lme->now + LME_OPEN_TIMEOUT;
	send_message(lme, &open);
}

/* places in AMT that are taken, or may be */
static size_t taken(const struct lme *lme)
{
	size_t i, count = 0;

	for (i = 0; i < LME_CHANNELS; i++)
		count += lme->channels[i].state > LME_WAITING;
	return count;
}

/* Of those that are due, the one that waits for the longest: numbers grow. */
static struct lme_channel *first_waiting(struct lme *lme)
{
	struct lme_channel *first = NULL;
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++) {
		struct lme_channel *channel = &lme->channels[i];

		if (channel->state == LME_WAITING &&
		    channel->when <= lme->now &&
		    (!first || is_before(channel->number, first->number)))
			first = channel;
	}
	return first;
}

static bool may_open(const struct lme *lme)
{
	return lme->ready && !lme->dead && taken(lme) < LME_SLOTS;
}

static void open_waiting(struct lme *lme)
{
	struct lme_channel *first;

	while (may_open(lme) && lme->full_until <= lme->now) {
		first = first_waiting(lme);
		if (!first)
			return;
		open_now(lme, first);
	}
}

/* when the next that waits is due */
static uint64_t next_waiting(const struct lme *lme)
{
	uint64_t next = LME_NEVER;
	size_t i;

	for (i = 0; may_open(lme) && i < LME_CHANNELS; i++)
		if (lme->channels[i].state == LME_WAITING &&
		    lme->channels[i].when < next)
			next = lme->channels[i].when;
	return next < lme->full_until ? lme->full_until : next;
}

static void send_close(struct lme *lme, uint32_t peer)
{
	const struct apf_message close = {
		.type = APF_CHANNEL_CLOSE,
		.recipient = peer,
	};

	/* AMT does not know any channel of the session before */
	if (lme->ready)
		send_message(lme, &close);
}

static void give_up(struct lme *lme, struct lme_channel *channel,
		    uint32_t reason)
{
	const struct lme_channel was = *channel;

	release(channel);
	if (!was.abandoned)
		lme->hooks->refused(lme->context, was.number, reason);
}

/* AMT did not answer in time: its answer may come yet, see got_confirmation(). */
static void expire(struct lme *lme, struct lme_channel *channel)
{
	if (channel->state == LME_CLOSING)
		release(channel);
	else
		give_up(lme, channel, 0);
}

/*
 * Who waits for a place has a turn to come, but not before AMT is ready. What a hook
 * began has no end yet.
 */
static bool is_timed(const struct lme *lme, const struct lme_channel *channel)
{
	if (!channel->until)
		return false;
	return channel->state == LME_OPENING || channel->state == LME_CLOSING ||
	       (channel->state == LME_WAITING && !lme->ready);
}

/* A program's own calls come without the time: what they began begins now. */
static void begin_times(struct lme *lme)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++) {
		struct lme_channel *channel = &lme->channels[i];

		if (channel->state == LME_WAITING && !channel->until)
			channel->until = lme->now + LME_OPEN_TIMEOUT;
		if (channel->state == LME_CLOSING && !channel->until)
			channel->until = lme->now + LME_CLOSE_TIMEOUT;
	}
}

uint64_t lme_tick(struct lme *lme, uint64_t now)
{
	uint64_t next;
	size_t i;

	lme->now = now;
	begin_times(lme);
	for (i = 0; i < LME_CHANNELS; i++)
		if (is_timed(lme, &lme->channels[i]) &&
		    lme->channels[i].until <= now)
			expire(lme, &lme->channels[i]);
	open_waiting(lme);
	/* also what hooks began */
	begin_times(lme);
	next = next_waiting(lme);
	for (i = 0; i < LME_CHANNELS; i++)
		if (is_timed(lme, &lme->channels[i]) &&
		    lme->channels[i].until < next)
			next = lme->channels[i].until;
	return next;
}

size_t lme_room(const struct lme *lme, uint32_t number)
{
	const struct lme_channel *channel = find(lme, number);
	size_t most =
		lme->mtu > APF_DATA_OVERHEAD ? lme->mtu - APF_DATA_OVERHEAD : 0;

	if (!lme->ready || !channel || channel->state != LME_OPEN)
		return 0;
	return channel->window < most ? channel->window : most;
}

uint8_t *lme_payload(struct lme *lme)
{
	return lme->message + APF_DATA_OVERHEAD;
}

/* What passes may hold secrets, and is not kept here. */
size_t lme_send(struct lme *lme, uint32_t number, const uint8_t *bytes,
		size_t size)
{
	size_t room = lme_room(lme, number);
	struct apf_message data = { .type = APF_CHANNEL_DATA };
	struct lme_channel *channel = find(lme, number);

	if (size > room)
		size = room;
	if (!size)
		return 0;
	data.recipient = channel->peer;
	data.data = (struct apf_string){ bytes, size };
	channel->window -= size;
	send_message(lme, &data);
	explicit_bzero(lme_payload(lme), size);
	return size;
}

/*
 * A message for each byte would cost more than it brings. Other services keep back no
 * more than this: what firmware makes of less is not known.
 */
void lme_consumed(struct lme *lme, uint32_t number, size_t size)
{
	struct lme_channel *channel = find(lme, number);
	struct apf_message adjust = { .type = APF_CHANNEL_WINDOW_ADJUST };

	if (!lme->ready || !channel || channel->state != LME_OPEN)
		return;
	/* what was not sent can't be consumed */
	if (size > LME_WINDOW - channel->credit - channel->owed)
		size = LME_WINDOW - channel->credit - channel->owed;
	channel->owed += size;
	if (channel->owed < CREDIT_LEAST)
		return;
	adjust.recipient = channel->peer;
	adjust.window = channel->owed;
	channel->credit += channel->owed;
	channel->owed = 0;
	send_message(lme, &adjust);
}

void lme_close(struct lme *lme, uint32_t number)
{
	struct lme_channel *channel = find(lme, number);

	if (!channel)
		return;
	if (channel->state == LME_WAITING) {
		release(channel);
	} else if (channel->state == LME_OPENING) {
		/* AMT may still give it a slot, which then has to be released */
		channel->abandoned = true;
	} else if (channel->state == LME_OPEN) {
		channel->state = LME_CLOSING;
		channel->until = 0;
		send_close(lme, channel->peer);
	}
}

/*
 * AMT sends it of its own accord or as an answer, or both. One that comes when it has
 * used the service begins another session, in which it knows no channel and no port of
 * this one, and waits for an answer.
 */
static void got_version(struct lme *lme, const struct apf_message *message)
{
	if (message->major < VERSION_MAJOR) {
		odd(lme, LME_OLD_VERSION);
		disconnect(lme, APF_VERSION_NOT_SUPPORTED);
		return;
	}
	lme->agreed = true;
	if (!lme->used)
		return;
	odd(lme, LME_RESTARTED);
	lme->ready = false;
	lme->used = false;
	lme->full_until = 0;
	send_version(lme);
	forget_all(lme);
}

static void got_service_request(struct lme *lme,
				const struct apf_message *message)
{
	const struct apf_message accept = {
		.type = APF_SERVICE_ACCEPT,
		.name = message->name,
	};
	bool forward = apf_is(&message->name, APF_SERVICE_FORWARD);

	if (!forward && !apf_is(&message->name, APF_SERVICE_AUTH)) {
		odd(lme, LME_UNKNOWN_SERVICE);
		disconnect(lme, APF_SERVICE_NOT_AVAILABLE);
		return;
	}
	send_message(lme, &accept);
	if (forward && !lme->ready) {
		lme->ready = true;
		lme->hooks->ready(lme->context);
	}
}

/* The local host is trusted by whoever can open the node: this checks nothing. */
static void got_userauth(struct lme *lme, const struct apf_message *message)
{
	const struct apf_message success = { .type = APF_USERAUTH_SUCCESS };

	(void)message;
	send_message(lme, &success);
}

/*
 * Ports for programs of this machine have its name as their address. These addresses
 * are of ports for others, who would come through a VPN of this machine.
 */
static bool is_remote(const struct apf_string *address)
{
	return apf_is(address, "0.0.0.0") || apf_is(address, "::");
}

static bool forward(struct lme *lme, const struct apf_message *message, bool on)
{
	if (!message->port || message->port > PORT_MAX) {
		odd(lme, LME_MALFORMED);
		return false;
	}
	if (is_remote(&message->address)) {
		odd(lme, LME_REMOTE_PORT);
		return false;
	}
	return lme->hooks->forward(lme->context, &message->address,
				   message->port, on);
}

/* Always answered: firmware was seen to reset the machine when it was not. */
static void got_global_request(struct lme *lme,
			       const struct apf_message *message)
{
	bool on = apf_is(&message->name, APF_FORWARD);
	struct apf_message reply = { .type = APF_REQUEST_FAILURE };

	if (apf_is(&message->name, APF_UDP_SEND)) {
		odd(lme, LME_UDP);
	} else if (!on && !apf_is(&message->name, APF_CANCEL_FORWARD)) {
		odd(lme, LME_UNKNOWN_REQUEST);
	} else if (forward(lme, message, on)) {
		reply.type = APF_REQUEST_SUCCESS;
		reply.port = on ? message->port : 0;
	}
	if (message->want_reply)
		send_message(lme, &reply);
}

/* Port 0 stands for this service; AMT may name any other, and any host. */
static bool is_alert(const struct apf_message *message)
{
	return apf_is(&message->name, APF_CHANNEL_TO_HOST) && !message->port;
}

static size_t alerts(const struct lme *lme)
{
	size_t i, count = 0;

	for (i = 0; i < LME_CHANNELS; i++)
		count += lme->channels[i].alert;
	return count;
}

static void refuse(struct lme *lme, uint32_t peer, uint32_t reason)
{
	const struct apf_message failure = {
		.type = APF_CHANNEL_OPEN_FAILURE,
		.recipient = peer,
		.reason = reason,
	};

	send_message(lme, &failure);
}

/* Until the hook has answered, nothing can be sent into it; it may be closed. */
static void take_alert(struct lme *lme, struct lme_channel *channel,
		       const struct apf_message *message)
{
	const struct apf_message confirmation = {
		.type = APF_CHANNEL_OPEN_CONFIRMATION,
		.recipient = message->sender,
		.sender = next_number(lme),
		.window = LME_WINDOW,
		.maximum = PACKET_MAX,
	};
	bool taken;

	channel->state = LME_OPENING;
	channel->alert = true;
	channel->number = confirmation.sender;
	channel->peer = message->sender;
	channel->window = message->window;
	channel->credit = LME_WINDOW;
	taken = lme->hooks->alert(lme->context, channel->number);
	if (!taken || channel->abandoned) {
		release(channel);
		refuse(lme, message->sender, APF_PROHIBITED);
		return;
	}
	channel->state = LME_OPEN;
	send_message(lme, &confirmation);
}

static void got_open(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find_free(lme);

	if (!is_alert(message)) {
		odd(lme, LME_FOREIGN_CHANNEL);
		refuse(lme, message->sender, APF_PROHIBITED);
	} else if (!lme->hooks->alert) {
		refuse(lme, message->sender, APF_PROHIBITED);
	} else if (!channel || alerts(lme) >= LME_ALERTS) {
		refuse(lme, message->sender, APF_RESOURCE_SHORTAGE);
	} else {
		take_alert(lme, channel, message);
	}
}

/* is one of AMT's places that of a channel */
static bool is_in_use(const struct lme *lme, uint32_t peer)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++)
		if (lme->channels[i].state >= LME_OPEN &&
		    lme->channels[i].peer == peer)
			return true;
	return false;
}

static void got_confirmation(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find(lme, message->recipient);

	if (!channel || channel->state != LME_OPENING) {
		/* too late, twice, or never requested: release the slot */
		odd(lme, LME_UNKNOWN_CHANNEL);
		if (!is_in_use(lme, message->sender))
			send_close(lme, message->sender);
		return;
	}
	channel->state = LME_OPEN;
	channel->peer = message->sender;
	channel->window = message->window;
	if (channel->abandoned)
		lme_close(lme, channel->number);
	else
		lme->hooks->opened(lme->context, channel->number);
}

/* AMT has few places, and needs a moment to free one. */
static bool may_retry(const struct lme_channel *channel, uint32_t reason)
{
	return !channel->abandoned && channel->tries <= LME_RETRIES &&
	       (reason == APF_PROHIBITED || reason == APF_RESOURCE_SHORTAGE);
}

static void got_failure(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find(lme, message->recipient);

	if (!channel || channel->state != LME_OPENING) {
		odd(lme, LME_UNKNOWN_CHANNEL);
		return;
	}
	if (!may_retry(channel, message->reason)) {
		give_up(lme, channel, message->reason);
		return;
	}
	channel->state = LME_WAITING;
	channel->when = lme->now + LME_RETRY_DELAY * channel->tries;
	/* who came later does not get it before; another reason may be the port's own */
	if (message->reason == APF_RESOURCE_SHORTAGE &&
	    channel->when > lme->full_until)
		lme->full_until = channel->when;
}

static void got_adjust(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find(lme, message->recipient);
	uint32_t before;

	if (!channel || channel->state < LME_OPEN) {
		odd(lme, LME_UNKNOWN_CHANNEL);
		return;
	}
	before = channel->window;
	channel->window = message->window > UINT32_MAX - before ?
				  UINT32_MAX :
				  before + message->window;
	if (channel->state == LME_OPEN && channel->window > before)
		lme->hooks->writable(lme->context, channel->number);
}

/* AMT broke the rules of a channel: who uses it must not take it for whole. */
static void break_off(struct lme *lme, struct lme_channel *channel)
{
	uint32_t number = channel->number;

	lme_close(lme, number);
	report_broken(lme, number);
}

static void got_data(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find(lme, message->recipient);

	if (!channel || channel->state < LME_OPEN) {
		odd(lme, LME_UNKNOWN_CHANNEL);
		return;
	}
	/* sent before AMT knew */
	if (channel->state == LME_CLOSING)
		return;
	if (message->data.size > channel->credit) {
		odd(lme, LME_BEYOND_WINDOW);
		break_off(lme, channel);
		return;
	}
	channel->credit -= message->data.size;
	if (message->data.size)
		lme->hooks->data(lme->context, channel->number,
				 message->data.bytes, message->data.size);
}

/* Each side sends one. Firmware sends some for channels that never were. */
static void got_close(struct lme *lme, const struct apf_message *message)
{
	struct lme_channel *channel = find(lme, message->recipient);
	uint32_t number;

	if (!channel || channel->state < LME_OPEN) {
		odd(lme, LME_UNKNOWN_CHANNEL);
		return;
	}
	number = channel->number;
	if (channel->state == LME_CLOSING) {
		release(channel);
		return;
	}
	send_close(lme, channel->peer);
	release(channel);
	lme->hooks->closed(lme->context, number);
}

static void got_keepalive(struct lme *lme, const struct apf_message *message)
{
	const struct apf_message reply = {
		.type = APF_KEEPALIVE_REPLY,
		.reason = message->reason,
	};

	send_message(lme, &reply);
}

static void got_disconnect(struct lme *lme, const struct apf_message *message)
{
	lme->dead = true;
	lme->hooks->ended(lme->context, message->reason);
}

static void got_nothing(struct lme *lme, const struct apf_message *message)
{
	(void)lme;
	(void)message;
}

/* how far a session has to be for a message */
enum stage {
	AT_ONCE,
	AGREED,
	READY,
};

static const struct {
	uint8_t type;
	enum stage stage;
	void (*got)(struct lme *lme, const struct apf_message *message);
} handlers[] = {
	{ APF_DISCONNECT, AT_ONCE, got_disconnect },
	{ APF_PROTOCOLVERSION, AT_ONCE, got_version },
	{ APF_KEEPALIVE_REQUEST, AT_ONCE, got_keepalive },
	{ APF_KEEPALIVE_REPLY, AT_ONCE, got_nothing },
	{ APF_KEEPALIVE_OPTIONS_REQUEST, AT_ONCE, got_nothing },
	{ APF_KEEPALIVE_OPTIONS_REPLY, AT_ONCE, got_nothing },
	/* of a connection before this one */
	{ APF_CHANNEL_CLOSE, AT_ONCE, got_close },
	{ APF_SERVICE_REQUEST, AGREED, got_service_request },
	{ APF_USERAUTH_REQUEST, AGREED, got_userauth },
	{ APF_GLOBAL_REQUEST, READY, got_global_request },
	{ APF_CHANNEL_OPEN, READY, got_open },
	{ APF_CHANNEL_OPEN_CONFIRMATION, READY, got_confirmation },
	{ APF_CHANNEL_OPEN_FAILURE, READY, got_failure },
	{ APF_CHANNEL_WINDOW_ADJUST, READY, got_adjust },
	{ APF_CHANNEL_DATA, READY, got_data },
};

static void handle(struct lme *lme, const struct apf_message *message)
{
	enum stage stage = lme->ready ? READY : lme->agreed ? AGREED : AT_ONCE;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(handlers); i++) {
		if (handlers[i].type != message->type)
			continue;
		if (handlers[i].stage > stage) {
			odd(lme, LME_OUT_OF_ORDER);
			disconnect(lme, APF_PROTOCOL_ERROR);
			return;
		}
		if (handlers[i].stage == READY)
			lme->used = true;
		handlers[i].got(lme, message);
		return;
	}
	/* an answer to what is never asked here */
	odd(lme, LME_OUT_OF_ORDER);
}

/*
 * What cannot be parsed is ignored, except for a request that waits for a reply, and
 * for data: a stream with a gap is worse than its end.
 */
static void got_malformed(struct lme *lme, const struct apf_message *message)
{
	const struct apf_message failure = { .type = APF_REQUEST_FAILURE };
	struct lme_channel *channel = find(lme, message->recipient);

	odd(lme, LME_MALFORMED);
	if (lme->ready && message->type == APF_GLOBAL_REQUEST &&
	    message->want_reply)
		send_message(lme, &failure);
	if (message->type == APF_CHANNEL_DATA && channel &&
	    channel->state == LME_OPEN)
		break_off(lme, channel);
}

void lme_receive(struct lme *lme, uint64_t now, const uint8_t *bytes,
		 size_t size)
{
	struct apf_message message;
	enum apf_fault fault;

	lme->now = now;
	if (lme->dead)
		return;
	fault = apf_decode(bytes, size, &message);
	if (fault == APF_UNKNOWN)
		odd(lme, LME_UNKNOWN_TYPE);
	else if (fault)
		got_malformed(lme, &message);
	else
		handle(lme, &message);
	open_waiting(lme);
}
