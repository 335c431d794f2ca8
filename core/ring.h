/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic of the telemetry ring: what the firmware said of it, turned into
 * the ranges to read, oldest byte first. Pure functions.
 *
 * chunk2 begins at the ring's base and is the newest part; chunk1, the older
 * part, ends with the ring and is empty until the first rollover. All that was
 * ever written since a reset is rollover_cnt * max_data_size + chunk2_size
 * bytes, modulo 2^32 * max_data_size.
 */
#ifndef PFRU_CORE_RING_H
#define PFRU_CORE_RING_H

#include <linux/pfru.h>

#include "types.h"

/**
 * enum pfru_ring_outcome - what can be done with the ring
 * @PFRU_RING_OK: the ranges hold the log
 * @PFRU_RING_EMPTY: there is no log before the first update
 * @PFRU_RING_NONSENSE: sizes that can't be: no ring, or chunks that together
 *	are larger than it
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
 * struct pfru_ring_position - up to where a reader has read
 * @ring: bytes of the ring it holds for, max_data_size
 * @reset: reset_cnt
 * @rollover: rollover_cnt
 * @offset: bytes from the ring's base, 0 to @ring
 *
 * The end of one turn (@offset equal to @ring) and the beginning of the next
 * (@rollover one more, @offset 0) are the same position.
 */
struct pfru_ring_position {
	__u32 ring;
	__u32 reset;
	__u32 rollover;
	__u32 offset;
};

/**
 * enum pfru_ring_break - why a position can't be compared with the log
 * @PFRU_BREAK_NONE: it can
 * @PFRU_BREAK_RESET: the log was reset
 * @PFRU_BREAK_SIZE: the ring has another size, without a reset
 * @PFRU_BREAK_BACK: the log is shorter than what was read of it, or holds other
 *	bytes there, without a reset
 */
enum pfru_ring_break {
	PFRU_BREAK_NONE,
	PFRU_BREAK_RESET,
	PFRU_BREAK_SIZE,
	PFRU_BREAK_BACK,
};

/**
 * struct pfru_ring_news - what is new since a position
 * @plan: where it lies
 * @size: bytes of all its ranges
 * @lost: bytes that were written before @start and overwritten before they could
 *	be read. After a break only those since the reset, or since the log
 *	restarted, are counted; none after PFRU_BREAK_SIZE, where counters can't tell
 * @gap: unless PFRU_BREAK_NONE, the log restarts: all that it holds is new,
 *	and an unknown number of bytes may have come before it
 * @start: position of the first byte
 * @end: position after the last byte, the reader's next one
 */
struct pfru_ring_news {
	struct pfru_ring_plan plan;
	__u32 size;
	__u64 lost;
	enum pfru_ring_break gap;
	struct pfru_ring_position start;
	struct pfru_ring_position end;
};

/**
 * enum pfru_ring_check - what the second question says of what was read
 * @PFRU_RING_SAME: nothing changed, all that was read counts
 * @PFRU_RING_APPENDED: the log only grew, and the news has been cut down to the
 *	bytes that were not overwritten meanwhile
 * @PFRU_RING_CHANGED: nothing that was read counts
 */
enum pfru_ring_check {
	PFRU_RING_SAME,
	PFRU_RING_APPENDED,
	PFRU_RING_CHANGED,
};

/**
 * pfru_ring_judge() - can there be a log where the firmware says it is
 * @info: what the firmware said; of addresses, only whether there is one
 *
 * Return: enum pfru_ring_outcome
 */
enum pfru_ring_outcome pfru_ring_judge(const struct pfru_log_data_info *info);

/**
 * pfru_ring_delta() - plan to read what is new
 * @info: what the firmware said
 * @saved: up to where was read, NULL to read all: then nothing is lost
 * @news: filled when PFRU_RING_OK
 *
 * Taken as they are: chunk1 with a rollover count of 0, which a count that
 * wrapped gives too, and a chunk1 that does not reach down to chunk2, whose
 * missing bytes are lost. Addresses don't matter, they may be others each time.
 *
 * Return: enum pfru_ring_outcome
 */
enum pfru_ring_outcome pfru_ring_delta(const struct pfru_log_data_info *info,
				       const struct pfru_ring_position *saved,
				       struct pfru_ring_news *news);

/**
 * pfru_ring_before() - plan to read what came right before the news
 * @info: what @news was made of
 * @news: from pfru_ring_delta()
 * @size: bytes
 * @plan: filled
 *
 * Those bytes were read before: others in their place mean that the log was
 * restarted and has grown past the position, which no counter shows.
 *
 * Return: false when they are not all there any more, or @news does not go on
 * from the position
 */
bool pfru_ring_before(const struct pfru_log_data_info *info,
		      const struct pfru_ring_news *news, __u32 size,
		      struct pfru_ring_plan *plan);

/**
 * pfru_ring_anew() - make the news of a log that was restarted
 * @info: what @news was made of
 * @news: from pfru_ring_delta(); made what PFRU_BREAK_BACK means
 */
void pfru_ring_anew(const struct pfru_log_data_info *info,
		    struct pfru_ring_news *news);

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

/**
 * pfru_ring_check() - judge what was read by what the firmware says afterwards
 * @before: what @news was made of
 * @after: what the firmware said after @news was read
 * @news: cut down at its front when PFRU_RING_APPENDED: @size, @plan, @start
 *	and @lost then describe the bytes that count, the last @size ones
 *	of those that were read
 *
 * PFRU_RING_SAME is what the PFRU document asks for. PFRU_RING_APPENDED is for
 * a log that never rests.
 *
 * Return: enum pfru_ring_check
 */
enum pfru_ring_check pfru_ring_check(const struct pfru_log_data_info *before,
				     const struct pfru_log_data_info *after,
				     struct pfru_ring_news *news);

/**
 * pfru_ring_origin() - the position at which the log began, at its last reset
 * @info: what the firmware said
 * @origin: filled
 */
void pfru_ring_origin(const struct pfru_log_data_info *info,
		      struct pfru_ring_position *origin);

/**
 * pfru_ring_advance() - move a position ahead
 * @position: to be moved
 * @bytes: by how many, at most the ring's size
 */
void pfru_ring_advance(struct pfru_ring_position *position, __u32 bytes);

/**
 * pfru_ring_distance() - bytes from one position to another, of one ring and
 * with no reset between them
 * @from: the earlier
 * @to: the later
 *
 * Modulo 2^32 times the ring's size, so that one byte back is almost as much.
 */
__u64 pfru_ring_distance(const struct pfru_ring_position *from,
			 const struct pfru_ring_position *to);

/**
 * pfru_ring_written() - bytes before a position since the log's last reset
 * @position: where
 */
__u64 pfru_ring_written(const struct pfru_ring_position *position);

#endif /* PFRU_CORE_RING_H */
