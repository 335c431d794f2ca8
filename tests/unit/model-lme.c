// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/lme against a model of AMT, in random schedules of both sides: no byte is
 * lost, repeated or reordered, no window is overrun, no place leaks, who came first is
 * served first, and nobody waits for ever. Each world has a time of disorder, then one
 * in which both sides do their part, and must come to an end. MODEL_STEPS and
 * MODEL_SEED override what is printed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amt/apf.h"
#include "cli/amt/lme.h"

#ifndef STEPS
#define STEPS 20000000ULL
#endif
#define SEED		20251127ULL
#define STEPS_PER_WORLD 4000
#define MTU		2000
#define QUEUE		1024
/* AMT and the users stop producing when so many messages are on their way */
#define CROWD 64
/* more than there are channels */
#define USERS	   80
#define PATTERN	   251
#define STREAM	   6000
#define STRAY	   99
#define EVENTS	   40
#define FAIR_MAX   200000
#define PORT	   16992
#define CREDIT_MAX 20000U
/* the part of a window that AMT may not know of, all consumed */
#define OWED_MAX (LME_WINDOW / 4)

enum stage { SILENT, GREETED, ASKED_AUTH, ASKED_LOGIN, ASKED_SERVICE, READY };

/* AMT's side of a channel */
struct place {
	bool used, alert, open, closing;
	uint32_t channel;
	uint32_t window, credit, taken;
	uint32_t in, out, goal;
	/* of the program's stream when the program has closed it */
	bool closed;
	uint32_t last;
};

/* the program's side */
struct user {
	uint32_t channel;
	bool open;
	uint32_t in, out, goal;
	uint32_t held;
	/* to be called when there is room again */
	bool blocked;
	unsigned int tries;
	/* of AMT's stream when AMT has closed it */
	bool closed;
	uint32_t last;
};

struct queue {
	uint8_t *bytes[QUEUE];
	size_t sizes[QUEUE];
	size_t head, tail;
};

static struct world {
	struct lme lme;
	struct queue to_amt, to_host;
	struct place places[LME_SLOTS];
	struct user users[USERS];
	enum stage stage;
	bool hello, echo, auth;
	/* AMT has begun again, and knows nothing before the host's answer */
	bool deaf;
	uint64_t now;
	/* answers came too late: the two differ about places for a while */
	bool late;
	/* who is refused, or closed, may have no reason from AMT */
	bool broken;
	bool calm, fair;
	bool ended;
	uint32_t newest;
	unsigned int requests, keepalives, foreign, strays;
	uint32_t cookie;
} w;

static struct {
	unsigned long long opened, refused, finished, in, out, alerts, lost,
		restarted, disconnected, delays, full, worlds;
} seen;

static struct event {
	char from;
	uint8_t type;
	uint32_t channel, size;
} events[EVENTS];
static unsigned long long event_count, step;
static uint64_t seed, random_state;
static uint8_t pattern[PATTERN + LME_MESSAGE_MAX];

static void __attribute__((noreturn)) fail(const char *what, int line)
{
	unsigned long long i = event_count > EVENTS ? event_count - EVENTS : 0;

	printf("not ok 1 - model: %s (line %d)\n", what, line);
	printf("## again: MODEL_SEED=%llu MODEL_STEPS=%d\n",
	       (unsigned long long)seed, STEPS_PER_WORLD);
	for (; i < event_count; i++) {
		const struct event *e = &events[i % EVENTS];

		printf("# %c: type %u channel %u size %u\n", e->from, e->type,
		       e->channel, e->size);
	}
	exit(1);
}

#define expect(condition, what)               \
	do {                                  \
		if (!(condition))             \
			fail(what, __LINE__); \
	} while (0)

static unsigned int chance(unsigned int of)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % of;
}

/* Each channel has its own two streams, so that none is taken for another. */
static const uint8_t *stream(uint32_t channel, bool to_amt, uint32_t at)
{
	return pattern + (channel * 31ULL + (to_amt ? 100 : 0) + at) % PATTERN;
}

