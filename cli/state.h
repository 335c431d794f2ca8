/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a reader of the telemetry has got to, kept in a small file that is
 * replaced as a whole, under a lock that keeps a second reader out. Follows no
 * symbolic link and trusts no file of somebody else.
 */
#ifndef PFRUCTL_STATE_H
#define PFRUCTL_STATE_H

#include "core/ring.h"
#include "device.h"

/**
 * struct state_pending - what was being printed
 * @start: position of its first byte
 * @size: bytes of the log
 * @length: bytes of output; @size when the log itself was printed
 * @device: of the regular file it went to, 0 for none such
 * @inode: of that file
 * @offset: bytes the file had before
 */
struct state_pending {
	struct pfru_ring_position start;
	uint64_t size;
	uint64_t length;
	uint64_t device;
	uint64_t inode;
	uint64_t offset;
};

/**
 * struct state - up to where a reader has read
 * @known: @position is valid; else nothing was read yet
 * @is_pending: the reader was ended between printing and saving
 * @position: all before it was printed, or reported as lost
 * @pending: what was being printed then
 */
struct state {
	bool known;
	bool is_pending;
	struct pfru_ring_position position;
	struct state_pending pending;
};

/**
 * struct state_file - where it is kept
 * @directory: descriptor
 * @lock: descriptor of the lock
 * @name: in @directory
 * @shown: path for messages
 */
struct state_file {
	int directory;
	int lock;
	char *name;
	char *shown;
};

/**
 * state_open() - find, lock and read the state
 * @ctl: options and errors
 * @device: the telemetry node
 * @file: filled; state_close() it in any case
 * @state: filled
 *
 * Return: enum exit_status, reported; STATUS_BUSY when another reader has it
 */
int state_open(struct pfructl *ctl, const struct device *device,
	       struct state_file *file, struct state *state);

/**
 * state_save() - replace the state; it is on the disk when this returns
 * @ctl: for errors
 * @file: where
 * @state: what
 *
 * Return: enum exit_status, reported
 */
int state_save(struct pfructl *ctl, const struct state_file *file,
	       const struct state *state);
void state_close(struct state_file *file);

#endif /* PFRUCTL_STATE_H */
