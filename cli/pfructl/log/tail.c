// SPDX-License-Identifier: GPL-2.0-or-later
#include "tail.h"

static uint64_t sum_on(uint64_t sum, const uint8_t *at, size_t size)
{
	while (size--)
		sum = (sum ^ *at++) * 0x100000001b3;
	return sum;
}

uint64_t sum_of(const void *bytes, size_t size)
{
	return sum_on(0xcbf29ce484222325, bytes, size);
}

void tail_add(struct tail *tail, const uint8_t *bytes, size_t size)
{
	tail->sum = sum_on(tail->sum, bytes, size);
	tail->size += size;
}

struct tail tail_of(const uint8_t *bytes, size_t size)
{
	struct tail tail = { .size = size < TAIL_MAX ? size : TAIL_MAX };

	tail.sum = sum_of(bytes + size - tail.size, tail.size);
	return tail;
}
