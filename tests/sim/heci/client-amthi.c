// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMTHI, AMT's host interface: a request is a header and what the command
 * needs, an answer is a header, a status and what was asked for. One table is
 * all commands there are. The state is amt-state.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amt.h"

/* the header */
enum {
	MAJOR = 0,
	MINOR = 1,
	RESERVED = 2,
	COMMAND = 4,
	LENGTH = 8,			/* of what follows the header */
	HEADER_LEN = 12,
	STATUS = 12,			/* of an answer */
	PAYLOAD = 16,
};

#define IS_ANSWER	0x00800000u
#define MESSAGE_MAX	5120
#define RAWS		16
#define RAW_MAX		2048

/* an answer being made */
struct reply {
	size_t len;
	uint8_t data[MESSAGE_MAX];
};

static unsigned long requests;
static long status_count, idle_count;
static uint32_t forced_status, forced_command;

static struct raw {
	uint32_t command;
	size_t len;
	uint8_t data[RAW_MAX];
} *raws[RAWS];

unsigned long amthi_requests(void)
{
	return requests;
}

void amthi_set_status(uint32_t status, uint32_t command, long count)
{
	forced_status = status;
	forced_command = command;
	status_count = count;
}

void amthi_set_idle(long count)
{
	idle_count = count;
}

void amthi_off(void)
{
	status_count = 0;
	idle_count = 0;
}

static struct raw **find_raw(uint32_t command)
{
	size_t i;

	for (i = 0; i < RAWS; i++)
		if (raws[i] && raws[i]->command == command)
			return &raws[i];
	return NULL;
}

/* amthi_set_raw - data NULL: as it was; -1: no room */
int amthi_set_raw(uint32_t command, const uint8_t *data, size_t len)
{
	struct raw **at = find_raw(command);
	size_t i;

	if (at) {
		free(*at);
		*at = NULL;
	}
	if (!data)
		return 0;
	for (i = 0; i < RAWS && raws[i]; i++)
		;
	if (i == RAWS || len > RAW_MAX)
		return -1;
	raws[i] = calloc(1, sizeof(*raws[i]));
	if (!raws[i])
		abort();
	raws[i]->command = command;
	raws[i]->len = len;
	if (len)
		memcpy(raws[i]->data, data, len);
	return 0;
}

/*
 * What answers are made of
 */

static void add(struct reply *r, const void *data, size_t len)
{
	if (r->len + len > sizeof(r->data))
		abort();
	memcpy(r->data + r->len, data, len);
	r->len += len;
}

static void add8(struct reply *r, uint8_t v)
{
	add(r, &v, 1);
}

static void add16(struct reply *r, uint16_t v)
{
	uint8_t b[2];

	put16(b, v);
	add(r, b, sizeof(b));
}

static void add32(struct reply *r, uint32_t v)
{
	uint8_t b[4];

	put32(b, v);
	add(r, b, sizeof(b));
}

/* a field of this size, filled with zeros; a text as long as it has no end */
static void add_padded(struct reply *r, const char *text, size_t size)
{
	uint8_t buf[128] = { 0 };
	size_t len = strlen(text);

	memcpy(buf, text, len < size ? len : size);
	add(r, buf, size);
}

static void add_string(struct reply *r, const char *text)
{
	add16(r, strlen(text));
	add(r, text, strlen(text));
}

/*
 * Commands that read
 */

static uint32_t get_versions(struct reply *r, const uint8_t *p)
{
	const struct amt_version *v = amt.versions;
	uint32_t i;

	(void)p;
	add_padded(r, amt.bios, sizeof(amt.bios));
	add32(r, amt.version_count);
	for (i = 0; i < amt.version_count; i++, v++) {
		add16(r, strlen(v->name));
		add_padded(r, v->name, 20);
		add16(r, strlen(v->value));
		add_padded(r, v->value, 20);
	}
	return AMT_SUCCESS;
}

