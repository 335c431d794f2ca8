// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state of the AMT, the knobs that set it, and how it changes when the
 * host configures it. One table is all settings there are: "amt KEY VALUE"
 * sets one, and "state" shows them all.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amt.h"
#include "control.h"

#define DEFAULT_HASHES	3
#define SHA256		2
#define SHA256_LEN	32

/* factory settings of a machine of 2018; none of it is a real machine's */
struct amt amt = {
	.enabled = 1, .change_allowed = 1,
	.bios = "SIMBIOS1.86A.0042",
	.versions = {
		{ "Flash", "11.8.93" }, { "Netstack", "11.8.93" },
		{ "AMTApps", "11.8.93" }, { "AMT", "11.8.93" },
		{ "Sku", "16392" }, { "VendorID", "8086" },
		{ "Build Number", "4323" }, { "Recovery Version", "11.8.93" },
		{ "Recovery Build Num", "4323" }, { "Legacy Mode", "False" },
	},
	.version_count = 10,
	.uuid = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
		  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff },
	.mode = 1,
	.wired = { .present = 1, .enabled = 1, .ip = 0xc0a80117, .dhcp = 1,
		   .dhcp_mode = 2, .link = 1,
		   .mac = { 0x02, 0x12, 0x34, 0x56, 0x78, 0x9a } },
	.wireless = { .mac = { 0x02, 0x12, 0x34, 0x56, 0x78, 0x9b } },
	.suffix = "setup.example.com",
	.suffixes = "example.com,corp.example.com",
	.network = 3,
	.mac_dedicated = { 0x02, 0x12, 0x34, 0x56, 0x78, 0x9a },
	.mac_host = { 0x02, 0x12, 0x34, 0x56, 0x78, 0x9a },
	.zero_touch = 1, .tls_mode = 2,
	.security = { 1, 0, 1, 0, 1, 1, 1, 1, 1, 1 },
	.features = { 0, 1, 1 },
	.ddns_interval = 1440, .ddns_ttl = 900, .fqdn_shared = 1,
	.fqdn = "amt.example.com",
	.access = 0x200,
	.user = "$$OsAdmin", .password = "OsAdmin-Secret-7f3a",
	.account_padding = 2,
	.realm = "Digest:A4070000000000000000000000000000",
	.modes_allowed = 2,
};

enum kind { YES_NO, NUMBER, WORDS, TEXT, UUID, MAC, IP };

static const char *const provisioning_words[] = { "pre", "in", "post", NULL };
static const char *const control_words[] = { "none", "client", "admin", NULL };
static const char *const order_words[] = { "host", "network", NULL };
static const char *const strict_words[] = { "tolerant", "strict", NULL };

