// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli/amt/amthi and cli/amt/wd: messages of AMT, whole and broken. Messages are
 * allocated with exactly their size, so that a read past it is seen.
 */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "cli/amt/amthi.h"
#include "cli/amt/wd.h"
#include "cli/amt/wire.h"

#define STATE AMTHI_PROVISIONING_STATE

/* an answer to @command with @status and so many bytes of payload; to be freed */
static uint8_t *make(uint32_t command, uint32_t status, const void *payload,
		     size_t size)
{
	uint8_t *bytes = malloc(16 + size);

	assert_non_null(bytes);
	memcpy(bytes, "\1\1\0\0", 4);
	wire_put_le(bytes + 4, command | 0x00800000, 4);
	wire_put_le(bytes + 8, 4 + size, 4);
	wire_put_le(bytes + 12, status, 4);
	if (size)
		memcpy(bytes + 16, payload, size);
	return bytes;
}

static void test_request(void **state)
{
	static const uint8_t plain[] = { 1, 1, 0, 0, 0x1a, 0, 0, 4, 0, 0, 0, 0 };
	static const uint8_t with[] = { 1, 1, 0, 0, 0x2d, 0,	0,    4,
					4, 0, 0, 0, 0x44, 0x33, 0x22, 0x11 };
	uint8_t bytes[AMTHI_REQUEST_MAX];
	size_t i;

	(void)state;
	assert_int_equal(amthi_request(bytes, AMTHI_VERSIONS, 0, 0),
			 sizeof(plain));
	assert_memory_equal(bytes, plain, sizeof(plain));
	assert_int_equal(amthi_request(bytes, AMTHI_HASH, 0x11223344, 4),
			 sizeof(with));
	assert_memory_equal(bytes, with, sizeof(with));
	assert_int_equal(amthi_request(bytes, 0x0400008e, 7, 1), 13);
	assert_int_equal(bytes[12], 7);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(amthi_request(bytes, AMTHI_LOCAL_ACCOUNT, 0,
				       AMTHI_ACCOUNT_ARGUMENT),
			 52);
	assert_int_equal(bytes[8], 40);
	for (i = 12; i < 52; i++)
		assert_int_equal(bytes[i], 0);
}

static void test_uuids(void **state)
{
	(void)state;
	/* 12F80028-B4B7-4B2D-ACA8-46E0FF65814C, 05B79A6F-4628-4D7F-899D-A91514CB32AB */
	assert_memory_equal(amthi_uuid,
			    "\x28\x00\xf8\x12\xb7\xb4\x2d\x4b\xac\xa8\x46\xe0"
			    "\xff\x65\x81\x4c",
			    16);
	assert_memory_equal(wd_uuid,
			    "\x6f\x9a\xb7\x05\x28\x46\x7f\x4d\x89\x9d\xa9\x15"
			    "\x14\xcb\x32\xab",
			    16);
	assert_memory_equal(wd_request, "\5\2\x51\x10", WD_REQUEST_SIZE);
}

static void test_answer_header(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum amthi_fault fault;
	} broken[] = {
		{ 0, 2, AMTHI_FORMAT },	 { 0, 0, AMTHI_FORMAT },
		{ 1, 0, AMTHI_FORMAT },	 { 2, 1, AMTHI_FORMAT },
		{ 3, 1, AMTHI_FORMAT },	 { 4, 0x12, AMTHI_COMMAND },
		{ 6, 0, AMTHI_COMMAND }, { 7, 5, AMTHI_COMMAND },
		{ 8, 7, AMTHI_LENGTH },	 { 8, 9, AMTHI_LENGTH },
		{ 11, 1, AMTHI_LENGTH },
	};
	uint8_t *bytes = make(STATE, 0x10, "\1\2\3\4", 4);
	struct amthi_answer answer;
	size_t i;

	(void)state;
	assert_int_equal(amthi_answer(bytes, 20, STATE, &answer), AMTHI_GOOD);
	assert_int_equal(answer.status, 0x10);
	assert_int_equal(answer.size, 4);
	assert_ptr_equal(answer.payload, bytes + 16);
	bytes[1] = 9; /* a later minor version is one that is known */
	assert_int_equal(amthi_answer(bytes, 20, STATE, &answer), AMTHI_GOOD);
	bytes[1] = 1;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		uint8_t was = bytes[broken[i].at];

		bytes[broken[i].at] = broken[i].value;
		assert_int_equal(amthi_answer(bytes, 20, STATE, &answer),
				 broken[i].fault);
		bytes[broken[i].at] = was;
	}
	free(bytes);
}

