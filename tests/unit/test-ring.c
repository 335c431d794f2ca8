// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/ring: what to read of a telemetry ring, and whether it held still.
 */
#include "cmocka-all.h"

#include <string.h>

#include "ring.h"

#define BASE	0x30010000ULL
#define RING	0x10000U
#define MAX32	0xffffffffU

static const struct {
	const char *what;
	struct pfru_log_data_info info;
	enum pfru_ring_outcome outcome;
	struct pfru_ring_plan plan;
} full[] = {
	{ "before the first update",
	  { .max_data_size = RING }, PFRU_RING_EMPTY, {} },
	{ "before the first update, nonsense otherwise",
	  { .chunk1_addr_lo = BASE, .chunk1_size = MAX32,
	    .chunk2_size = MAX32 }, PFRU_RING_EMPTY, {} },
	{ "the public example, never rolled",
	  { .chunk2_addr_lo = BASE, .max_data_size = 65536,
	    .chunk2_size = 1401, .reset_cnt = 4 },
	  PFRU_RING_OK, { .range = { { 0, 1401 } }, .ranges = 1 } },
	{ "an address above 4 GiB",
	  { .chunk2_addr_hi = 1, .max_data_size = RING, .chunk2_size = 1 },
	  PFRU_RING_OK, { .range = { { 0, 1 } }, .ranges = 1 } },
	{ "nothing logged yet",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING },
	  PFRU_RING_OK, { .ranges = 0 } },
	{ "rolled over",
	  { .chunk1_addr_lo = BASE + 1000, .chunk2_addr_lo = BASE,
	    .max_data_size = RING, .chunk1_size = RING - 1000,
	    .chunk2_size = 1000, .rollover_cnt = 1 },
	  PFRU_RING_OK,
	  { .range = { { 1000, RING - 1000 }, { 0, 1000 } }, .ranges = 2 } },
	{ "full, just before it rolls over",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk2_size = RING },
	  PFRU_RING_OK, { .range = { { 0, RING } }, .ranges = 1 } },
	{ "rolled over a moment ago: chunk2 is empty",
	  { .chunk1_addr_lo = BASE, .chunk2_addr_lo = BASE,
	    .max_data_size = RING, .chunk1_size = RING, .rollover_cnt = 1 },
	  PFRU_RING_OK, { .range = { { 0, RING } }, .ranges = 1 } },
	{ "chunk1 shorter than the rest of the ring",
	  { .chunk1_addr_lo = BASE + RING - 50, .chunk2_addr_lo = BASE,
	    .max_data_size = RING, .chunk1_size = 50, .chunk2_size = 100,
	    .rollover_cnt = 7 },
	  PFRU_RING_OK,
	  { .range = { { RING - 50, 50 }, { 0, 100 } }, .ranges = 2 } },
	{ "chunk1 somewhere else, its offsets stay the ring's",
	  { .chunk1_addr_lo = 0x40000000, .chunk2_addr_lo = BASE,
	    .max_data_size = RING, .chunk1_size = 5, .chunk2_size = 6 },
	  PFRU_RING_OK, { .range = { { RING - 5, 5 }, { 0, 6 } }, .ranges = 2 } },
	{ "a ring of one byte",
	  { .chunk2_addr_lo = BASE, .max_data_size = 1, .chunk2_size = 1 },
	  PFRU_RING_OK, { .range = { { 0, 1 } }, .ranges = 1 } },
	{ "the largest ring there can be",
	  { .chunk2_addr_lo = BASE, .max_data_size = MAX32,
	    .chunk1_size = MAX32 - 1, .chunk2_size = 1 },
	  PFRU_RING_OK,
	  { .range = { { 1, MAX32 - 1 }, { 0, 1 } }, .ranges = 2 } },
	{ "no ring at all",
	  { .chunk2_addr_lo = BASE }, PFRU_RING_NONSENSE, {} },
	{ "no ring, but data",
	  { .chunk2_addr_lo = BASE, .chunk2_size = 1 },
	  PFRU_RING_NONSENSE, {} },
	{ "chunk2 larger than the ring",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk2_size = RING + 1 }, PFRU_RING_NONSENSE, {} },
	{ "chunk1 larger than the ring",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk1_size = RING + 1 }, PFRU_RING_NONSENSE, {} },
	{ "together one byte larger than the ring",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk1_size = RING - 99, .chunk2_size = 100 },
	  PFRU_RING_NONSENSE, {} },
	{ "a sum that wraps at 32 bits to something small",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk1_size = MAX32 - 99, .chunk2_size = 200 },
	  PFRU_RING_NONSENSE, {} },
	{ "a sum that wraps to 0",
	  { .chunk2_addr_lo = BASE, .max_data_size = RING,
	    .chunk1_size = 0x80000000, .chunk2_size = 0x80000000 },
	  PFRU_RING_NONSENSE, {} },
	{ "the largest numbers",
	  { .chunk2_addr_lo = BASE, .max_data_size = MAX32,
	    .chunk1_size = MAX32, .chunk2_size = MAX32 },
	  PFRU_RING_NONSENSE, {} },
};