static void push(struct queue *queue, const uint8_t *bytes, size_t size)
{
	size_t at = queue->tail++ % QUEUE;

	expect(queue->tail - queue->head < QUEUE, "a flood of messages");
	queue->bytes[at] = malloc(size);
	if (!queue->bytes[at])
		abort();
	memcpy(queue->bytes[at], bytes, size);
	queue->sizes[at] = size;
}

static bool is_empty(const struct queue *queue)
{
	return queue->head == queue->tail;
}

static void flush(struct queue *queue)
{
	for (; !is_empty(queue); queue->head++)
		free(queue->bytes[queue->head % QUEUE]);
}

static bool is_crowded(void)
{
	return w.to_host.tail - w.to_host.head > CROWD ||
	       w.to_amt.tail - w.to_amt.head > CROWD;
}

static void note(char from, const struct apf_message *message)
{
	events[event_count++ % EVENTS] = (struct event){
		from,
		message->type,
		message->type == APF_CHANNEL_OPEN ? message->sender :
						    message->recipient,
		message->type == APF_CHANNEL_DATA ? message->data.size :
						    message->window,
	};
}

static void post(const struct apf_message *message)
{
	uint8_t bytes[LME_MESSAGE_MAX];

	push(&w.to_host, bytes, apf_encode(message, bytes, sizeof(bytes)));
}

#define POST(...) post(&(struct apf_message){ __VA_ARGS__ })

/*
 * The program
 */

static struct user *user_of(uint32_t channel)
{
	size_t i;

	for (i = 0; i < USERS; i++)
		if (w.users[i].channel == channel)
			return &w.users[i];
	return NULL;
}

static struct place *place_of(uint32_t channel)
{
	size_t i;

	for (i = 0; i < LME_SLOTS; i++)
		if (w.places[i].used && w.places[i].channel == channel)
			return &w.places[i];
	return NULL;
}

static struct user *known_user(uint32_t channel)
{
	struct user *user = user_of(channel);

	expect(channel && user, "a hook names a channel that nobody has");
	return user;
}

static void user_closes(struct user *user)
{
	struct place *place = user->open ? place_of(user->channel) : NULL;

	if (place) {
		place->closed = true;
		place->last = user->out;
	}
	lme_close(&w.lme, user->channel);
	memset(user, 0, sizeof(*user));
}

static void on_ready(void *context)
{
	(void)context;
}

static bool on_forward(void *context, const struct apf_string *address,
		       uint16_t port, bool on)
{
	(void)context;
	(void)on;
	expect(port == PORT && apf_is(address, "host"), "another port");
	return chance(2);
}

static bool on_alert(void *context, uint32_t channel)
{
	struct user *user = user_of(0);

	(void)context;
	expect(channel && !user_of(channel), "a number is used twice");
	/* an ill-behaved one */
	if (!chance(8)) {
		lme_close(&w.lme, channel);
	} else if (user && chance(4)) {
		*user = (struct user){ .channel = channel, .open = true };
		user->goal = chance(STREAM);
		seen.alerts++;
		return true;
	}
	return false;
}

static void user_acts(void);

/* A hook may call nearly everything. */
static void meddle(void)
{
	if (!w.calm && !chance(4))
		user_acts();
}

static void on_opened(void *context, uint32_t channel)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(!user->open, "a channel is opened twice");
	user->open = true;
	seen.opened++;
	meddle();
}

static void on_refused(void *context, uint32_t channel, uint32_t reason)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(!user->open, "an open channel is refused");
	expect(reason || w.broken, "a channel is refused without a reason");
	if (reason == APF_PROHIBITED || reason == APF_RESOURCE_SHORTAGE)
		expect(user->tries > LME_RETRIES,
		       "a channel is refused that could have been tried again");
	expect(!w.fair || w.late || w.broken,
	       "a channel is refused by an AMT that refuses none");
	memset(user, 0, sizeof(*user));
	seen.refused++;
	meddle();
}

static void finish(struct user *user)
{
	memset(user, 0, sizeof(*user));
	seen.finished++;
	meddle();
}

static void on_closed(void *context, uint32_t channel)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(user->open, "a channel that is not open is closed");
	expect(user->closed, "a channel is closed by nobody");
	expect(user->in == user->last,
	       "a channel is closed before all of its data were given");
	finish(user);
}

