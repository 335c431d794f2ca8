// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/range: which ranges of memory can exist, for CPUs and kernels of all
 * widths of address.
 */
#include "cmocka-all.h"

#include "range.h"

#define MIB (1ULL << 20)

static const struct {
	const char *what;
	__u64 address, size;
	unsigned int bits, bytes;
	bool exists;
} ranges[] = {
	{ "a usual one", 0x30100000, MIB, 46, 8, true },
	{ "one byte", 1, 1, 32, 8, true },
	{ "empty", 0x30100000, 0, 46, 8, false },
	{ "at 0", 0, MIB, 46, 8, false },
	{ "at the limit", 0x30100000, 256 * MIB, 46, 8, true },
	{ "over the limit", 0x30100000, 256 * MIB + 1, 46, 8, false },
	{ "size of all ones", 0x30100000, ~0ULL, 46, 8, false },
	{ "to the end of 32 bits", 0xfff00000, MIB, 32, 8, true },
	{ "one byte past 32 bits", 0xfff00000, MIB + 1, 32, 8, false },
	{ "past 32 bits, lower half right", 0x130100000, MIB, 32, 8, false },
	{ "the same with 36 bits", 0x130100000, MIB, 36, 8, true },
	{ "past 36 bits", 0x1030100000, MIB, 36, 8, false },
	{ "to the end of 52 bits", (1ULL << 52) - MIB, MIB, 52, 8, true },
	{ "past 52 bits", 1ULL << 52, MIB, 52, 8, false },
	{ "to the end of 64 bits", ~0ULL - MIB + 1, MIB, 64, 8, true },
	{ "wraps", ~0ULL - MIB + 2, MIB, 64, 8, false },
	{ "all ones", ~0ULL, 1, 63, 8, false },
	{ "all ones, of 64 bits", ~0ULL, 1, 64, 8, true },
	{ "a kernel of 32 bits, to their end", 0xfff00000, MIB, 46, 4, true },
	{ "one byte past what it keeps", 0xfff00000, MIB + 1, 46, 4, false },
	{ "past that, lower half right", 0x130100000, MIB, 46, 4, false },
	{ "a CPU that has fewer", 1ULL << 31, MIB, 31, 4, false },
};

static void test_ranges(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		print_message("# %s\n", ranges[i].what);
		assert_int_equal(pfru_range_exists(ranges[i].address,
						   ranges[i].size, 256 * MIB,
						   ranges[i].bits,
						   ranges[i].bytes),
				 ranges[i].exists);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL) != 0;
}
