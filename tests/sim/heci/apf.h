/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * APF, the port forwarding protocol of the LME client: building, reading and
 * describing messages. Numbers are big-endian, a string is a number and bytes.
 */
#ifndef HECI_APF_H
#define HECI_APF_H

#include "sim.h"

#define APF_MAX		8192		/* the LME client's longest message */
#define APF_DATA_HEAD	9		/* before the bytes of CHANNEL_DATA */
#define APF_WHOLE	0xffffffffu	/* "maximum packet size" */

enum apf_type {
	APF_DISCONNECT = 1,
	APF_SERVICE_REQUEST = 5,
	APF_SERVICE_ACCEPT = 6,
	APF_USERAUTH_REQUEST = 50,
	APF_USERAUTH_FAILURE = 51,
	APF_USERAUTH_SUCCESS = 52,
	APF_GLOBAL_REQUEST = 80,
	APF_REQUEST_SUCCESS = 81,
	APF_REQUEST_FAILURE = 82,
	APF_CHANNEL_OPEN = 90,
	APF_OPEN_CONFIRMATION = 91,
	APF_OPEN_FAILURE = 92,
	APF_WINDOW_ADJUST = 93,
	APF_CHANNEL_DATA = 94,
	APF_CHANNEL_CLOSE = 97,
	APF_PROTOCOL_VERSION = 192,
	APF_KEEPALIVE_REQUEST = 208,
	APF_KEEPALIVE_REPLY = 209,
	APF_OPTIONS_REQUEST = 210,
	APF_OPTIONS_REPLY = 211,
};

/* reasons of a disconnect and of a failed open */
#define APF_PROTOCOL_ERROR		2
#define APF_SERVICE_UNAVAILABLE		7
#define APF_PROHIBITED			1
#define APF_CONNECT_FAILED		2
#define APF_UNKNOWN_CHANNEL		3
#define APF_RESOURCE_SHORTAGE		4

struct apf_out {
	size_t len;
	size_t string_at;		/* the first string's length; 0: none */
	uint8_t data[APF_MAX];
};

void apf_begin(struct apf_out *o, enum apf_type type);
void apf_put8(struct apf_out *o, uint8_t v);
void apf_put32(struct apf_out *o, uint32_t v);
void apf_put_bytes(struct apf_out *o, const void *data, size_t len);
void apf_put_string(struct apf_out *o, const char *text);
void apf_put_counted(struct apf_out *o, const void *data, size_t len);

/* reading past the end gives zeros and sets bad */
struct apf_in {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct apf_string {
	const char *p;
	size_t len;
};

uint8_t apf_get8(struct apf_in *in);
uint32_t apf_get32(struct apf_in *in);
struct apf_string apf_get_string(struct apf_in *in);
void apf_skip(struct apf_in *in, size_t len);
bool apf_is(struct apf_string s, const char *text);

const char *apf_describe(const uint8_t *m, size_t len);

#endif