static const struct setting {
	const char *key;
	enum kind kind;
	void *at;
	size_t size;			/* of a text; the most of a number */
	const char *const *words;
} settings[] = {
	{ .key = "enabled", YES_NO, &amt.enabled },
	{ .key = "change-allowed", YES_NO, &amt.change_allowed },
	{ .key = "new-interface", YES_NO, &amt.new_interface },
	{ .key = "tls-enforced", YES_NO, &amt.tls_enforced },
	{ .key = "wd-bit5", YES_NO, &amt.flag5 },
	{ .key = "lengths", WORDS, &amt.strict, .words = strict_words },
	{ .key = "ip-order", WORDS, &amt.ip_network_order, .words = order_words },
	{ .key = "bios", TEXT, amt.bios, sizeof(amt.bios) },
	{ .key = "uuid", UUID, amt.uuid },
	{ .key = "mode", NUMBER, &amt.mode, 3 },
	{ .key = "legacy", YES_NO, &amt.legacy },
	{ .key = "provisioning", WORDS, &amt.provisioning, .words = provisioning_words },
	{ .key = "control", WORDS, &amt.control, .words = control_words },
	{ .key = "wired.present", YES_NO, &amt.wired.present },
	{ .key = "wired.enabled", YES_NO, &amt.wired.enabled },
	{ .key = "wired.ip", IP, &amt.wired.ip },
	{ .key = "wired.dhcp", YES_NO, &amt.wired.dhcp },
	{ .key = "wired.dhcp-mode", NUMBER, &amt.wired.dhcp_mode, 2 },
	{ .key = "wired.link", YES_NO, &amt.wired.link },
	{ .key = "wired.mac", MAC, amt.wired.mac },
	{ .key = "wireless.present", YES_NO, &amt.wireless.present },
	{ .key = "wireless.enabled", YES_NO, &amt.wireless.enabled },
	{ .key = "wireless.ip", IP, &amt.wireless.ip },
	{ .key = "wireless.dhcp", YES_NO, &amt.wireless.dhcp },
	{ .key = "wireless.dhcp-mode", NUMBER, &amt.wireless.dhcp_mode, 2 },
	{ .key = "wireless.link", YES_NO, &amt.wireless.link },
	{ .key = "wireless.mac", MAC, amt.wireless.mac },
	{ .key = "suffix", TEXT, amt.suffix, sizeof(amt.suffix) },
	{ .key = "suffixes", TEXT, amt.suffixes, sizeof(amt.suffixes) },
	{ .key = "network", NUMBER, &amt.network, 3 },
	{ .key = "remote", NUMBER, &amt.remote, 2 },
	{ .key = "trigger", NUMBER, &amt.trigger, 3 },
	{ .key = "mps", TEXT, amt.mps, sizeof(amt.mps) },
	{ .key = "mac-dedicated", MAC, amt.mac_dedicated },
	{ .key = "mac-host", MAC, amt.mac_host },
	{ .key = "zero-touch", YES_NO, &amt.zero_touch },
	{ .key = "tls-mode", NUMBER, &amt.tls_mode, 2 },
	{ .key = "rng", NUMBER, &amt.rng, 2 },
	{ .key = "ehbc", YES_NO, &amt.ehbc },
	{ .key = "fqdn", TEXT, amt.fqdn, sizeof(amt.fqdn) },
	{ .key = "fqdn-shared", YES_NO, &amt.fqdn_shared },
	{ .key = "ddns", YES_NO, &amt.ddns },
	{ .key = "ddns-interval", NUMBER, &amt.ddns_interval, UINT32_MAX },
	{ .key = "ddns-ttl", NUMBER, &amt.ddns_ttl, UINT32_MAX },
	{ .key = "reset-reason", NUMBER, &amt.reset_reason, UINT32_MAX },
	{ .key = "reset-time", NUMBER, &amt.reset_time, UINT32_MAX },
	{ .key = "unprovisioning", NUMBER, &amt.unprovisioning, UINT32_MAX },
	{ .key = "access", NUMBER, &amt.access, UINT32_MAX },
	{ .key = "user", TEXT, amt.user, sizeof(amt.user) },
	{ .key = "password", TEXT, amt.password, sizeof(amt.password) },
	{ .key = "account-padding", NUMBER, &amt.account_padding, 2 },
	{ .key = "realm", TEXT, amt.realm, sizeof(amt.realm) },
	{ .key = "modes-allowed", NUMBER, &amt.modes_allowed, 2 },
};

