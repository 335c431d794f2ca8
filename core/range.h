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
 * @bits: width of an address, 1 to 64
 *
 * Return: true when the range is not empty, does not begin at 0, is no larger
 * than @limit, and its last byte has an address of at most @bits bits
 */
static inline bool pfru_range_exists(__u64 address, __u64 size, __u64 limit,
				     unsigned int bits)
{
	__u64 last = address + size - 1;

	if (!address || !size || size > limit || last < address)
		return false;
	return bits >= 64 || !(last >> bits);
}

#endif /* PFRU_CORE_RANGE_H */
