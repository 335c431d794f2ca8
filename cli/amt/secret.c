// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory for secrets: a list of blocks, in the order of their addresses, that covers
 * the arena. The first that is large enough is taken.
 */
#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "secret.h"

#define ARENA_SIZE (1U << 20)
/* of pieces; a block's head has this size too */
#define UNIT 32U

/**
 * struct block - the head of a block
 * @next: NULL for the last
 * @size: bytes behind the head
 * @used: taken
 */
struct block {
	alignas(UNIT) struct block *next;
	size_t size;
	bool used;
};

static struct block *arena;

int secret_begin(void)
{
	void *memory = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (memory == MAP_FAILED)
		return -errno;
	/* mlock() does nothing in a build with AddressSanitizer */
	if (madvise(memory, ARENA_SIZE, MADV_DONTDUMP) ||
	    madvise(memory, ARENA_SIZE, MADV_DONTFORK) ||
	    mlock2(memory, ARENA_SIZE, 0)) {
		ret = -errno;
		munmap(memory, ARENA_SIZE);
		return ret;
	}
	arena = memory;
	arena->size = ARENA_SIZE - sizeof(*arena);
	return 0;
}

void secret_end(void)
{
	if (!arena)
		return;
	explicit_bzero(arena, ARENA_SIZE);
	munmap(arena, ARENA_SIZE);
	arena = NULL;
}

static void split(struct block *block, size_t size)
{
	struct block *rest;

	if (block->size - size <= sizeof(*rest))
		return;
	rest = (struct block *)((uint8_t *)(block + 1) + size);
	rest->next = block->next;
	rest->size = block->size - size - sizeof(*rest);
	rest->used = false;
	block->next = rest;
	block->size = size;
}

void *secret_take(size_t size)
{
	struct block *block;

	if (size > ARENA_SIZE)
		return NULL;
	size = (size + !size + UNIT - 1) & ~(size_t)(UNIT - 1);
	for (block = arena; block; block = block->next) {
		if (block->used || block->size < size)
			continue;
		split(block, size);
		block->used = true;
		return block + 1;
	}
	return NULL;
}

/* What is free is zero: heads that vanish are wiped too. */
static void merge(struct block *block)
{
	struct block *next = block->next;

	while (next && !next->used) {
		block->next = next->next;
		block->size += sizeof(*next) + next->size;
		memset(next, 0, sizeof(*next));
		next = block->next;
	}
}

void secret_give(void *piece)
{
	struct block *block = piece;

	if (!piece)
		return;
	block--;
	explicit_bzero(piece, block->size);
	block->used = false;
	for (block = arena; block; block = block->next)
		if (!block->used)
			merge(block);
}

void *secret_grow(void *piece, size_t size)
{
	const struct block *block = piece;
	void *more;

	if (piece && block[-1].size >= size)
		return piece;
	more = secret_take(size);
	if (more && piece) {
		memcpy(more, piece, block[-1].size);
		secret_give(piece);
	}
	return more;
}