const char *amt_status_name(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
		{ AMT_SUCCESS, "success" },
		{ AMT_INTERNAL_ERROR, "internal error" },
		{ AMT_NOT_READY, "not ready" },
		{ AMT_INVALID_MODE, "invalid mode" },
		{ AMT_INVALID_LENGTH, "invalid message length" },
		{ AMT_INVALID_INDEX, "invalid index" },
		{ AMT_INVALID_PARAMETER, "invalid parameter" },
		{ AMT_PROPOSE_ANOTHER_VERSION, "propose another version" },
		{ AMT_RNG_IN_PROGRESS, "random numbers in progress" },
		{ AMT_RNG_NOT_READY, "random numbers not ready" },
		{ AMT_CERTIFICATE_NOT_READY, "certificate not ready" },
		{ AMT_INVALID_HANDLE, "invalid handle" },
		{ AMT_UNSUPPORTED, "unsupported" },
		{ AMT_NO_INTERFACE, "interface does not exist" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "another status";
}

/*
 * Changes by the host
 */

void amt_unprovision(void)
{
	amt.control = CONTROL_NONE;
	amt.provisioning = PROVISIONING_PRE;
	amt.admin_ha1[0] = '\0';
	note("EVENT AMT is unprovisioned");
	lme_readvertise();
}

/* ha1 in hex; clients write it in either case, and authentication in lower */
void amt_setup(const char *ha1)
{
	size_t i;

	amt.control = CONTROL_CLIENT;
	amt.provisioning = PROVISIONING_POST;
	snprintf(amt.admin_ha1, sizeof(amt.admin_ha1), "%s", ha1);
	for (i = 0; amt.admin_ha1[i]; i++)
		amt.admin_ha1[i] = tolower(amt.admin_ha1[i]);
	note("EVENT AMT is in client control mode");
	lme_readvertise();
}

static bool any_active_hash(void)
{
	uint32_t i;

	for (i = 0; i < amt.hash_count; i++)
		if (amt.hashes[i].active)
			return true;
	return false;
}

/* remote configuration needs random numbers, and a hash for the server's */
uint32_t amt_start_configuration(void)
{
	static const uint32_t rng[] = {
		AMT_SUCCESS, AMT_RNG_IN_PROGRESS, AMT_RNG_NOT_READY
	};

	if (amt.provisioning == PROVISIONING_POST || amt.control)
		return AMT_INVALID_MODE;
	if (rng[amt.rng])
		return rng[amt.rng];
	if (!any_active_hash())
		return AMT_CERTIFICATE_NOT_READY;
	if (amt.provisioning == PROVISIONING_PRE)
		note("EVENT the configuration window is open; AMT would send hello packets to provisionserver:9971");
	amt.provisioning = PROVISIONING_IN;
	return AMT_SUCCESS;
}

uint32_t amt_stop_configuration(void)
{
	if (amt.provisioning != PROVISIONING_IN)
		return AMT_INVALID_MODE;
	amt.provisioning = PROVISIONING_PRE;
	note("EVENT the configuration window is closed");
	return AMT_SUCCESS;
}

/*
 * Settings: words to values and back
 */

/* the first three fields of a GUID are little-endian on the wire */
static const uint8_t uuid_order[AMT_UUID] = {
	3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
};

void amt_uuid_text(char text[37])
{
	size_t i, at = 0;

	for (i = 0; i < AMT_UUID; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += snprintf(text + at, 37 - at, "%02x",
			       amt.uuid[uuid_order[i]]);
	}
}

static bool parse_uuid(const char *word)
{
	uint8_t bytes[AMT_UUID];
	unsigned int byte;
	size_t i;

	for (i = 0; i < AMT_UUID; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *word++ != '-')
			return false;
		if (strspn(word, "0123456789abcdefABCDEF") < 2 ||
		    sscanf(word, "%2x", &byte) != 1)
			return false;
		bytes[uuid_order[i]] = byte;
		word += 2;
	}
	memcpy(amt.uuid, bytes, sizeof(bytes));
	return !*word;
}

static bool parse_mac(const char *word, uint8_t *mac)
{
	unsigned int b[6];
	char end;
	int i;

	if (sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%c", b, b + 1, b + 2, b + 3,
		   b + 4, b + 5, &end) != 6)
		return false;
	for (i = 0; i < 6; i++)
		mac[i] = b[i];
	return true;
}

