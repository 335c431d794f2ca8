// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MKHI: the firmware's version and its capability rules. It is there twice:
 * as a client to connect to, and at a fixed address, where Linux's bus driver
 * asks for the version at each start.
 */
#include <stdio.h>
#include <string.h>

#include "amt.h"

enum { GROUP, COMMAND, RESERVED, RESULT, HEADER_LEN };

#define ANSWER		0x80
#define GROUP_FWCAPS	0x03
#define GET_RULE	0x02
#define SET_RULE	0x03
#define SET_OS_VERSION	0x06
#define GROUP_GEN	0xff
#define GET_FW_VERSION	0x02

#define RESULT_UNKNOWN	0x8d	/* this model's own choice */
#define VERSION_BLOCKS	3	/* code, recovery, image */
#define BLOCK_LEN	8

static const char *describe(const uint8_t *m, size_t len)
{
	static char text[80];
	const char *what = "message";

	if (len < HEADER_LEN)
		return "short message";
	if (m[GROUP] == GROUP_GEN &&
	    (m[COMMAND] & ~ANSWER) == GET_FW_VERSION)
		what = "firmware version";
	else if (m[GROUP] == GROUP_FWCAPS)
		what = (m[COMMAND] & ~ANSWER) == GET_RULE ? "get rule" :
							    "set rule";
	snprintf(text, sizeof(text), "%s%s group 0x%02x command 0x%02x", what,
		 m[COMMAND] & ANSWER ? " answer" : "", m[GROUP],
		 m[COMMAND] & ~ANSWER);
	return text;
}

/* "11.8.93" of the state's code version, and its build number */
static size_t put_versions(uint8_t *p)
{
	unsigned int major = 0, minor = 0, hotfix = 0, build = 0;
	uint32_t i;

	for (i = 0; i < amt.version_count; i++) {
		const struct amt_version *v = &amt.versions[i];

		if (!strcmp(v->name, "AMT"))
			sscanf(v->value, "%u.%u.%u", &major, &minor, &hotfix);
		else if (!strcmp(v->name, "Build Number"))
			sscanf(v->value, "%u", &build);
	}
	for (i = 0; i < VERSION_BLOCKS; i++, p += BLOCK_LEN) {
		put16(p, minor);
		p[2] = major;
		p[3] = 0;		/* platform */
		put16(p + 4, build);
		put16(p + 6, hotfix);
	}
	return VERSION_BLOCKS * BLOCK_LEN;
}

/* rule number, length, value; every rule there is has four bytes */
static size_t put_rule(uint8_t *p, uint32_t rule)
{
	static const struct {
		uint32_t rule, value;
	} rules[] = {
		{ 0, 0x61101e6c },	/* what the firmware can do */
		{ 29, 0x00000001 },	/* its kind of platform */
		{ 32, 0x61101e6c },	/* what of it is on */
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].rule != rule)
			continue;
		put32(p, rule);
		p[4] = 4;
		put32(p + 5, rules[i].value);
		return 9;
	}
	return 0;
}

static size_t answer_group(const uint8_t *m, size_t len, uint8_t *out)
{
	size_t n;

	if (m[GROUP] == GROUP_GEN && m[COMMAND] == GET_FW_VERSION)
		return HEADER_LEN + put_versions(out + HEADER_LEN);
	if (m[GROUP] == GROUP_FWCAPS && m[COMMAND] == GET_RULE &&
	    len >= HEADER_LEN + 4) {
		n = put_rule(out + HEADER_LEN, get32(m + HEADER_LEN));
		out[RESULT] = n ? 0 : RESULT_UNKNOWN;
		return HEADER_LEN + n;
	}
	if (m[GROUP] == GROUP_FWCAPS &&
	    (m[COMMAND] == SET_RULE || m[COMMAND] == SET_OS_VERSION))
		return HEADER_LEN;
	out[RESULT] = RESULT_UNKNOWN;
	return HEADER_LEN;
}

static void message(struct connection *c, const uint8_t *m, size_t len)
{
	uint8_t out[64] = { 0 };

	if (len < HEADER_LEN) {
		note("mkhi: a message of %zu bytes, expected %u at least", len,
		     HEADER_LEN);
		return;
	}
	out[GROUP] = m[GROUP];
	out[COMMAND] = m[COMMAND] | ANSWER;
	len = answer_group(m, len, out);
	client_answer(c, out, len);
}

static const struct field fields[] = {
	{ "group", GROUP, 0x77 },
	{ "command", COMMAND, 0x7f },
	{ "result", RESULT, 1 },
	{ 0 }
};

/* 8e6a6715-9abc-4043-88ef-9e39c6f63e0f */
struct client mkhi_client = {
	.name = "mkhi",
	.uuid = { 0x15, 0x67, 0x6a, 0x8e, 0xbc, 0x9a, 0x43, 0x40,
		  0x88, 0xef, 0x9e, 0x39, 0xc6, 0xf6, 0x3e, 0x0f },
	.me_addr = 11,
	.version = 1,
	.max_connections = 4,
	.max_message = 2048,
	.message = message,
	.describe = describe,
	.fields = fields,
	.absent = true,
};

/* 55213584-9a29-4916-badf-0fb7ed682aeb */
struct client mkhi_fixed_client = {
	.name = "mkhi-fixed",
	.uuid = { 0x84, 0x35, 0x21, 0x55, 0x29, 0x9a, 0x16, 0x49,
		  0xba, 0xdf, 0x0f, 0xb7, 0xed, 0x68, 0x2a, 0xeb },
	.me_addr = 12,
	.version = 1,
	.max_message = 2048,
	.message = message,
	.describe = describe,
	.fields = fields,
	.fixed = true,
	.absent = true,
};