static void test_full(void **state)
{
	struct pfru_ring_plan plan;
	size_t i;
	__u32 r;

	(void)state;
	for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		memset(&plan, 0xaa, sizeof(plan));
		if (pfru_ring_full(&full[i].info, &plan) != full[i].outcome)
			fail_msg("%s: wrong outcome", full[i].what);
		if (full[i].outcome != PFRU_RING_OK)
			continue;
		if (plan.ranges != full[i].plan.ranges)
			fail_msg("%s: %u ranges", full[i].what, plan.ranges);
		for (r = 0; r < plan.ranges; r++)
			if (plan.range[r].offset != full[i].plan.range[r].offset ||
			    plan.range[r].size != full[i].plan.range[r].size)
				fail_msg("%s: range %u is %u+%u", full[i].what,
					 r, plan.range[r].offset,
					 plan.range[r].size);
	}
}

/* write byte after byte into a small ring, and read it back as planned */
static void test_full_is_chronological(void **state)
{
	struct pfru_log_data_info info = {
		.chunk2_addr_lo = BASE, .max_data_size = 7,
	};
	struct pfru_ring_plan plan;
	unsigned char ring[7];
	unsigned int total, expected, i;
	__u32 r;

	(void)state;
	for (total = 1; total < 100; total++) {
		if (info.chunk2_size == info.max_data_size) {
			info.chunk2_size = 0;
			info.rollover_cnt++;
		}
		ring[info.chunk2_size++] = total;
		if (info.rollover_cnt)
			info.chunk1_size = info.max_data_size - info.chunk2_size;
		assert_int_equal(pfru_ring_full(&info, &plan), PFRU_RING_OK);
		expected = total > 7 ? total - 6 : 1;
		for (r = 0; r < plan.ranges; r++)
			for (i = 0; i < plan.range[r].size; i++)
				assert_int_equal(ring[plan.range[r].offset + i],
						 expected++);
		assert_int_equal(expected, total + 1);
	}
}

/* members before the first that counts, and after the last */
#define FIRST	offsetof(struct pfru_log_data_info, chunk1_addr_lo)
#define LAST	offsetof(struct pfru_log_data_info, zero)

static void test_same_looks_at_every_bit(void **state)
{
	struct pfru_log_data_info a, b;
	unsigned char *bytes = (unsigned char *)&b;
	size_t i;

	(void)state;
	memset(&a, 0x5a, sizeof(a));
	b = a;
	assert_true(pfru_ring_same(&a, &b));
	for (i = 8 * FIRST; i < 8 * LAST; i++) {
		bytes[i / 8] ^= 1 << i % 8;
		assert_false(pfru_ring_same(&a, &b));
		assert_false(pfru_ring_same(&b, &a));
		bytes[i / 8] ^= 1 << i % 8;
	}
}

/* how the two queries themselves ended says nothing about the ring */
static void test_same_ignores_the_status(void **state)
{
	struct pfru_log_data_info a, b;

	(void)state;
	memset(&a, 0x5a, sizeof(a));
	b = a;
	b.status = 0;
	b.ext_status = 1;
	b.zero = 2;
	assert_true(pfru_ring_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_is_chronological),
		cmocka_unit_test(test_same_looks_at_every_bit),
		cmocka_unit_test(test_same_ignores_the_status),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL) != 0;
}
