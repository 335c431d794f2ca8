// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/status: names and errno of firmware status, words for reasons. The names
 * of reasons are an interface (JSON), so they are spelled out here again.
 */
#include "cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "capsule.h"
#include "status.h"

static const struct {
	__u32 status;
	const char *name;
	int error;
} statuses[] = {
	{ PFRU_STATUS_SUCCESS, "success", 0 },
	{ PFRU_STATUS_NOT_SUPPORTED, "function not supported", EOPNOTSUPP },
	{ PFRU_STATUS_INVALID_INPUT, "invalid input", EINVAL },
	{ PFRU_STATUS_HARDWARE_ERROR, "hardware error", EIO },
	{ PFRU_STATUS_RETRY, "retry suggested", EAGAIN },
	{ PFRU_STATUS_UNKNOWN, "unknown error", EIO },
	{ PFRU_STATUS_SPECIFIC, "function-specific error", EPROTO },
	{ 7, "unknown status", EIO },
	{ 0x77, "unknown status", EIO },
	{ 0x80000000, "unknown status", EIO },
	{ PFRU_STATUS_NONE, "unknown status", EIO },
};

static void test_statuses(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		assert_string_equal(pfru_status_name(statuses[i].status),
				    statuses[i].name);
		assert_int_equal(pfru_status_errno(statuses[i].status),
				 statuses[i].error);
	}
}

#define IN_CAPSULE	1

static const struct {
	__u32 reason;
	const char *name;
	int error;
	int in_capsule;
} reasons[] = {
	{ PFRU_REASON_NONE, "none", 0, 0 },
	{ PFRU_REASON_SHORT, "short", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_CAPSULE_GUID, "capsule-guid", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_HEADER_SIZE, "header-size", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_CAPSULE_SIZE, "capsule-size", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_TOO_BIG, "too-big", EFBIG, IN_CAPSULE },
	{ PFRU_REASON_FMP_SHORT, "management-header-short", EINVAL,
	  IN_CAPSULE },
	{ PFRU_REASON_FMP_VERSION, "management-header-version", EINVAL,
	  IN_CAPSULE },
	{ PFRU_REASON_NO_PAYLOAD, "no-payload", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_ITEM_OFFSET, "item-offset", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_ITEM_ORDER, "item-order", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_IMAGE_SHORT, "image-header-short", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_IMAGE_VERSION, "image-header-version", EINVAL,
	  IN_CAPSULE },
	{ PFRU_REASON_IMAGE_SIZE, "image-size", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_VENDOR_CODE, "vendor-code", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_DEPENDENCY, "dependency", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_AUTH_SHORT, "authentication-short", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_AUTH_LENGTH, "authentication-length", EINVAL,
	  IN_CAPSULE },
	{ PFRU_REASON_AUTH_TYPE, "authentication-type", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_PAYLOAD_SHORT, "payload-short", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_PAYLOAD_HEADER, "payload-header", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_PAYLOAD_WRAPPED, "payload-wrapped", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_IMAGE_TYPE, "image-type", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_PLATFORM_ID, "platform-id", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_RT_VERSION, "rt-version", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_SVN, "svn", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_PAST_END, "past-end", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_COMPLETE, "complete", EINVAL, IN_CAPSULE },
	{ PFRU_REASON_FIRMWARE, "firmware", EIO, 0 },
	{ PFRU_REASON_NO_ANSWER, "no-answer", EIO, 0 },
	{ PFRU_REASON_BAD_ANSWER, "bad-answer", EPROTO, 0 },
	{ PFRU_REASON_BUFFER, "buffer", EPROTO, 0 },
	{ PFRU_REASON_LOG_BUFFER, "log-buffer", EPROTO, 0 },
	{ PFRU_REASON_ANSWER_COUNT, "answer-count", EPROTO, 0 },
	{ PFRU_REASON_ANSWER_TYPE, "answer-type", EPROTO, 0 },
	{ PFRU_REASON_ANSWER_LENGTH, "answer-length", EPROTO, 0 },
	{ PFRU_REASON_ANSWER_RANGE, "answer-range", EPROTO, 0 },
};

#define REASONS	(sizeof(reasons) / sizeof(reasons[0]))

static void test_reasons(void **state)
{
	const struct pfru_reason_text *text;
	size_t i;

	(void)state;
	for (i = 0; i < REASONS; i++) {
		assert_int_equal(reasons[i].reason, i);
		text = pfru_reason_text(i);
		assert_string_equal(text->name, reasons[i].name);
		assert_int_equal(text->error, reasons[i].error);
		assert_int_equal(text->in_capsule, reasons[i].in_capsule);
	}
}

static void test_unknown_reasons(void **state)
{
	static const __u32 unknown[] = { REASONS, 100, 0x80000000, 0xffffffff };
	const struct pfru_reason_text *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		text = pfru_reason_text(unknown[i]);
		assert_string_equal(text->name, "unknown");
		assert_non_null(text->what);
		assert_int_equal(text->error, EIO);
		assert_false(text->in_capsule);
	}
}