static void on_broken(void *context, uint32_t channel)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(user->open, "a channel that is not open is broken");
	expect(w.broken, "a channel is broken without a reason");
	finish(user);
}

static void on_data(void *context, uint32_t channel, const uint8_t *bytes,
		    size_t size)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(user->open, "data of a channel that is not open");
	expect(!memcmp(bytes, stream(channel, false, user->in), size),
	       "data from AMT that are lost, repeated or reordered");
	user->in += size;
	user->held += size;
	seen.in += size;
	expect(user->held <= LME_WINDOW, "more data than the window has");
	meddle();
}

static void on_writable(void *context, uint32_t channel)
{
	struct user *user = known_user(channel);

	(void)context;
	expect(user->open && lme_room(&w.lme, channel),
	       "a channel is called writable and is not");
	user->blocked = false;
	meddle();
}

static void on_ended(void *context, uint32_t reason)
{
	(void)context;
	(void)reason;
	expect(!w.ended, "a session ends twice");
	w.ended = true;
}

static void on_odd(void *context, enum lme_oddity what)
{
	(void)context;
	switch (what) {
	case LME_MALFORMED:
	case LME_BEYOND_WINDOW:
	case LME_OUT_OF_ORDER:
	case LME_UNKNOWN_SERVICE:
		fail("what is within the protocol is called odd", __LINE__);
	default:
		break;
	}
}

static void on_send(void *context, const uint8_t *message, size_t size)
{
	(void)context;
	expect(size && size <= MTU, "a message that no mailbox takes");
	push(&w.to_amt, message, size);
}

