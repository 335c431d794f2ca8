/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last bytes before a position, which distinguish a log that was restarted from
 * one that only grew.
 */
#ifndef PFRUCTL_TAIL_H
#define PFRUCTL_TAIL_H

#include <stddef.h>
#include <stdint.h>

/* more tell better, and are overwritten sooner */
#define TAIL_MAX 1024U

/**
 * struct tail - what came before a position
 * @size: bytes, 0 to TAIL_MAX; 0 when nothing is known
 * @sum: of them
 */
struct tail {
	uint32_t size;
	uint64_t sum;
};

/**
 * sum_of() - FNV-1a of 64 bits; finds accidents, not forgeries
 * @bytes: any
 * @size: their number
 */
uint64_t sum_of(const void *bytes, size_t size);

/**
 * tail_add() - the tail after some more bytes
 * @tail: 1 byte or more, of those right before
 * @bytes: of the log
 * @size: their number; no more than TAIL_MAX with those of @tail
 */
void tail_add(struct tail *tail, const uint8_t *bytes, size_t size);

/**
 * tail_of() - the tail after some bytes of the log
 * @bytes: of the log
 * @size: their number
 */
struct tail tail_of(const uint8_t *bytes, size_t size);

#endif /* PFRUCTL_TAIL_H */