static bool parse_word(const struct setting *s, const char *word)
{
	uint32_t i;

	for (i = 0; s->words[i]; i++) {
		if (strcmp(s->words[i], word))
			continue;
		*(uint32_t *)s->at = i;
		return true;
	}
	return false;
}

/* words of a text are joined by a space; "-" is an empty one */
static bool parse_text(char *to, size_t size, int argc, char **argv)
{
	char text[1024] = "";
	int i;

	for (i = 0; i < argc; i++) {
		if (strlen(text) + strlen(argv[i]) + 2 > sizeof(text))
			return false;
		if (i)
			strcat(text, " ");
		strcat(text, argv[i]);
	}
	if (!strcmp(text, "-"))
		text[0] = '\0';
	if (strlen(text) >= size)
		return false;
	strcpy(to, text);
	return true;
}

static bool parse(const struct setting *s, int argc, char **argv)
{
	struct in_addr ip;
	unsigned long v;
	bool yes;

	if (s->kind == TEXT)
		return parse_text(s->at, s->size, argc, argv);
	if (argc != 1)
		return false;
	switch (s->kind) {
	case YES_NO:
		if (!yes_no(argv[0], &yes))
			return false;
		*(uint32_t *)s->at = yes;
		return true;
	case NUMBER:
		if (!integer(argv[0], s->size, &v))
			return false;
		*(uint32_t *)s->at = v;
		return true;
	case WORDS:
		return parse_word(s, argv[0]);
	case UUID:
		return parse_uuid(argv[0]);
	case MAC:
		return parse_mac(argv[0], s->at);
	case IP:
		if (inet_pton(AF_INET, argv[0], &ip) != 1)
			return false;
		*(uint32_t *)s->at = ntohl(ip.s_addr);
		return true;
	default:
		return false;
	}
}

static void print(FILE *f, const struct setting *s)
{
	const uint8_t *b = s->at;
	uint32_t v = 0;
	char text[37];

	if (s->kind != TEXT && s->kind != MAC && s->kind != UUID)
		v = *(uint32_t *)s->at;
	fprintf(f, "amt.%s ", s->key);
	switch (s->kind) {
	case YES_NO:
		fputs(v ? "yes" : "no", f);
		break;
	case NUMBER:
		fprintf(f, "%u", v);
		break;
	case WORDS:
		fputs(s->words[v], f);
		break;
	case TEXT:
		fputs(s->at, f);
		break;
	case UUID:
		amt_uuid_text(text);
		fputs(text, f);
		break;
	case MAC:
		fprintf(f, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
			b[3], b[4], b[5]);
		break;
	case IP:
		fprintf(f, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255,
			v & 255);
		break;
	}
	fputc('\n', f);
}

/* made up, and different for each number */
static void make_hash(uint32_t i)
{
	struct amt_hash *h = &amt.hashes[i];
	size_t k;

	memset(h, 0, sizeof(*h));
	h->is_default = i < DEFAULT_HASHES;
	h->active = 1;
	h->algorithm = SHA256;
	for (k = 0; k < SHA256_LEN; k++)
		h->bytes[k] = i * 37 + k * 5 + 1;
	snprintf(h->name, sizeof(h->name), "Model Root CA %u", i);
}

static void set_hashes(uint32_t n)
{
	for (amt.hash_count = 0; amt.hash_count < n; amt.hash_count++)
		make_hash(amt.hash_count);
}

__attribute__((constructor)) static void factory_hashes(void)
{
	set_hashes(DEFAULT_HASHES);
}