/* Cut anywhere: never read past the end, never good. */
static void test_answer_cut(void **state)
{
	uint8_t *whole = make(STATE, 0, "\1\2\3\4", 4);
	struct amthi_answer answer;
	size_t size;

	(void)state;
	for (size = 0; size < 20; size++) {
		uint8_t *cut = malloc(size ? size : 1);

		assert_non_null(cut);
		memcpy(cut, whole, size);
		assert_int_equal(amthi_answer(cut, size, STATE, &answer),
				 !size	   ? AMTHI_EMPTY :
				 size < 16 ? AMTHI_SHORT :
					     AMTHI_LENGTH);
		free(cut);
	}
	free(whole);
}

static const struct amthi_question *question(const char *key)
{
	static const struct amthi_question *const lists[] = {
		amthi_state_questions,
		amthi_feature_questions,
		amthi_configuration_questions,
	};
	const struct amthi_question *q;
	size_t i;

	for (i = 0; i < 3; i++)
		for (q = lists[i]; q->key; q++)
			if (!strcmp(q->key, key))
				return q;
	fail();
	return NULL;
}

static enum amthi_fault decode(const struct amthi_question *q,
			       const uint8_t *payload, size_t size,
			       struct amthi_value *values)
{
	struct amthi_answer answer = { .payload = payload, .size = size };

	return amthi_decode(q, &answer, values);
}

static void test_decode_fields(void **state)
{
	static const uint8_t lan[] = { 1, 0, 0, 0, 23, 1, 168, 192, 0, 0,
				       0, 0, 2, 1, 2,  0, 0,   0,   0, 1 };
	static const uint8_t server[] = { 0xf3, 0x26, 9, 8, 7 };
	struct amthi_value v[AMTHI_FIELDS_MAX];

	(void)state;
	assert_int_equal(decode(question("lan_wired"), lan, sizeof(lan), v),
			 AMTHI_GOOD);
	assert_int_equal(v[0].number, 1);
	assert_ptr_equal(v[1].bytes, lan + 4);
	assert_int_equal(v[2].number, 0);
	assert_int_equal(v[3].number, 2);
	assert_int_equal(v[4].number, 1);
	assert_ptr_equal(v[5].bytes, lan + 14);
	assert_int_equal(v[5].number, 6);
	assert_int_equal(decode(question("configuration_server"), server,
				sizeof(server), v),
			 AMTHI_GOOD);
	assert_int_equal(v[0].number, 9971);
	assert_int_equal(v[1].number, 3);
	assert_ptr_equal(v[1].bytes, server + 2);
}

/* Of every question: the size that its fields have is good, no other. */
static void check_sizes(const struct amthi_question *q)
{
	static const uint8_t zeros[512];
	struct amthi_value v[AMTHI_FIELDS_MAX];
	bool rest = q->fields[q->count - 1].type == AMTHI_REST;
	size_t size, good = 0;

	assert_in_range(q->count, 1, AMTHI_FIELDS_MAX);
	for (size = 0; size < sizeof(zeros); size++) {
		uint8_t *exact = calloc(1, size ? size : 1);

		assert_non_null(exact);
		good += decode(q, exact, size, v) == AMTHI_GOOD;
		free(exact);
	}
	if (!rest)
		assert_int_equal(good, 1);
	else
		assert_in_range(good, 1, sizeof(zeros));
}

static void test_decode_sizes(void **state)
{
	const struct amthi_question *q;

	(void)state;
	for (q = amthi_state_questions; q->key; q++)
		check_sizes(q);
	for (q = amthi_feature_questions; q->key; q++)
		check_sizes(q);
	for (q = amthi_configuration_questions; q->key; q++)
		check_sizes(q);
	check_sizes(&amthi_hash_question);
}