static uint32_t get_mode(struct reply *r, const uint8_t *p)
{
	(void)p;
	add32(r, amt.mode);
	add32(r, amt.legacy);
	return AMT_SUCCESS;
}

static uint32_t get_uuid(struct reply *r, const uint8_t *p)
{
	(void)p;
	add(r, amt.uuid, sizeof(amt.uuid));
	return AMT_SUCCESS;
}

/* 1.2.3.4 is 0x01020304, little-endian as all numbers; some firmware differs */
static uint32_t ip_on_wire(uint32_t ip)
{
	return amt.ip_network_order ? __builtin_bswap32(ip) : ip;
}

static uint32_t get_lan(struct reply *r, const uint8_t *p)
{
	const struct amt_lan *lan[] = { &amt.wired, &amt.wireless };
	uint32_t i = get32(p);

	if (i >= ARRAY_SIZE(lan))
		return AMT_INVALID_INDEX;
	if (!lan[i]->present)
		return AMT_NO_INTERFACE;
	add32(r, lan[i]->enabled);
	add32(r, ip_on_wire(lan[i]->ip));
	add32(r, lan[i]->dhcp);
	add8(r, lan[i]->dhcp_mode);
	add8(r, lan[i]->link);
	add(r, lan[i]->mac, sizeof(lan[i]->mac));
	return AMT_SUCCESS;
}

/* a handle is a number above the index, so that zero is none */
#define HANDLE(i)	((i) + 1)

static uint32_t get_handles(struct reply *r, const uint8_t *p)
{
	uint32_t i;

	(void)p;
	add32(r, amt.hash_count);
	for (i = 0; i < amt.hash_count; i++)
		add32(r, HANDLE(i));
	return AMT_SUCCESS;
}

static uint32_t get_hash(struct reply *r, const uint8_t *p)
{
	const struct amt_hash *h;
	uint32_t handle = get32(p);

	if (!handle || handle > amt.hash_count)
		return AMT_INVALID_HANDLE;
	h = &amt.hashes[handle - HANDLE(0)];
	add32(r, h->is_default);
	add32(r, h->active);
	add(r, h->bytes, sizeof(h->bytes));
	add8(r, h->algorithm);
	add_string(r, h->name);
	return AMT_SUCCESS;
}

static uint32_t get_suffix(struct reply *r, const uint8_t *p)
{
	(void)p;
	add_string(r, amt.suffix);
	return AMT_SUCCESS;
}

/* each suffix ends with a zero */
static uint32_t get_suffixes(struct reply *r, const uint8_t *p)
{
	char text[sizeof(amt.suffixes) + 1];
	size_t len = strlen(amt.suffixes), i;

	(void)p;
	strcpy(text, amt.suffixes);
	for (i = 0; i < len; i++)
		if (text[i] == ',')
			text[i] = '\0';
	if (len)
		len++;
	add16(r, len);
	add(r, text, len);
	return AMT_SUCCESS;
}

static uint32_t get_remote(struct reply *r, const uint8_t *p)
{
	(void)p;
	add32(r, amt.network);
	add32(r, amt.remote);
	add32(r, amt.trigger);
	add_string(r, amt.mps);
	return AMT_SUCCESS;
}

static uint32_t get_macs(struct reply *r, const uint8_t *p)
{
	(void)p;
	add(r, amt.mac_dedicated, sizeof(amt.mac_dedicated));
	add(r, amt.mac_host, sizeof(amt.mac_host));
	return AMT_SUCCESS;
}

/* the fourth parameter is the provisioning state */
static uint32_t get_security(struct reply *r, const uint8_t *p)
{
	uint32_t i;

	(void)p;
	for (i = 0; i < AMT_SECURITY; i++)
		add32(r, i == 3 ? amt.provisioning : amt.security[i]);
	return AMT_SUCCESS;
}

