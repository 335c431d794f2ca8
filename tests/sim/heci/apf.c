// SPDX-License-Identifier: GPL-2.0-or-later
/* APF messages: building, reading, and describing them for the log. */
#include <stdlib.h>
#include <string.h>

#include "apf.h"

void apf_put_bytes(struct apf_out *o, const void *data, size_t len)
{
	if (o->len + len > sizeof(o->data))
		abort();
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

void apf_put8(struct apf_out *o, uint8_t v)
{
	apf_put_bytes(o, &v, 1);
}

void apf_put32(struct apf_out *o, uint32_t v)
{
	const uint8_t b[4] = { v >> 24, v >> 16, v >> 8, v };

	apf_put_bytes(o, b, sizeof(b));
}

void apf_begin(struct apf_out *o, enum apf_type type)
{
	o->len = 0;
	o->string_at = 0;
	apf_put8(o, type);
}

void apf_put_counted(struct apf_out *o, const void *data, size_t len)
{
	if (!o->string_at)
		o->string_at = o->len;
	apf_put32(o, len);
	apf_put_bytes(o, data, len);
}

void apf_put_string(struct apf_out *o, const char *text)
{
	apf_put_counted(o, text, strlen(text));
}

void apf_skip(struct apf_in *in, size_t len)
{
	if (len > in->left) {
		in->bad = true;
		len = in->left;
	}
	in->p += len;
	in->left -= len;
}

uint8_t apf_get8(struct apf_in *in)
{
	uint8_t v = in->left ? in->p[0] : 0;

	apf_skip(in, 1);
	return v;
}

uint32_t apf_get32(struct apf_in *in)
{
	uint32_t v = 0;

	if (in->left >= 4)
		v = (uint32_t)in->p[0] << 24 | in->p[1] << 16 | in->p[2] << 8 |
		    in->p[3];
	apf_skip(in, 4);
	return v;
}

struct apf_string apf_get_string(struct apf_in *in)
{
	struct apf_string s;

	s.len = apf_get32(in);
	s.p = (const char *)in->p;
	if (s.len > in->left) {
		in->bad = true;
		s.len = in->left;
	}
	apf_skip(in, s.len);
	return s;
}

bool apf_is(struct apf_string s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.p, text, s.len);
}

/*
 * For the log: a name, and of each type what it is made of
 */

static const struct {
	enum apf_type type;
	const char *name;
	/* s string, n number, b byte, d data, . the end */
	const char *form;
} types[] = {
	{ APF_DISCONNECT, "disconnect", "n" },
	{ APF_SERVICE_REQUEST, "service request", "s" },
	{ APF_SERVICE_ACCEPT, "service accept", "s" },
	{ APF_USERAUTH_REQUEST, "user authentication", "sss" },
	{ APF_USERAUTH_FAILURE, "user authentication failure", "s" },
	{ APF_USERAUTH_SUCCESS, "user authentication success", "" },
	{ APF_GLOBAL_REQUEST, "global request", "sbsn" },
	{ APF_REQUEST_SUCCESS, "request success", "n" },
	{ APF_REQUEST_FAILURE, "request failure", "" },
	{ APF_CHANNEL_OPEN, "channel open", "snnnsnsn" },
	{ APF_OPEN_CONFIRMATION, "channel open confirmation", "nnn" },
	{ APF_OPEN_FAILURE, "channel open failure", "nn" },
	{ APF_WINDOW_ADJUST, "window adjust", "nn" },
	{ APF_CHANNEL_DATA, "channel data", "nn" },
	{ APF_CHANNEL_CLOSE, "channel close", "n" },
	{ APF_PROTOCOL_VERSION, "protocol version", "nnn" },
	{ APF_KEEPALIVE_REQUEST, "keepalive request", "n" },
	{ APF_KEEPALIVE_REPLY, "keepalive reply", "n" },
	{ APF_OPTIONS_REQUEST, "keepalive options request", "nn" },
	{ APF_OPTIONS_REPLY, "keepalive options reply", "nn" },
};

static int describe_string(char *to, size_t size, struct apf_string s)
{
	size_t i;
	int n = snprintf(to, size, " '%.*s'", (int)(s.len < 40 ? s.len : 40),
			 s.p);

	for (i = 0; i < size && to[i]; i++)
		if (to[i] < ' ' || to[i] > '~')
			to[i] = '?';
	return n;
}

const char *apf_describe(const uint8_t *m, size_t len)
{
	static char text[400];
	struct apf_in in = { m + 1, len - 1, false };
	size_t i = 0, at;
	const char *f;

	if (!len)
		return "empty message";
	while (i < ARRAY_SIZE(types) && types[i].type != m[0])
		i++;
	if (i == ARRAY_SIZE(types)) {
		snprintf(text, sizeof(text), "unknown type %u", m[0]);
		return text;
	}
	at = snprintf(text, sizeof(text), "%s", types[i].name);
	for (f = types[i].form; *f && in.left && at < sizeof(text) - 60; f++) {
		if (*f == 's')
			at += describe_string(text + at, sizeof(text) - at,
					      apf_get_string(&in));
		else
			at += snprintf(text + at, sizeof(text) - at, " %u",
				       *f == 'b' ? apf_get8(&in) :
						   apf_get32(&in));
	}
	return text;
}
