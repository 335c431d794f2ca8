// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mutates a capsule. A capsule of a wrong size is refused at its first field, so
 * most mutants get CapsuleImageSize put right; some get item offsets, image size
 * and GUIDs out of a good capsule, which chance would not find again.
 */
#include "fuzz.h"

#define CAPSULE_SIZE	24
#define HEADER_SIZE	16
#define SHORTEST	28

static const uint8_t guids[][16] = {
	/* capsule, then what the firmware model reports: code, driver, platform */
	{ 0xed, 0xd5, 0xcb, 0x6d, 0x2d, 0xe8, 0x44, 0x4c,
	  0xbd, 0xa1, 0x71, 0x94, 0x19, 0x9a, 0xd9, 0x2a },
	{ 0x79, 0x4b, 0xf8, 0xb2, 0x6e, 0x7b, 0x45, 0x4e,
	  0x88, 0x5f, 0x3f, 0xb9, 0xbb, 0x18, 0x54, 0x02 },
	{ 0x0e, 0x5f, 0x0b, 0x14, 0xf8, 0x49, 0x79, 0x45,
	  0xad, 0x81, 0xbc, 0x7b, 0x6d, 0x2b, 0xb2, 0x45 },
	{ 0x4e, 0x5a, 0x0c, 0x7d, 0xb3, 0x91, 0x26, 0x4c,
	  0x8f, 0x17, 0x2a, 0x6b, 0xe0, 0x4d, 0x9c, 0x51 },
};

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* an item's offset somewhere near its right place, as 64 bits */
static void put_offset(uint8_t *capsule, size_t size, unsigned int seed)
{
	uint32_t header;
	size_t at;

	memcpy(&header, capsule + HEADER_SIZE, sizeof(header));
	if (header > size || size - header < 24)
		return;
	at = header + 8 + 8 * (seed % 2);
	memset(capsule + at, 0, 8);
	put32(capsule + at, 16 + 8 * (seed >> 1) % 64);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	unsigned int what = seed % 16;
	size_t length;

	size = LLVMFuzzerMutate(data, size, max);
	if (size < SHORTEST + capsule_tail)
		return size;
	length = size - capsule_tail;
	seed /= 16;
	if (what == 0)
		return size;
	if (what < 12)
		memcpy(data, guids[0], 16);
	if (what == 1 && length >= 16)
		memcpy(data + seed % (length - 15), guids[1 + seed % 3], 16);
	if (what == 2)
		put_offset(data, length, seed);
	if (what == 3 && length >= 4)
		put32(data + seed % (length - 3), length - seed % length);
	put32(data + CAPSULE_SIZE, length);
	return size;
}