static void test_text_lengths(void **state)
{
	const struct amthi_question *q = question("pki_dns_suffix");
	struct amthi_value v[AMTHI_FIELDS_MAX];

	(void)state;
	assert_int_equal(decode(q, (uint8_t *)"\3\0abc", 5, v), AMTHI_GOOD);
	assert_int_equal(v[0].number, 3);
	assert_memory_equal(v[0].bytes, "abc", 3);
	/* both bytes of the length count, and nothing is left over */
	assert_int_equal(decode(q, (uint8_t *)"\3\1abc", 5, v), AMTHI_PAYLOAD);
	assert_int_equal(decode(q, (uint8_t *)"\2\0abc", 5, v), AMTHI_PAYLOAD);
	assert_int_equal(decode(q, (uint8_t *)"\4\0abc", 5, v), AMTHI_PAYLOAD);
	assert_int_equal(decode(q, (uint8_t *)"\3", 1, v), AMTHI_PAYLOAD);
}

static void test_question_of(void **state)
{
	(void)state;
	assert_ptr_equal(amthi_question_of(amthi_state_questions, STATE),
			 amthi_state_questions);
	assert_null(amthi_question_of(amthi_state_questions, 1));
}

/* a pair of version strings, as long as said */
static void put_version(uint8_t *to, size_t name_size, const char *name,
			size_t version_size, const char *version)
{
	memset(to, 0, 44);
	wire_put_le(to, name_size, 2);
	memcpy(to + 2, name, strlen(name));
	wire_put_le(to + 22, version_size, 2);
	memcpy(to + 24, version, strlen(version));
}

static enum amthi_fault versions_of(const uint8_t *payload, size_t size,
				    struct amthi_versions *versions)
{
	struct amthi_answer answer = { .payload = payload, .size = size };

	return amthi_versions(&answer, versions);
}

static void test_versions(void **state)
{
	uint8_t payload[65 + 4 + 2 * 44] = "BIOS";
	struct amthi_versions v;
	size_t size;

	(void)state;
	payload[65] = 2;
	put_version(payload + 69, 3, "AMT", 7, "11.8.93");
	/* a length that covers zeros, and one that cuts */
	put_version(payload + 69 + 44, 20, "Flash", 4, "11.8.93");
	assert_int_equal(versions_of(payload, sizeof(payload), &v), AMTHI_GOOD);
	assert_int_equal(v.bios_size, 4);
	assert_int_equal(v.count, 2);
	assert_int_equal(v.list[0].version_size, 7);
	assert_memory_equal(v.list[0].version, "11.8.93", 7);
	assert_int_equal(v.list[1].name_size, 5);
	assert_int_equal(v.list[1].version_size, 4);
	assert_ptr_equal(amthi_version(&v, "Flash"), &v.list[1]);
	assert_null(amthi_version(&v, "Flas"));
	assert_null(amthi_version(&v, "flash"));
	for (size = 0; size < sizeof(payload); size++)
		assert_int_equal(versions_of(payload, size, &v), AMTHI_PAYLOAD);
	payload[65] = 1;
	assert_int_equal(versions_of(payload, sizeof(payload), &v),
			 AMTHI_PAYLOAD);
	payload[65] = 2;
	payload[69] = 21;
	assert_int_equal(versions_of(payload, sizeof(payload), &v),
			 AMTHI_PAYLOAD);
	payload[69] = 3;
	payload[69 + 22] = 21;
	assert_int_equal(versions_of(payload, sizeof(payload), &v),
			 AMTHI_PAYLOAD);
}

static void test_versions_without_end(void **state)
{
	static uint8_t payload[65 + 4 + 51 * 44];
	struct amthi_versions v;

	(void)state;
	memset(payload, 'x', 65);
	payload[65] = 50;
	assert_int_equal(versions_of(payload, 69 + 50 * 44, &v), AMTHI_GOOD);
	assert_int_equal(v.bios_size, 65);
	payload[65] = 51;
	assert_int_equal(versions_of(payload, sizeof(payload), &v),
			 AMTHI_PAYLOAD);
	payload[65] = 0;
	assert_int_equal(versions_of(payload, 69, &v), AMTHI_GOOD);
	assert_int_equal(v.count, 0);
}