void amt_print(FILE *f)
{
	const struct amt_hash *h = amt.hashes;
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		print(f, &settings[i]);
	for (i = 0; i < amt.version_count; i++)
		fprintf(f, "amt.version %s=%s\n", amt.versions[i].name,
			amt.versions[i].value);
	fprintf(f, "amt.hashes %u\n", amt.hash_count);
	for (i = 0; i < amt.hash_count; i++, h++)
		fprintf(f, "amt.hash %u algorithm=%u default=%u active=%u %02x%02x%02x%02x... %s\n",
			i, h->algorithm, h->is_default, h->active, h->bytes[0],
			h->bytes[1], h->bytes[2], h->bytes[3], h->name);
	fprintf(f, "amt.admin-password %s\n",
		amt.admin_ha1[0] ? "set" : "none");
	fprintf(f, "amthi.requests %lu\n", amthi_requests());
	fprintf(f, "http.requests %lu\n", http_requests());
}

void amt_off(void)
{
	amthi_off();
	lme_off();
	http_off();
	wsman_off();
}

/*
 * Knobs
 */

static int do_amt(struct result *r, int argc, char **argv)
{
	const struct setting *s;

	for (s = settings; s < settings + ARRAY_SIZE(settings); s++) {
		if (strcmp(s->key, argv[0]))
			continue;
		return parse(s, argc - 1, argv + 1) ? 0 :
			fail(r, "not a value of this setting; state shows what one looks like");
	}
	return fail(r, "no such setting; state shows all of them as amt.KEY");
}

/* "clear", or a name, in which _ is a space, and its value */
static int do_amt_version(struct result *r, int argc, char **argv)
{
	struct amt_version *v = amt.versions;
	char *space;
	uint32_t i;

	if (!strcmp(argv[0], "clear") && argc == 1) {
		amt.version_count = 0;
		return 0;
	}
	if (argc < 2 || strlen(argv[0]) >= sizeof(v->name))
		return fail(r, "expected clear, or a name of at most 20 characters and a value");
	for (space = argv[0]; (space = strchr(space, '_'));)
		*space = ' ';
	for (i = 0; i < amt.version_count; i++, v++)
		if (!strcmp(v->name, argv[0]))
			break;
	if (i == AMT_VERSIONS)
		return fail(r, "there are 50 versions already");
	if (!parse_text(v->value, sizeof(v->value), argc - 1, argv + 1))
		return fail(r, "expected a value of at most 20 characters");
	strcpy(v->name, argv[0]);
	if (i == amt.version_count)
		amt.version_count++;
	return 0;
}

static int do_amt_hashes(struct result *r, int argc, char **argv)
{
	unsigned long n;

	(void)argc;
	if (!integer(argv[0], AMT_HASHES, &n))
		return fail(r, "expected a number up to 33");
	set_hashes(n);
	return 0;
}

static int set_hash(struct result *r, struct amt_hash *h, int argc, char **argv)
{
	const struct setting keys[] = {
		{ .key = "algorithm", NUMBER, &h->algorithm, 255 },
		{ .key = "default", YES_NO, &h->is_default },
		{ .key = "active", YES_NO, &h->active },
		{ .key = "name", TEXT, h->name, sizeof(h->name) },
	};
	size_t i, len;

	if (!strcmp(argv[0], "bytes")) {
		memset(h->bytes, 0, sizeof(h->bytes));
		return hex(r, argc - 1, argv + 1, h->bytes, sizeof(h->bytes),
			   &len);
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].key, argv[0]))
			return parse(&keys[i], argc - 1, argv + 1) ? 0 :
				fail(r, "not a value of this");
	return fail(r, "expected algorithm, default, active, name or bytes");
}

static int do_amt_hash(struct result *r, int argc, char **argv)
{
	unsigned long i;

	if (!integer(argv[0], AMT_HASHES - 1, &i) || i >= amt.hash_count)
		return fail(r, "no such hash; amt-hashes N makes some");
	return set_hash(r, &amt.hashes[i], argc - 1, argv + 1);
}

static int array_knob(struct result *r, char **argv, uint32_t *at, size_t n)
{
	unsigned long i, v;

	if (!integer(argv[0], n - 1, &i) || !integer(argv[1], UINT32_MAX, &v))
		return fail(r, "expected an index and a number");
	at[i] = v;
	return 0;
}

