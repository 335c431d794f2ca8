// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Headers and padding of an archive.
 */
#include <stdio.h>
#include <string.h>

#include "tar.h"

#define BLOCK	     512
#define MODE	     0600
#define REGULAR_FILE '0'

/* the fields in their order; numbers are octal digits and the end of a string */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* Of all its bytes, those of the sum itself being spaces. */
static unsigned int checksum(const struct header *header)
{
	const unsigned char *byte = (const unsigned char *)header;
	unsigned int sum = 0;
	size_t i;

	for (i = 0; i < sizeof(*header); i++)
		sum += byte[i];
	return sum;
}

static void append_zeroes(struct text *archive, size_t size)
{
	static const char zeroes[2 * BLOCK];

	text_append(archive, zeroes, size);
}

void tar_add(struct text *archive, const char *name, const void *bytes,
	     uint64_t size, time_t time)
{
	struct header h = { .type = REGULAR_FILE, .magic = "ustar" };

	snprintf(h.name, sizeof(h.name), "%s", name);
	snprintf(h.mode, sizeof(h.mode), "%07o", MODE);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0);
	snprintf(h.size, sizeof(h.size), "%011llo", (unsigned long long)size);
	snprintf(h.mtime, sizeof(h.mtime), "%011llo", (unsigned long long)time);
	memcpy(h.version, "00", sizeof(h.version));
	memset(h.checksum, ' ', sizeof(h.checksum));
	snprintf(h.checksum, sizeof(h.checksum), "%06o", checksum(&h));
	text_append(archive, &h, sizeof(h));
	text_append(archive, bytes, size);
	append_zeroes(archive, (BLOCK - size % BLOCK) % BLOCK);
}

void tar_end(struct text *archive)
{
	append_zeroes(archive, 2 * BLOCK);
}