static void test_account(void **state)
{
	uint8_t payload[68] = "$$OsAdmin";
	struct amthi_answer answer = { .payload = payload };
	const char *user, *password;

	(void)state;
	strcpy((char *)payload + 33, "secret");
	for (answer.size = 0; answer.size < 66; answer.size++)
		assert_int_equal(amthi_account(&answer, &user, &password),
				 AMTHI_PAYLOAD);
	/* some firmware adds two bytes */
	for (; answer.size <= 68; answer.size++) {
		assert_int_equal(amthi_account(&answer, &user, &password),
				 AMTHI_GOOD);
		assert_string_equal(user, "$$OsAdmin");
		assert_string_equal(password, "secret");
	}
	answer.size = 66;
	/* of full length, without an end, empty */
	memset(payload + 33, 'x', 32);
	assert_int_equal(amthi_account(&answer, &user, &password), AMTHI_GOOD);
	assert_int_equal(strlen(password), AMTHI_ACCOUNT_MAX);
	payload[65] = 'x';
	assert_int_equal(amthi_account(&answer, &user, &password),
			 AMTHI_PAYLOAD);
	memset(payload + 33, 0, 33);
	assert_int_equal(amthi_account(&answer, &user, &password),
			 AMTHI_PAYLOAD);
}

static void test_handles(void **state)
{
	static uint8_t payload[4 + 4 * (AMTHI_HANDLES_MAX + 1)];
	struct amthi_answer answer = { .payload = payload };
	uint32_t handles[AMTHI_HANDLES_MAX];
	size_t count = 99;

	(void)state;
	payload[0] = 2;
	payload[4] = 7;
	payload[8] = 8;
	payload[11] = 0x80;
	answer.size = 12;
	assert_int_equal(amthi_handles(&answer, handles, &count), AMTHI_GOOD);
	assert_int_equal(count, 2);
	assert_int_equal(handles[0], 7);
	assert_int_equal(handles[1], 0x80000008);
	for (answer.size = 0; answer.size < 12; answer.size++)
		assert_int_equal(amthi_handles(&answer, handles, &count),
				 AMTHI_PAYLOAD);
	answer.size = 13;
	assert_int_equal(amthi_handles(&answer, handles, &count),
			 AMTHI_PAYLOAD);
	payload[0] = AMTHI_HANDLES_MAX;
	answer.size = sizeof(payload) - 4;
	assert_int_equal(amthi_handles(&answer, handles, &count), AMTHI_GOOD);
	assert_int_equal(count, AMTHI_HANDLES_MAX);
	payload[0]++;
	answer.size += 4;
	assert_int_equal(amthi_handles(&answer, handles, &count),
			 AMTHI_PAYLOAD);
}

static void test_words(void **state)
{
	const struct amthi_field *field =
		&question("provisioning_state")->fields[0];

	(void)state;
	assert_string_equal(amthi_word(field, 2), "provisioned");
	assert_string_equal(amthi_word(field, 3), "unknown");
	assert_string_equal(amthi_word(field, UINT32_MAX), "unknown");
	assert_null(amthi_word(&question("uuid")->fields[0], 0));
	assert_string_equal(amthi_status_name(0), "SUCCESS");
	assert_string_equal(amthi_status_name(3), "INVALID_AMT_MODE");
	assert_string_equal(amthi_status_name(2501),
			    "INTERFACE_DOES_NOT_EXIST");
	assert_string_equal(amthi_status_name(0x9999), "UNKNOWN");
	assert_non_null(strstr(amthi_fault_text(AMTHI_EMPTY), "empty"));
	assert_int_equal(amthi_digest_size(0), 16);
	assert_int_equal(amthi_digest_size(1), 20);
	assert_int_equal(amthi_digest_size(2), 32);
	assert_int_equal(amthi_digest_size(3), 64);
	assert_int_equal(amthi_digest_size(255), 64);
}

static enum amthi_affected judge(const char *amt, const char *build)
{
	struct amthi_versions v = { 0 };

