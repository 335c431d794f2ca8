// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module/amt/protocol: messages of the AMT watchdog, spelled out here again as
 * DSP0136 has them, and what the result of a send means.
 */
#include "cmocka-all.h"

#include <errno.h>

#include "module/amt/protocol.h"

static void test_start(void **state)
{
	static const __u8 expected[23] = { 0x02, 0x15, 0x13, 0x10, 0x34, 0x12 };
	__u8 message[PFRU_AMT_MESSAGE];

	(void)state;
	memset(message, 0xff, sizeof(message));
	assert_int_equal(pfru_amt_start(message, 0x1234), sizeof(expected));
	assert_memory_equal(message, expected, sizeof(expected));
}

static void test_stop(void **state)
{
	static const __u8 expected[] = { 0x02, 0x02, 0x14, 0x10 };
	__u8 message[PFRU_AMT_MESSAGE];

	(void)state;
	assert_int_equal(pfru_amt_stop(message), sizeof(expected));
	assert_memory_equal(message, expected, sizeof(expected));
}

static const struct {
	__u8 bytes[8];
	size_t length;
	enum pfru_amt_answer answer;
} answers[] = {
	{ { 0x02, 0x04, 0x83, 0x10, 0, 0 }, 6, PFRU_AMT_WANTED },
	{ { 0x02, 0x04, 0x83, 0x10, 0, 1 }, 6, PFRU_AMT_UNWANTED },
	{ { 0x02, 0x04, 0x83, 0x10, 0, 0xfe }, 6, PFRU_AMT_WANTED },
	{ { 0x02, 0x04, 0x83, 0x10, 1, 0 }, 6, PFRU_AMT_REFUSED },
	{ { 0x02, 0x77, 0x83, 0x10, 0, 0 }, 6, PFRU_AMT_WANTED },
	{ { 0x02, 0x06, 0x83, 0x10, 0, 1, 9, 9 }, 8, PFRU_AMT_UNWANTED },
	{ { 0 }, 0, PFRU_AMT_EMPTY },
	{ { 0x02, 0x04, 0x83, 0x10, 0, 0 }, 5, PFRU_AMT_OTHER },
	{ { 0x02 }, 1, PFRU_AMT_OTHER },
	{ { 0x03, 0x04, 0x83, 0x10, 0, 0 }, 6, PFRU_AMT_OTHER },
	{ { 0x02, 0x04, 0x84, 0x10, 0, 0 }, 6, PFRU_AMT_OTHER },
	{ { 0x02, 0x04, 0x83, 0x20, 0, 0 }, 6, PFRU_AMT_OTHER },
};

static void test_answers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_int_equal(pfru_amt_answer(answers[i].bytes,
						 answers[i].length),
				 answers[i].answer);
}

static const struct {
	long result;
	int error;
} sent[] = {
	{ 23, 0 },
	/* sent in part: neither a success nor a refusal by the firmware */
	{ 22, -ECOMM },
	{ 0, -ECOMM },
	{ -EIO, -ECOMM },
	{ -ETIME, -ETIMEDOUT },
	{ -EINTR, -ETIMEDOUT },
	{ -ENODEV, -ENODEV },
	{ -ENOTTY, -ENODEV },
	{ -EFAULT, -ENODEV },
	{ -ENOMEM, -ENOMEM },
	{ -EFBIG, -EFBIG },
};

static void test_sent(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		assert_int_equal(pfru_amt_sent(sent[i].result, 23),
				 sent[i].error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_sent),
	};

	return cmocka_run_group_tests_name("amt/protocol", tests, NULL, NULL);
}
