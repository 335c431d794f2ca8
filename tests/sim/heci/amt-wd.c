// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMT's commands on the watchdog client ("state independence"): is it on, may
 * that be changed, do local ports enforce TLS; and turning it on and off. They
 * have nothing to do with the watchdog but its address.
 */
#include <stdio.h>
#include <string.h>

#include "amt.h"

#define COMMAND		0x05
#define VERSION		0x10
#define HEADER_LEN	4

enum { AT_COMMAND, AT_COUNT, AT_SUBCOMMAND, AT_VERSION };

#define IS_CHANGE_ENABLED	0x51
#define SET_STATE		0x53

/* flags of the first; all but the first only with the new interface */
#define FLAG_CHANGE_ALLOWED	0x01
#define FLAG_ENABLED		0x02
#define FLAG_5			0x20	/* peers disagree on what it means */
#define FLAG_TLS_ENFORCED	0x40
#define FLAG_NEW_INTERFACE	0x80

bool wd_is_amt(const uint8_t *m, size_t len)
{
	return len >= HEADER_LEN && m[AT_COMMAND] == COMMAND;
}

const char *wd_describe(const uint8_t *m, size_t len)
{
	static char text[80];

	switch (m[AT_SUBCOMMAND]) {
	case IS_CHANGE_ENABLED:
		return "is AMT enabled?";
	case SET_STATE:
		if (len == HEADER_LEN + 4)
			snprintf(text, sizeof(text), "set AMT's state: status %u",
				 get32(m + HEADER_LEN));
		else
			snprintf(text, sizeof(text), "set AMT's state to %s",
				 len <= HEADER_LEN ? "nothing" :
				 m[HEADER_LEN] ? "enabled" : "disabled");
		return text;
	}
	return "AMT message";
}

static uint8_t flags(void)
{
	uint8_t f = amt.change_allowed ? FLAG_CHANGE_ALLOWED : 0;

	if (!amt.new_interface)
		return f;
	f |= FLAG_NEW_INTERFACE;
	f |= amt.enabled ? FLAG_ENABLED : 0;
	f |= amt.tls_enforced ? FLAG_TLS_ENFORCED : 0;
	f |= amt.flag5 ? FLAG_5 : 0;
	return f;
}

/* only works unprovisioned, and where it may be changed */
static uint32_t set_state(const uint8_t *m, size_t len)
{
	if (len != HEADER_LEN + 1 || m[HEADER_LEN] > 1)
		return AMT_INVALID_PARAMETER;
	if (!amt.change_allowed || amt.control ||
	    amt.provisioning != PROVISIONING_PRE)
		return AMT_INVALID_MODE;
	amt.enabled = m[HEADER_LEN];
	note("EVENT AMT is %s", amt.enabled ? "enabled" : "disabled");
	return AMT_SUCCESS;
}

void wd_amt(struct connection *c, const uint8_t *m, size_t len)
{
	uint8_t out[HEADER_LEN + 4] = { COMMAND, sizeof(out) - AT_SUBCOMMAND,
					m[AT_SUBCOMMAND], VERSION };
	uint8_t f = flags();

	switch (m[AT_SUBCOMMAND]) {
	case IS_CHANGE_ENABLED:
		client_answer(c, &f, sizeof(f));
		break;
	case SET_STATE:
		put32(out + HEADER_LEN, set_state(m, len));
		client_answer(c, out, sizeof(out));
		break;
	default:
		note("watchdog: unknown AMT command 0x%02x",
		     m[AT_SUBCOMMAND]);
	}
}
