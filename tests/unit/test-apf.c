// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/apf: messages of AMT's port forwarding, made, taken apart, and broken.
 */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "cli/amt/apf.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* messages as the protocol's description has them, with what they say */
static const struct {
	const uint8_t *bytes;
	size_t size;
	struct apf_message is;
} known[] = {
	{ BYTES("\x01\0\0\0\x02\0\0"),
	  { .type = APF_DISCONNECT, .reason = 2 } },
	{ BYTES("\x05\0\0\0\x12pfwd@amt.intel.com"),
	  { .type = APF_SERVICE_REQUEST,
	    .name = { BYTES("pfwd@amt.intel.com") } } },
	{ BYTES("\x06\0\0\0\022auth@amt.intel.com"),
	  { .type = APF_SERVICE_ACCEPT,
	    .name = { BYTES("auth@amt.intel.com") } } },
	{ BYTES("\x33\0\0\0\x04none\0"),
	  { .type = APF_USERAUTH_FAILURE, .name = { BYTES("none") } } },
	{ BYTES("\x34"), { .type = APF_USERAUTH_SUCCESS } },
	{ BYTES("\x50\0\0\0\x0dtcpip-forward\x01\0\0\0\x01h\0\0\x42\x60"),
	  { .type = APF_GLOBAL_REQUEST,
	    .name = { BYTES("tcpip-forward") },
	    .want_reply = 1,
	    .address = { BYTES("h") },
	    .port = 16992 } },
	{ BYTES("\x50\0\0\0\024cancel-tcpip-forward\0\0\0\0\0\0\0\x02\x6f"),
	  { .type = APF_GLOBAL_REQUEST,
	    .name = { BYTES("cancel-tcpip-forward") },
	    .address = { BYTES("") },
	    .port = 623 } },
	{ BYTES("\x50\0\0\0\x19udp-send-to@amt.intel.com\0"
		"\0\0\0\001a\0\0\0\x07\0\0\0\002bc\0\0\0\x08\0\0\0\x03xyz"),
	  { .type = APF_GLOBAL_REQUEST,
	    .name = { BYTES("udp-send-to@amt.intel.com") },
	    .address = { BYTES("a") },
	    .port = 7,
	    .origin = { BYTES("bc") },
	    .origin_port = 8,
	    .data = { BYTES("xyz") } } },
	{ BYTES("\x51\0\0\x42\x60"),
	  { .type = APF_REQUEST_SUCCESS, .port = 16992 } },
	{ BYTES("\x51"), { .type = APF_REQUEST_SUCCESS } },
	{ BYTES("\x52"), { .type = APF_REQUEST_FAILURE } },
	{ BYTES("\x5a\0\0\0\017forwarded-tcpip\0\0\0\x03\0\0\x10\0\xff\xff\xff\377\0\0\0\x03::1\0\0\x42\x60\0\0\0\x03::1\0\0\x12\x34"),
	  { .type = APF_CHANNEL_OPEN,
	    .name = { BYTES("forwarded-tcpip") },
	    .sender = 3,
	    .window = 4096,
	    .maximum = 0xffffffff,
	    .address = { BYTES("::1") },
	    .port = 16992,
	    .origin = { BYTES("::1") },
	    .origin_port = 0x1234 } },
	{ BYTES("\x5b\0\0\0\x03\0\0\0\0\0\0\x04\0\xff\xff\xff\xff"),
	  { .type = APF_CHANNEL_OPEN_CONFIRMATION,
	    .recipient = 3,
	    .window = 1024,
	    .maximum = 0xffffffff } },
	{ BYTES("\x5c\0\0\0\x03\0\0\0\x04\0\0\0\0\0\0\0\0"),
	  { .type = APF_CHANNEL_OPEN_FAILURE, .recipient = 3, .reason = 4 } },
	{ BYTES("\x5d\0\0\0\x03\0\0\0\x40"),
	  { .type = APF_CHANNEL_WINDOW_ADJUST, .recipient = 3, .window = 64 } },
	{ BYTES("\x5e\0\0\0\x03\0\0\0\x05hello"),
	  { .type = APF_CHANNEL_DATA,
	    .recipient = 3,
	    .data = { BYTES("hello") } } },
	{ BYTES("\x61\0\0\0\x03"),
	  { .type = APF_CHANNEL_CLOSE, .recipient = 3 } },
	{ BYTES("\xd0\0\0\0\x09"),
	  { .type = APF_KEEPALIVE_REQUEST, .reason = 9 } },
	{ BYTES("\xd1\0\0\0\x09"),
	  { .type = APF_KEEPALIVE_REPLY, .reason = 9 } },
	{ BYTES("\xd2\0\0\0\x09\0\0\0\x08"),
	  { .type = APF_KEEPALIVE_OPTIONS_REQUEST, .reason = 9, .minor = 8 } },
	{ BYTES("\xd3\0\0\0\x09\0\0\0\x08"),
	  { .type = APF_KEEPALIVE_OPTIONS_REPLY, .reason = 9, .minor = 8 } },
};

static void same_string(const struct apf_string *a, const struct apf_string *b)
{
	assert_int_equal(a->size, b->size);
	if (a->size)
		assert_memory_equal(a->bytes, b->bytes, a->size);
}

