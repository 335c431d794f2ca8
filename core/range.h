/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of physical memory, as firmware names them: can they exist at all?
 */
#ifndef PFRU_CORE_RANGE_H
#define PFRU_CORE_RANGE_H

#include "types.h"

/**
 * pfru_range_exists() - can a range of memory exist
 * @address: of its first byte
 * @size: bytes
 * @limit: the most bytes that make sense
 * @bits: that the CPU's addresses have, 1 to 64
 * @bytes: that the kernel keeps of one, 1 to 8; with fewer than the CPU has it would
 * look at others than it maps
 *
 * Return: true when the range is not empty, does not begin at 0, is no larger
 * than @limit, and its last byte has an address that fits into both
 */
static inline bool pfru_range_exists(__u64 address, __u64 size, __u64 limit,
				     unsigned int bits, unsigned int bytes)
{
	__u64 last = address + size - 1;

	if (bits > 8 * bytes)
		bits = 8 * bytes;
	if (!address || !size || size > limit || last < address)
		return false;
	return bits >= 64 || !(last >> bits);
}

#endif /* PFRU_CORE_RANGE_H */
