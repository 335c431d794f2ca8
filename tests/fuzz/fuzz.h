/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: an expectation that is a crash when it fails, and
 * mutations that keep a capsule a capsule.
 */
#ifndef PFRU_FUZZ_H
#define PFRU_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define expect(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: expected: %s\n", __FILE__,	\
			__LINE__, #condition);				\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* capsule-mutator.c: at the end of the input, bytes that are not the capsule */
extern const size_t capsule_tail;

/* the bytes in an allocation of exactly their size, never NULL */
static inline uint8_t *exact(const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	expect(copy);
	memcpy(copy, bytes, size);
	return copy;
}

#endif /* PFRU_FUZZ_H */
