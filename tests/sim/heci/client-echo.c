// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A firmware client that sends every message back. Its UUID is this model's
 * own: 4b5d0ec6-3d1c-4f0c-9d0a-6e1f3c2a7b58.
 */
#include "sim.h"

static void echo(struct connection *c, const uint8_t *data, size_t len)
{
	client_answer(c, data, len);
}

static const char *describe(const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
	return "message";
}

struct client echo_client = {
	.name = "echo",
	.uuid = { 0xc6, 0x0e, 0x5d, 0x4b, 0x1c, 0x3d, 0x0c, 0x4f,
		  0x9d, 0x0a, 0x6e, 0x1f, 0x3c, 0x2a, 0x7b, 0x58 },
	.me_addr = 8,
	.version = 1,
	.max_connections = 4,
	.max_message = 2048,
	.message = echo,
	.describe = describe,
};
