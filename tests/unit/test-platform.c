// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The corpus is judged against the platform that the firmware model is at boot:
 * fails when platform.conf and the model's header disagree.
 */
#include "cmocka-all.h"
#include "corpus.h"

#include "../sim/firmware/pfrusim.h"

static void is_guid(const char *text, const __u8 *guid)
{
	__u8 expected[PFRU_GUID_SIZE];

	assert_int_equal(parse_guid(text, expected), 0);
	assert_memory_equal(guid, expected, PFRU_GUID_SIZE);
}

static void test_guids(void **state)
{
	const struct pfru_capability *cap = &corpus()->platform;

	(void)state;
	is_guid(PFRUSIM_GUID_CODE, cap->code_type);
	is_guid(PFRUSIM_GUID_DRIVER, cap->drv_type);
	is_guid(PFRUSIM_GUID_PLATFORM, cap->platform_id);
	is_guid(PFRUSIM_GUID_OEM, cap->oem_id);
}

/* the model's defaults, as an enumeration of its page's words */
#define WORD(asl, name, value, help)		model_##name = (__u32)(value),
#define NOTHING(...)

enum {
	PFRUSIM_PAGE(WORD, NOTHING, NOTHING, NOTHING)
};

static void test_versions(void **state)
{
	const struct pfru_capability *cap = &corpus()->platform;

	(void)state;
	assert_int_equal(model_fw_version, cap->fw_version);
	assert_int_equal(model_code_rt_version, cap->code_rt_version);
	assert_int_equal(model_drv_rt_version, cap->drv_rt_version);
	assert_int_equal(model_drv_svn, cap->drv_svn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guids),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL,
					   free_corpus) != 0;
}
