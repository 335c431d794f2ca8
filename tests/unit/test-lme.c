// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/lme: a session of AMT's port forwarding with an AMT that is played here, step
 * by step; model-lme.c plays both sides at random. What public clients report of real
 * firmware: closes of channel 0 (test_strays), one close each way (test_closing), an
 * open that fails for a moment (test_open_is_retried), a connection that ends with a
 * channel, other ports after setup, channels and datagrams to anywhere
 * (test_foreign_wishes), alerts, a handshake that can't wait (each message is answered
 * at once), types that are not known (test_strays).
 */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "cli/amt/apf.h"
#include "cli/amt/lme.h"

#define ODDITIES   LME_ODDITIES
#define CHANNEL_ID 7

/* what the session has done, the last of each */
static struct {
	struct apf_message sent[64];
	uint8_t bytes[64][LME_MESSAGE_MAX];
	size_t count;
	unsigned int ready, opened, refused, closed, broken, ended, writable;
	uint32_t channel, reason;
	unsigned int odd[ODDITIES];
	uint8_t data[LME_MESSAGE_MAX];
	size_t size;
	uint16_t port;
	char address[32];
	bool on, refuse_forward;
	unsigned int alerts;
	uint32_t alert;
	bool refuse_alert;
	/* called by a hook of its end, or of an alert */
	void (*meddle)(struct lme *lme);
	unsigned int meddled;
	struct lme *lme;
} seen;

static void meddle(void)
{
	if (seen.meddle && !seen.meddled++)
		seen.meddle(seen.lme);
}

static void on_send(void *context, const uint8_t *message, size_t size)
{
	size_t i = seen.count++ % 64;

	(void)context;
	memcpy(seen.bytes[i], message, size);
	assert_int_equal(apf_decode(seen.bytes[i], size, &seen.sent[i]),
			 APF_GOOD);
}

static void on_ready(void *context)
{
	(void)context;
	seen.ready++;
}

static bool on_forward(void *context, const struct apf_string *address,
		       uint16_t port, bool on)
{
	(void)context;
	assert_in_range(address->size, 0, sizeof(seen.address) - 1);
	memset(seen.address, 0, sizeof(seen.address));
	if (address->size)
		memcpy(seen.address, address->bytes, address->size);
	seen.port = port;
	seen.on = on;
	return !seen.refuse_forward;
}

static bool on_alert(void *context, uint32_t channel)
{
	(void)context;
	seen.alerts++;
	seen.alert = channel;
	meddle();
	return !seen.refuse_alert;
}

static void on_opened(void *context, uint32_t channel)
{
	(void)context;
	seen.opened++;
	seen.channel = channel;
}

static void on_refused(void *context, uint32_t channel, uint32_t reason)
{
	(void)context;
	seen.refused++;
	seen.channel = channel;
	seen.reason = reason;
	meddle();
}

static void on_data(void *context, uint32_t channel, const uint8_t *bytes,
		    size_t size)
{
	(void)context;
	seen.channel = channel;
	memcpy(seen.data, bytes, size);
	seen.size = size;
}

static void on_writable(void *context, uint32_t channel)
{
	(void)context;
	seen.writable++;
	seen.channel = channel;
}

static void on_closed(void *context, uint32_t channel)
{
	(void)context;
	seen.closed++;
	seen.channel = channel;
	meddle();
}

static void on_broken(void *context, uint32_t channel)
{
	(void)context;
	seen.broken++;
	seen.channel = channel;
}

static void on_ended(void *context, uint32_t reason)
{
	(void)context;
	seen.ended++;
	seen.reason = reason;
}

static void on_odd(void *context, enum lme_oddity what)
{
	(void)context;
	seen.odd[what]++;
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
	.ended = on_ended,
	.odd = on_odd,
};

/* a message of AMT */
static void say(struct lme *lme, uint64_t now,
		const struct apf_message *message)
{
	uint8_t bytes[LME_MESSAGE_MAX + 64];
	size_t size = apf_encode(message, bytes, sizeof(bytes));
	uint8_t *exact = malloc(size);

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	lme_receive(lme, now, exact, size);
	free(exact);
}

#define SAY(lme, now, ...) say(lme, now, &(struct apf_message){ __VA_ARGS__ })

static const struct apf_message *last_sent(void)
{
	assert_true(seen.count);
	return &seen.sent[(seen.count - 1) % 64];
}

static struct lme *begin(void)
{
	struct lme *lme = malloc(sizeof(*lme));

	assert_non_null(lme);
	memset(&seen, 0, sizeof(seen));
	seen.lme = lme;
	lme_init(lme, &hooks, NULL);
	lme_start(lme, 0, 8192);
	assert_int_equal(last_sent()->type, APF_PROTOCOLVERSION);
	assert_int_equal(last_sent()->major, 1);
	return lme;
}

static void agree_quietly(struct lme *lme)
{
	SAY(lme, 0, .type = APF_PROTOCOLVERSION, .major = 1);
	SAY(lme, 0, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
}

static void agree(struct lme *lme)
{
	agree_quietly(lme);
	assert_int_equal(last_sent()->type, APF_SERVICE_ACCEPT);
	assert_int_equal(seen.ready, 1);
}

static struct lme *ready(void)
{
	struct lme *lme = begin();

	agree(lme);
	return lme;
}

/* with a channel that is open; AMT calls it CHANNEL_ID and takes @window bytes */
static struct lme *with_channel(uint32_t *channel, uint32_t window)
{
	struct lme *lme = ready();

	*channel = lme_open(lme, 16992);
	assert_int_not_equal(*channel, 0);
	lme_tick(lme, 0);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	assert_true(apf_is(&last_sent()->name, APF_CHANNEL_TO_AMT));
	assert_int_equal(last_sent()->port, 16992);
	assert_int_equal(last_sent()->window, LME_WINDOW);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION,
	    .recipient = *channel, .sender = CHANNEL_ID, .window = window);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(seen.channel, *channel);
	return lme;
}

