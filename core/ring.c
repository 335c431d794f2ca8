// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arithmetic of the telemetry ring.
 */
#include "ring.h"

static void add(struct pfru_ring_plan *plan, __u32 offset, __u32 size)
{
	if (!size)
		return;
	plan->range[plan->ranges].offset = offset;
	plan->range[plan->ranges].size = size;
	plan->ranges++;
}

enum pfru_ring_outcome pfru_ring_full(const struct pfru_log_data_info *info,
				      struct pfru_ring_plan *plan)
{
	__u32 ring = info->max_data_size;

	if (!info->chunk2_addr_lo && !info->chunk2_addr_hi)
		return PFRU_RING_EMPTY;
	if (!ring || info->chunk2_size > ring ||
	    info->chunk1_size > ring - info->chunk2_size)
		return PFRU_RING_NONSENSE;
	plan->ranges = 0;
	add(plan, ring - info->chunk1_size, info->chunk1_size);
	add(plan, 0, info->chunk2_size);
	return PFRU_RING_OK;
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
