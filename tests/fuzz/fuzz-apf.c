// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMT's port forwarding, with a hostile AMT: the first byte says what is tried. One
 * message: what is taken apart lies in it, and made again it says the same. Or a
 * session: messages and acts of a program in turn; what is sent must be sound, and
 * no more than AMT allowed.
 */
#include <stdbool.h>

#include "fuzz.h"

#include "cli/amt/apf.h"
#include "cli/amt/lme.h"

#define ROOM	 16384
#define PREAMBLE 2

static const uint8_t *begin;
static size_t left;

static void inside(const struct apf_string *string)
{
	if (!string->size)
		return;
	expect(string->bytes > begin);
	expect(string->size <= (size_t)(begin + left - string->bytes));
}

static void check_message(const uint8_t *data, size_t size)
{
	static uint8_t made[ROOM], again[ROOM];
	struct apf_message a, b;
	size_t length;

	begin = data;
	left = size;
	if (apf_decode(data, size, &a))
		return;
	inside(&a.name);
	inside(&a.address);
	inside(&a.origin);
	inside(&a.data);
	length = apf_encode(&a, made, sizeof(made));
	expect(length);
	expect(apf_decode(made, length, &b) == APF_GOOD);
	expect(apf_encode(&b, again, sizeof(again)) == length);
	expect(!memcmp(made, again, length));
}

/* a session that ends is begun again */
static struct {
	struct lme lme;
	bool ended;
	uint32_t channels[4];
	uint64_t sent;
} run;

static void on_send(void *context, const uint8_t *message, size_t size)
{
	struct apf_message m;

	(void)context;
	expect(apf_decode(message, size, &m) == APF_GOOD);
	expect(size <= LME_MESSAGE_MAX);
	if (m.type == APF_CHANNEL_DATA)
		run.sent += m.data.size;
}

static void on_ready(void *context)
{
	(void)context;
}

static bool on_forward(void *context, const struct apf_string *address,
		       uint16_t port, bool on)
{
	(void)context;
	inside(address);
	expect(port);
	return on;
}

static bool on_alert(void *context, uint32_t channel)
{
	(void)context;
	expect(channel);
	return channel % 3;
}

static void on_channel(void *context, uint32_t channel)
{
	(void)context;
	expect(channel);
}

static void on_refused(void *context, uint32_t channel, uint32_t reason)
{
	(void)reason;
	on_channel(context, channel);
}

static void on_data(void *context, uint32_t channel, const uint8_t *bytes,
		    size_t size)
{
	(void)context;
	expect(size && size <= LME_WINDOW);
	expect(bytes > begin && bytes + size <= begin + left);
	lme_consumed(&run.lme, channel, bytes[0]);
}

static void on_ended(void *context, uint32_t reason)
{
	(void)context;
	(void)reason;
	run.ended = true;
}

static void on_odd(void *context, enum lme_oddity what)
{
	(void)context;
	expect(what < LME_ODDITIES);
}

static const struct lme_hooks hooks = {
	.send = on_send,
	.ready = on_ready,
	.forward = on_forward,
	.alert = on_alert,
	.opened = on_channel,
	.refused = on_refused,
	.data = on_data,
	.writable = on_channel,
	.closed = on_channel,
	.ended = on_ended,
	.odd = on_odd,
};

static void begin_session(uint64_t now)
{
	uint8_t bytes[128];
	struct apf_message message = { .type = APF_PROTOCOLVERSION,
				       .major = 1 };

	begin = bytes;
	left = sizeof(bytes);
	run.ended = false;
	lme_lost(&run.lme);
	lme_start(&run.lme, now, LME_MESSAGE_MAX);
	lme_receive(&run.lme, now, bytes,
		    apf_encode(&message, bytes, sizeof(bytes)));
	message.type = APF_SERVICE_REQUEST;
	message.name = apf_string(APF_SERVICE_FORWARD);
	lme_receive(&run.lme, now, bytes,
		    apf_encode(&message, bytes, sizeof(bytes)));
}

static void act(uint8_t what, uint64_t now)
{
	static const uint8_t bytes[5000];
	uint32_t *channel = &run.channels[what % 4];
	size_t room = lme_room(&run.lme, *channel);

	switch (what / 4 % 4) {
	case 0:
		*channel = lme_open(&run.lme, what);
		break;
	case 1:
		run.sent = 0;
		lme_send(&run.lme, *channel, bytes, sizeof(bytes));
		expect(run.sent <= room);
		break;
	case 2:
		lme_consumed(&run.lme, *channel, 100U * what);
		break;
	default:
		lme_close(&run.lme, *channel);
	}
	expect(lme_tick(&run.lme, now) >= now);
}

/* A byte of what is next, then either an act, or a length of two bytes and a message. */
static void check_session(const uint8_t *data, size_t size)
{
	uint64_t now = 0;

	memset(&run, 0, sizeof(run));
	lme_init(&run.lme, &hooks, NULL);
	begin_session(now);
	while (size >= PREAMBLE) {
		uint8_t what = *data++;
		size_t length = *data++;
		uint8_t *message;

		size -= PREAMBLE;
		if (what & 0x80) {
			act(length, now);
			continue;
		}
		length = length < size ? length : size;
		message = exact(data, length);
		begin = message;
		left = length;
		now += 100ULL * what;
		lme_receive(&run.lme, now, message, length);
		free(message);
		data += length;
		size -= length;
		if (run.ended)
			begin_session(now);
	}
	lme_lost(&run.lme);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes;

	if (!size)
		return 0;
	bytes = exact(data + 1, size - 1);
	if (data[0] & 1)
		check_session(bytes, size - 1);
	else
		check_message(bytes, size - 1);
	free(bytes);
	return 0;
}
