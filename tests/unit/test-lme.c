// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/lme: a session of AMT's port forwarding with an AMT that is played here,
 * first step by step, then by random schedules of both sides: no byte is lost,
 * repeated or reordered, no window is overrun, no place leaks, nobody waits for
 * ever.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amt/apf.h"
#include "cli/amt/lme.h"

#define QUEUE	   4096
#define ODDITIES   LME_ODDITIES
#define STEPS	   2000000
#define CHANNEL_ID 7

/* what the session has done, the last of each */
static struct {
	struct apf_message sent[64];
	uint8_t bytes[64][LME_MESSAGE_MAX];
	size_t count;
	unsigned int ready, opened, refused, closed, ended, writable;
	uint32_t channel, reason;
	unsigned int odd[ODDITIES];
	uint8_t data[LME_MESSAGE_MAX];
	size_t size;
	uint16_t port;
	bool on, refuse_forward;
} seen;

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
	assert_non_null(address);
	seen.port = port;
	seen.on = on;
	return !seen.refuse_forward;
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

/* A quiet session is not told the time: AMT has all of it to answer, none less. */
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

/*
 * Random schedules. Each channel carries two streams of bytes that count; both ends
 * know what comes next.
 */

/* AMT's side of a channel */
struct place {
	bool used, closing;
	uint32_t channel;
	uint32_t window, credit;
	uint8_t out, in;
};

/* the program's side */
struct user {
	uint32_t channel;
	bool open;
	uint8_t out, in;
	size_t held;
};

static struct {
	struct lme *lme;
	struct place places[LME_SLOTS];
	struct user users[LME_CHANNELS];
	uint8_t *queue[QUEUE];
	size_t sizes[QUEUE];
	size_t head, tail;
	uint64_t now, sent, received, opened, ended, lost, delays;
	unsigned int seed;
	/* channels may be refused without AMT having said so */
	bool silent;
	/* since the last drain(), answers came too late */
	bool late;
} play;

static unsigned int chance(unsigned int of)
{
	play.seed = play.seed * 1103515245 + 12345;
	return (play.seed >> 16) % of;
}

static struct user *user_of(uint32_t channel)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++)
		if (play.users[i].channel == channel)
			return &play.users[i];
	fail();
	return NULL;
}

/* from AMT to the host: kept in order, taken when chance says so */
static void post(const struct apf_message *message)
{
	uint8_t bytes[LME_MESSAGE_MAX];
	size_t size = apf_encode(message, bytes, sizeof(bytes));
	size_t at = play.tail++ % QUEUE;

	assert_true(play.tail - play.head < QUEUE);
	play.queue[at] = malloc(size);
	assert_non_null(play.queue[at]);
	memcpy(play.queue[at], bytes, size);
	play.sizes[at] = size;
}

#define POST(...) post(&(struct apf_message){ __VA_ARGS__ })

static void amt_opens(const struct apf_message *message)
{
	size_t i;

	for (i = 0; i < LME_SLOTS && play.places[i].used; i++)
		;
	/*
	 * Never more than there are places, but for those whose answers came too late
	 * and are on their way; now and then none is had all the same.
	 */
	assert_true(i < LME_SLOTS || play.late);
	if (i == LME_SLOTS || !chance(8)) {
		POST(.type = APF_CHANNEL_OPEN_FAILURE,
		     .recipient = message->sender,
		     .reason = chance(2) ? APF_PROHIBITED :
					   APF_RESOURCE_SHORTAGE);
		return;
	}
	play.places[i] = (struct place){
		.used = true,
		.channel = message->sender,
		.window = message->window,
		.credit = 1 + chance(3) * chance(2000),
	};
	POST(.type = APF_CHANNEL_OPEN_CONFIRMATION,
	     .recipient = message->sender, .sender = i,
	     .window = play.places[i].credit);
}

static void amt_takes(struct place *place, const struct apf_message *message)
{
	uint32_t i;

	assert_true(message->data.size && message->data.size <= place->credit);
	place->credit -= message->data.size;
	for (i = 0; i < message->data.size; i++)
		assert_int_equal(message->data.bytes[i], place->in++);
	play.received += message->data.size;
}

static void amt_closes(struct place *place)
{
	if (!place->closing)
		POST(.type = APF_CHANNEL_CLOSE, .recipient = place->channel);
	place->used = false;
}

