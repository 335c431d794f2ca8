// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/guid: the well-known GUIDs, comparison, text.
 */
#include "cmocka-all.h"
#include "corpus.h"

#include <string.h>

static const struct {
	const __u8 *guid;
	const char *text;
} known[] = {
	{ pfru_guid_capsule, "6DCBD5ED-E82D-4C44-BDA1-7194199AD92A" },
	{ pfru_guid_pkcs7, "4AAFD29D-68DF-49EE-8AA9-347D375665A7" },
	{ pfru_guid_code_injection, "B2F84B79-7B6E-4E45-885F-3FB9BB185402" },
	{ pfru_guid_driver_update, "4569DD8C-75F1-429A-A3D6-24DE8097A0DF" },
};

static void test_known_guids(void **state)
{
	char text[PFRU_GUID_TEXT_SIZE];
	__u8 guid[PFRU_GUID_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_int_equal(parse_guid(known[i].text, guid), 0);
		assert_memory_equal(known[i].guid, guid, PFRU_GUID_SIZE);
		assert_ptr_equal(pfru_guid_text(known[i].guid, text), text);
		assert_string_equal(text, known[i].text);
	}
}

static void test_text_shows_every_byte_and_digit(void **state)
{
	static const __u8 guid[PFRU_GUID_SIZE] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
	};
	char text[PFRU_GUID_TEXT_SIZE + 1];

	(void)state;
	memset(text, '#', sizeof(text));
	pfru_guid_text(guid, text);
	assert_string_equal(text, "67452301-AB89-EFCD-FEDC-BA9876543210");
	assert_int_equal(text[PFRU_GUID_TEXT_SIZE], '#');
}

static void test_equal_looks_at_every_bit(void **state)
{
	__u8 a[PFRU_GUID_SIZE], b[PFRU_GUID_SIZE];
	unsigned int bit;

	(void)state;
	memcpy(a, pfru_guid_capsule, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(pfru_guid_equal(a, b));
	for (bit = 0; bit < 8 * PFRU_GUID_SIZE; bit++) {
		b[bit / 8] ^= 1 << bit % 8;
		assert_false(pfru_guid_equal(a, b));
		assert_false(pfru_guid_equal(b, a));
		b[bit / 8] ^= 1 << bit % 8;
	}
}

static void test_zero_looks_at_every_bit(void **state)
{
	__u8 guid[PFRU_GUID_SIZE] = { 0 };
	unsigned int bit;

	(void)state;
	assert_true(pfru_guid_is_zero(guid));
	for (bit = 0; bit < 8 * PFRU_GUID_SIZE; bit++) {
		guid[bit / 8] = 1 << bit % 8;
		assert_false(pfru_guid_is_zero(guid));
		guid[bit / 8] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_guids),
		cmocka_unit_test(test_text_shows_every_byte_and_digit),
		cmocka_unit_test(test_equal_looks_at_every_bit),
		cmocka_unit_test(test_zero_looks_at_every_bit),
	};

	return cmocka_run_group_tests_name("guid", tests, NULL, NULL) != 0;
}