static void test_handshake(void **state)
{
	struct lme *lme = begin();

	(void)state;
	SAY(lme, 0, .type = APF_PROTOCOLVERSION, .major = 1, .minor = 9);
	SAY(lme, 0, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_AUTH));
	assert_true(apf_is(&last_sent()->name, APF_SERVICE_AUTH));
	assert_int_equal(seen.ready, 0);
	SAY(lme, 0, .type = APF_USERAUTH_REQUEST, .name = apf_string("x"));
	assert_int_equal(last_sent()->type, APF_USERAUTH_SUCCESS);
	SAY(lme, 0, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
	SAY(lme, 0, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
	assert_int_equal(seen.ready, 1);
	assert_int_equal(seen.ended, 0);
	free(lme);
}

/* each is the end: the reason that is sent */
static void test_wrong_order(void **state)
{
	static const struct {
		struct apf_message message;
		bool agreed;
		uint32_t reason;
	} cases[] = {
		{ { .type = APF_PROTOCOLVERSION },
		  false,
		  APF_VERSION_NOT_SUPPORTED },
		{ { .type = APF_SERVICE_REQUEST }, false, APF_PROTOCOL_ERROR },
		{ { .type = APF_USERAUTH_REQUEST }, false, APF_PROTOCOL_ERROR },
		{ { .type = APF_GLOBAL_REQUEST }, true, APF_PROTOCOL_ERROR },
		{ { .type = APF_CHANNEL_OPEN }, true, APF_PROTOCOL_ERROR },
		{ { .type = APF_CHANNEL_DATA }, true, APF_PROTOCOL_ERROR },
		{ { .type = APF_SERVICE_REQUEST },
		  true,
		  APF_SERVICE_NOT_AVAILABLE },
	};
	size_t i, count;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lme *lme = begin();

		if (cases[i].agreed)
			SAY(lme, 0, .type = APF_PROTOCOLVERSION, .major = 1);
		say(lme, 0, &cases[i].message);
		assert_int_equal(last_sent()->type, APF_DISCONNECT);
		assert_int_equal(last_sent()->reason, cases[i].reason);
		assert_int_equal(seen.ended, 1);
		count = seen.count;
		SAY(lme, 0, .type = APF_KEEPALIVE_REQUEST);
		assert_int_equal(seen.count, count);
		free(lme);
	}
}

static void test_firmware_ends_it(void **state)
{
	struct lme *lme = ready();

	(void)state;
	SAY(lme, 0, .type = APF_DISCONNECT, .reason = 11);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.reason, 11);
	lme_open(lme, 16992);
	lme_tick(lme, 1);
	assert_int_equal(last_sent()->type, APF_SERVICE_ACCEPT);
	free(lme);
}

static void test_ports(void **state)
{
	struct lme *lme = ready();

	(void)state;
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_FORWARD), .port = 16992);
	assert_int_equal(last_sent()->type, APF_REQUEST_SUCCESS);
	assert_int_equal(last_sent()->port, 16992);
	assert_true(seen.on && seen.port == 16992);
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_CANCEL_FORWARD), .port = 16992);
	assert_int_equal(last_sent()->type, APF_REQUEST_SUCCESS);
	assert_int_equal(last_sent()->port, 0);
	assert_false(seen.on);
	seen.refuse_forward = true;
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_FORWARD), .port = 623);
	assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	seen.port = 0;
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_FORWARD), .port = 65536 + 22);
	assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	assert_int_equal(seen.port, 0);
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string("other"));
	assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	assert_int_equal(seen.odd[LME_UNKNOWN_REQUEST], 1);
	free(lme);
}

/* A port's address is the machine's name, or says that it is for other machines. */
static void test_addresses_of_ports(void **state)
{
	static const struct {
		const char *address;
		bool taken;
	} cases[] = {
		{ "pc.example.com", true },
		{ "", true },
		{ "127.0.0.1", true },
		{ "0.0.0.0", false },
		{ "::", false },
	};
	struct lme *lme = ready();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seen.port = 0;
		SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
		    .name = apf_string(APF_FORWARD),
		    .address = apf_string(cases[i].address), .port = 16992);
		if (!cases[i].taken) {
			assert_int_equal(last_sent()->type,
					 APF_REQUEST_FAILURE);
			assert_int_equal(seen.port, 0);
			continue;
		}
		assert_int_equal(last_sent()->type, APF_REQUEST_SUCCESS);
		assert_int_equal(seen.port, 16992);
		assert_string_equal(seen.address, cases[i].address);
	}
	assert_int_equal(seen.odd[LME_REMOTE_PORT], 2);
	free(lme);
}

static void ask_port(struct lme *lme, const char *request, uint16_t port)
{
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(request), .address = apf_string("host"),
	    .port = port);
	assert_int_equal(last_sent()->type, APF_REQUEST_SUCCESS);
	assert_int_equal(seen.port, port);
	assert_int_equal(seen.on, !strcmp(request, APF_FORWARD));
}

