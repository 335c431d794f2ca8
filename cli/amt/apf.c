// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of AMT's port forwarding. All numbers are big-endian; a string is four
 * bytes of length, and its bytes.
 */
#include <string.h>

#include "apf.h"
#include "cli/common/memory.h"
#include "wire.h"

const uint8_t apf_uuid[16] = {
	0xdb, 0xa4, 0x33, 0x67, 0x76, 0x04, 0x7b, 0x4e,
	0xb3, 0xaf, 0xbc, 0xfc, 0x29, 0xbe, 0xe7, 0xa7,
};

enum kind {
	END,
	U8,
	U32,
	STRING,
	/* zeros, @at of them */
	ZEROS,
};

struct field {
	enum kind kind;
	size_t at;
};

#define FIELDS_MAX 8
#define AT(member) offsetof(struct apf_message, member)

/* clang-format off */
static const struct layout {
	uint8_t type;
	struct field fields[FIELDS_MAX];
} layouts[] = {
	{ APF_DISCONNECT, { { U32, AT(reason) }, { ZEROS, 2 } } },
	{ APF_SERVICE_REQUEST, { { STRING, AT(name) } } },
	{ APF_SERVICE_ACCEPT, { { STRING, AT(name) } } },
	/* user, service, method; a password is not wanted here */
	{ APF_USERAUTH_REQUEST, { { STRING, AT(name) }, { STRING, AT(address) },
				  { STRING, AT(origin) } } },
	{ APF_USERAUTH_FAILURE, { { STRING, AT(name) }, { ZEROS, 1 } } },
	{ APF_USERAUTH_SUCCESS, { { END, 0 } } },
	{ APF_GLOBAL_REQUEST, { { STRING, AT(name) }, { U8, AT(want_reply) } } },
	{ APF_REQUEST_SUCCESS, { { END, 0 } } },
	{ APF_REQUEST_FAILURE, { { END, 0 } } },
	{ APF_CHANNEL_OPEN, { { STRING, AT(name) }, { U32, AT(sender) },
			      { U32, AT(window) }, { U32, AT(maximum) },
			      { STRING, AT(address) }, { U32, AT(port) },
			      { STRING, AT(origin) }, { U32, AT(origin_port) } } },
	{ APF_CHANNEL_OPEN_CONFIRMATION, { { U32, AT(recipient) },
					   { U32, AT(sender) },
					   { U32, AT(window) },
					   { U32, AT(maximum) } } },
	{ APF_CHANNEL_OPEN_FAILURE, { { U32, AT(recipient) },
				      { U32, AT(reason) }, { ZEROS, 8 } } },
	{ APF_CHANNEL_WINDOW_ADJUST, { { U32, AT(recipient) },
				       { U32, AT(window) } } },
	{ APF_CHANNEL_DATA, { { U32, AT(recipient) }, { STRING, AT(data) } } },
	{ APF_CHANNEL_CLOSE, { { U32, AT(recipient) } } },
	/* behind the trigger a UUID, and reserved bytes */
	{ APF_PROTOCOLVERSION, { { U32, AT(major) }, { U32, AT(minor) },
				 { U32, AT(trigger) }, { ZEROS, 16 + 64 } } },
	{ APF_KEEPALIVE_REQUEST, { { U32, AT(reason) } } },
	{ APF_KEEPALIVE_REPLY, { { U32, AT(reason) } } },
	{ APF_KEEPALIVE_OPTIONS_REQUEST, { { U32, AT(reason) },
					   { U32, AT(minor) } } },
	{ APF_KEEPALIVE_OPTIONS_REPLY, { { U32, AT(reason) },
					 { U32, AT(minor) } } },
};

/* what follows the fields above, by the name of a global request */
static const struct {
	const char *name;
	struct field fields[FIELDS_MAX];
} requests[] = {
	{ APF_FORWARD, { { STRING, AT(address) }, { U32, AT(port) } } },
	{ APF_CANCEL_FORWARD, { { STRING, AT(address) }, { U32, AT(port) } } },
	{ APF_UDP_SEND, { { STRING, AT(address) }, { U32, AT(port) },
			  { STRING, AT(origin) }, { U32, AT(origin_port) },
			  { STRING, AT(data) } } },
};
static const struct field bound_port[FIELDS_MAX] = { { U32, AT(port) } };
/* clang-format on */

