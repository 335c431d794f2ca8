// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/ring: what to read of a telemetry ring, what was lost, and whether it
 * held still. Sequences of such questions are model-ring.c's.
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

/* all that the log holds */
static enum pfru_ring_outcome whole(const struct pfru_log_data_info *info,
				    struct pfru_ring_plan *plan)
{
	struct pfru_ring_news news;
	enum pfru_ring_outcome outcome;

	memset(&news, 0xaa, sizeof(news));
	outcome = pfru_ring_delta(info, NULL, &news);
	*plan = news.plan;
	return outcome;
}

static void test_full(void **state)
{
	struct pfru_ring_plan plan;
	size_t i;
	__u32 r;

	(void)state;
	for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		if (whole(&full[i].info, &plan) != full[i].outcome)
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
		assert_int_equal(whole(&info, &plan), PFRU_RING_OK);
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

#define HERE	.chunk2_addr_lo = BASE, .max_data_size = RING
#define OLDER	.chunk1_addr_lo = BASE

/* what a reader had, what the firmware says, what comes out */
static const struct {
	const char *what;
	struct pfru_ring_position saved;
	struct pfru_log_data_info info;
	struct pfru_ring_plan plan;
	__u64 lost;
	enum pfru_ring_break gap;
} deltas[] = {
	{ "nothing new", { RING, 4, 0, 1401 },
	  { HERE, .chunk2_size = 1401, .reset_cnt = 4 },
	  { .ranges = 0 }, 0, PFRU_BREAK_NONE },
	{ "nothing yet", { RING, 4, 0, 0 },
	  { HERE, .reset_cnt = 4 }, { .ranges = 0 }, 0, PFRU_BREAK_NONE },
	{ "one more byte", { RING, 4, 0, 1401 },
	  { HERE, .chunk2_size = 1402, .reset_cnt = 4 },
	  { { { 1401, 1 } }, 1 }, 0, PFRU_BREAK_NONE },
	{ "across the wrap", { RING, 0, 0, RING - 10 },
	  { HERE, OLDER, .chunk1_size = RING - 5, .chunk2_size = 5,
	    .rollover_cnt = 1 },
	  { { { RING - 10, 10 }, { 0, 5 } }, 2 }, 0, PFRU_BREAK_NONE },
	{ "up to exactly full", { RING, 0, 0, 10 },
	  { HERE, .chunk2_size = RING }, { { { 10, RING - 10 } }, 1 }, 0,
	  PFRU_BREAK_NONE },
	{ "a whole ring, none of it lost", { RING, 0, 3, 10 },
	  { HERE, OLDER, .chunk1_size = RING - 10, .chunk2_size = 10,
	    .rollover_cnt = 4 },
	  { { { 10, RING - 10 }, { 0, 10 } }, 2 }, 0, PFRU_BREAK_NONE },
	{ "one byte more than a ring", { RING, 0, 3, 10 },
	  { HERE, OLDER, .chunk1_size = RING - 11, .chunk2_size = 11,
	    .rollover_cnt = 4 },
	  { { { 11, RING - 11 }, { 0, 11 } }, 2 }, 1, PFRU_BREAK_NONE },
	{ "four rollovers", { RING, 0, 3, 10 },
	  { HERE, OLDER, .chunk1_size = RING - 10, .chunk2_size = 10,
	    .rollover_cnt = 7 },
	  { { { 10, RING - 10 }, { 0, 10 } }, 2 }, 3 * RING,
	  PFRU_BREAK_NONE },
	{ "full, and full said the other way", { RING, 0, 3, RING },
	  { HERE, OLDER, .chunk1_size = RING, .rollover_cnt = 4 },
	  { .ranges = 0 }, 0, PFRU_BREAK_NONE },
	{ "the other way round", { RING, 0, 4, 0 },
	  { HERE, .chunk2_size = RING, .rollover_cnt = 3 },
	  { .ranges = 0 }, 0, PFRU_BREAK_NONE },
	{ "chunk2 of 0 after a rollover", { RING, 0, 3, RING - 1 },
	  { HERE, OLDER, .chunk1_size = RING, .rollover_cnt = 4 },
	  { { { RING - 1, 1 } }, 1 }, 0, PFRU_BREAK_NONE },
	{ "the count of rollovers wraps", { RING, 0, MAX32, RING - 1 },
	  { HERE, OLDER, .chunk1_size = RING - 2, .chunk2_size = 2 },
	  { { { RING - 1, 1 }, { 0, 2 } }, 2 }, 0, PFRU_BREAK_NONE },
	{ "it wraps at exactly full", { RING, 0, MAX32, RING },
	  { HERE, OLDER, .chunk1_size = RING }, { .ranges = 0 }, 0,
	  PFRU_BREAK_NONE },
	{ "almost half of the count", { RING, 0, 0, 0 },
	  { HERE, OLDER, .chunk1_size = RING, .rollover_cnt = 0x7fffffff },
	  { { { 0, RING } }, 1 }, 0x7ffffffeULL * RING, PFRU_BREAK_NONE },
	{ "half of the count is back", { RING, 0, 0, 0 },
	  { HERE, OLDER, .chunk1_size = RING, .rollover_cnt = 0x80000000 },
	  { { { 0, RING } }, 1 }, 0x7fffffffULL * RING, PFRU_BREAK_BACK },
	{ "one byte back", { RING, 0, 0, 100 },
	  { HERE, .chunk2_size = 99 }, { { { 0, 99 } }, 1 }, 0,
	  PFRU_BREAK_BACK },
	{ "one byte back in the largest ring", { MAX32, 0, 0, 100 },
	  { .chunk2_addr_lo = BASE, .max_data_size = MAX32,
	    .chunk2_size = 99 }, { { { 0, 99 } }, 1 }, 0, PFRU_BREAK_BACK },
	{ "back, with losses since", { RING, 0, 9, 100 },
	  { HERE, OLDER, .chunk1_size = RING - 99, .chunk2_size = 99,
	    .rollover_cnt = 2 },
	  { { { 99, RING - 99 }, { 0, 99 } }, 2 }, RING + 99,
	  PFRU_BREAK_BACK },
	{ "a reset", { RING, 4, 7, 100 },
	  { HERE, .chunk2_size = 200, .reset_cnt = 5 },
	  { { { 0, 200 } }, 1 }, 0, PFRU_BREAK_RESET },
	{ "a reset, to the very same numbers", { RING, 4, 0, 200 },
	  { HERE, .chunk2_size = 200, .reset_cnt = 5 },
	  { { { 0, 200 } }, 1 }, 0, PFRU_BREAK_RESET },
	{ "a reset, and nothing since", { RING, 4, 7, 100 },
	  { HERE, .reset_cnt = 5 }, { .ranges = 0 }, 0, PFRU_BREAK_RESET },
	{ "a reset, with losses since", { RING, 4, 7, 100 },
	  { HERE, OLDER, .chunk1_size = RING - 7, .chunk2_size = 7,
	    .rollover_cnt = 2, .reset_cnt = 5 },
	  { { { 7, RING - 7 }, { 0, 7 } }, 2 }, RING + 7, PFRU_BREAK_RESET },
	{ "the count of resets wraps", { RING, MAX32, 0, 0 },
	  { HERE, .chunk2_size = 1 }, { { { 0, 1 } }, 1 }, 0,
	  PFRU_BREAK_RESET },
	{ "a reset counts for more than another size", { 5, 4, 7, 1 },
	  { HERE, .chunk2_size = 1, .reset_cnt = 5 }, { { { 0, 1 } }, 1 }, 0,
	  PFRU_BREAK_RESET },
	{ "another size", { RING + 1, 4, 7, 100 },
	  { HERE, OLDER, .chunk1_size = RING - 7, .chunk2_size = 7,
	    .rollover_cnt = 8, .reset_cnt = 4 },
	  { { { 7, RING - 7 }, { 0, 7 } }, 2 }, 0, PFRU_BREAK_SIZE },
	{ "a position that can't be", { RING, 4, 7, RING + 1 },
	  { HERE, .chunk2_size = 7, .rollover_cnt = 8, .reset_cnt = 4 },
	  { { { 0, 7 } }, 1 }, 0, PFRU_BREAK_SIZE },
	{ "an older part before any rollover", { RING, 4, 0, 10 },
	  { HERE, .chunk1_addr_lo = BASE, .chunk1_size = 90,
	    .chunk2_size = 20, .reset_cnt = 4 },
	  { { { 10, 10 } }, 1 }, 0, PFRU_BREAK_NONE },
	{ "the same, all of it new", { RING, 3, 0, 10 },
	  { HERE, .chunk1_addr_lo = BASE, .chunk1_size = 90,
	    .chunk2_size = 20, .reset_cnt = 4 },
	  { { { RING - 90, 90 }, { 0, 20 } }, 2 }, 0, PFRU_BREAK_RESET },
	{ "chunk1 smaller than expected", { RING, 0, 3, RING - 100 },
	  { HERE, OLDER, .chunk1_size = 60, .chunk2_size = 5,
	    .rollover_cnt = 4 },
	  { { { RING - 60, 60 }, { 0, 5 } }, 2 }, 40, PFRU_BREAK_NONE },
	{ "no chunk1 in spite of a rollover", { RING, 0, 3, RING - 100 },
	  { HERE, .chunk2_size = 5, .rollover_cnt = 4 },
	  { { { 0, 5 } }, 1 }, 100, PFRU_BREAK_NONE },
	{ "other addresses", { RING, 0, 0, 5 },
	  { .chunk2_addr_hi = 7, .max_data_size = RING, .chunk2_size = 6 },
	  { { { 5, 1 } }, 1 }, 0, PFRU_BREAK_NONE },
	{ "the largest ring there can be", { MAX32, 0, MAX32, MAX32 },
	  { .chunk2_addr_lo = BASE, .chunk1_addr_lo = 1,
	    .max_data_size = MAX32, .chunk1_size = MAX32 - 1,
	    .chunk2_size = 1, .rollover_cnt = 1 },
	  { { { 1, MAX32 - 1 }, { 0, 1 } }, 2 }, 1, PFRU_BREAK_NONE },
};

static void expect_plan(const char *what, const struct pfru_ring_plan *plan,
			const struct pfru_ring_plan *expected)
{
	__u32 r;

	if (plan->ranges != expected->ranges)
		fail_msg("%s: %u ranges", what, plan->ranges);
	for (r = 0; r < plan->ranges; r++)
		if (plan->range[r].offset != expected->range[r].offset ||
		    plan->range[r].size != expected->range[r].size)
			fail_msg("%s: range %u is %u+%u", what, r,
				 plan->range[r].offset, plan->range[r].size);
}

static void test_delta(void **state)
{
	struct pfru_ring_news news;
	size_t i;
	__u32 r, size;

	(void)state;
	for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
		const char *what = deltas[i].what;

		memset(&news, 0xaa, sizeof(news));
		if (pfru_ring_delta(&deltas[i].info, &deltas[i].saved, &news))
			fail_msg("%s: refused", what);
		expect_plan(what, &news.plan, &deltas[i].plan);
		if (news.lost != deltas[i].lost)
			fail_msg("%s: %llu lost", what,
				 (unsigned long long)news.lost);
		if (news.gap != deltas[i].gap)
			fail_msg("%s: break %d", what, news.gap);
		for (r = 0, size = 0; r < news.plan.ranges; r++)
			size += news.plan.range[r].size;
		if (news.size != size)
			fail_msg("%s: %u bytes", what, news.size);
		assert_int_equal(news.end.ring, deltas[i].info.max_data_size);
		assert_int_equal(news.end.reset, deltas[i].info.reset_cnt);
		assert_int_equal(news.end.rollover,
				 deltas[i].info.rollover_cnt);
		assert_int_equal(news.end.offset, deltas[i].info.chunk2_size);
	}
}