/* After setup AMT cancels its ports and names others, or the same once more. */
static void test_other_ports_after_setup(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	ask_port(lme, APF_FORWARD, 16992);
	ask_port(lme, APF_FORWARD, 16992);
	ask_port(lme, APF_CANCEL_FORWARD, 16992);
	ask_port(lme, APF_FORWARD, 16993);
	/* what is open stays open */
	assert_int_equal(lme_room(lme, channel), 100);
	free(lme);
}

/* bind() would take any port there is */
static void test_port_zero(void **state)
{
	struct lme *lme = ready();

	(void)state;
	seen.port = 1;
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_FORWARD), .port = 0);
	assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	assert_int_equal(seen.port, 1);
	assert_int_equal(seen.odd[LME_MALFORMED], 1);
	free(lme);
}

/* Firmware was seen to reset the machine when a reply was missing. */
static void test_request_that_is_cut_is_answered(void **state)
{
	struct lme *lme = ready();
	const struct apf_message forward = {
		.type = APF_GLOBAL_REQUEST,
		.name = apf_string(APF_FORWARD),
		.want_reply = 1,
		.address = apf_string("host"),
		.port = 16992,
	};
	const size_t head = 1 + 4 + strlen(APF_FORWARD) + 1;
	uint8_t bytes[64];
	size_t size = apf_encode(&forward, bytes, sizeof(bytes)), cut, count;

	(void)state;
	for (cut = head; cut < size; cut++) {
		count = seen.count;
		lme_receive(lme, 0, bytes, cut);
		assert_int_equal(seen.count, count + 1);
		assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	}
	assert_int_equal(seen.port, 0);
	/* one that wants no reply gets none */
	bytes[head - 1] = 0;
	count = seen.count;
	lme_receive(lme, 0, bytes, size - 1);
	assert_int_equal(seen.count, count);
	free(lme);
	/* before its time it is no request yet */
	lme = begin();
	bytes[head - 1] = 1;
	lme_receive(lme, 0, bytes, size - 1);
	assert_int_equal(last_sent()->type, APF_PROTOCOLVERSION);
	free(lme);
}

/* What AMT would have a machine do for it: refused, dropped. */
static void test_foreign_wishes(void **state)
{
	struct lme *lme = ready();
	size_t count;

	(void)state;
	SAY(lme, 0, .type = APF_CHANNEL_OPEN,
	    .name = apf_string("direct-tcpip"), .sender = 5,
	    .address = apf_string("example.com"), .port = 22);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN_FAILURE);
	assert_int_equal(last_sent()->recipient, 5);
	assert_int_equal(last_sent()->reason, APF_PROHIBITED);
	count = seen.count;
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST,
	    .name = apf_string(APF_UDP_SEND), .port = 53);
	assert_int_equal(seen.count, count);
	SAY(lme, 0, .type = APF_GLOBAL_REQUEST, .want_reply = 1,
	    .name = apf_string(APF_UDP_SEND), .port = 53);
	assert_int_equal(last_sent()->type, APF_REQUEST_FAILURE);
	assert_int_equal(seen.odd[LME_UDP], 2);
	assert_int_equal(seen.odd[LME_FOREIGN_CHANNEL], 1);
	free(lme);
}

static void say_alert(struct lme *lme, uint32_t place)
{
	SAY(lme, 0, .type = APF_CHANNEL_OPEN,
	    .name = apf_string(APF_CHANNEL_TO_HOST), .sender = place,
	    .window = 100, .address = apf_string("host"));
}

static void assert_refused(uint32_t place, uint32_t reason)
{
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN_FAILURE);
	assert_int_equal(last_sent()->recipient, place);
	assert_int_equal(last_sent()->reason, reason);
}

static void test_alert(void **state)
{
	struct lme *lme = ready();
	uint32_t channel;

	(void)state;
	say_alert(lme, 0);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN_CONFIRMATION);
	assert_int_equal(last_sent()->recipient, 0);
	assert_int_equal(last_sent()->window, LME_WINDOW);
	channel = last_sent()->sender;
	assert_int_equal(seen.alert, channel);
	assert_int_equal(seen.opened, 0);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = apf_string("POST"));
	assert_memory_equal(seen.data, "POST", 4);
	assert_int_equal(lme_send(lme, channel, (const uint8_t *)"OK", 2), 2);
	assert_int_equal(last_sent()->recipient, 0);
	/* no more than so many at a time */
	say_alert(lme, 1);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN_CONFIRMATION);
	say_alert(lme, 2);
	assert_refused(2, APF_RESOURCE_SHORTAGE);
	assert_int_equal(seen.alerts, LME_ALERTS);
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.channel, channel);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	say_alert(lme, 2);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN_CONFIRMATION);
	lme_close(lme, last_sent()->sender);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 2);
	assert_int_equal(seen.odd[LME_FOREIGN_CHANNEL], 0);
	free(lme);
}

static void close_alert(struct lme *lme)
{
	lme_close(lme, seen.alert);
}

