// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ring arithmetic: the firmware's answers before and after, and a saved
 * position, all hostile. No range may lie outside of the ring, and the numbers
 * must add up.
 */
#include "fuzz.h"
#include "ring.h"

struct input {
	struct pfru_log_data_info before;
	struct pfru_log_data_info after;
	struct pfru_ring_position saved;
	uint8_t small;
	uint8_t flags;
};

enum {
	NOTHING_SAVED = 1,
	SAME_RING = 2,
	SAME_RESET = 4,
	SAME_PLACE = 8,
	SMALL = 16,
	SAVED_INSIDE = 32,
};

/* Chance makes no two numbers equal: have some that agree. */
static void tame(struct input *in)
{
	struct pfru_log_data_info *b = &in->before, *a = &in->after;

	if (in->flags & SMALL) {
		b->max_data_size = 1 + in->small % 64;
		b->chunk2_size %= b->max_data_size + 1;
		b->chunk1_size %= b->max_data_size - b->chunk2_size + 1;
	}
	if (in->flags & SAME_RING) {
		a->max_data_size = b->max_data_size;
		in->saved.ring = b->max_data_size;
		if (a->max_data_size) {
			a->chunk2_size %= a->max_data_size + 1ULL;
			a->chunk1_size %= a->max_data_size - a->chunk2_size +
					  1ULL;
		}
	}
	if (in->flags & SAME_RESET) {
		a->reset_cnt = b->reset_cnt;
		in->saved.reset = b->reset_cnt;
	}
	if (in->flags & SAVED_INSIDE && in->saved.ring) {
		in->saved.offset %= in->saved.ring + 1ULL;
		in->saved.rollover = b->rollover_cnt - in->small % 3;
	}
	if (in->flags & SAME_PLACE) {
		a->chunk2_addr_lo = b->chunk2_addr_lo;
		a->chunk2_addr_hi = b->chunk2_addr_hi;
		a->chunk1_addr_lo = b->chunk1_addr_lo + b->chunk1_size -
				    a->chunk1_size;
		a->chunk1_addr_hi = b->chunk1_addr_hi;
		a->rollover_cnt = b->rollover_cnt + in->small % 3;
	}
}

static void check_plan(const struct pfru_log_data_info *info,
		       const struct pfru_ring_plan *plan, uint64_t size)
{
	uint64_t sum = 0;
	uint32_t i;

	expect(plan->ranges <= 2);
	for (i = 0; i < plan->ranges; i++) {
		const struct pfru_ring_range *r = &plan->range[i];

		expect(r->size);
		expect((uint64_t)r->offset + r->size <= info->max_data_size);
		sum += r->size;
	}
	expect(sum == size);
	if (plan->ranges == 2)
		expect(plan->range[0].offset >= plan->range[1].offset +
						plan->range[1].size);
}

static void check_news(const struct pfru_log_data_info *info,
		       const struct pfru_ring_news *news)
{
	struct pfru_ring_position at = news->start;

	check_plan(info, &news->plan, news->size);
	expect(news->size <= (uint64_t)info->chunk1_size + info->chunk2_size);
	expect(news->end.ring == info->max_data_size);
	expect(news->end.offset == info->chunk2_size);
	expect(news->start.offset <= news->start.ring);
	pfru_ring_advance(&at, news->size);
	expect(!pfru_ring_distance(&at, &news->end));
	expect(pfru_ring_distance(&news->start, &news->end) == news->size);
}

/* The bytes before the news lie right before them, and are in the ring. */
static void check_before(const struct input *in,
			 const struct pfru_ring_position *saved,
			 const struct pfru_ring_news *news)
{
	uint32_t there = in->before.chunk1_size + in->before.chunk2_size;
	struct pfru_ring_position at = { .ring = in->before.max_data_size };
	const struct pfru_ring_range *last;
	struct pfru_ring_news anew = *news;
	struct pfru_ring_plan plan;
	uint32_t size = in->small;

	pfru_ring_anew(&in->before, &anew);
	check_news(&in->before, &anew);
	expect(anew.gap == PFRU_BREAK_BACK && anew.size == there);
	expect(anew.lost + anew.size >= pfru_ring_written(&anew.end));
	if (!pfru_ring_before(&in->before, news, size, &plan)) {
		expect(news->gap || news->lost || size > there - news->size);
		return;
	}
	expect(!saved || !pfru_ring_distance(saved, &news->start));
	check_plan(&in->before, &plan, size);
	if (!plan.ranges)
		return;
	last = &plan.range[plan.ranges - 1];
	at.offset = last->offset + last->size;
	expect(at.offset % at.ring == news->start.offset % at.ring);
}

static void check_delta(const struct input *in,
			const struct pfru_ring_position *saved)
{
	struct pfru_ring_news news, read;
	enum pfru_ring_check check;

	if (pfru_ring_delta(&in->before, saved, &news) != PFRU_RING_OK)
		return;
	check_news(&in->before, &news);
	if (!saved)
		expect(!news.lost && !news.gap);
	if (saved && !news.gap)
		expect(pfru_ring_distance(saved, &news.end) ==
		       news.lost + news.size);
	check_before(in, saved, &news);
	read = news;
	check = pfru_ring_check(&in->before, &in->after, &news);
	if (check != PFRU_RING_APPENDED) {
		expect(!memcmp(&read, &news, sizeof(news)));
		return;
	}
	check_news(&in->before, &news);
	expect(news.size <= read.size);
	expect(news.lost - read.lost == read.size - news.size);
	expect(!memcmp(&read.end, &news.end, sizeof(news.end)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfru_ring_news news;
	struct input in;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	tame(&in);
	memset(&news, 0xa5, sizeof(news));
	if (pfru_ring_delta(&in.before, NULL, &news) == PFRU_RING_OK)
		check_plan(&in.before, &news.plan,
			   (uint64_t)in.before.chunk1_size +
				   in.before.chunk2_size);
	expect(pfru_ring_same(&in.before, &in.before));
	check_delta(&in, in.flags & NOTHING_SAVED ? NULL : &in.saved);
	return 0;
}
