/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the corpus of capsules: the platform, the manifest, the files. Each
 * file is copied to an allocation of exactly its size, so that a read past its
 * end is seen. Exits when the corpus itself is unusable.
 */
#ifndef PFRU_UNIT_CORPUS_H
#define PFRU_UNIT_CORPUS_H

#include <stddef.h>

#include "capsule.h"

#define CORPUS_NO_OFFSET	(~0ULL)

/**
 * struct corpus_case - a line of the manifest
 * @name: of the file
 * @verdict: "accepted", or the name of a reason
 * @offset: expected offset, CORPUS_NO_OFFSET when the manifest has none
 */
struct corpus_case {
	char name[64];
	char verdict[32];
	unsigned long long offset;
};

struct corpus {
	struct corpus_case *cases;
	size_t count;
	struct pfru_capability platform;
};

/* the corpus, read once */
const struct corpus *corpus(void);

/* what was read, when it is not needed any more; a group's end for cmocka */
int free_corpus(void **state);

/* a file of it; the caller frees the bytes, which are never NULL */
__u8 *corpus_read(const char *name, size_t *size);

/* the first @size bytes of @bytes, in an allocation of exactly that size */
__u8 *exact_copy(const __u8 *bytes, size_t size);

/*
 * Judge a file. Return 0 when the verdict is the manifest's, else -1 with
 * the difference in @why.
 */
int corpus_judge(const struct corpus_case *c, char *why, size_t size);

/* 16 bytes from a GUID's registry form; -1 when it is not one */
int parse_guid(const char *text, __u8 *guid);

#endif /* PFRU_UNIT_CORPUS_H */