static uint32_t get_feature(struct reply *r, const uint8_t *p)
{
	uint32_t id = get32(p);

	if (id >= AMT_FEATURES)
		return AMT_INVALID_PARAMETER;
	add32(r, id);
	add32(r, amt.features[id]);
	return AMT_SUCCESS;
}

static uint32_t get_fqdn(struct reply *r, const uint8_t *p)
{
	const char *dot = strchr(amt.fqdn, '.');

	(void)p;
	add32(r, amt.fqdn_shared);
	add32(r, amt.ddns);
	add32(r, amt.ddns_interval);
	add32(r, amt.ddns_ttl);
	add32(r, dot ? (size_t)(dot - amt.fqdn) : strlen(amt.fqdn));
	add_string(r, amt.fqdn);
	return AMT_SUCCESS;
}

static uint32_t get_reset_reason(struct reply *r, const uint8_t *p)
{
	(void)p;
	add32(r, amt.reset_reason);
	add32(r, amt.reset_time);
	return AMT_SUCCESS;
}

/* an identifier comes back, and five bytes of which little is known */
static uint32_t get_state(struct reply *r, const uint8_t *p)
{
	const uint8_t state[5] = { amt.enabled, amt.provisioning, amt.control };

	add(r, p, AMT_UUID);
	add32(r, sizeof(state));
	add(r, state, sizeof(state));
	return AMT_SUCCESS;
}

static uint32_t get_account(struct reply *r, const uint8_t *p)
{
	(void)p;
	add_padded(r, amt.user, sizeof(amt.user));
	add_padded(r, amt.password, sizeof(amt.password));
	add_padded(r, "", amt.account_padding);
	return AMT_SUCCESS;
}

/*
 * Commands that change the state
 */

static uint32_t start_configuration(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	return amt_start_configuration();
}

static uint32_t stop_configuration(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	return amt_stop_configuration();
}

/* the answer has AMT's own certificate's hash; requests come in two layouts */
static uint32_t start_host_based(struct reply *r, const uint8_t *p)
{
	uint8_t hash[64] = { 0xa5, 0x5a };

	if (p[0] != 2 && p[0] != 3)
		return AMT_INVALID_PARAMETER;
	if (amt.control || amt.provisioning == PROVISIONING_POST)
		return AMT_INVALID_MODE;
	amt.provisioning = PROVISIONING_IN;
	note("EVENT host-based configuration over TLS has started");
	add8(r, p[0]);
	add(r, hash, sizeof(hash));
	return AMT_SUCCESS;
}

/* the local host may take back client control mode only */
static uint32_t unprovision(struct reply *r, const uint8_t *p)
{
	(void)r;
	if (get32(p) > 1)
		return AMT_INVALID_PARAMETER;
	if (amt.control != CONTROL_CLIENT)
		return AMT_INVALID_MODE;
	amt_unprovision();
	return AMT_SUCCESS;
}

static uint32_t open_remote(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	if (!amt.mps[0])
		return AMT_INVALID_MODE;
	amt.remote = 2;
	amt.trigger = 0;
	return AMT_SUCCESS;
}

static uint32_t close_remote(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	amt.remote = 0;
	return AMT_SUCCESS;
}

static uint32_t set_access(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	return amt.access;
}

static uint32_t generate_rng(struct reply *r, const uint8_t *p)
{
	(void)r;
	(void)p;
	amt.rng = 0;
	return AMT_SUCCESS;
}

/* a string of the request into a setting; the caller knows that p has two bytes */
static uint32_t take_string(char *to, size_t size, const uint8_t *p, size_t len)
{
	size_t n = get16(p);

	if (n + 2 > len)
		return AMT_INVALID_LENGTH;
	if (n >= size || memchr(p + 2, 0, n))
		return AMT_INVALID_PARAMETER;
	memcpy(to, p + 2, n);
	to[n] = '\0';
	return AMT_SUCCESS;
}

