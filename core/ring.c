// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arithmetic of the telemetry ring. No 64-bit division: 32-bit kernels have none.
 */
#include "ring.h"

/* a distance ahead of 2^31 rollovers or more is one back */
#define BACK_SHIFT 31

/* after so many rollovers, as a power of 2, the count starts again at 0 */
#define ROLLOVER_BITS 32

enum pfru_ring_outcome pfru_ring_judge(const struct pfru_log_data_info *info)
{
	__u32 ring = info->max_data_size;

	if (!info->chunk2_addr_lo && !info->chunk2_addr_hi)
		return PFRU_RING_EMPTY;
	if (!ring || info->chunk2_size > ring ||
	    info->chunk1_size > ring - info->chunk2_size)
		return PFRU_RING_NONSENSE;
	return PFRU_RING_OK;
}

static void add(struct pfru_ring_plan *plan, __u32 offset, __u32 size)
{
	if (!size)
		return;
	plan->range[plan->ranges].offset = offset;
	plan->range[plan->ranges].size = size;
	plan->ranges++;
}

/* The newest @size bytes before @end of a ring of @ring bytes. */
static void plan_newest(__u32 ring, __u32 end, __u32 size,
			struct pfru_ring_plan *plan)
{
	__u32 newest = size < end ? size : end;
	__u32 older = size - newest;

	plan->ranges = 0;
	add(plan, ring - older, older);
	add(plan, end - newest, newest);
}

static __u32 available(const struct pfru_log_data_info *info)
{
	return info->chunk1_size + info->chunk2_size;
}

static void position_of(const struct pfru_log_data_info *info,
			struct pfru_ring_position *position)
{
	position->ring = info->max_data_size;
	position->reset = info->reset_cnt;
	position->rollover = info->rollover_cnt;
	position->offset = info->chunk2_size;
}

__u64 pfru_ring_distance(const struct pfru_ring_position *from,
			 const struct pfru_ring_position *to)
{
	__u64 modulus = (__u64)to->ring << ROLLOVER_BITS;
	__u32 rollovers = to->rollover - from->rollover;
	__u64 bytes = (__u64)rollovers * to->ring + to->offset;

	if (bytes < from->offset)
		bytes += modulus;
	bytes -= from->offset;
	return bytes < modulus ? bytes : bytes - modulus;
}

static enum pfru_ring_break compare(const struct pfru_ring_position *from,
				    const struct pfru_ring_position *to)
{
	if (from->reset != to->reset)
		return PFRU_BREAK_RESET;
	if (from->ring != to->ring || from->offset > from->ring)
		return PFRU_BREAK_SIZE;
	if (pfru_ring_distance(from, to) >= (__u64)to->ring << BACK_SHIFT)
		return PFRU_BREAK_BACK;
	return PFRU_BREAK_NONE;
}

static void retreat(struct pfru_ring_position *position, __u32 bytes)
{
	if (position->offset < bytes) {
		position->offset += position->ring;
		position->rollover--;
	}
	position->offset -= bytes;
}

/* Make the news the newest @size bytes before its end. */
static void set_size(struct pfru_ring_news *news, __u32 size)
{
	news->size = size;
	news->start = news->end;
	retreat(&news->start, size);
	plan_newest(news->end.ring, news->end.offset, size, &news->plan);
}

/* Make it what is still there of the last @since bytes written. */
static void set_since(const struct pfru_log_data_info *info, __u64 since,
		      struct pfru_ring_news *news)
{
	__u32 there = available(info);

	news->lost = since > there ? since - there : 0;
	set_size(news, news->gap || news->lost ? there : since);
}

enum pfru_ring_outcome pfru_ring_delta(const struct pfru_log_data_info *info,
				       const struct pfru_ring_position *saved,
				       struct pfru_ring_news *news)
{
	enum pfru_ring_outcome outcome = pfru_ring_judge(info);
	__u64 since;

