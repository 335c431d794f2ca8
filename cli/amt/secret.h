/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for secrets: never swapped out, in no core file, not in a child, wiped
 * when it is given back. One arena of fixed size; no threads.
 */
#ifndef CLI_AMT_SECRET_H
#define CLI_AMT_SECRET_H

#include <stddef.h>

/**
 * secret_begin() - have the arena, once
 *
 * Return: 0, or a negative errno: the kernel does not lock so much memory
 */
int secret_begin(void);

/**
 * secret_end() - wipe all of it and give it back
 */
void secret_end(void);

/**
 * secret_take() - take a piece, zeroed
 * @size: in bytes
 *
 * Return: NULL when the arena is full or is not there
 */
void *secret_take(size_t size);

/**
 * secret_grow() - realloc() of a piece
 * @piece: from secret_take(), or NULL
 * @size: in bytes
 *
 * Return: NULL when the arena is full; @piece stays what it was then
 */
void *secret_grow(void *piece, size_t size);

/**
 * secret_give() - wipe a piece and give it back
 * @piece: from secret_take(), or NULL
 */
void secret_give(void *piece);

#endif /* CLI_AMT_SECRET_H */
