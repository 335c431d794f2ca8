// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of AMT's host interface. Header, 12 bytes: major, minor, two reserved,
 * command, length of what follows. Answers set a bit in the command and begin with
 * a status. All numbers are little-endian.
 */
#include <string.h>

#include "amthi.h"
#include "cli/common/memory.h"
#include "wire.h"

#define HEADER_SIZE  12U
#define STATUS_SIZE  4U
#define ANSWER_BIT   0x00800000U
#define MAJOR	     1
#define MINOR	     1
#define BIOS_SIZE    65
#define STRING_SIZE  20
#define MAC_SIZE     6
#define GUID_SIZE    16
#define WORDS(words) (words), ARRAY_LENGTH(words)

/* clang-format off */
const uint8_t amthi_uuid[16] = {
	0x28, 0x00, 0xf8, 0x12, 0xb7, 0xb4, 0x2d, 0x4b,
	0xac, 0xa8, 0x46, 0xe0, 0xff, 0x65, 0x81, 0x4c,
};

static const char *const modes[] = {
	"none", "enterprise", "small business", "remote assistance",
};
static const char *const states[] = {
	"not provisioned", "in provisioning", "provisioned",
};
static const char *const control_modes[] = {
	"none", "client control mode", "admin control mode",
};
static const char *const networks[] = {
	"direct", "VPN", "outside", "unknown",
};
static const char *const connections[] = {
	"not connected", "connecting", "connected",
};
/* peers disagree about 2 and 3: as Intel's own service has it */
static const char *const triggers[] = {
	"user", "alert", "provisioning", "periodic",
};
static const char *const dhcp_modes[] = { "unknown", "active", "passive" };
static const char *const tls_modes[] = { "not ready", "PSK", "PKI" };
static const char *const seeds[] = { "exists", "in progress", "none" };
static const char *const reasons[] = { "remote control", "other" };