/* without a position nothing is lost */
static void test_delta_from_nothing(void **state)
{
	struct pfru_ring_news news;
	enum pfru_ring_outcome outcome;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		memset(&news, 0xaa, sizeof(news));
		outcome = pfru_ring_delta(&full[i].info, NULL, &news);
		assert_int_equal(outcome, full[i].outcome);
		if (outcome != PFRU_RING_OK)
			continue;
		expect_plan(full[i].what, &news.plan, &full[i].plan);
		assert_true(news.lost == 0);
		assert_int_equal(news.gap, PFRU_BREAK_NONE);
	}
}

/* the ring a moment later, while bytes 5000 up to 6000 were read of it */
static const struct pfru_log_data_info during = {
	HERE, .chunk1_addr_lo = BASE + 6000, .chunk1_size = RING - 6000,
	.chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 4,
};

static const struct {
	const char *what;
	struct pfru_log_data_info after;
	enum pfru_ring_check check;
	struct pfru_ring_plan plan;
	__u64 lost;
} checks[] = {
	{ "nothing happened",
	  { HERE, .chunk1_addr_lo = BASE + 6000, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_SAME, { { { 5000, 1000 } }, 1 }, 0 },
	{ "one byte came",
	  { HERE, .chunk1_addr_lo = BASE + 6001, .chunk1_size = RING - 6001,
	    .chunk2_size = 6001, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_APPENDED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "almost a ring came",
	  { HERE, .chunk1_addr_lo = BASE + 5000, .chunk1_size = RING - 5000,
	    .chunk2_size = 5000, .rollover_cnt = 4, .reset_cnt = 4 },
	  PFRU_RING_APPENDED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "one byte was overwritten",
	  { HERE, .chunk1_addr_lo = BASE + 5001, .chunk1_size = RING - 5001,
	    .chunk2_size = 5001, .rollover_cnt = 4, .reset_cnt = 4 },
	  PFRU_RING_APPENDED, { { { 5001, 999 } }, 1 }, 1 },
	{ "one byte is left",
	  { HERE, .chunk1_addr_lo = BASE + 5999, .chunk1_size = RING - 5999,
	    .chunk2_size = 5999, .rollover_cnt = 4, .reset_cnt = 4 },
	  PFRU_RING_APPENDED, { { { 5999, 1 } }, 1 }, 999 },
	{ "none is left",
	  { HERE, .chunk1_addr_lo = BASE + 6000, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 4, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "the older part is gone",
	  { HERE, .chunk2_size = 6001, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_APPENDED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "a reset",
	  { HERE, .chunk1_addr_lo = BASE + 6000, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 5 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "one byte less",
	  { HERE, .chunk1_addr_lo = BASE + 5999, .chunk1_size = RING - 5999,
	    .chunk2_size = 5999, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "another size",
	  { .chunk2_addr_lo = BASE, .chunk1_addr_lo = BASE + 6000,
	    .max_data_size = RING + 1, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "the ring moved",
	  { .chunk2_addr_lo = BASE + 1, .max_data_size = RING,
	    .chunk1_addr_lo = BASE + 6001, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "the ring moved by 4 GiB",
	  { HERE, .chunk2_addr_hi = 1, .chunk1_addr_hi = 1,
	    .chunk1_addr_lo = BASE + 6000, .chunk1_size = RING - 6000,
	    .chunk2_size = 6000, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "the older part moved",
	  { HERE, .chunk1_addr_lo = BASE + 6002, .chunk1_size = RING - 6001,
	    .chunk2_size = 6001, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "the older part moved by 4 GiB",
	  { HERE, .chunk1_addr_lo = BASE + 6001, .chunk1_addr_hi = 1,
	    .chunk1_size = RING - 6001,
	    .chunk2_size = 6001, .rollover_cnt = 3, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "no log any more", { .max_data_size = RING },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
	{ "nonsense", { HERE, .chunk2_size = RING + 1, .reset_cnt = 4 },
	  PFRU_RING_CHANGED, { { { 5000, 1000 } }, 1 }, 0 },
};

static void test_check(void **state)
{
	const struct pfru_ring_position saved = { RING, 4, 3, 5000 };
	struct pfru_ring_position p;
	struct pfru_ring_news news;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *what = checks[i].what;

		assert_int_equal(pfru_ring_delta(&during, &saved, &news),
				 PFRU_RING_OK);
		if (pfru_ring_check(&during, &checks[i].after, &news) !=
		    checks[i].check)
			fail_msg("%s: wrong outcome", what);
		expect_plan(what, &news.plan, &checks[i].plan);
		if (news.lost != checks[i].lost)
			fail_msg("%s: %llu lost", what,
				 (unsigned long long)news.lost);
		p = news.start;
		assert_int_equal(p.offset, news.plan.range[0].offset);
		pfru_ring_advance(&p, news.size);
		assert_memory_equal(&p, &news.end, sizeof(p));
	}
}

/* the larger of two readings of a log that had nothing yet */
static void test_check_of_nothing(void **state)
{
	const struct pfru_log_data_info before = { HERE };
	const struct pfru_log_data_info after = { HERE, .chunk2_size = 9 };
	struct pfru_ring_news news;

	(void)state;
	assert_int_equal(pfru_ring_delta(&before, NULL, &news), PFRU_RING_OK);
	assert_int_equal(pfru_ring_check(&before, &after, &news),
			 PFRU_RING_APPENDED);
	assert_int_equal(news.size, 0);
	assert_true(news.lost == 0);
}

static void test_origin(void **state)
{
	const struct pfru_log_data_info info = {
		HERE, OLDER, .chunk1_size = RING - 1, .chunk2_size = 1,
		.rollover_cnt = 2, .reset_cnt = 4,
	};
	struct pfru_ring_position origin;
	struct pfru_ring_news news;

	(void)state;
	pfru_ring_origin(&info, &origin);
	assert_int_equal(pfru_ring_delta(&info, &origin, &news), PFRU_RING_OK);
	assert_int_equal(news.gap, PFRU_BREAK_NONE);
	assert_int_equal(news.size, RING);
	assert_true(news.lost == RING + 1);
	assert_true(pfru_ring_written(&news.end) == 2 * RING + 1);
}

/* bytes written: one turn and 1000; the newest RING - 200 are there */
static const struct pfru_log_data_info turned = {
	HERE, OLDER, .chunk1_size = RING - 1200, .chunk2_size = 1000,
	.rollover_cnt = 1, .reset_cnt = 4,
};

static const struct {
	const char *what;
	struct pfru_ring_position saved;
	__u32 size;
	bool there;
	struct pfru_ring_plan plan;
} befores[] = {
	{ "in the newest part", { RING, 4, 1, 600 }, 100, true,
	  { .range = { { 500, 100 } }, .ranges = 1 } },
	{ "up to the base", { RING, 4, 1, 600 }, 600, true,
	  { .range = { { 0, 600 } }, .ranges = 1 } },
	{ "across the base", { RING, 4, 1, 600 }, 700, true,
	  { .range = { { RING - 100, 100 }, { 0, 600 } }, .ranges = 2 } },
	{ "in the older part", { RING, 4, 0, RING - 10 }, 90, true,
	  { .range = { { RING - 100, 90 } }, .ranges = 1 } },
	{ "at the end of the ring", { RING, 4, 0, RING }, 90, true,
	  { .range = { { RING - 90, 90 } }, .ranges = 1 } },
	{ "at the beginning of the ring", { RING, 4, 1, 0 }, 90, true,
	  { .range = { { RING - 90, 90 } }, .ranges = 1 } },
	{ "to the oldest byte", { RING, 4, 0, 1250 }, 50, true,
	  { .range = { { 1200, 50 } }, .ranges = 1 } },
	{ "one byte older", { RING, 4, 0, 1250 }, 51, false, {} },
	{ "nothing new", { RING, 4, 1, 1000 }, RING - 200, true,
	  { .range = { { 1200, RING - 1200 }, { 0, 1000 } }, .ranges = 2 } },
	{ "no bytes", { RING, 4, 0, 1200 }, 0, true, { .ranges = 0 } },
	{ "after a loss", { RING, 4, 0, 1199 }, 0, false, {} },
	{ "after a reset", { RING, 3, 1, 600 }, 0, false, {} },
	{ "after going back", { RING, 4, 2, 600 }, 0, false, {} },
};

static void test_before(void **state)
{
	struct pfru_ring_news news;
	struct pfru_ring_plan plan;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
		print_message("# before: %s\n", befores[i].what);
		memset(&plan, 0, sizeof(plan));
		assert_int_equal(pfru_ring_delta(&turned, &befores[i].saved,
						 &news), PFRU_RING_OK);
		assert_int_equal(pfru_ring_before(&turned, &news,
						  befores[i].size, &plan),
				 befores[i].there);
		assert_int_equal(plan.ranges, befores[i].plan.ranges);
		assert_memory_equal(plan.range, befores[i].plan.range,
				    plan.ranges * sizeof(plan.range[0]));
	}
}

static void test_anew(void **state)
{
	const struct pfru_ring_position saved = { RING, 4, 1, 600 };
	struct pfru_ring_news news;

	(void)state;
	assert_int_equal(pfru_ring_delta(&turned, &saved, &news), PFRU_RING_OK);
	assert_int_equal(news.size, 400);
	pfru_ring_anew(&turned, &news);
	assert_int_equal(news.gap, PFRU_BREAK_BACK);
	assert_int_equal(news.size, RING - 200);
	assert_true(news.lost == 1200);
	assert_int_equal(news.start.rollover, 0);
	assert_int_equal(news.start.offset, 1200);
	assert_int_equal(news.plan.ranges, 2);
	assert_int_equal(news.plan.range[0].offset, 1200);
}

static void test_distance(void **state)
{
	const struct pfru_ring_position a = { RING, 4, MAX32, RING - 1 };
	const struct pfru_ring_position b = { RING, 4, 0, 2 };

	(void)state;
	assert_true(pfru_ring_distance(&a, &a) == 0);
	assert_true(pfru_ring_distance(&a, &b) == 3);
	assert_true(pfru_ring_distance(&b, &a) == ((__u64)RING << 32) - 3);
}

static void test_advance(void **state)
{
	struct pfru_ring_position p = { MAX32, 4, MAX32, 1 };

	(void)state;
	assert_true(pfru_ring_written(&p) == MAX32 * (__u64)MAX32 + 1);
	pfru_ring_advance(&p, 0);
	assert_int_equal(p.offset, 1);
	pfru_ring_advance(&p, MAX32 - 1);
	assert_int_equal(p.offset, MAX32);
	assert_int_equal(p.rollover, MAX32);
	pfru_ring_advance(&p, 1);
	assert_int_equal(p.offset, 1);
	assert_int_equal(p.rollover, 0);
	pfru_ring_advance(&p, MAX32);
	assert_int_equal(p.offset, 1);
	assert_int_equal(p.rollover, 1);
	assert_int_equal(p.ring, MAX32);
	assert_int_equal(p.reset, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_full_is_chronological),
		cmocka_unit_test(test_same_looks_at_every_bit),
		cmocka_unit_test(test_same_ignores_the_status),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_delta_from_nothing),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_of_nothing),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_anew),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_advance),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL) != 0;
}