static void amt_gets(void *context, const uint8_t *bytes, size_t size)
{
	struct apf_message message;
	struct place *place;

	(void)context;
	assert_int_equal(apf_decode(bytes, size, &message), APF_GOOD);
	if (message.type == APF_CHANNEL_OPEN) {
		amt_opens(&message);
		return;
	}
	if (message.type < APF_CHANNEL_OPEN || message.type > APF_CHANNEL_CLOSE)
		return;
	assert_true(message.recipient < LME_SLOTS);
	place = &play.places[message.recipient];
	assert_true(place->used);
	if (message.type == APF_CHANNEL_DATA)
		amt_takes(place, &message);
	else if (message.type == APF_CHANNEL_WINDOW_ADJUST)
		place->window += message.window;
	else
		amt_closes(place);
	assert_true(place->window <= LME_WINDOW);
}

static void user_opened(void *context, uint32_t channel)
{
	(void)context;
	user_of(channel)->open = true;
	play.opened++;
}

static void user_gone(uint32_t channel)
{
	*user_of(channel) = (struct user){ 0 };
	play.ended++;
}

static void user_refused(void *context, uint32_t channel, uint32_t reason)
{
	(void)context;
	assert_true(reason || play.silent);
	user_gone(channel);
}

static void user_closed(void *context, uint32_t channel)
{
	(void)context;
	user_gone(channel);
}

static void user_data(void *context, uint32_t channel, const uint8_t *bytes,
		      size_t size)
{
	struct user *user = user_of(channel);

	(void)context;
	user->held += size;
	assert_true(user->held <= LME_WINDOW);
	play.sent += size;
	while (size--)
		assert_int_equal(*bytes++, user->in++);
}

static const struct lme_hooks play_hooks = {
	.send = amt_gets,
	.ready = on_ready,
	.forward = on_forward,
	.opened = user_opened,
	.refused = user_refused,
	.data = user_data,
	.writable = on_writable,
	.closed = user_closed,
	.ended = on_ended,
	.odd = on_odd,
};

/* what AMT does of its own accord, to a place */
static void amt_acts(void)
{
	struct place *place = &play.places[chance(LME_SLOTS)];
	static uint8_t bytes[LME_WINDOW];
	uint32_t size, more, i;

	if (!place->used || place->closing)
		return;
	switch (chance(16)) {
	case 0:
		place->closing = true;
		POST(.type = APF_CHANNEL_CLOSE, .recipient = place->channel);
		break;
	case 1:
		/* what real firmware sends */
		POST(.type = APF_CHANNEL_CLOSE, .recipient = 0);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		more = 1 + chance(3000);
		if (place->credit < 20000) {
			place->credit += more;
			POST(.type = APF_CHANNEL_WINDOW_ADJUST,
			     .recipient = place->channel, .window = more);
		}
		break;
	default:
		size = chance(place->window + 1);
		for (i = 0; i < size; i++)
			bytes[i] = place->out++;
		place->window -= size;
		POST(.type = APF_CHANNEL_DATA, .recipient = place->channel,
		     .data = { bytes, size });
	}
}

static void user_acts(void)
{
	struct user *user = &play.users[chance(LME_CHANNELS)];
	uint8_t bytes[3000];
	size_t size = chance(sizeof(bytes)), i;

	if (!user->channel) {
		user->channel = lme_open(play.lme, 16992);
		return;
	}
	if (!user->open && chance(64))
		return;
	switch (user->open ? chance(16) : 0) {
	case 0:
		/* also while it waits or is being opened */
		lme_close(play.lme, user->channel);
		user_gone(user->channel);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		size = chance(user->held + 1);
		lme_consumed(play.lme, user->channel, size);
		user->held -= size;
		break;
	default:
		for (i = 0; i < size; i++)
			bytes[i] = user->out + i;
		user->out += lme_send(play.lme, user->channel, bytes, size);
	}
}

/* The connection breaks with all that is on its way, and there is another. */
static void lose(void)
{
	for (; play.head != play.tail; play.head++)
		free(play.queue[play.head % QUEUE]);
	memset(play.places, 0, sizeof(play.places));
	play.silent = true;
	lme_lost(play.lme);
	play.silent = false;
	lme_start(play.lme, play.now, 2000);
	SAY(play.lme, play.now, .type = APF_PROTOCOLVERSION, .major = 1);
	SAY(play.lme, play.now, .type = APF_SERVICE_REQUEST,
	    .name = apf_string(APF_SERVICE_FORWARD));
	play.lost++;
}

/* What is on its way comes too late. */
static void delay(void)
{
	play.late = true;
	play.silent = true;
	play.now += LME_OPEN_TIMEOUT + LME_CLOSE_TIMEOUT;
	lme_tick(play.lme, play.now);
	play.silent = false;
	play.delays++;
}

static void deliver(void)
{
	size_t at = play.head % QUEUE;

	if (play.head == play.tail)
		return;
	play.head++;
	lme_receive(play.lme, play.now, play.queue[at], play.sizes[at]);
	free(play.queue[at]);
}

