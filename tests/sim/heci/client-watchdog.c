// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The iAMT watchdog: it is started and pinged by the same message and stopped
 * by another (DMTF ASF 2.0, 5.1.4). When the firmware's clock has run for the
 * timeout without one, it logs the event that AMT would send.
 */
#include <stdio.h>
#include <string.h>

#include "amt.h"
#include "sim.h"

/* the header of a message, and the two there are */
enum {
	COMMAND,
	BYTECOUNT,		/* bytes after itself */
	SUBCOMMAND,
	VERSION,
	HEADER_LEN,
};

#define MANAGEMENT_CONTROL	0x02
#define START			0x13
#define START_ANSWER		0x83
#define STOP			0x14
#define STOP_ANSWER		0x84
#define VERSION_NUMBER		0x10

#define START_LEN		23
#define STOP_LEN		4
#define ANSWER_LEN		6
#define TIMEOUT_AT		4	/* in a start, 16 bits */
#define EVENT_AT		6	/* what ASF has as the event's fields */
#define STATUS_AT		4	/* in an answer */
#define STATE_AT		5
#define STATE_NOT_REQUIRED	0x01

/* so that the host has sent the ping and waits for the answer */
#define RESET_DELAY		(1 * MS)

/* this model's own choice: AMT's numbers are not public */
#define STATUS_INVALID		0x01

static bool required = true;
static enum stop_answer stop_answer;
static long reset_at_ping;
static uint64_t reset_at = NEVER;	/* host's clock */

static bool armed;
static unsigned int timeout;		/* seconds */
static uint64_t deadline = NEVER;	/* firmware's clock */
static struct watchdog_counters count;

void watchdog_set_required(bool yes)
{
	required = yes;
	if (!required)
		watchdog_disarm("it is not required any more");
}

bool watchdog_required(void)
{
	return required;
}

void watchdog_set_stop_answer(enum stop_answer how)
{
	stop_answer = how;
}

void watchdog_reset_at_ping(long n)
{
	reset_at_ping = n;
}

bool watchdog_armed(void)
{
	return armed;
}

unsigned int watchdog_timeout(void)
{
	return timeout;
}

double watchdog_left(void)
{
	uint64_t now = fw_ns();

	return armed && deadline > now ? (deadline - now) / 1e9 : 0;
}

const struct watchdog_counters *watchdog_counters(void)
{
	return &count;
}

void watchdog_disarm(const char *why)
{
	if (armed)
		note("watchdog disarmed: %s", why);
	armed = false;
	deadline = NEVER;
}

uint64_t watchdog_due(void)
{
	uint64_t due = armed ? fw_due(deadline) : NEVER;

	return reset_at < due ? reset_at : due;
}

void watchdog_run(uint64_t now)
{
	if (reset_at <= now) {
		reset_at = NEVER;
		if (heci_link_up())
			heci_link_reset("in the middle of a ping");
	}
	if (!armed || fw_ns() < deadline)
		return;
	armed = false;
	deadline = NEVER;
	count.expiries++;
	note("EVENT watchdog expired: no heartbeat for %u s; AMT would send a "
	     "platform event trap (watchdog 2, sensor type 23h, timer expired)",
	     timeout);
}

static const char *describe(const uint8_t *m, size_t len)
{
	static char text[80];

	if (wd_is_amt(m, len))
		return wd_describe(m, len);
	if (len < HEADER_LEN)
		return len ? "short message" : "empty message";
	switch (m[SUBCOMMAND]) {
	case START:
		if (len < EVENT_AT)
			break;
		snprintf(text, sizeof(text), "%s timeout %u s",
			 armed ? "ping" : "start", get16(m + TIMEOUT_AT));
		return text;
	case START_ANSWER:
		if (len < ANSWER_LEN)
			break;
		snprintf(text, sizeof(text), "start answer status %u%s",
			 m[STATUS_AT], m[STATE_AT] & STATE_NOT_REQUIRED ?
			 " not required" : "");
		return text;
	case STOP:
		return "stop";
	case STOP_ANSWER:
		return "stop answer";
	}
	return "message";
}

