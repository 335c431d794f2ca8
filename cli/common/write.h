/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing all of something.
 */
#ifndef CLI_WRITE_H
#define CLI_WRITE_H

#include <stddef.h>

/**
 * write_all() - write bytes, however often that takes
 * @fd: a descriptor; one that does not block is waited for
 * @bytes: what to write
 * @size: their number
 *
 * Return: 0 or a negative errno
 */
int write_all(int fd, const char *bytes, size_t size);

#endif /* CLI_WRITE_H */