static const struct command {
	uint32_t code;
	size_t min, max;		/* bytes of the request after its header */
	uint32_t (*fn)(struct reply *r, const uint8_t *p);
	uint32_t *value;		/* instead: a number is all there is */
	char *text;			/* instead: a string sets it */
	size_t size;
	bool changes;
	const char *name;
} commands[] = {
	{ 0x0400001a, 0, 0, get_versions, .name = "get code versions" },
	{ 0x04000008, 0, 0, get_mode, .name = "get provisioning mode" },
	{ 0x04000011, 0, 0, .value = &amt.provisioning,
	  .name = "get provisioning state" },
	{ 0x0400006b, 0, 0, .value = &amt.control, .name = "get control mode" },
	{ 0x0400005c, 0, 0, get_uuid, .name = "get UUID" },
	{ 0x04000048, 4, 4, get_lan, .name = "get LAN settings" },
	{ 0x0400002c, 0, 0, get_handles, .name = "enumerate hashes" },
	{ 0x0400002d, 4, 4, get_hash, .name = "get hash" },
	{ 0x04000036, 0, 0, get_suffix, .name = "get PKI suffix" },
	{ 0x0400003e, 0, 0, get_suffixes, .name = "get DNS suffixes" },
	{ 0x04000046, 0, 0, get_remote, .name = "get remote access" },
	{ 0x04000025, 0, 0, get_macs, .name = "get MAC addresses" },
	{ 0x04000030, 0, 0, .value = &amt.zero_touch, .name = "get zero touch" },
	{ 0x0400002b, 0, 0, .value = &amt.tls_mode, .name = "get TLS mode" },
	{ 0x0400002e, 0, 0, .value = &amt.rng, .name = "get RNG status" },
	{ 0x0400001b, 0, 0, get_security, .name = "get security parameters" },
	{ 0x04000049, 4, 4, get_feature, .name = "get feature" },
	{ 0x04000084, 0, 0, .value = &amt.ehbc, .name = "get EHBC" },
	{ 0x04000056, 0, 0, get_fqdn, .name = "get FQDN" },
	{ 0x0400004a, 0, 0, get_reset_reason, .name = "get reset reason" },
	{ 0x04000068, 0, 0, .value = &amt.unprovisioning,
	  .name = "get unprovisioning state" },
	{ 0x01000001, 16, 16, get_state, .name = "get AMT state" },
	{ 0x04000067, 40, 40, get_account, .name = "get local account" },
	{ 0x04000029, 0, 0, start_configuration, .changes = true,
	  .name = "start configuration" },
	{ 0x0400005e, 0, 0, stop_configuration, .changes = true,
	  .name = "stop configuration" },
	{ 0x0400008b, 390, 393, start_host_based, .changes = true,
	  .name = "start host-based configuration" },
	{ 0x04000010, 4, 4, unprovision, .changes = true, .name = "unprovision" },
	{ 0x04000044, 0, 0, open_remote, .changes = true,
	  .name = "open remote connection" },
	{ 0x04000045, 0, 0, close_remote, .changes = true,
	  .name = "close remote connection" },
	{ 0x0400003f, 18, 18, set_access, .name = "set enterprise access" },
	{ 0x04000028, 0, 0, generate_rng, .changes = true,
	  .name = "generate RNG seed" },
	{ 0x0400005b, 2, MESSAGE_MAX, .text = amt.fqdn,
	  .size = sizeof(amt.fqdn), .changes = true, .name = "set FQDN" },
	{ 0x0400002f, 2, MESSAGE_MAX, .text = amt.suffix,
	  .size = sizeof(amt.suffix), .changes = true, .name = "set PKI suffix" },
};

static const struct command *find_command(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].code == code)
			return &commands[i];
	return NULL;
}