static size_t make_answer(uint8_t *buf, uint8_t sub, uint8_t status)
{
	buf[COMMAND] = MANAGEMENT_CONTROL;
	buf[BYTECOUNT] = ANSWER_LEN - SUBCOMMAND;
	buf[SUBCOMMAND] = sub;
	buf[VERSION] = VERSION_NUMBER;
	buf[STATUS_AT] = status;
	buf[STATE_AT] = required ? 0 : STATE_NOT_REQUIRED;
	return ANSWER_LEN;
}

/* a good answer that nobody asked for; buf has room for any message */
size_t watchdog_make_answer(uint8_t *buf)
{
	return make_answer(buf, START_ANSWER, 0);
}

/* firmware of protocol version 1 answers nothing */
static void answer(struct connection *c, uint8_t sub, uint8_t status)
{
	uint8_t buf[ANSWER_LEN];

	if (watchdog_client.told_version < 2)
		return;
	count.answers++;
	client_answer(c, buf, make_answer(buf, sub, status));
}

static void start(struct connection *c, const uint8_t *m, size_t len)
{
	if (len != START_LEN || m[BYTECOUNT] != START_LEN - SUBCOMMAND) {
		count.bad++;
		note("watchdog: a start of %zu bytes (byte count %u), expected %u",
		     len, m[BYTECOUNT], START_LEN);
		answer(c, START_ANSWER, STATUS_INVALID);
		return;
	}
	if (armed)
		count.pings++;
	else
		count.starts++;
	if (required) {
		timeout = get16(m + TIMEOUT_AT);
		armed = true;
		deadline = fw_ns() + timeout * SECOND;
	}
	if (take_one(&reset_at_ping)) {
		reset_at = now_ns() + RESET_DELAY;
		return;
	}
	answer(c, START_ANSWER, 0);
}

static void stop(struct connection *c, size_t len)
{
	if (len != STOP_LEN) {
		count.bad++;
		note("watchdog: a stop of %zu bytes, expected %u", len,
		     STOP_LEN);
	}
	count.stops++;
	watchdog_disarm("stop");
	if (stop_answer == STOP_ANSWER_FULL)
		answer(c, STOP_ANSWER, 0);
	else if (stop_answer == STOP_ANSWER_EMPTY &&
		 watchdog_client.told_version >= 2)
		client_answer(c, (const uint8_t *)"", 0);
}

static void message(struct connection *c, const uint8_t *m, size_t len)
{
	if (wd_is_amt(m, len)) {
		wd_amt(c, m, len);
		return;
	}
	if (len < HEADER_LEN || m[COMMAND] != MANAGEMENT_CONTROL ||
	    (m[SUBCOMMAND] != START && m[SUBCOMMAND] != STOP)) {
		count.bad++;
		note("watchdog: a message it does not know");
		return;
	}
	if (m[VERSION] != VERSION_NUMBER)
		note("watchdog: version number 0x%02x, expected 0x%02x",
		     m[VERSION], VERSION_NUMBER);
	if (m[SUBCOMMAND] == START)
		start(c, m, len);
	else
		stop(c, len);
}

static const struct field fields[] = {
	{ "command", COMMAND, 0x7f },
	{ "bytecount", BYTECOUNT, 0xff },
	{ "subcommand", SUBCOMMAND, 0x7f },
	{ "version", VERSION, 0x20 },
	{ "status", STATUS_AT, 0x01 },
	{ "state", STATE_AT, 0xff },
	{ 0 }
};

/* 05b79a6f-4628-4d7f-899d-a91514cb32ab */
struct client watchdog_client = {
	.name = "watchdog",
	.uuid = { 0x6f, 0x9a, 0xb7, 0x05, 0x28, 0x46, 0x7f, 0x4d,
		  0x89, 0x9d, 0xa9, 0x15, 0x14, 0xcb, 0x32, 0xab },
	.me_addr = 7,
	.version = 2,
	.max_connections = 1,
	.max_message = 512,
	.message = message,
	.describe = describe,
	.fields = fields,
};