static const struct amthi_field mode_fields[] = {
	{ "provisioning_mode", "Provisioning mode", AMTHI_U32, WORDS(modes) },
	{ "legacy_mode", "Legacy mode", AMTHI_BOOL, NULL, 0 },
};
static const struct amthi_field state_fields[] = {
	{ "provisioning_state", "Provisioning state", AMTHI_U32, WORDS(states) },
};
static const struct amthi_field control_fields[] = {
	{ "control_mode", "Control mode", AMTHI_U32, WORDS(control_modes) },
};
static const struct amthi_field uuid_fields[] = {
	{ "uuid", "UUID", AMTHI_GUID, NULL, 0 },
};
static const struct amthi_field lan_fields[] = {
	{ "enabled", "Enabled", AMTHI_BOOL, NULL, 0 },
	{ "ipv4", "IPv4 address", AMTHI_IPV4, NULL, 0 },
	{ "dhcp", "DHCP", AMTHI_BOOL, NULL, 0 },
	{ "dhcp_mode", "DHCP mode", AMTHI_U8, WORDS(dhcp_modes) },
	{ "link", "Link up", AMTHI_U8, NULL, 0 },
	{ "mac", "MAC address", AMTHI_MAC, NULL, 0 },
};
static const struct amthi_field suffix_fields[] = {
	{ "pki_dns_suffix", "DNS suffix for PKI", AMTHI_TEXT, NULL, 0 },
};
static const struct amthi_field suffixes_fields[] = {
	{ "dns_suffixes", "DNS suffixes", AMTHI_LIST, NULL, 0 },
};
static const struct amthi_field remote_fields[] = {
	{ "network", "Network", AMTHI_U32, WORDS(networks) },
	{ "connection", "Connection", AMTHI_U32, WORDS(connections) },
	{ "trigger", "Trigger", AMTHI_U32, WORDS(triggers) },
	{ "server", "Server", AMTHI_TEXT, NULL, 0 },
};
static const struct amthi_field fqdn_fields[] = {
	{ "shared", "Shared with the host", AMTHI_BOOL, NULL, 0 },
	{ "ddns_update", "DDNS update", AMTHI_BOOL, NULL, 0 },
	{ "ddns_interval", "DDNS interval", AMTHI_U32, NULL, 0 },
	{ "ddns_ttl", "DDNS TTL", AMTHI_U32, NULL, 0 },
	{ "host_name_length", "Host name length", AMTHI_U32, NULL, 0 },
	{ "fqdn", "Name", AMTHI_TEXT, NULL, 0 },
};
static const struct amthi_field macs_fields[] = {
	{ "dedicated", "Dedicated", AMTHI_MAC, NULL, 0 },
	{ "host", "Host", AMTHI_MAC, NULL, 0 },
};
static const struct amthi_field zero_touch_fields[] = {
	{ "zero_touch", "Zero-touch configuration", AMTHI_BOOL, NULL, 0 },
};
static const struct amthi_field tls_fields[] = {
	{ "provisioning_tls_mode", "TLS mode of provisioning", AMTHI_U32,
	  WORDS(tls_modes) },
};
static const struct amthi_field seed_fields[] = {
	{ "rng_seed", "Random number seed", AMTHI_U32, WORDS(seeds) },
};
static const struct amthi_field security_fields[] = {
	{ "enterprise_mode", "Enterprise mode", AMTHI_BOOL, NULL, 0 },
	{ "tls", "TLS", AMTHI_BOOL, NULL, 0 },
	{ "hardware_crypto", "Hardware cryptography", AMTHI_BOOL, NULL, 0 },
	{ "provisioning_state", "Provisioning state", AMTHI_U32, WORDS(states) },
	{ "network_interface", "Network interface", AMTHI_BOOL, NULL, 0 },
	{ "sol", "Serial over LAN", AMTHI_BOOL, NULL, 0 },
	{ "ider", "IDE redirection", AMTHI_BOOL, NULL, 0 },
	{ "firmware_update", "Firmware update", AMTHI_BOOL, NULL, 0 },
	{ "link", "Link up", AMTHI_BOOL, NULL, 0 },
	{ "kvm", "KVM", AMTHI_BOOL, NULL, 0 },
	{ "reserved", NULL, AMTHI_REST, NULL, 0 },
};
static const struct amthi_field feature_fields[] = {
	{ "id", NULL, AMTHI_U32, NULL, 0 },
	{ "data", "Data", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field ehbc_fields[] = {
	{ "ehbc", "Embedded host-based setup", AMTHI_BOOL, NULL, 0 },
};
static const struct amthi_field reset_fields[] = {
	{ "reason", "Reason", AMTHI_U32, WORDS(reasons) },
	{ "time", "Time", AMTHI_U32, NULL, 0 },
};
static const struct amthi_field unprovisioning_fields[] = {
	{ "unprovisioning_state", "Unprovisioning state", AMTHI_U32, NULL, 0 },
};
static const struct amthi_field cira_log_fields[] = {
	{ "cira_log", "Log of remote access", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field server_fields[] = {
	{ "port", "Port", AMTHI_U16, NULL, 0 },
	{ "data", "Address and name", AMTHI_REST, NULL, 0 },
};
/* the identifier that was asked for comes back; zeros here, as none is public */
static const struct amthi_field amt_state_fields[] = {
	{ "id", NULL, AMTHI_GUID, NULL, 0 },
	{ "size", NULL, AMTHI_U32, NULL, 0 },
	{ "data", "Data", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field tcp_ip_fields[] = {
	{ "tcp_ip", "TCP/IP parameters", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field power_policy_fields[] = {
	{ "power_policy", "Power policy", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field interfaces_fields[] = {
	{ "user_initiated_interfaces", "User-initiated interfaces", AMTHI_REST,
	  NULL, 0 },
};
static const struct amthi_field audit_fields[] = {
	{ "setup_audit_record", "Setup audit record", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field ipv6_wired_fields[] = {
	{ "ipv6_lan_wired", "IPv6 of the wired LAN", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field ipv6_wireless_fields[] = {
	{ "ipv6_lan_wireless", "IPv6 of the wireless LAN", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field redirection_fields[] = {
	{ "redirection_state", "Redirection state", AMTHI_REST, NULL, 0 },
};
static const struct amthi_field hash_fields[] = {
	[AMTHI_HASH_DEFAULT] = { "default", "Default", AMTHI_BOOL, NULL, 0 },
	[AMTHI_HASH_ACTIVE] = { "active", "Active", AMTHI_BOOL, NULL, 0 },
	[AMTHI_HASH_DIGEST] = { "hash", "Hash", AMTHI_DIGEST, NULL, 0 },
	[AMTHI_HASH_ALGORITHM] = { "algorithm", "Algorithm", AMTHI_U8, NULL, 0 },
	[AMTHI_HASH_NAME] = { "name", "Name", AMTHI_TEXT, NULL, 0 },
};

#define ASK(key, label, command, fields) \
	{ key, label, command, 0, 0, fields, ARRAY_LENGTH(fields) }
#define ASK_OF(key, label, command, argument, size, fields) \
	{ key, label, command, argument, size, fields, ARRAY_LENGTH(fields) }
#define ASK_STATE ASK("provisioning_state", "Provisioning state", \
		      AMTHI_PROVISIONING_STATE, state_fields)
#define ASK_MODE ASK("provisioning", "Provisioning", AMTHI_PROVISIONING_MODE, \
		     mode_fields)
#define ASK_CONTROL ASK("control_mode", "Control mode", AMTHI_CONTROL_MODE, \
			control_fields)
#define ASK_ZERO_TOUCH ASK("zero_touch", "Zero-touch configuration", \
			   0x04000030, zero_touch_fields)
#define ASK_TLS ASK("provisioning_tls_mode", "TLS mode of provisioning", \
		    AMTHI_PROVISIONING_TLS, tls_fields)
#define ASK_SEED ASK("rng_seed", "Random number seed", AMTHI_RNG_SEED, seed_fields)
#define ASK_SUFFIX ASK("pki_dns_suffix", "DNS suffix for PKI", 0x04000036, \
		       suffix_fields)
#define ASK_FQDN ASK("host_name", "Host name", 0x04000056, fqdn_fields)
#define ASK_SERVER ASK("configuration_server", "Configuration server", \
		       0x0400004e, server_fields)

const struct amthi_question amthi_state_questions[] = {
	ASK_STATE,
	ASK_MODE,
	ASK_CONTROL,
	ASK("uuid", "UUID", 0x0400005c, uuid_fields),
	ASK_OF("lan_wired", "Wired LAN", 0x04000048, 0, 4, lan_fields),
	ASK_OF("lan_wireless", "Wireless LAN", 0x04000048, 1, 4, lan_fields),
	ASK_FQDN,
	ASK_SUFFIX,
	ASK("dns_suffixes", "DNS suffixes", 0x0400003e, suffixes_fields),
	ASK("remote_access", "Remote access", 0x04000046, remote_fields),
	{ 0 },
};

const struct amthi_question amthi_feature_questions[] = {
	ASK("mac_addresses", "MAC addresses", 0x04000025, macs_fields),
	ASK_ZERO_TOUCH,
	ASK_TLS,
	ASK_SEED,
	ASK("security", "Security parameters", 0x0400001b, security_fields),
	ASK_OF("redirection_sessions", "Redirection sessions", 0x04000049, 0, 4,
	       feature_fields),
	ASK_OF("system_defense", "System defense", 0x04000049, 1, 4,
	       feature_fields),
	ASK_OF("web_ui", "Web interface", 0x04000049, 2, 4, feature_fields),
	ASK("ehbc", "Embedded host-based setup", 0x04000084, ehbc_fields),
	ASK("last_reset", "Last reset of the host", 0x0400004a, reset_fields),
	ASK_OF("cira_log", "Log of remote access", 0x0400008e, 0, 1,
	       cira_log_fields),
	ASK("unprovisioning_state", "Unprovisioning state", 0x04000068,
	    unprovisioning_fields),
	ASK_SERVER,
	ASK("tcp_ip", "TCP/IP parameters", 0x04000006, tcp_ip_fields),
	ASK("power_policy", "Power policy", 0x04000047, power_policy_fields),
	ASK("user_initiated_interfaces", "User-initiated interfaces",
	    0x0400004d, interfaces_fields),
	ASK("setup_audit_record", "Setup audit record", 0x04000050,
	    audit_fields),
	ASK_OF("ipv6_lan_wired", "IPv6 of the wired LAN", 0x04000052, 0, 4,
	       ipv6_wired_fields),
	ASK_OF("ipv6_lan_wireless", "IPv6 of the wireless LAN", 0x04000052, 1, 4,
	       ipv6_wireless_fields),
	ASK("redirection_state", "Redirection state", 0x04000058,
	    redirection_fields),
	ASK_OF("amt_state", "AMT state", 0x01000001, 0, 16, amt_state_fields),
	{ 0 },
};

const struct amthi_question amthi_configuration_questions[] = {
	ASK_STATE,
	ASK_MODE,
	ASK_CONTROL,
	ASK_ZERO_TOUCH,
	ASK_TLS,
	ASK_SEED,
	ASK_FQDN,
	ASK_SUFFIX,
	ASK_SERVER,
	{ 0 },
};

const struct amthi_question amthi_hash_question =
	ASK_OF("hash", "Hash", AMTHI_HASH, 0, 4, hash_fields);

static const struct {
	uint32_t status;
	const char *name;
} statuses[] = {
	{ AMTHI_SUCCESS, "SUCCESS" },
	{ 1, "INTERNAL_ERROR" },
	{ AMTHI_NOT_READY, "NOT_READY" },
	{ AMTHI_INVALID_MODE, "INVALID_AMT_MODE" },
	{ 4, "INVALID_MESSAGE_LENGTH" },
	{ 5, "TABLE_FINGERPRINT_NOT_AVAILABLE" },
	{ 6, "INTEGRITY_CHECK_FAILED" },
	{ 7, "UNSUPPORTED_ISVS_VERSION" },
	{ 0x10, "NOT_PERMITTED" },
	{ 0x17, "MAX_LIMIT_REACHED" },
	{ 0x18, "INVALID_AUTH_TYPE" },
	{ 0x1a, "INVALID_DHCP_MODE" },
	{ 0x1b, "INVALID_IP_ADDRESS" },
	{ 0x1c, "INVALID_DOMAIN_NAME" },
	{ 0x1e, "REQUEST_UNEXPECTED" },
	{ 0x20, "INVALID_PROVISIONING_STATE" },
	{ 0x22, "INVALID_TIME" },
	{ 0x23, "INVALID_INDEX" },
	{ 0x24, "INVALID_PARAMETER" },
	{ 0x25, "INVALID_NETMASK" },
	{ 0x26, "FLASH_WRITE_LIMIT_EXCEEDED" },
	{ 0x29, "PROPOSE_ANOTHER_VERSION" },
	{ 0x2d, "CONNECTION_FAILED" },
	{ 0x2e, "CONNECTION_TOO_MANY" },
	{ AMTHI_RNG_IN_PROGRESS, "RNG_GENERATION_IN_PROGRESS" },
	{ AMTHI_RNG_NOT_READY, "RNG_NOT_READY" },
	{ AMTHI_CERTIFICATE_NOT_READY, "CERTIFICATE_NOT_READY" },
	{ 0x200, "REMOTE_ACCESS_NOT_GRANTED" },
	{ 0x201, "HOST_VPN_DISABLED" },
	{ 0x400, "DISABLED_BY_POLICY" },
	{ 0x800, "NETWORK_IF_ERROR_BASE" },
	{ 0x801, "UNSUPPORTED_OEM_NUMBER" },
	{ 0x805, "INVALID_HANDLE" },
	{ 0x806, "INVALID_PASSWORD" },
	{ 0x807, "INVALID_REALM" },
	{ 0x809, "DATA_MISSING" },
	{ 0x80a, "DUPLICATE" },
	{ 0x80c, "PKI_MISSING_KEYS" },
	{ 0x80d, "PKI_GENERATING_KEYS" },
	{ 0x80e, "INVALID_KEY" },
	{ 0x80f, "INVALID_CERT" },
	{ 0x810, "CERT_KEY_NOT_MATCH" },
	{ 0x812, "UNSUPPORTED" },
	{ 0x814, "NOT_FOUND" },
	{ 0x815, "INVALID_CREDENTIALS" },
	{ 0x816, "INVALID_PASSPHRASE" },
	{ 0x818, "NO_ASSOCIATION" },
	{ 0x81b, "AUDIT_FAIL" },
	{ 0x81c, "BLOCKING_COMPONENT" },
	{ 2500, "IPV6_INTERFACE_DISABLED" },
	{ 2501, "INTERFACE_DOES_NOT_EXIST" },
};

static const char *const faults[] = {
	[AMTHI_GOOD] = "is good",
	[AMTHI_EMPTY] = "is empty",
	[AMTHI_SHORT] = "is shorter than a header and a status",
	[AMTHI_LENGTH] = "does not have the length that it states",
	[AMTHI_COMMAND] = "is for another command",
	[AMTHI_FORMAT] = "has an unknown format",
	[AMTHI_PAYLOAD] = "has data of an unexpected size or shape",
};

/* of fields whose size does not depend on what they hold */
static const size_t field_sizes[] = {
	[AMTHI_U8] = 1,
	[AMTHI_U16] = 2,
	[AMTHI_U32] = 4,
	[AMTHI_BOOL] = 4,
	[AMTHI_IPV4] = 4,
	[AMTHI_MAC] = MAC_SIZE,
	[AMTHI_GUID] = GUID_SIZE,
	[AMTHI_DIGEST] = AMTHI_HASH_SIZE,
};
/* clang-format on */

const struct amthi_question *
amthi_question_of(const struct amthi_question *list, uint32_t command)
{
	for (; list->key; list++)
		if (list->command == command)
			return list;
	return NULL;
}

size_t amthi_request(uint8_t *to, uint32_t command, uint32_t argument,
		     size_t size)
{
	memset(to, 0, HEADER_SIZE);
	to[0] = MAJOR;
	to[1] = MINOR;
	wire_put_le(to + 4, command, 4);
	wire_put_le(to + 8, size, 4);
	wire_put_le(to + HEADER_SIZE, argument, size);
	return HEADER_SIZE + size;
}

enum amthi_fault amthi_answer(const uint8_t *bytes, size_t size,
			      uint32_t command, struct amthi_answer *answer)
{
	struct wire wire = { .at = bytes, .left = size };
	uint32_t major, minor, reserved, found, length;

	if (!size)
		return AMTHI_EMPTY;
	if (size < HEADER_SIZE + STATUS_SIZE)
		return AMTHI_SHORT;
	major = wire_le(&wire, 1);
	minor = wire_le(&wire, 1);
	reserved = wire_le(&wire, 2);
	found = wire_le(&wire, 4);
	length = wire_le(&wire, 4);
	if (major != MAJOR || minor < MINOR || reserved)
		return AMTHI_FORMAT;
	if (found != (command | ANSWER_BIT))
		return AMTHI_COMMAND;
	if (length != wire.left)
		return AMTHI_LENGTH;
	answer->status = wire_le(&wire, STATUS_SIZE);
	answer->payload = wire.at;
	answer->size = wire.left;
	return AMTHI_GOOD;
}

/* Bytes of the field that is next; what is no number begins behind its length. */
static size_t field_size(struct wire *wire, enum amthi_type type)
{
	if (type == AMTHI_TEXT || type == AMTHI_LIST)
		return wire_le(wire, 2);
	if (type == AMTHI_REST)
		return wire->left;
	return field_sizes[type];
}

enum amthi_fault amthi_decode(const struct amthi_question *question,
			      const struct amthi_answer *answer,
			      struct amthi_value *values)
{
	struct wire wire = { .at = answer->payload, .left = answer->size };
	size_t i;

	for (i = 0; i < question->count; i++) {
		enum amthi_type type = question->fields[i].type;
		size_t size = field_size(&wire, type);
		struct wire number = { .at = wire.at, .left = wire.left };

		values[i].number = type <= AMTHI_BOOL ? wire_le(&number, size) :
							size;
		values[i].bytes = wire_bytes(&wire, size);
	}
	return wire_done(&wire) ? AMTHI_GOOD : AMTHI_PAYLOAD;
}

/* A string in a field of its own, cut at a NUL byte; its size may exceed the field. */
static bool take_string(struct wire *wire, const uint8_t **string, size_t *size)
{
	*size = wire_le(wire, 2);
	*string = wire_bytes(wire, STRING_SIZE);
	if (!*string || *size > STRING_SIZE)
		return false;
	*size = strnlen((const char *)*string, *size);
	return true;
}

enum amthi_fault amthi_versions(const struct amthi_answer *answer,
				struct amthi_versions *versions)
{
	struct wire wire = { .at = answer->payload, .left = answer->size };
	uint32_t count, i;

	versions->bios = wire_bytes(&wire, BIOS_SIZE);
	count = wire_le(&wire, 4);
	if (wire.bad || count > AMTHI_VERSIONS_MAX)
		return AMTHI_PAYLOAD;
	versions->bios_size = strnlen((const char *)versions->bios, BIOS_SIZE);
	for (i = 0; i < count; i++) {
		struct amthi_version *v = &versions->list[i];

		if (!take_string(&wire, &v->name, &v->name_size) ||
		    !take_string(&wire, &v->version, &v->version_size))
			return AMTHI_PAYLOAD;
	}
	versions->count = count;
	return wire_done(&wire) ? AMTHI_GOOD : AMTHI_PAYLOAD;
}

const struct amthi_version *amthi_version(const struct amthi_versions *versions,
					  const char *name)
{
	size_t i;

	for (i = 0; i < versions->count; i++) {
		const struct amthi_version *v = &versions->list[i];

		if (v->name_size == strlen(name) &&
		    !memcmp(v->name, name, v->name_size))
			return v;
	}
	return NULL;
}

enum amthi_fault amthi_handles(const struct amthi_answer *answer,
			       uint32_t *handles, size_t *count)
{
	struct wire wire = { .at = answer->payload, .left = answer->size };
	uint32_t i, there = wire_le(&wire, 4);

	if (wire.bad || there > AMTHI_HANDLES_MAX)
		return AMTHI_PAYLOAD;
	for (i = 0; i < there; i++)
		handles[i] = wire_le(&wire, 4);
	*count = there;
	return wire_done(&wire) ? AMTHI_GOOD : AMTHI_PAYLOAD;
}

static const char *take_terminated(struct wire *wire)
{
	const uint8_t *bytes = wire_bytes(wire, AMTHI_ACCOUNT_MAX + 1);

	if (!bytes || !*bytes || !memchr(bytes, '\0', AMTHI_ACCOUNT_MAX + 1))
		return NULL;
	return (const char *)bytes;
}

/* Some firmware fills the answer with two bytes more. */
enum amthi_fault amthi_account(const struct amthi_answer *answer,
			       const char **user, const char **password)
{
	struct wire wire = { .at = answer->payload, .left = answer->size };

	*user = take_terminated(&wire);
	*password = take_terminated(&wire);
	return *user && *password ? AMTHI_GOOD : AMTHI_PAYLOAD;
}

/* 3 is SHA-384 to some and SHA-512 to others */
size_t amthi_digest_size(uint32_t algorithm)
{
	static const size_t sizes[] = { 16, 20, 32 };

	return algorithm < ARRAY_LENGTH(sizes) ? sizes[algorithm] :
						 AMTHI_HASH_SIZE;
}

const char *amthi_word(const struct amthi_field *field, uint32_t number)
{
	if (!field->words)
		return NULL;
	return number < field->known ? field->words[number] : "unknown";
}

const char *amthi_status_name(uint32_t status)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "UNKNOWN";
}

const char *amthi_fault_text(enum amthi_fault fault)
{
	return faults[fault];
}

/*
 * The next number of a version, of at most six digits; @at is moved behind it and
 * the dot after it.
 */
static bool take_number(const uint8_t **at, size_t *left, uint32_t *number)
{
	size_t digits = 0;

	*number = 0;
	while (*left && **at >= '0' && **at <= '9' && digits++ < 6) {
		*number = *number * 10 + (*(*at)++ - '0');
		(*left)--;
	}
	if (!digits || (*left && **at != '.'))
		return false;
	if (*left) {
		(*at)++;
		(*left)--;
	}
	return true;
}

enum amthi_affected amthi_affected(const struct amthi_versions *versions)
{
	const struct amthi_version *amt = amthi_version(versions, "AMT");
	const struct amthi_version *number =
		amthi_version(versions, "Build Number");
	uint32_t major, minor, build;
	const uint8_t *at;
	size_t left;

	if (!amt || !number)
		return AMTHI_AFFECTED_UNKNOWN;
	at = amt->version;
	left = amt->version_size;
	if (!take_number(&at, &left, &major) ||
	    !take_number(&at, &left, &minor))
		return AMTHI_AFFECTED_UNKNOWN;
	at = number->version;
	left = number->version_size;
	if (!take_number(&at, &left, &build))
		return AMTHI_AFFECTED_UNKNOWN;
	if (major < 6 || major > 11 || (major == 11 && minor > 7))
		return AMTHI_AFFECTED_NO;
	if (major == 11 && minor == 7)
		return build >= 1000 && build < 2000 ? AMTHI_AFFECTED_YES :
						       AMTHI_AFFECTED_NO;
	return build < 3000 ? AMTHI_AFFECTED_YES : AMTHI_AFFECTED_NO;
}
