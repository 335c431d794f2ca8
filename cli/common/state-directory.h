/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /var/lib/pfructl: what is kept from one run to the next.
 */
#ifndef CLI_STATE_DIRECTORY_H
#define CLI_STATE_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#define STATE_DIRECTORY "/var/lib/pfructl"

/* follows "cannot" where state_directory_open() sets no @what */
#define STATE_DIRECTORY_UNTRUSTED \
	"trust its directory, which belongs to others, or which others can write"

/**
 * state_directory_open() - open it, as nobody else can change it
 * @make: make it where it is missing, with mode 0700
 * @what: set to what failed, to follow "cannot"; NULL when it belongs to others than
 *	root and ourselves, or they can write it
 *
 * Return: a descriptor, or a negative errno
 */
int state_directory_open(bool make, const char **what);

/**
 * state_directory_sync() - bring the names in it to the disk, and its own
 * @directory: from state_directory_open()
 *
 * Return: 0 or a negative errno
 */
int state_directory_sync(int directory);

/**
 * state_file_open() - open a regular file that others cannot write, not through a link
 * @directory: where
 * @name: of the file; made with mode 0600
 * @flags: for open(2)
 *
 * Return: a descriptor, or a negative errno; -EPERM when it is something else, or
 * others can write it
 */
int state_file_open(int directory, const char *name, int flags);

/**
 * state_file_is() - is what has a name the file that is open
 * @directory: where
 * @name: of the file
 * @fd: the open file
 */
bool state_file_is(int directory, const char *name, int fd);

/**
 * state_file_lock() - open a file with flock(), and know that it has its name still
 * @directory: where
 * @name: of the file
 * @flags: for open(2)
 * @wait: milliseconds to wait for who has it locked, 0 to try once
 *
 * Whoever removes or replaces the file while it is opened leaves a lock on one that
 * nobody else will open: then the new one is taken.
 *
 * Return: a descriptor, or a negative errno: -EWOULDBLOCK when it is still locked
 */
int state_file_lock(int directory, const char *name, int flags, uint64_t wait);

#endif /* CLI_STATE_DIRECTORY_H */