static void test_alerts_that_are_not_wanted(void **state)
{
	struct lme_hooks deaf = hooks;
	struct lme *lme = ready();
	size_t i;

	(void)state;
	seen.refuse_alert = true;
	say_alert(lme, 4);
	assert_refused(4, APF_PROHIBITED);
	seen.refuse_alert = false;
	seen.meddle = close_alert;
	say_alert(lme, 5);
	assert_refused(5, APF_PROHIBITED);
	free(lme);
	/* all channels are in use */
	lme = ready();
	for (i = 0; i < LME_CHANNELS; i++)
		lme_open(lme, 16992);
	say_alert(lme, 7);
	assert_int_equal(seen.sent[seen.count - 1 - LME_SLOTS].type,
			 APF_CHANNEL_OPEN_FAILURE);
	assert_int_equal(seen.alerts, 0);
	free(lme);
	lme = ready();
	deaf.alert = NULL;
	lme->hooks = &deaf;
	say_alert(lme, 8);
	assert_refused(8, APF_PROHIBITED);
	free(lme);
}

/* What AMT opens takes one of its places as well. */
static void test_alert_takes_a_place(void **state)
{
	struct lme *lme = ready();
	size_t i, count = seen.count + 1;

	(void)state;
	say_alert(lme, 0);
	for (i = 0; i < LME_SLOTS; i++)
		lme_open(lme, 16992);
	lme_tick(lme, 0);
	assert_int_equal(seen.count, count + LME_SLOTS - 1);
	free(lme);
}

static void test_strays(void **state)
{
	struct lme *lme = ready();
	size_t count = seen.count;

	(void)state;
	/* firmware sends these all the time */
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = 0);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = 0);
	SAY(lme, 0, .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = 9);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = 9);
	assert_int_equal(seen.odd[LME_UNKNOWN_CHANNEL], 4);
	lme_receive(lme, 0, (const uint8_t *)"\xff", 1);
	assert_int_equal(seen.odd[LME_UNKNOWN_TYPE], 1);
	lme_receive(lme, 0, (const uint8_t *)"\x61\0", 2);
	lme_receive(lme, 0, (const uint8_t *)"", 0);
	assert_int_equal(seen.odd[LME_MALFORMED], 2);
	SAY(lme, 0, .type = APF_REQUEST_SUCCESS);
	assert_int_equal(seen.odd[LME_OUT_OF_ORDER], 1);
	SAY(lme, 0, .type = APF_KEEPALIVE_OPTIONS_REQUEST);
	assert_int_equal(seen.count, count);
	assert_int_equal(seen.ended, 0);
	SAY(lme, 0, .type = APF_KEEPALIVE_REQUEST, .reason = 77);
	assert_int_equal(last_sent()->type, APF_KEEPALIVE_REPLY);
	assert_int_equal(last_sent()->reason, 77);
	/* a place that AMT gives without having been asked is given back */
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = 9,
	    .sender = 3);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 3);
	free(lme);
}

static void test_sending(void **state)
{
	static const uint8_t bytes[10000];
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	assert_int_equal(lme_room(lme, channel), 100);
	assert_int_equal(lme_send(lme, channel, bytes, 60), 60);
	assert_int_equal(last_sent()->recipient, CHANNEL_ID);
	assert_int_equal(last_sent()->data.size, 60);
	assert_int_equal(lme_send(lme, channel, bytes, 60), 40);
	assert_int_equal(lme_send(lme, channel, bytes, 60), 0);
	SAY(lme, 0, .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = channel,
	    .window = 0);
	assert_int_equal(seen.writable, 0);
	SAY(lme, 0, .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = channel,
	    .window = UINT32_MAX);
	SAY(lme, 0, .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = channel,
	    .window = UINT32_MAX);
	assert_int_equal(seen.writable, 1);
	/* the largest message bounds it then */
	assert_int_equal(lme_send(lme, channel, bytes, sizeof(bytes)),
			 8192 - APF_DATA_OVERHEAD);
	assert_int_equal(lme_send(lme, channel + 1, bytes, 1), 0);
	free(lme);
}

static void test_receiving(void **state)
{
	static const uint8_t bytes[LME_WINDOW];
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	size_t count;

	(void)state;
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = apf_string("hello"));
	assert_int_equal(seen.size, 5);
	assert_memory_equal(seen.data, "hello", 5);
	count = seen.count;
	/* more than came can't be consumed */
	lme_consumed(lme, channel, 100000);
	assert_int_equal(seen.count, count);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, LME_WINDOW - 5 });
	assert_int_equal(seen.ended + seen.closed, 0);
	lme_consumed(lme, channel, LME_WINDOW / 2);
	assert_int_equal(last_sent()->type, APF_CHANNEL_WINDOW_ADJUST);
	assert_int_equal(last_sent()->recipient, CHANNEL_ID);
	assert_int_equal(last_sent()->window, LME_WINDOW / 2 + 5);
	lme_consumed(lme, channel + 1, 1);
	/* and no more than that was given back */
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, LME_WINDOW / 2 + 5 });
	assert_int_equal(seen.odd[LME_BEYOND_WINDOW], 0);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, 1 });
	assert_int_equal(seen.odd[LME_BEYOND_WINDOW], 1);
	free(lme);
}

static void test_beyond_the_window(void **state)
{
	static const uint8_t bytes[LME_WINDOW + 1];
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, sizeof(bytes) });
	assert_int_equal(seen.size, 0);
	assert_int_equal(seen.odd[LME_BEYOND_WINDOW], 1);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, 1 });
	SAY(lme, 0, .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = channel,
	    .window = 7);
	assert_int_equal(seen.size + seen.writable, 0);
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.ended, 0);
	free(lme);
}