	if (amt)
		v.list[v.count++] =
			(struct amthi_version){ (const uint8_t *)"AMT", 3,
						(const uint8_t *)amt,
						strlen(amt) };
	if (build)
		v.list[v.count++] =
			(struct amthi_version){ (const uint8_t *)"Build Number",
						12, (const uint8_t *)build,
						strlen(build) };
	return amthi_affected(&v);
}

static void test_affected(void **state)
{
	static const struct {
		const char *amt;
		const char *build;
		enum amthi_affected is;
	} cases[] = {
		{ "5.2.70", "1033", AMTHI_AFFECTED_NO },
		{ "6.0.0", "1", AMTHI_AFFECTED_YES },
		{ "6.2.61", "3535", AMTHI_AFFECTED_NO },
		{ "9.1.40", "2999", AMTHI_AFFECTED_YES },
		{ "9.1.40", "3000", AMTHI_AFFECTED_NO },
		{ "11.0.25", "1186", AMTHI_AFFECTED_YES },
		{ "11.6.27", "3264", AMTHI_AFFECTED_NO },
		{ "11.7.0", "999", AMTHI_AFFECTED_NO },
		{ "11.7.0", "1000", AMTHI_AFFECTED_YES },
		{ "11.7.0", "1999", AMTHI_AFFECTED_YES },
		{ "11.7.0", "2000", AMTHI_AFFECTED_NO },
		{ "11.8.93", "1", AMTHI_AFFECTED_NO },
		{ "16.1.25", "2124", AMTHI_AFFECTED_NO },
		{ "11.6", "1", AMTHI_AFFECTED_YES },
		{ NULL, "1", AMTHI_AFFECTED_UNKNOWN },
		{ "11.6.0", NULL, AMTHI_AFFECTED_UNKNOWN },
		{ "", "1", AMTHI_AFFECTED_UNKNOWN },
		{ "11", "1", AMTHI_AFFECTED_UNKNOWN },
		{ "11x6", "1", AMTHI_AFFECTED_UNKNOWN },
		{ "11.x", "1", AMTHI_AFFECTED_UNKNOWN },
		{ "11.6.0", "x", AMTHI_AFFECTED_UNKNOWN },
		{ "11.6.0", "", AMTHI_AFFECTED_UNKNOWN },
		{ "4294967302.0.0", "1", AMTHI_AFFECTED_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(judge(cases[i].amt, cases[i].build),
				 cases[i].is);
}

static void test_watchdog_flags(void **state)
{
	struct wd_flags flags;

	(void)state;
	assert_false(wd_decode(NULL, 0, &flags));
	assert_false(wd_decode((const uint8_t *)"\xff\xff", 2, &flags));
	assert_true(wd_decode((const uint8_t *)"\xc3", 1, &flags));
	assert_int_equal(flags.raw, 0xc3);
	assert_true(flags.transition_allowed && flags.extended &&
		    flags.enabled && flags.tls_enforced);
	assert_true(wd_decode((const uint8_t *)"\x42", 1, &flags));
	assert_false(flags.transition_allowed || flags.extended ||
		     flags.enabled || flags.tls_enforced);
	assert_true(wd_decode((const uint8_t *)"\x80", 1, &flags));
	assert_false(flags.enabled || flags.tls_enforced);
}

static void test_big_endian(void **state)
{
	struct wire wire = { .at = (const uint8_t *)"\1\2\3\4\5", .left = 5 };

	(void)state;
	assert_int_equal(wire_be(&wire, 4), 0x01020304);
	assert_int_equal(wire_be(&wire, 2), 0);
	assert_true(wire.bad);
	/* once bad, nothing more is given */
	assert_int_equal(wire_be(&wire, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_uuids),
		cmocka_unit_test(test_answer_header),
		cmocka_unit_test(test_answer_cut),
		cmocka_unit_test(test_decode_fields),
		cmocka_unit_test(test_decode_sizes),
		cmocka_unit_test(test_text_lengths),
		cmocka_unit_test(test_question_of),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_versions_without_end),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_affected),
		cmocka_unit_test(test_watchdog_flags),
		cmocka_unit_test(test_big_endian),
	};

	return cmocka_run_group_tests_name("amthi", tests, NULL, NULL) != 0;
}