/* after which of them an activation may have run all the same */
static void test_outcome_unknown(void **state)
{
	static const __u32 unknown[] = {
		PFRU_REASON_NO_ANSWER, PFRU_REASON_BAD_ANSWER,
		PFRU_REASON_ANSWER_COUNT, PFRU_REASON_ANSWER_TYPE,
		PFRU_REASON_ANSWER_LENGTH, PFRU_REASON_ANSWER_RANGE,
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < REASONS; i++) {
		bool expected = false;

		for (j = 0; j < sizeof(unknown) / sizeof(unknown[0]); j++)
			expected |= unknown[j] == i;
		assert_int_equal(pfru_reason_outcome_unknown(i), expected);
	}
	/* a newer module's */
	assert_true(pfru_reason_outcome_unknown(REASONS));
	assert_true(pfru_reason_outcome_unknown(0xffffffff));
}

/* a sentence is built of these: begun in lower case, no full stop */
static void is_phrase(const char *words)
{
	if (!words)
		return;
	assert_true(strlen(words) > 2);
	assert_false(words[0] >= 'A' && words[0] <= 'Z');
	assert_int_not_equal(words[strlen(words) - 1], '.');
	assert_int_not_equal(words[strlen(words) - 1], '\n');
}

static void test_words(void **state)
{
	const struct pfru_reason_text *a, *b;
	size_t i, j;

	(void)state;
	for (i = 0; i < REASONS; i++) {
		a = pfru_reason_text(i);
		assert_non_null(a->what);
		is_phrase(a->what);
		is_phrase(a->found);
		is_phrase(a->expected);
		is_phrase(a->hint);
		assert_int_equal(strspn(a->name, "abcdefghijklmnopqrstuvwxyz-"),
				 strlen(a->name));
		for (j = 0; j < i; j++) {
			b = pfru_reason_text(j);
			assert_string_not_equal(a->name, b->name);
			assert_string_not_equal(a->what, b->what);
		}
	}
}

static bool needs_platform(__u32 reason, enum pfru_kind kind,
			   const __u8 *type)
{
	struct pfru_verdict verdict;

	memset(&verdict, 0, sizeof(verdict));
	verdict.refusal.reason = reason;
	verdict.kind = kind;
	memcpy(verdict.image.type, type, PFRU_GUID_SIZE);
	return pfru_verdict_needs_platform(&verdict);
}

static void test_needs_platform(void **state)
{
	static const __u8 own[PFRU_GUID_SIZE] = { 1 };
	__u32 i;

	(void)state;
	for (i = 0; i < REASONS + 8; i++) {
		bool always = i == PFRU_REASON_IMAGE_TYPE ||
			      i == PFRU_REASON_PLATFORM_ID ||
			      i == PFRU_REASON_RT_VERSION ||
			      i == PFRU_REASON_SVN;
		bool by_type = i == PFRU_REASON_PAYLOAD_SHORT ||
			       i == PFRU_REASON_PAYLOAD_HEADER;

		/* refused before its kind was looked at */
		assert_int_equal(needs_platform(i, PFRU_KIND_UNKNOWN, own),
				 always);
		/* of a type that only this platform knows */
		assert_int_equal(needs_platform(i, PFRU_KIND_DRIVER_UPDATE,
						own), always || by_type);
		/* of a type known everywhere */
		assert_int_equal(needs_platform(i, PFRU_KIND_DRIVER_UPDATE,
						pfru_guid_driver_update),
				 always);
	}
}

/* an interface, too: of the JSON, the options and the audit records */
static void test_names(void **state)
{
	(void)state;
	assert_string_equal(pfru_log_name(pfru_log_levels, 0), "error");
	assert_string_equal(pfru_log_name(pfru_log_levels, 1), "warning");
	assert_string_equal(pfru_log_name(pfru_log_levels, 2), "info");
	assert_string_equal(pfru_log_name(pfru_log_levels, 4), "verbose");
	assert_null(pfru_log_name(pfru_log_levels, 3));
	assert_null(pfru_log_name(pfru_log_levels, 5));
	assert_string_equal(pfru_log_name(pfru_log_types, 0), "execution");
	assert_string_equal(pfru_log_name(pfru_log_types, 1), "history");
	assert_null(pfru_log_name(pfru_log_types, 2));
	assert_string_equal(pfru_kind_key(PFRU_KIND_UNKNOWN), "unknown");
	assert_string_equal(pfru_kind_key(PFRU_KIND_CODE_INJECTION),
			    "code_injection");
	assert_string_equal(pfru_kind_key(PFRU_KIND_DRIVER_UPDATE),
			    "driver_update");
	assert_string_equal(pfru_kind_text(PFRU_KIND_UNKNOWN), "unknown");
	assert_string_equal(pfru_kind_text(PFRU_KIND_CODE_INJECTION),
			    "code injection");
	assert_string_equal(pfru_kind_text(PFRU_KIND_DRIVER_UPDATE),
			    "driver update");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_unknown_reasons),
		cmocka_unit_test(test_outcome_unknown),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_needs_platform),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL) != 0;
}