/* What AMT has ended is whole; what ends with its session, or is broken off, is not. */
static void test_what_is_broken(void **state)
{
	static const uint8_t bytes[LME_WINDOW + 1];
	struct lme_hooks hearing = hooks;
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	hearing.broken = on_broken;
	lme->hooks = &hearing;
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.broken, 0);
	free(lme);
	lme = with_channel(&channel, 100);
	lme->hooks = &hearing;
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, sizeof(bytes) });
	assert_int_equal(seen.closed, 0);
	assert_int_equal(seen.broken, 1);
	assert_int_equal(seen.channel, channel);
	free(lme);
	lme = with_channel(&channel, 100);
	lme->hooks = &hearing;
	lme_lost(lme);
	assert_int_equal(seen.closed, 0);
	assert_int_equal(seen.broken, 1);
	assert_int_equal(seen.channel, channel);
	free(lme);
}

/* A stream with a hole in it would be taken for the whole. */
static void test_data_whose_length_lies(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	uint8_t bytes[] = { APF_CHANNEL_DATA, 0, 0, 0, 0, 0, 0, 0, 9, 'x' };

	(void)state;
	/* of a channel that is not known */
	lme_receive(lme, 0, bytes, sizeof(bytes));
	assert_int_equal(seen.closed, 0);
	bytes[4] = channel;
	lme_receive(lme, 0, bytes, sizeof(bytes));
	assert_int_equal(seen.odd[LME_MALFORMED], 2);
	assert_int_equal(seen.size, 0);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.channel, channel);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	/* while it is being closed there is nothing to break off */
	lme_receive(lme, 0, bytes, sizeof(bytes));
	assert_int_equal(seen.closed, 1);
	free(lme);
}

/* What passes is not kept, and is copied only when it has to be. */
static void test_payload(void **state)
{
	static const uint8_t zeros[16];
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	memcpy(lme_payload(lme), "secret", 6);
	assert_int_equal(lme_send(lme, channel, lme_payload(lme), 6), 6);
	assert_int_equal(last_sent()->data.size, 6);
	assert_memory_equal(last_sent()->data.bytes, "secret", 6);
	assert_memory_equal(lme_payload(lme), zeros, 6);
	assert_int_equal(lme_send(lme, channel, (const uint8_t *)"secret", 6),
			 6);
	assert_memory_equal(last_sent()->data.bytes, "secret", 6);
	assert_memory_equal(lme_payload(lme), zeros, 6);
	free(lme);
}

/* One close each way, then the number means nothing. */
static void test_closing(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	size_t count;

	(void)state;
	lme_close(lme, channel);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, CHANNEL_ID);
	count = seen.count;
	lme_close(lme, channel);
	assert_int_equal(lme_send(lme, channel, (const uint8_t *)"x", 1), 0);
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.count, count);
	assert_int_equal(seen.closed, 0);
	lme_close(lme, channel);
	free(lme);
	lme = with_channel(&channel, 100);
	SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	free(lme);
}

static void test_close_that_is_not_answered(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	lme_close(lme, channel);
	assert_int_equal(lme_tick(lme, 5), 5 + LME_CLOSE_TIMEOUT);
	assert_int_equal(lme_tick(lme, 6), 5 + LME_CLOSE_TIMEOUT);
	assert_int_equal(lme_tick(lme, 5 + LME_CLOSE_TIMEOUT), LME_NEVER);
	free(lme);
}

/* A quiet session does not get the time: AMT still has all of it to answer. */
static void test_close_after_a_long_silence(void **state)
{
	const uint64_t late = 10 * LME_CLOSE_TIMEOUT;
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	lme_close(lme, channel);
	assert_int_equal(lme_tick(lme, late), late + LME_CLOSE_TIMEOUT);
	SAY(lme, late + 1, .type = APF_CHANNEL_CLOSE, .recipient = channel);
	assert_int_equal(seen.odd[LME_UNKNOWN_CHANNEL], 0);
	free(lme);
}

static uint32_t open_channel(struct lme *lme, uint32_t place)
{
	uint32_t channel = lme_open(lme, 16992);

	lme_tick(lme, 0);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = channel,
	    .sender = place, .window = 100);
	return channel;
}

static uint32_t other_channel;

static void close_another(struct lme *lme)
{
	lme_close(lme, other_channel);
}

static void use_another(struct lme *lme)
{
	assert_int_equal(lme_send(lme, other_channel, (const uint8_t *)"x", 1),
			 0);
	lme_consumed(lme, other_channel, LME_WINDOW);
	lme_close(lme, other_channel);
}

static void open_another(struct lme *lme)
{
	other_channel = lme_open(lme, 16992);
}

/* What a hook begins while a time runs out has all of its own time. */
static void test_what_hooks_begin(void **state)
{
	const uint64_t late = LME_OPEN_TIMEOUT;
	struct lme *lme = ready();
	uint32_t channel = lme_open(lme, 16992);

	(void)state;
	lme_tick(lme, 0);
	other_channel = open_channel(lme, 1);
	seen.meddle = close_another;
	assert_int_equal(lme_tick(lme, late), late + LME_CLOSE_TIMEOUT);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.channel, channel);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	SAY(lme, late, .type = APF_CHANNEL_CLOSE, .recipient = other_channel);
	assert_int_equal(seen.odd[LME_UNKNOWN_CHANNEL], 0);
	free(lme);
	/* nor is one refused that was opened when others were */
	lme = begin();
	lme_open(lme, 16992);
	lme_open(lme, 16992);
	lme_tick(lme, 0);
	lme_close(lme, 1);
	lme_open(lme, 16992);
	seen.meddle = open_another;
	lme_tick(lme, 1);
	assert_int_equal(lme_tick(lme, late), late + 1);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(lme_tick(lme, late + 1), 2 * late);
	assert_int_equal(seen.refused, 2);
	free(lme);
}