/* With all consumed and all delivered, both sides agree, and AMT may send. */
static void settle(void)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++) {
		struct user *user = &play.users[i];

		if (user->open)
			lme_consumed(play.lme, user->channel, user->held);
		user->held = 0;
	}
	while (play.head != play.tail) {
		deliver();
		for (i = 0; i < LME_CHANNELS; i++)
			if (play.users[i].open && play.users[i].held) {
				lme_consumed(play.lme, play.users[i].channel,
					     play.users[i].held);
				play.users[i].held = 0;
			}
	}
	for (i = 0; i < LME_SLOTS; i++) {
		const struct place *place = &play.places[i];
		size_t room = 2000 - APF_DATA_OVERHEAD;

		if (!place->used)
			continue;
		assert_true(place->window > LME_WINDOW / 2);
		assert_true(user_of(place->channel)->open);
		assert_int_equal(lme_room(play.lme, place->channel),
				 place->credit < room ? place->credit : room);
	}
}

/* Everybody closes: all places and numbers must be free again. */
static void drain(void)
{
	size_t i;

	for (i = 0; i < LME_CHANNELS; i++) {
		if (!play.users[i].channel)
			continue;
		lme_close(play.lme, play.users[i].channel);
		play.users[i] = (struct user){ 0 };
	}
	while (play.head != play.tail)
		deliver();
	for (i = 0; i < LME_SLOTS; i++)
		assert_false(play.places[i].used);
	for (i = 0; i < LME_CHANNELS; i++)
		assert_int_equal(play.lme->channels[i].state, LME_FREE);
	assert_int_equal(lme_tick(play.lme, play.now), LME_NEVER);
}

static void run_schedule(unsigned int seed, unsigned int steps)
{
	play.seed = seed;
	while (steps--) {
		switch (chance(4)) {
		case 0:
			user_acts();
			break;
		case 1:
			amt_acts();
			break;
		default:
			deliver();
		}
		if (!chance(16)) {
			play.now += chance(LME_RETRY_DELAY);
			lme_tick(play.lme, play.now);
		}
		if (!chance(2000))
			lose();
		if (!chance(2000))
			delay();
	}
	settle();
	drain();
	play.late = false;
}

static void test_random_schedules(void **state)
{
	const char *more = getenv("LME_STEPS");
	unsigned int steps = more ? strtoul(more, NULL, 10) : STEPS;
	unsigned int seed;

	(void)state;
	memset(&play, 0, sizeof(play));
	memset(&seen, 0, sizeof(seen));
	play.lme = malloc(sizeof(*play.lme));
	assert_non_null(play.lme);
	lme_init(play.lme, &play_hooks, NULL);
	lme_start(play.lme, 0, 2000);
	agree_quietly(play.lme);
	for (seed = 1; seed <= 20; seed++)
		run_schedule(seed, steps / 20);
	assert_int_equal(seen.ended, 0);
	assert_int_equal(seen.odd[LME_BEYOND_WINDOW], 0);
	assert_int_equal(seen.odd[LME_MALFORMED], 0);
	/* it did something */
	assert_true(play.opened > steps / 1000 && play.ended);
	assert_true(play.lost > steps / 4000 && play.delays > steps / 4000);
	assert_true(play.sent > steps && play.received > steps);
	printf("## %u steps, %llu channels, %llu bytes from AMT, %llu to it\n",
	       steps, (unsigned long long)play.opened,
	       (unsigned long long)play.sent,
	       (unsigned long long)play.received);
	free(play.lme);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_firmware_ends_it),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_port_zero),
		cmocka_unit_test(test_request_that_is_cut_is_answered),
		cmocka_unit_test(test_foreign_wishes),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_sending),
		cmocka_unit_test(test_receiving),
		cmocka_unit_test(test_beyond_the_window),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_close_that_is_not_answered),
		cmocka_unit_test(test_close_after_a_long_silence),
		cmocka_unit_test(test_handshake_that_never_ends),
		cmocka_unit_test(test_places_that_were_not_asked_for),
		cmocka_unit_test(test_open_that_is_not_answered),
		cmocka_unit_test(test_closed_while_it_opens),
		cmocka_unit_test(test_open_is_retried),
		cmocka_unit_test(test_who_waits_for_a_retry),
		cmocka_unit_test(test_eight_places_and_a_queue),
		cmocka_unit_test(test_lost_and_again),
		cmocka_unit_test(test_small_mailbox),
		cmocka_unit_test(test_random_schedules),
	};

	return cmocka_run_group_tests_name("lme", tests, NULL, NULL) != 0;
}