static int do_amt_security(struct result *r, int argc, char **argv)
{
	(void)argc;
	return array_knob(r, argv, amt.security, AMT_SECURITY);
}

static int do_amt_feature(struct result *r, int argc, char **argv)
{
	(void)argc;
	return array_knob(r, argv, amt.features, AMT_FEATURES);
}

static int do_amthi_status(struct result *r, int argc, char **argv)
{
	unsigned long status, command = 0;
	long n = 1;

	if (!integer(argv[0], UINT32_MAX, &status) ||
	    (argc > 1 && !count_word(argv[1], &n)) ||
	    (argc > 2 && !integer(argv[2], UINT32_MAX, &command)))
		return fail(r, "expected a status, N or all, a command");
	amthi_set_status(status, command, n);
	return 0;
}

static int do_amthi_idle(struct result *r, int argc, char **argv)
{
	long n = 1;

	if (argc && !count_word(argv[0], &n))
		return fail(r, "expected a number or all");
	amthi_set_idle(n);
	return 0;
}

static int do_amthi_raw(struct result *r, int argc, char **argv)
{
	uint8_t buf[CLIENT_MESSAGE_MAX];
	unsigned long command;
	size_t len = 0;

	if (!integer(argv[0], UINT32_MAX, &command))
		return fail(r, "expected a command");
	if (argc == 2 && !strcmp(argv[1], "none"))
		return amthi_set_raw(command, NULL, 0);
	if (hex(r, argc - 1, argv + 1, buf, sizeof(buf), &len))
		return -1;
	if (amthi_set_raw(command, buf, len))
		return fail(r, "too many bytes, or too many commands");
	return 0;
}

static int do_wsman_return(struct result *r, int argc, char **argv)
{
	unsigned long value;
	long n = 1;

	if (!integer(argv[0], UINT32_MAX, &value) ||
	    (argc > 1 && !count_word(argv[1], &n)))
		return fail(r, "expected a ReturnValue, N or all");
	wsman_set_return(value, n);
	return 0;
}

static int do_wsman_fault(struct result *r, int argc, char **argv)
{
	long n = 1;

	if (argc && !count_word(argv[0], &n))
		return fail(r, "expected N or all");
	wsman_set_fault(n);
	return 0;
}

const struct command amt_commands[] = {
	{ "amt", 2, 11, do_amt, "KEY VALUE",
	  "a setting of the AMT; state shows them as amt.KEY" },
	{ "amt-version", 1, 11, do_amt_version, "clear|NAME VALUE",
	  "a code version, added or changed" },
	{ "amt-hashes", 1, 1, do_amt_hashes, "N",
	  "make N certificate hashes, up to 33 (3)" },
	{ "amt-hash", 3, 11, do_amt_hash, "I KEY VALUE",
	  "algorithm, default, active, name or bytes of a hash" },
	{ "amt-security", 2, 2, do_amt_security, "I VALUE",
	  "a security parameter, 0 to 16" },
	{ "amt-feature", 2, 2, do_amt_feature, "ID VALUE",
	  "a feature's state, 0 to 7" },
	{ "amthi-status", 1, 3, do_amthi_status, "STATUS [N|all] [COMMAND]",
	  "answers have this status and nothing is done" },
	{ "amthi-idle", 0, 1, do_amthi_idle, "[N|all]",
	  "say success to what changes the state, and change nothing" },
	{ "amthi-raw", 2, 11, do_amthi_raw, "COMMAND none|HEX",
	  "what follows the status in answers to a command" },
	{ "wsman-return", 1, 2, do_wsman_return, "VALUE [N|all]",
	  "ReturnValue of methods, and nothing is done" },
	{ "wsman-fault", 0, 1, do_wsman_fault, "[N|all]",
	  "methods are answered with a SOAP fault, and nothing is done" },
	{ 0 }
};