/* AMT begins again in the same connection: it knows nothing of what was. */
static void test_handshake_in_mid_session(void **state)
{
	static const uint8_t bytes[LME_WINDOW];
	uint32_t channel, opening;
	struct lme *lme = with_channel(&channel, 100);
	size_t count;

	(void)state;
	ask_port(lme, APF_FORWARD, 16992);
	opening = lme_open(lme, 16992);
	lme_tick(lme, 0);
	other_channel = open_channel(lme, 3);
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = other_channel,
	    .data = { bytes, sizeof(bytes) });
	count = seen.count;
	/* a channel that is still there when another has gone is of no use */
	seen.meddle = use_another;
	SAY(lme, 5, .type = APF_PROTOCOLVERSION, .major = 1);
	assert_int_equal(seen.count, count + 1);
	assert_int_equal(last_sent()->type, APF_PROTOCOLVERSION);
	assert_int_equal(seen.odd[LME_RESTARTED], 1);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.channel, opening);
	assert_int_equal(lme_room(lme, channel), 0);
	/* its answer to ours is not another beginning */
	SAY(lme, 5, .type = APF_PROTOCOLVERSION, .major = 1);
	assert_int_equal(seen.count, count + 1);
	opening = lme_open(lme, 16992);
	lme_tick(lme, 5);
	assert_int_equal(seen.count, count + 1);
	seen.ready = 0;
	SAY(lme, 5, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
	assert_int_equal(seen.ready, 1);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	assert_int_equal(last_sent()->sender, opening);
	assert_int_equal(seen.ended, 0);
	free(lme);
}

/* AMT's answer to our version may come when it has asked for the service already. */
static void test_version_that_is_late(void **state)
{
	struct lme *lme = ready();
	size_t count = seen.count;

	(void)state;
	SAY(lme, 0, .type = APF_PROTOCOLVERSION, .major = 1);
	assert_int_equal(seen.count, count);
	ask_port(lme, APF_FORWARD, 16992);
	assert_int_equal(seen.odd[LME_RESTARTED], 0);
	free(lme);
}

/* Of a connection that has ended, nothing is said any more. */
static void test_nothing_after_the_end(void **state)
{
	static const uint8_t bytes[LME_WINDOW];
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	size_t count;

	(void)state;
	SAY(lme, 0, .type = APF_CHANNEL_DATA, .recipient = channel,
	    .data = { bytes, sizeof(bytes) });
	SAY(lme, 0, .type = APF_DISCONNECT, .reason = 11);
	count = seen.count;
	lme_consumed(lme, channel, sizeof(bytes));
	lme_close(lme, channel);
	assert_int_equal(seen.count, count);
	free(lme);
}

/* Some firmware ends the connection with a channel: the next one is as the first. */
static void test_connection_that_ends_with_a_channel(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
		lme_lost(lme);
		lme_start(lme, 0, 8192);
		/* of the connection before */
		SAY(lme, 0, .type = APF_CHANNEL_CLOSE, .recipient = channel);
		agree_quietly(lme);
		channel = open_channel(lme, CHANNEL_ID);
		assert_int_equal(seen.opened, 2 + i);
	}
	assert_int_equal(seen.ended, 0);
	free(lme);
}

/* Numbers are never 0, which AMT closes all the time, and never used twice at once. */
static void test_numbers_wrap(void **state)
{
	uint32_t channel, first, second;
	struct lme *lme = with_channel(&channel, 100);

	(void)state;
	assert_int_equal(channel, 1);
	lme->last = UINT32_MAX - 1;
	first = lme_open(lme, 16992);
	second = lme_open(lme, 16992);
	assert_int_equal(first, UINT32_MAX);
	assert_int_equal(second, 2);
	lme_tick(lme, 0);
	assert_int_equal(seen.sent[seen.count - 2].sender, first);
	assert_int_equal(seen.sent[seen.count - 1].sender, second);
	lme_lost(lme);
	assert_int_equal(seen.refused, 2);
	free(lme);
}

/* A session that never gets ready opens nothing, and says so. */
static void test_handshake_that_never_ends(void **state)
{
	struct lme *lme = begin();
	uint32_t channel = lme_open(lme, 16992), other;

	(void)state;
	assert_int_equal(lme_tick(lme, 100), 100 + LME_OPEN_TIMEOUT);
	SAY(lme, 200, .type = APF_PROTOCOLVERSION, .major = 1);
	other = lme_open(lme, 16992);
	assert_int_equal(lme_tick(lme, 300), 100 + LME_OPEN_TIMEOUT);
	assert_int_equal(lme_tick(lme, 100 + LME_OPEN_TIMEOUT),
			 300 + LME_OPEN_TIMEOUT);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.channel, channel);
	assert_int_equal(seen.reason, 0);
	/* once it is ready, who waits has a turn to come */
	agree_quietly(lme);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	assert_int_equal(last_sent()->sender, other);
	free(lme);
}

