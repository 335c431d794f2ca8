/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading numbers and bytes out of a message. A read past the end gives zeros and
 * marks the message as bad, so that a decoder checks once, at its end.
 */
#ifndef CLI_AMT_WIRE_H
#define CLI_AMT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct wire - what is left of a message
 * @at: next byte
 * @left: bytes from there on
 * @bad: more was read than there was
 */
struct wire {
	const uint8_t *at;
	size_t left;
	bool bad;
};

/* The next bytes, in the message itself; NULL when there are too few. */
static inline const uint8_t *wire_bytes(struct wire *wire, size_t size)
{
	const uint8_t *bytes = wire->at;

	if (wire->bad || size > wire->left) {
		wire->bad = true;
		return NULL;
	}
	wire->at += size;
	wire->left -= size;
	return bytes;
}

static inline uint32_t wire_le(struct wire *wire, size_t size)
{
	const uint8_t *bytes = wire_bytes(wire, size);
	uint32_t number = 0;

	while (bytes && size--)
		number = number << 8 | bytes[size];
	return number;
}

static inline uint32_t wire_be(struct wire *wire, size_t size)
{
	const uint8_t *bytes = wire_bytes(wire, size);
	uint32_t number = 0;
	size_t i;

	for (i = 0; bytes && i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* Nothing was missing, and nothing is left over. */
static inline bool wire_done(const struct wire *wire)
{
	return !wire->bad && !wire->left;
}

static inline void wire_put_le(uint8_t *to, uint32_t number, size_t size)
{
	for (; size--; number >>= 8)
		*to++ = number & 0xff;
}

#endif /* CLI_AMT_WIRE_H */