static const struct layout *layout_of(uint8_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(layouts); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

bool apf_is(const struct apf_string *string, const char *text)
{
	return string->size == strlen(text) &&
	       !memcmp(string->bytes, text, string->size);
}

struct apf_string apf_string(const char *text)
{
	return (struct apf_string){ (const uint8_t *)text, strlen(text) };
}

/* the fields behind those of the layout, NULL when there are none */
static const struct field *more_fields(const struct apf_message *message)
{
	size_t i;

	for (i = 0;
	     message->type == APF_GLOBAL_REQUEST && i < ARRAY_LENGTH(requests);
	     i++)
		if (apf_is(&message->name, requests[i].name))
			return requests[i].fields;
	return NULL;
}

static void take(struct wire *wire, const struct field *fields,
		 struct apf_message *message)
{
	size_t i;

	for (i = 0; i < FIELDS_MAX && fields[i].kind != END; i++) {
		void *to = (char *)message + fields[i].at;
		struct apf_string *string = to;

		switch (fields[i].kind) {
		case U8:
			*(uint8_t *)to = wire_be(wire, 1);
			break;
		case U32:
			*(uint32_t *)to = wire_be(wire, 4);
			break;
		case STRING:
			string->size = wire_be(wire, 4);
			string->bytes = wire_bytes(wire, string->size);
			break;
		default:
			wire_bytes(wire, fields[i].at);
		}
	}
}

enum apf_fault apf_decode(const uint8_t *bytes, size_t size,
			  struct apf_message *message)
{
	struct wire wire = { .at = bytes, .left = size };
	const struct layout *layout;
	const struct field *more;

	memset(message, 0, sizeof(*message));
	if (!size)
		return APF_EMPTY;
	message->type = wire_be(&wire, 1);
	layout = layout_of(message->type);
	if (!layout)
		return APF_UNKNOWN;
	take(&wire, layout->fields, message);
	if (wire.bad)
		return APF_SHORT;
	more = more_fields(message);
	if (more)
		take(&wire, more, message);
	/* one that answers a cancelling has no port */
	if (message->type == APF_REQUEST_SUCCESS && wire.left)
		take(&wire, bound_port, message);
	return wire.bad ? APF_SHORT : APF_GOOD;
}

/*
 * What is being made; @used may exceed @room, and then nothing is written. Bytes may be
 * where they belong already.
 */
struct made {
	uint8_t *to;
	size_t room;
	size_t used;
};

static void put(struct made *made, const void *bytes, size_t size)
{
	if (made->used <= made->room && size <= made->room - made->used) {
		uint8_t *to = made->to + made->used;

		if (!bytes)
			memset(to, 0, size);
		else if (to != bytes)
			memcpy(to, bytes, size);
	}
	made->used += size;
}

static void put_be(struct made *made, uint32_t number)
{
	const uint8_t bytes[] = { number >> 24, number >> 16, number >> 8,
				  number };

	put(made, bytes, sizeof(bytes));
}

static void give(struct made *made, const struct field *fields,
		 const struct apf_message *message)
{
	size_t i;

	for (i = 0; i < FIELDS_MAX && fields[i].kind != END; i++) {
		const void *from = (const char *)message + fields[i].at;
		const struct apf_string *string = from;

		switch (fields[i].kind) {
		case U8:
			put(made, from, 1);
			break;
		case U32:
			put_be(made, *(const uint32_t *)from);
			break;
		case STRING:
			put_be(made, string->size);
			put(made, string->bytes, string->size);
			break;
		default:
			put(made, NULL, fields[i].at);
		}
	}
}

size_t apf_encode(const struct apf_message *message, uint8_t *to, size_t room)
{
	struct made made = { .to = to, .room = room };
	const struct field *more = more_fields(message);

	put(&made, &message->type, 1);
	give(&made, layout_of(message->type)->fields, message);
	if (more)
		give(&made, more, message);
	if (message->type == APF_REQUEST_SUCCESS && message->port)
		give(&made, bound_port, message);
	return made.used <= room ? made.used : 0;
}
