/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive in the format "ustar" of POSIX.1-2017 (pax, "ustar Interchange Format"),
 * which every tar reads: regular files only, that only root may read.
 */
#ifndef CLI_TAR_H
#define CLI_TAR_H

#include <stdint.h>
#include <time.h>

#include "text.h"

/**
 * tar_add() - append a file
 * @archive: text, or a stream of it
 * @name: with at most 99 bytes
 * @bytes: its content
 * @size: below 8 GiB
 * @time: when it was made
 */
void tar_add(struct text *archive, const char *name, const void *bytes,
	     uint64_t size, time_t time);

/**
 * tar_end() - append what every archive ends with
 */
void tar_end(struct text *archive);

#endif /* CLI_TAR_H */