	if (outcome != PFRU_RING_OK)
		return outcome;
	position_of(info, &news->end);
	news->gap = saved ? compare(saved, &news->end) : PFRU_BREAK_NONE;
	if (!saved || news->gap == PFRU_BREAK_SIZE)
		since = available(info);
	else if (news->gap == PFRU_BREAK_NONE)
		since = pfru_ring_distance(saved, &news->end);
	else
		since = pfru_ring_written(&news->end);
	set_since(info, since, news);
	return PFRU_RING_OK;
}

bool pfru_ring_before(const struct pfru_log_data_info *info,
		      const struct pfru_ring_news *news, __u32 size,
		      struct pfru_ring_plan *plan)
{
	if (news->gap || news->lost || size > available(info) - news->size)
		return false;
	plan_newest(news->end.ring, news->start.offset, size, plan);
	return true;
}

void pfru_ring_anew(const struct pfru_log_data_info *info,
		    struct pfru_ring_news *news)
{
	news->gap = PFRU_BREAK_BACK;
	set_since(info, pfru_ring_written(&news->end), news);
}

bool pfru_ring_same(const struct pfru_log_data_info *a,
		    const struct pfru_log_data_info *b)
{
	return a->chunk1_addr_lo == b->chunk1_addr_lo &&
	       a->chunk1_addr_hi == b->chunk1_addr_hi &&
	       a->chunk2_addr_lo == b->chunk2_addr_lo &&
	       a->chunk2_addr_hi == b->chunk2_addr_hi &&
	       a->max_data_size == b->max_data_size &&
	       a->chunk1_size == b->chunk1_size &&
	       a->chunk2_size == b->chunk2_size &&
	       a->rollover_cnt == b->rollover_cnt &&
	       a->reset_cnt == b->reset_cnt;
}

static __u64 chunk1_end(const struct pfru_log_data_info *info)
{
	return (info->chunk1_addr_hi << 32 | info->chunk1_addr_lo) +
	       info->chunk1_size;
}

/* Is it the same memory, where @before had anything in it? */
static bool same_place(const struct pfru_log_data_info *before,
		       const struct pfru_log_data_info *after)
{
	if (before->chunk2_addr_lo != after->chunk2_addr_lo ||
	    before->chunk2_addr_hi != after->chunk2_addr_hi)
		return false;
	return !before->chunk1_size || !after->chunk1_size ||
	       chunk1_end(before) == chunk1_end(after);
}

enum pfru_ring_check pfru_ring_check(const struct pfru_log_data_info *before,
				     const struct pfru_log_data_info *after,
				     struct pfru_ring_news *news)
{
	struct pfru_ring_position now;
	__u64 appended;
	__u32 intact;

	if (pfru_ring_same(before, after))
		return PFRU_RING_SAME;
	if (pfru_ring_judge(after) != PFRU_RING_OK ||
	    !same_place(before, after))
		return PFRU_RING_CHANGED;
	position_of(after, &now);
	if (compare(&news->end, &now) != PFRU_BREAK_NONE)
		return PFRU_RING_CHANGED;
	appended = pfru_ring_distance(&news->end, &now);
	if (news->size && appended >= available(after))
		return PFRU_RING_CHANGED;
	intact = available(after) - appended;
	if (news->size > intact) {
		news->lost += news->size - intact;
		set_size(news, intact);
	}
	return PFRU_RING_APPENDED;
}

void pfru_ring_origin(const struct pfru_log_data_info *info,
		      struct pfru_ring_position *origin)
{
	position_of(info, origin);
	origin->rollover = 0;
	origin->offset = 0;
}

void pfru_ring_advance(struct pfru_ring_position *position, __u32 bytes)
{
	if (bytes > position->ring - position->offset) {
		bytes -= position->ring - position->offset;
		position->offset = 0;
		position->rollover++;
	}
	position->offset += bytes;
}

__u64 pfru_ring_written(const struct pfru_ring_position *position)
{
	return (__u64)position->rollover * position->ring + position->offset;
}