static void same(const struct apf_message *a, const struct apf_message *b)
{
	assert_int_equal(a->type, b->type);
	same_string(&a->name, &b->name);
	assert_int_equal(a->recipient, b->recipient);
	assert_int_equal(a->sender, b->sender);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->maximum, b->maximum);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->major, b->major);
	assert_int_equal(a->minor, b->minor);
	assert_int_equal(a->trigger, b->trigger);
	assert_int_equal(a->want_reply, b->want_reply);
	same_string(&a->address, &b->address);
	assert_int_equal(a->port, b->port);
	same_string(&a->origin, &b->origin);
	assert_int_equal(a->origin_port, b->origin_port);
	same_string(&a->data, &b->data);
}

static void test_known_messages(void **state)
{
	struct apf_message message;
	uint8_t made[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(apf_decode(known[i].bytes, known[i].size,
					    &message),
				 APF_GOOD);
		same(&message, &known[i].is);
		memset(made, 0xa5, sizeof(made));
		assert_int_equal(apf_encode(&known[i].is, made, sizeof(made)),
				 known[i].size);
		assert_memory_equal(made, known[i].bytes, known[i].size);
		assert_int_equal(made[known[i].size], 0xa5);
	}
}

static void test_version(void **state)
{
	const struct apf_message version = {
		.type = APF_PROTOCOLVERSION,
		.major = 1,
		.trigger = APF_TRIGGER_LME,
	};
	struct apf_message message;
	uint8_t made[93];

	(void)state;
	assert_int_equal(apf_encode(&version, made, sizeof(made)), 93);
	assert_memory_equal(made, "\xc0\0\0\0\1\0\0\0\0\0\0\0\xfe\0", 14);
	made[92] = 7;
	assert_int_equal(apf_decode(made, 93, &message), APF_GOOD);
	same(&message, &version);
	assert_int_equal(apf_decode(made, 92, &message), APF_SHORT);
}

/* Cut anywhere: not read past the end, and never good but where it may end. */
static void test_cut(void **state)
{
	struct apf_message message;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (size = 0; size < known[i].size; size++) {
			uint8_t *cut = malloc(size ? size : 1);
			enum apf_fault fault;

			assert_non_null(cut);
			memcpy(cut, known[i].bytes, size);
			fault = apf_decode(cut, size, &message);
			if (known[i].is.type != APF_REQUEST_SUCCESS ||
			    size != 1)
				assert_int_equal(fault,
						 size ? APF_SHORT : APF_EMPTY);
			free(cut);
		}
}

static void test_no_room(void **state)
{
	uint8_t made[256];
	size_t i, room;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (room = 0; room < known[i].size; room++) {
			uint8_t *to = malloc(room ? room : 1);

			assert_non_null(to);
			assert_int_equal(apf_encode(&known[i].is, to, room), 0);
			free(to);
		}
	assert_int_equal(apf_encode(&known[0].is, made, sizeof(made)),
			 known[0].size);
}

static void test_lengths_that_lie(void **state)
{
	struct apf_message message;

	(void)state;
	assert_int_equal(apf_decode(BYTES("\x5e\0\0\0\x03\0\0\0\x06hello"),
				    &message),
			 APF_SHORT);
	assert_int_equal(apf_decode(BYTES("\x5e\0\0\0\x03\xff\xff\xff\xffhello"),
				    &message),
			 APF_SHORT);
	/* an inner length past the end, and a port that is not there */
	assert_int_equal(apf_decode(BYTES("\x50\0\0\0\x0dtcpip-forward\001\0\0\0\xffh\0\0\x42\x60"),
				    &message),
			 APF_SHORT);
	assert_int_equal(apf_decode(BYTES("\x50\0\0\0\x0dtcpip-forward\x01"),
				    &message),
			 APF_SHORT);
	assert_int_equal(apf_decode(BYTES("\x51\0\0\x42"), &message),
			 APF_SHORT);
}

static void test_more_than_is_known(void **state)
{
	struct apf_message message;

	(void)state;
	assert_int_equal(apf_decode(BYTES("\x61\0\0\0\x03more"), &message),
			 APF_GOOD);
	assert_int_equal(message.recipient, 3);
	assert_int_equal(apf_decode(BYTES("\x50\0\0\0\x05other\x01rest"),
				    &message),
			 APF_GOOD);
	assert_int_equal(message.want_reply, 1);
	assert_int_equal(message.port, 0);
	assert_int_equal(apf_decode(BYTES("\x32\0\0\0\005admin\0\0\0\x01s\0\0\0\x08password\0\0\0\0\x06secret"),
				    &message),
			 APF_GOOD);
	assert_true(apf_is(&message.origin, "password"));
	assert_int_equal(message.data.size, 0);
}

static void test_unknown_types(void **state)
{
	struct apf_message message;
	unsigned int type, good = 0;

	(void)state;
	for (type = 0; type < 256; type++) {
		const uint8_t byte = type;

		good += apf_decode(&byte, 1, &message) != APF_UNKNOWN;
	}
	assert_int_equal(good, 20);
}

static void test_strings(void **state)
{
	const struct apf_string string = apf_string("abc");

	(void)state;
	assert_true(apf_is(&string, "abc"));
	assert_false(apf_is(&string, "ab"));
	assert_false(apf_is(&string, "abcd"));
	assert_false(apf_is(&string, "abd"));
	assert_memory_equal(apf_uuid,
			    "\xdb\xa4\x33\x67\x76\x04\x7b\x4e\xb3\xaf\xbc\374\x29\xbe\xe7\xa7",
			    16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_messages),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_more_than_is_known),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests_name("apf", tests, NULL, NULL) != 0;
}