/* A place that AMT gives twice is given back; one that is in use is not. */
static void test_places_that_were_not_asked_for(void **state)
{
	uint32_t channel, other;
	struct lme *lme = with_channel(&channel, 100);
	size_t count;

	(void)state;
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = channel,
	    .sender = 5);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 5);
	/* after a failure that is to be tried again */
	other = lme_open(lme, 16992);
	lme_tick(lme, 0);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = other,
	    .reason = APF_RESOURCE_SHORTAGE);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = other,
	    .sender = 6);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 6);
	count = seen.count;
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = 77,
	    .sender = CHANNEL_ID);
	assert_int_equal(seen.count, count);
	assert_int_equal(lme_room(lme, channel), 100);
	assert_int_equal(seen.opened, 1);
	free(lme);
}

static void test_open_that_is_not_answered(void **state)
{
	struct lme *lme = ready();
	uint32_t channel = lme_open(lme, 1);

	(void)state;
	assert_int_equal(lme_tick(lme, 5), 5 + LME_OPEN_TIMEOUT);
	assert_int_equal(lme_tick(lme, 5 + LME_OPEN_TIMEOUT), LME_NEVER);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.channel, channel);
	assert_int_equal(seen.reason, 0);
	/* the answer comes after all */
	SAY(lme, 20000, .type = APF_CHANNEL_OPEN_CONFIRMATION,
	    .recipient = channel, .sender = 2);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 2);
	assert_int_equal(seen.opened, 0);
	free(lme);
}

static void test_closed_while_it_opens(void **state)
{
	struct lme *lme = ready();
	uint32_t channel = lme_open(lme, 1), other = lme_open(lme, 2);

	(void)state;
	lme_close(lme, other);
	lme_tick(lme, 0);
	assert_int_equal(last_sent()->sender, channel);
	lme_close(lme, channel);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = channel,
	    .sender = 4);
	assert_int_equal(last_sent()->type, APF_CHANNEL_CLOSE);
	assert_int_equal(last_sent()->recipient, 4);
	/* a second confirmation of the same is not heard */
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION, .recipient = channel,
	    .sender = 4);
	assert_int_equal(seen.opened, 0);
	channel = lme_open(lme, 3);
	lme_tick(lme, 0);
	lme_close(lme, channel);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = channel,
	    .reason = APF_RESOURCE_SHORTAGE);
	assert_int_equal(seen.refused, 0);
	free(lme);
}

static void test_open_is_retried(void **state)
{
	struct lme *lme = ready();
	uint32_t channel = lme_open(lme, 1);
	uint64_t now = 0;
	unsigned int i;

	(void)state;
	lme_tick(lme, now);
	for (i = 1; i <= LME_RETRIES; i++) {
		SAY(lme, now, .type = APF_CHANNEL_OPEN_FAILURE,
		    .recipient = channel, .reason = APF_RESOURCE_SHORTAGE);
		assert_int_equal(seen.refused, 0);
		assert_int_equal(lme_tick(lme, now + 1),
				 now + LME_RETRY_DELAY * i);
		assert_int_equal(seen.count, 2 + i);
		now += LME_RETRY_DELAY * i;
		lme_tick(lme, now);
		assert_int_equal(seen.count, 3 + i);
	}
	SAY(lme, now, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = channel,
	    .reason = APF_PROHIBITED);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.reason, APF_PROHIBITED);
	channel = lme_open(lme, 1);
	lme_tick(lme, now);
	SAY(lme, now, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = channel,
	    .reason = APF_CONNECT_FAILED);
	assert_int_equal(seen.refused, 2);
	free(lme);
}

/* Why it is refused may be its port's own affair; that there is no place is not. */
static void test_who_waits_for_a_retry(void **state)
{
	struct lme *lme = ready();
	uint32_t first = lme_open(lme, 1), second, third;

	(void)state;
	lme_tick(lme, 0);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = first,
	    .reason = APF_PROHIBITED);
	second = lme_open(lme, 2);
	assert_int_equal(lme_tick(lme, 0), LME_RETRY_DELAY);
	assert_int_equal(last_sent()->sender, second);
	SAY(lme, 1, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = second,
	    .reason = APF_RESOURCE_SHORTAGE);
	third = lme_open(lme, 3);
	assert_int_equal(lme_tick(lme, 1), 1 + LME_RETRY_DELAY);
	assert_int_equal(last_sent()->sender, second);
	/* then all, in the order in which they came */
	seen.count = 0;
	lme_tick(lme, 1 + LME_RETRY_DELAY);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.sent[0].sender, first);
	assert_int_equal(seen.sent[1].sender, second);
	assert_int_equal(seen.sent[2].sender, third);
	/* nothing is due in a session that has ended */
	SAY(lme, 200, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = first,
	    .reason = APF_PROHIBITED);
	SAY(lme, 200, .type = APF_DISCONNECT);
	assert_true(lme_tick(lme, 5000) > 5000);
	free(lme);
}

/* A shorter wait of one does not end the longer one of another. */
static void test_who_waited_longer_is_first(void **state)
{
	struct lme *lme = ready();
	uint32_t first = lme_open(lme, 1), second = lme_open(lme, 2);

	(void)state;
	lme_tick(lme, 0);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = first,
	    .reason = APF_RESOURCE_SHORTAGE);
	lme_tick(lme, LME_RETRY_DELAY);
	assert_int_equal(last_sent()->sender, first);
	SAY(lme, LME_RETRY_DELAY, .type = APF_CHANNEL_OPEN_FAILURE,
	    .recipient = first, .reason = APF_RESOURCE_SHORTAGE);
	SAY(lme, LME_RETRY_DELAY, .type = APF_CHANNEL_OPEN_FAILURE,
	    .recipient = second, .reason = APF_RESOURCE_SHORTAGE);
	assert_int_equal(lme_tick(lme, 2 * LME_RETRY_DELAY),
			 3 * LME_RETRY_DELAY);
	assert_int_equal(last_sent()->sender, first);
	seen.count = 0;
	lme_tick(lme, 3 * LME_RETRY_DELAY);
	assert_int_equal(seen.sent[0].sender, first);
	assert_int_equal(seen.sent[1].sender, second);
	free(lme);
}