static const char *describe(const uint8_t *m, size_t len)
{
	static char text[120];
	const struct command *c;
	const char *name;

	if (len < HEADER_LEN)
		return len ? "short message" : "empty message";
	c = find_command(get32(m + COMMAND) & ~IS_ANSWER);
	name = c ? c->name : "unknown command";
	if (!(get32(m + COMMAND) & IS_ANSWER) || len < PAYLOAD)
		return name;
	snprintf(text, sizeof(text), "%s: status %u, %s", name,
		 get32(m + STATUS), amt_status_name(get32(m + STATUS)));
	return text;
}

/* tolerant firmware looks at what came, not at what the header says */
static uint32_t check_length(const struct command *c, const uint8_t *m,
			     size_t len)
{
	size_t payload = len - HEADER_LEN;

	if (amt.strict && get32(m + LENGTH) != payload)
		return AMT_INVALID_LENGTH;
	if (payload < c->min || (amt.strict && payload > c->max))
		return AMT_INVALID_LENGTH;
	return AMT_SUCCESS;
}

static uint32_t execute(struct reply *r, const uint8_t *m, size_t len)
{
	const struct command *c = find_command(get32(m + COMMAND));
	struct raw **raw = find_raw(get32(m + COMMAND));
	uint32_t status;

	if ((!forced_command || forced_command == get32(m + COMMAND)) &&
	    take_one(&status_count)) {
		note("FAULT amthi status %u", forced_status);
		return forced_status;
	}
	if (raw) {
		add(r, (*raw)->data, (*raw)->len);
		return AMT_SUCCESS;
	}
	if (!c)
		return AMT_UNSUPPORTED;
	if (amt.strict && (m[MAJOR] != 1 || m[MINOR] < 1))
		return AMT_PROPOSE_ANOTHER_VERSION;
	status = check_length(c, m, len);
	if (status)
		return status;
	if (c->changes && take_one(&idle_count)) {
		note("FAULT amthi does nothing and says success");
		return AMT_SUCCESS;
	}
	if (c->text)
		return take_string(c->text, c->size, m + HEADER_LEN,
				   len - HEADER_LEN);
	if (!c->value)
		return c->fn(r, m + HEADER_LEN);
	add32(r, *c->value);
	return AMT_SUCCESS;
}

static void message(struct connection *c, const uint8_t *m, size_t len)
{
	static struct reply r;
	uint32_t status;

	requests++;
	if (!amt.enabled) {
		client_answer(c, m, 0);
		return;
	}
	if (len < HEADER_LEN) {
		note("amthi: a request of %zu bytes, expected %u at least",
		     len, HEADER_LEN);
		return;
	}
	memset(r.data, 0, PAYLOAD);
	r.len = PAYLOAD;
	status = execute(&r, m, len);
	r.data[MAJOR] = 1;
	r.data[MINOR] = 1;
	put32(r.data + COMMAND, get32(m + COMMAND) | IS_ANSWER);
	put32(r.data + LENGTH, r.len - HEADER_LEN);
	put32(r.data + STATUS, status);
	client_answer(c, r.data, r.len);
}

static const struct field fields[] = {
	{ "major", MAJOR, 9 },
	{ "minor", MINOR, 0 },
	{ "reserved", RESERVED, 0x28 },
	{ "command", COMMAND, 0x7f },
	{ "class", COMMAND + 3, 0x7f },
	{ "length", LENGTH, 0xff },
	{ "status", STATUS, 1 },
	{ 0 }
};

/* 12f80028-b4b7-4b2d-aca8-46e0ff65814c */
struct client amthi_client = {
	.name = "amthi",
	.uuid = { 0x28, 0x00, 0xf8, 0x12, 0xb7, 0xb4, 0x2d, 0x4b,
		  0xac, 0xa8, 0x46, 0xe0, 0xff, 0x65, 0x81, 0x4c },
	.me_addr = 10,
	.version = 1,
	.max_connections = 1,
	.max_message = MESSAGE_MAX,
	.message = message,
	.describe = describe,
	.fields = fields,
	.absent = true,
};
