/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the telemetry ring: what the firmware said of it, turned into
 * the ranges to read, oldest byte first. Pure functions.
 */
#ifndef PFRU_CORE_RING_H
#define PFRU_CORE_RING_H

#include <linux/pfru.h>

#include "types.h"

/**
 * enum pfru_ring_outcome - what can be done with the ring
 * @PFRU_RING_OK: the ranges hold the log
 * @PFRU_RING_EMPTY: there is no log before the first update
 * @PFRU_RING_NONSENSE: sizes that can't be
 */
enum pfru_ring_outcome {
	PFRU_RING_OK,
	PFRU_RING_EMPTY,
	PFRU_RING_NONSENSE,
};

/**
 * struct pfru_ring_range - a piece of the ring
 * @offset: bytes from the ring's base
 * @size: bytes, at least 1
 */
struct pfru_ring_range {
	__u32 offset;
	__u32 size;
};

/**
 * struct pfru_ring_plan - what to read, in this order
 * @range: the pieces
 * @ranges: number of them, 0 to 2
 */
struct pfru_ring_plan {
	struct pfru_ring_range range[2];
	__u32 ranges;
};

/**
 * pfru_ring_full() - plan to read the whole log, oldest byte first
 * @info: what the firmware said
 * @plan: filled when PFRU_RING_OK
 *
 * chunk2 begins at the ring's base and is the newest part; chunk1, the older
 * part, ends with the ring and is empty until the first rollover.
 *
 * Return: enum pfru_ring_outcome
 */
enum pfru_ring_outcome pfru_ring_full(const struct pfru_log_data_info *info,
				      struct pfru_ring_plan *plan);

/**
 * pfru_ring_same() - did the ring stay as it was while it was read
 * @before: what the firmware said before
 * @after: what it said afterwards
 *
 * The double read of the PFRU document: what was read counts only if nothing
 * changed, addresses and counters included.
 */
bool pfru_ring_same(const struct pfru_log_data_info *before,
		    const struct pfru_log_data_info *after);

#endif /* PFRU_CORE_RING_H */