static void test_eight_places_and_a_queue(void **state)
{
	struct lme *lme = ready();
	uint32_t first = 0, i;

	(void)state;
	for (i = 0; i < LME_CHANNELS; i++) {
		uint32_t channel = lme_open(lme, 16992);

		assert_int_not_equal(channel, 0);
		first = first ? first : channel;
	}
	assert_int_equal(lme_open(lme, 16992), 0);
	lme_tick(lme, 0);
	assert_int_equal(seen.count, 2 + LME_SLOTS);
	assert_int_equal(last_sent()->sender, first + LME_SLOTS - 1);
	/* whose turn comes is the one that waits for the longest */
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_FAILURE, .recipient = first + 3,
	    .reason = APF_CONNECT_FAILED);
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	assert_int_equal(last_sent()->sender, first + LME_SLOTS);
	free(lme);
}

/* As many programs as may connect, those before them that AMT keeps, and its alerts */
static void test_room_for_all(void **state)
{
	struct lme *lme = ready();
	uint32_t i;

	(void)state;
	for (i = 0; i < LME_SLOTS; i++)
		lme_close(lme, open_channel(lme, i));
	for (i = 0; i < LME_PROGRAMS; i++)
		assert_int_not_equal(lme_open(lme, 16992), 0);
	for (i = 0; i < LME_ALERTS; i++) {
		say_alert(lme, LME_SLOTS + i);
		assert_int_equal(last_sent()->type,
				 APF_CHANNEL_OPEN_CONFIRMATION);
	}
	free(lme);
}

static void test_lost_and_again(void **state)
{
	uint32_t channel;
	struct lme *lme = with_channel(&channel, 100);
	uint32_t opening, closing;

	(void)state;
	closing = lme_open(lme, 1);
	lme_tick(lme, 0);
	SAY(lme, 0, .type = APF_CHANNEL_OPEN_CONFIRMATION,
	    .recipient = closing);
	lme_close(lme, closing);
	opening = lme_open(lme, 1);
	lme_tick(lme, 0);
	lme_lost(lme);
	assert_int_equal(seen.closed, 1);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.channel, opening);
	assert_int_equal(lme_room(lme, channel), 0);
	/* one that waits meanwhile is opened by the next connection */
	opening = lme_open(lme, 5);
	assert_true(opening > channel);
	assert_int_equal(lme_tick(lme, 1), 1 + LME_OPEN_TIMEOUT);
	lme_start(lme, 2, 8192);
	seen.ready = 0;
	SAY(lme, 2, .type = APF_PROTOCOLVERSION, .major = 1);
	SAY(lme, 2, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
	assert_int_equal(last_sent()->type, APF_CHANNEL_OPEN);
	assert_int_equal(last_sent()->sender, opening);
	free(lme);
}

static void test_small_mailbox(void **state)
{
	struct lme *lme = malloc(sizeof(*lme));

	(void)state;
	assert_non_null(lme);
	memset(&seen, 0, sizeof(seen));
	lme_init(lme, &hooks, NULL);
	lme_start(lme, 0, APF_DATA_OVERHEAD);
	assert_int_equal(seen.count, 0);
	assert_int_equal(lme_room(lme, 1), 0);
	free(lme);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_firmware_ends_it),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_port_zero),
		cmocka_unit_test(test_addresses_of_ports),
		cmocka_unit_test(test_other_ports_after_setup),
		cmocka_unit_test(test_request_that_is_cut_is_answered),
		cmocka_unit_test(test_foreign_wishes),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_alerts_that_are_not_wanted),
		cmocka_unit_test(test_alert_takes_a_place),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_sending),
		cmocka_unit_test(test_receiving),
		cmocka_unit_test(test_beyond_the_window),
		cmocka_unit_test(test_data_whose_length_lies),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_close_that_is_not_answered),
		cmocka_unit_test(test_close_after_a_long_silence),
		cmocka_unit_test(test_what_hooks_begin),
		cmocka_unit_test(test_what_is_broken),
		cmocka_unit_test(test_handshake_in_mid_session),
		cmocka_unit_test(test_version_that_is_late),
		cmocka_unit_test(test_nothing_after_the_end),
		cmocka_unit_test(test_connection_that_ends_with_a_channel),
		cmocka_unit_test(test_numbers_wrap),
		cmocka_unit_test(test_handshake_that_never_ends),
		cmocka_unit_test(test_places_that_were_not_asked_for),
		cmocka_unit_test(test_open_that_is_not_answered),
		cmocka_unit_test(test_closed_while_it_opens),
		cmocka_unit_test(test_open_is_retried),
		cmocka_unit_test(test_who_waits_for_a_retry),
		cmocka_unit_test(test_who_waited_longer_is_first),
		cmocka_unit_test(test_eight_places_and_a_queue),
		cmocka_unit_test(test_room_for_all),
		cmocka_unit_test(test_lost_and_again),
		cmocka_unit_test(test_small_mailbox),
	};

	return cmocka_run_group_tests_name("lme", tests, NULL, NULL) != 0;
}