static const struct lme_hooks hooks = {
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

static void consume(struct user *user, uint32_t size)
{
	user->held -= size;
	lme_consumed(&w.lme, user->channel, size);
}

/* Some by lme_payload(), some from where they are. */
static void user_sends(struct user *user, uint32_t most)
{
	const uint8_t *from = stream(user->channel, true, user->out);
	size_t room = lme_room(&w.lme, user->channel), sent;
	uint32_t size = user->goal - user->out;

	if (user->blocked)
		return;
	size = size < most ? size : most;
	if (size <= room && size % 2) {
		memcpy(lme_payload(&w.lme), from, size);
		from = lme_payload(&w.lme);
	}
	sent = lme_send(&w.lme, user->channel, from, size);
	expect(sent == (size < room ? size : room), "more than there is room for");
	user->out += sent;
	user->blocked = !lme_room(&w.lme, user->channel);
}

static void user_opens(struct user *user)
{
	size_t i, used = 0;

	for (i = 0; i < LME_CHANNELS; i++)
		used += w.lme.channels[i].state != LME_FREE;
	*user = (struct user){ .channel = lme_open(&w.lme, PORT) };
	expect(!user->channel == (used == LME_CHANNELS),
	       "a channel is refused, or given, against the limit");
	user->goal = chance(STREAM);
	seen.full += !user->channel;
}

static void user_acts(void)
{
	struct user *user = &w.users[chance(USERS)];
	unsigned int what = chance(16);

	if (!user->channel && chance(2)) {
		user_opens(user);
	} else if (user->channel && !chance(user->open ? 24 : 200)) {
		user_closes(user);
	} else if (user->open && !what) {
		/* and more than that */
		lme_consumed(&w.lme, user->channel, user->held + chance(100));
		user->held = 0;
	} else if (user->open && what < 7) {
		consume(user, chance(user->held + 1));
	} else if (user->open) {
		user_sends(user, what == 15 ? 1 : chance(3000));
	}
}

/*
 * AMT
 */

static void ask_ports(void)
{
	w.requests++;
	POST(.type = APF_GLOBAL_REQUEST, .name = apf_string(APF_FORWARD),
	     .want_reply = 1, .address = apf_string("host"), .port = PORT);
}

static void ask_service(void)
{
	w.stage = ASKED_SERVICE;
	POST(.type = APF_SERVICE_REQUEST,
	     .name = apf_string(APF_SERVICE_FORWARD));
}

static void send_version(void)
{
	POST(.type = APF_PROTOCOLVERSION, .major = 1,
	     .trigger = APF_TRIGGER_LME);
}

static void amt_gets_version(void)
{
	w.deaf = false;
	if (w.stage > GREETED)
		return;
	if (w.stage == SILENT || w.echo)
		send_version();
	if (w.auth) {
		w.stage = ASKED_AUTH;
		POST(.type = APF_SERVICE_REQUEST,
		     .name = apf_string(APF_SERVICE_AUTH));
	} else {
		ask_service();
	}
}

static void amt_gets_accept(const struct apf_message *message)
{
	if (w.stage == ASKED_AUTH) {
		expect(apf_is(&message->name, APF_SERVICE_AUTH), "service");
		w.stage = ASKED_LOGIN;
		POST(.type = APF_USERAUTH_REQUEST, .name = apf_string("lms"),
		     .address = apf_string(APF_SERVICE_FORWARD),
		     .origin = apf_string("none"));
		return;
	}
	expect(w.stage == ASKED_SERVICE, "a service that was not asked for");
	expect(apf_is(&message->name, APF_SERVICE_FORWARD), "another service");
	w.stage = READY;
	ask_ports();
}

static bool wants_to_refuse(void)
{
	return !w.fair && !chance(8);
}

static void amt_gets_open(const struct apf_message *message)
{
	bool alert = false;
	size_t i;

	for (i = 0; i < LME_SLOTS && w.places[i].used; i++)
		alert |= w.places[i].alert;
	/* one that AMT opens may cross one that the host opens */
	expect(i < LME_SLOTS || w.late || alert,
	       "more channels than there are places");
	if (i == LME_SLOTS || wants_to_refuse()) {
		POST(.type = APF_CHANNEL_OPEN_FAILURE,
		     .recipient = message->sender,
		     .reason = i == LME_SLOTS ? APF_RESOURCE_SHORTAGE :
			       chance(8)      ? APF_PROHIBITED :
			       chance(4)      ? APF_RESOURCE_SHORTAGE :
						APF_CONNECT_FAILED);
		return;
	}
	w.places[i] = (struct place){
		.used = true,
		.open = true,
		.channel = message->sender,
		.window = message->window,
		.credit = chance(3) * chance(2000),
		.goal = chance(STREAM),
	};
	POST(.type = APF_CHANNEL_OPEN_CONFIRMATION,
	     .recipient = message->sender, .sender = i,
	     .window = w.places[i].credit);
}

static struct place *named_place(const struct apf_message *message)
{
	struct place *place;

	expect(message->recipient < LME_SLOTS, "a place that does not exist");
	place = &w.places[message->recipient];
	expect(place->used, "a place that is not in use");
	return place;
}

static void amt_gets_confirmation(const struct apf_message *message)
{
	struct place *place = named_place(message);

	expect(place->alert && !place->open, "a confirmation of nothing");
	place->open = true;
	place->channel = message->sender;
	place->window = message->window;
	place->goal = chance(STREAM);
}

static void amt_gets_failure(const struct apf_message *message)
{
	struct place *place;

	if (message->recipient == STRAY) {
		expect(w.foreign--, "a failure of nothing");
		return;
	}
	place = named_place(message);
	expect(place->alert && !place->open, "a failure of nothing");
	memset(place, 0, sizeof(*place));
}

static void amt_gets_data(const struct apf_message *message)
{
	struct place *place = named_place(message);
	uint32_t size = message->data.size;

	expect(place->open && size, "data of none");
	expect(size <= place->credit, "AMT's window is overrun");
	expect(!memcmp(message->data.bytes,
		       stream(place->channel, true, place->in), size),
	       "data for AMT that are lost, repeated or reordered");
	place->credit -= size;
	place->in += size;
	seen.out += size;
}

static void amt_gets_adjust(const struct apf_message *message)
{
	struct place *place = named_place(message);

	place->window += message->window;
	expect(place->open && place->window <= LME_WINDOW,
	       "AMT gets more than the window");
}

static void amt_closes(struct place *place)
{
	struct user *user = user_of(place->channel);

	/* also before the program knows that it was opened */
	if (user) {
		user->closed = true;
		user->last = place->out;
	}
	place->closing = true;
	POST(.type = APF_CHANNEL_CLOSE, .recipient = place->channel);
}

static void amt_gets_close(const struct apf_message *message)
{
	struct place *place;

	if (message->recipient == STRAY) {
		expect(w.strays--, "a close of nothing");
		return;
	}
	place = named_place(message);
	expect(place->open, "a close of what is not open");
	expect(!place->closed || place->in == place->last,
	       "a channel is closed before all of its data were sent");
	if (!place->closing)
		amt_closes(place);
	memset(place, 0, sizeof(*place));
}

static void amt_gets_reply(void)
{
	expect(w.requests--, "a reply to no request");
}

static void amt_handles(const struct apf_message *message)
{
	switch (message->type) {
	case APF_SERVICE_ACCEPT:
		amt_gets_accept(message);
		break;
	case APF_USERAUTH_SUCCESS:
		expect(w.stage == ASKED_LOGIN,
		       "a login that was not asked for");
		ask_service();
		break;
	case APF_REQUEST_SUCCESS:
	case APF_REQUEST_FAILURE:
		amt_gets_reply();
		break;
	case APF_CHANNEL_OPEN:
		expect(w.stage == READY, "a channel before its time");
		amt_gets_open(message);
		break;
	case APF_CHANNEL_OPEN_CONFIRMATION:
		amt_gets_confirmation(message);
		break;
	case APF_CHANNEL_OPEN_FAILURE:
		amt_gets_failure(message);
		break;
	case APF_CHANNEL_WINDOW_ADJUST:
		amt_gets_adjust(message);
		break;
	case APF_CHANNEL_DATA:
		amt_gets_data(message);
		break;
	case APF_CHANNEL_CLOSE:
		amt_gets_close(message);
		break;
	case APF_KEEPALIVE_REPLY:
		expect(w.keepalives--, "an answer to no keepalive");
		expect(message->reason == w.cookie - w.keepalives,
		       "keepalives are answered in another order");
		break;
	default:
		fail("a message that the host has no reason for", __LINE__);
	}
}

/* Who asked first is the first to be tried; who is tried again is not a new one. */
static void check_order(const struct apf_message *message)
{
	struct user *user = user_of(message->sender);
	size_t i;

	if (message->type != APF_CHANNEL_OPEN)
		return;
	if (user)
		user->tries++;
	for (i = 0; i < LME_CHANNELS; i++) {
		const struct lme_channel *c = &w.lme.channels[i];

		if (c->number == message->sender && c->tries == 1) {
			expect(message->sender > w.newest,
			       "who came later was served first");
			w.newest = message->sender;
		}
	}
}

static void deliver_to_amt(void)
{
	size_t at = w.to_amt.head % QUEUE;
	struct apf_message message;
	uint8_t *bytes;

	if (is_empty(&w.to_amt))
		return;
	bytes = w.to_amt.bytes[at];
	w.to_amt.head++;
	expect(apf_decode(bytes, w.to_amt.sizes[at], &message) == APF_GOOD,
	       "a message that can't be taken apart");
	note('h', &message);
	if (message.type == APF_PROTOCOLVERSION)
		amt_gets_version();
	else if (!w.deaf)
		amt_handles(&message);
	free(bytes);
}

static void deliver_to_host(void)
{
	size_t at = w.to_host.head % QUEUE, before = w.to_amt.tail;
	struct apf_message message;

	if (is_empty(&w.to_host))
		return;
	w.to_host.head++;
	if (apf_decode(w.to_host.bytes[at], w.to_host.sizes[at], &message) !=
	    APF_UNKNOWN)
		note('a', &message);
	/* with a version in mid-session AMT's channels end */
	w.broken = message.type == APF_PROTOCOLVERSION;
	lme_receive(&w.lme, w.now, w.to_host.bytes[at], w.to_host.sizes[at]);
	w.broken = false;
	free(w.to_host.bytes[at]);
	for (; before < w.to_amt.tail; before++)
		if (apf_decode(w.to_amt.bytes[before % QUEUE],
			       w.to_amt.sizes[before % QUEUE],
			       &message) == APF_GOOD)
			check_order(&message);
}

static void tick(void)
{
	size_t before = w.to_amt.tail;
	struct apf_message message;

	lme_tick(&w.lme, w.now);
	for (; before < w.to_amt.tail; before++)
		if (apf_decode(w.to_amt.bytes[before % QUEUE],
			       w.to_amt.sizes[before % QUEUE],
			       &message) == APF_GOOD)
			check_order(&message);
}

static void amt_sends(struct place *place, uint32_t most)
{
	uint32_t size = place->goal - place->out;

	if (size > place->window)
		size = place->window;
	if (size > most)
		size = most;
	POST(.type = APF_CHANNEL_DATA, .recipient = place->channel,
	     .data = { stream(place->channel, false, place->out), size });
	place->out += size;
	place->window -= size;
}

static void amt_allows(struct place *place, uint32_t size)
{
	if (place->credit + size > CREDIT_MAX)
		return;
	place->credit += size;
	POST(.type = APF_CHANNEL_WINDOW_ADJUST, .recipient = place->channel,
	     .window = size);
}

/* an event, or what AMT must not want */
static void amt_opens(bool alert)
{
	uint32_t number = STRAY;
	size_t i;

	for (i = 0; alert && i < LME_SLOTS && w.places[i].used; i++)
		;
	if (alert) {
		if (i == LME_SLOTS)
			return;
		w.places[i] = (struct place){
			.used = true,
			.alert = true,
			.credit = chance(2000),
		};
		number = i;
	} else {
		w.foreign++;
	}
	POST(.type = APF_CHANNEL_OPEN, .name = apf_string(APF_CHANNEL_TO_HOST),
	     .sender = number, .window = alert ? w.places[i].credit : 0,
	     .address = apf_string("host"), .port = alert ? 0 : 22,
	     .origin = apf_string("host"));
}

/* what concerns no channel, most of it odd */
static void amt_chatters(void)
{
	static const uint8_t unknown[] = { 200, 1, 2 };

	switch (chance(10)) {
	case 0:
		w.keepalives++;
		POST(.type = APF_KEEPALIVE_REQUEST, .reason = ++w.cookie);
		break;
	case 1:
		push(&w.to_host, unknown, sizeof(unknown));
		break;
	case 2:
		w.strays++;
		POST(.type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = 0,
		     .sender = STRAY, .window = 7);
		break;
	case 3:
		ask_ports();
		break;
	case 4:
		w.requests++;
		POST(.type = APF_GLOBAL_REQUEST,
		     .name = apf_string(APF_UDP_SEND), .want_reply = 1,
		     .port = 53);
		break;
	case 5:
		amt_opens(false);
		break;
	case 6:
		amt_opens(true);
		break;
	case 7:
		POST(.type = APF_CHANNEL_DATA, .recipient = 0,
		     .data = apf_string("stray"));
		break;
	case 8:
		POST(.type = APF_CHANNEL_OPEN_FAILURE, .recipient = 0,
		     .reason = APF_PROHIBITED);
		break;
	default:
		POST(.type = APF_CHANNEL_CLOSE, .recipient = 0);
	}
}

static void amt_acts(void)
{
	struct place *place = &w.places[chance(LME_SLOTS)];
	unsigned int what = chance(32);

	if (w.stage != READY || w.deaf)
		return;
	if (!what) {
		amt_chatters();
		return;
	}
	if (what == 2 && !chance(4)) {
		amt_opens(true);
		return;
	}
	if (!place->used || !place->open || place->closing)
		return;
	if (what == 1)
		amt_closes(place);
	else if (what == 2)
		amt_sends(place, 0);
	else if (what < 6)
		amt_sends(place, 1);
	else if (what < 9)
		amt_sends(place, LME_WINDOW);
	else if (what < 20)
		amt_sends(place, chance(1500));
	else if (what == 20)
		amt_allows(place, 0);
	else if (what < 24)
		amt_allows(place, 1);
	else
		amt_allows(place, chance(3000));
}

/*
 * What befalls both
 */

static void forget_amt(void)
{
	memset(w.places, 0, sizeof(w.places));
	w.stage = SILENT;
	w.deaf = false;
	w.requests = 0;
	w.keepalives = 0;
	w.foreign = 0;
	w.strays = 0;
}

static void connect(void)
{
	forget_amt();
	w.hello = chance(2);
	w.echo = chance(2);
	w.auth = chance(2);
	w.ended = false;
	lme_start(&w.lme, w.now, MTU);
	if (w.hello) {
		w.stage = GREETED;
		send_version();
	}
}

/* The connection breaks with all that is on its way, and there is another. */
static void lose(void)
{
	uint32_t last = w.lme.last;
	size_t i;

	flush(&w.to_amt);
	flush(&w.to_host);
	w.broken = true;
	lme_lost(&w.lme);
	w.broken = false;
	expect(is_empty(&w.to_amt), "a message without a connection");
	for (i = 0; i < USERS; i++)
		expect(!w.users[i].channel || w.users[i].channel > last,
		       "a channel outlives its connection");
	for (i = 0; i < LME_CHANNELS; i++)
		if (w.lme.channels[i].state != LME_FREE)
			expect(w.lme.channels[i].number > last,
			       "a channel outlives its connection");
	connect();
	seen.lost++;
}

/* AMT begins again in the same connection. */
static void restart(void)
{
	if (w.stage != READY || w.deaf)
		return;
	forget_amt();
	w.stage = GREETED;
	w.deaf = true;
	send_version();
	seen.restarted++;
}

static void disconnect(void)
{
	if (w.stage != READY || w.deaf)
		return;
	POST(.type = APF_DISCONNECT, .reason = 11);
	seen.disconnected++;
	while (!w.ended)
		deliver_to_host();
	lose();
}

/* What is on its way comes too late. */
static void delay(void)
{
	w.late = true;
	w.broken = true;
	w.now += LME_OPEN_TIMEOUT + LME_CLOSE_TIMEOUT;
	tick();
	w.broken = false;
	seen.delays++;
}

static void misfortune(void)
{
	switch (chance(4)) {
	case 0:
		lose();
		break;
	case 1:
		restart();
		break;
	case 2:
		disconnect();
		break;
	default:
		delay();
	}
}

static void disorder(void)
{
	switch (chance(8)) {
	case 0:
	case 1:
		deliver_to_amt();
		break;
	case 2:
	case 3:
		deliver_to_host();
		break;
	case 4:
	case 5:
		if (!is_crowded())
			user_acts();
		break;
	default:
		if (!is_crowded())
			amt_acts();
	}
	if (!chance(16)) {
		w.now += chance(LME_RETRY_DELAY);
		tick();
	}
	if (!chance(3000))
		misfortune();
}

/*
 * The end: both sides do their part
 */

static void deliver_all(void)
{
	while (!is_empty(&w.to_amt) || !is_empty(&w.to_host)) {
		deliver_to_amt();
		deliver_to_host();
		step++;
	}
}

static void check_windows(void)
{
	size_t i, room = MTU - APF_DATA_OVERHEAD;

	for (i = 0; i < LME_SLOTS; i++) {
		const struct place *place = &w.places[i];
		const struct user *user = user_of(place->channel);

		if (!place->used || place->closing)
			continue;
		/* one that the host has not been able to close in time */
		expect(w.late || user, "a place leaks");
		if (!user || user->held)
			continue;
		expect(place->window > LME_WINDOW - OWED_MAX,
		       "AMT is left without a window");
		expect(lme_room(&w.lme, place->channel) ==
			       (place->credit < room ? place->credit : room),
		       "the two differ about AMT's window");
	}
}

static bool amt_does_its_part(void)
{
	bool busy = false;
	size_t i;

	for (i = 0; i < LME_SLOTS; i++) {
		struct place *place = &w.places[i];

		if (!place->used || !place->open || place->closing)
			continue;
		if (place->credit < 1000) {
			amt_allows(place, 2000);
			busy = true;
		}
		if (place->out < place->goal && place->window) {
			amt_sends(place, LME_WINDOW);
			busy = true;
		}
		/* an answer is over when it was given; half of them end it */
		if (place->out == place->goal && place->goal % 2) {
			amt_closes(place);
			busy = true;
		}
	}
	return busy;
}

static bool users_do_their_part(void)
{
	bool busy = false;
	size_t i;

	for (i = 0; i < USERS; i++) {
		struct user *user = &w.users[i];
		struct place *place = user->open ? place_of(user->channel) :
						   NULL;

		if (!user->open)
			continue;
		if (user->held)
			consume(user, user->held);
		if (user->out < user->goal && !user->blocked) {
			user_sends(user, 3000);
			busy = true;
		} else if (user->out == user->goal && place &&
			   user->in == place->goal) {
			user_closes(user);
			busy = true;
		}
	}
	return busy;
}

static bool anyone_waits(void)
{
	size_t i;

	for (i = 0; i < USERS; i++)
		if (w.users[i].channel)
			return true;
	return false;
}

static void settle(void)
{
	unsigned int rounds = 0;
	bool busy;

	/* refusals that are on their way */
	w.calm = true;
	deliver_all();
	w.fair = true;
	do {
		uint64_t next;

		expect(++rounds < FAIR_MAX, "somebody waits for ever");
		deliver_all();
		busy = users_do_their_part();
		busy |= amt_does_its_part();
		busy |= !is_empty(&w.to_amt) || !is_empty(&w.to_host);
		step++;
		if (busy)
			continue;
		check_windows();
		next = lme_tick(&w.lme, w.now);
		busy = !is_empty(&w.to_amt);
		if (next != LME_NEVER && !busy) {
			expect(next > w.now, "a time that has come already");
			/* only what AMT forgot to answer has to time out */
			w.now = next;
			w.broken = w.late;
			tick();
			w.broken = false;
			busy = true;
		}
	} while (busy);
	expect(!anyone_waits(), "somebody waits for ever");
}

static void check_end(void)
{
	size_t i;

	for (i = 0; i < LME_SLOTS; i++)
		expect(!w.places[i].used, "a place leaks");
	for (i = 0; i < LME_CHANNELS; i++)
		expect(w.lme.channels[i].state == LME_FREE, "a channel leaks");
	expect(!w.requests && !w.keepalives && !w.foreign && !w.strays,
	       "a request without a reply");
	expect(lme_tick(&w.lme, w.now) == LME_NEVER, "a time for nothing");
}

static void live(void)
{
	unsigned int i;

	memset(&w, 0, sizeof(w));
	random_state = seed * 0x9e3779b97f4a7c15 | 1;
	lme_init(&w.lme, &hooks, NULL);
	connect();
	for (i = 0; i < STEPS_PER_WORLD; i++, step++)
		disorder();
	settle();
	check_end();
	seen.worlds++;
}

static uint64_t setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : other;
}

int main(void)
{
	uint64_t steps = setting("MODEL_STEPS", STEPS);
	uint64_t first = setting("MODEL_SEED", SEED);
	size_t i;

	printf("1..1\n");
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % PATTERN;
	for (seed = first; step < steps; seed++)
		live();
	printf("## %llu steps, seeds %llu to %llu: ", step,
	       (unsigned long long)first, (unsigned long long)seed - 1);
	printf("%llu channels opened, %llu refused, %llu closed by AMT, %llu alerts, %llu bytes from AMT and %llu to it, %llu connections lost, %llu restarts, %llu disconnects, %llu delays, %llu times full\n",
	       seen.opened, seen.refused, seen.finished, seen.alerts, seen.in,
	       seen.out, seen.lost, seen.restarted, seen.disconnected,
	       seen.delays, seen.full);
	if (steps >= 100 * STEPS_PER_WORLD &&
	    !(seen.opened && seen.refused && seen.finished && seen.alerts &&
	      seen.lost && seen.restarted && seen.disconnected && seen.delays &&
	      seen.full)) {
		printf("not ok 1 - model: something never happened\n");
		return 1;
	}
	printf("ok 1 - model: no byte, place or turn is lost\n");
	return 0;
}
