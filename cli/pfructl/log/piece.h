/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of what is new in the log, and how much of it was printed.
 */
#ifndef PFRUCTL_PIECE_H
#define PFRUCTL_PIECE_H

#include "core/ring.h"

/**
 * struct piece - a part of the news
 * @start: position of its first byte
 * @bytes: the log's
 * @size: their number
 * @lost: bytes lost before @start
 * @gap: the log restarts at @start
 * @repeat: how many of @lost and @bytes, at most, were reported before
 */
struct piece {
	struct pfru_ring_position start;
	const uint8_t *bytes;
	uint32_t size;
	uint64_t lost;
	enum pfru_ring_break gap;
	uint64_t repeat;
};

/**
 * struct arrived - how much of a piece was printed
 * @unknown: nobody can tell; nothing else is set
 * @begun: its beginning was, and with it what it says of a loss
 * @told: standard error may have reported the loss
 * @bytes: bytes of the log
 */
struct arrived {
	bool unknown;
	bool begun;
	bool told;
	uint64_t bytes;
};

#endif /* PFRUCTL_PIECE_H */
