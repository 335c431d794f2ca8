// SPDX-License-Identifier: GPL-2.0-or-later
#include "tail.h"

uint64_t sum_of(const void *bytes, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;
	const uint8_t *at = bytes;

	while (size--)
		sum = (sum ^ *at++) * 0x100000001b3;
	return sum;
}

struct tail tail_of(const uint8_t *bytes, size_t size)
{
	struct tail tail = { .size = size < TAIL_MAX ? size : TAIL_MAX };

	tail.sum = sum_of(bytes + size - tail.size, tail.size);
	return tail;
}
