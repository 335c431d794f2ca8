/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a reader of the telemetry has got to, kept in a small file that is
 * replaced as a whole, under a lock that keeps a second reader out. Follows no
 * symbolic link and trusts no file of somebody else.
 */
#ifndef PFRUCTL_POSITION_H
#define PFRUCTL_POSITION_H

#include <sys/stat.h>

#include "cli/pfructl/device/device.h"
#include "core/ring.h"
#include "tail.h"

/**
 * enum state_sink - where something was being printed to
 * @STATE_STREAM: a pipe or a terminal: nobody knows how much arrived
 * @STATE_FILE: a regular file, which can be looked at
 * @STATE_JOURNAL: the journal, which can be asked
 */
enum state_sink {
	STATE_STREAM,
	STATE_FILE,
	STATE_JOURNAL,
};

/**
 * struct state_pending - what was being printed
 * @start: position of its first byte
 * @size: bytes of the log
 * @tail: the tail after them
 * @lost: bytes lost before @start, reported after the printing
 * @gap: enum pfru_ring_break, likewise
 * @sink: enum state_sink
 * @device: of the regular file
 * @inode: of that file
 * @offset: where in that file
 * @length: bytes of @text
 * @text: what was being printed, allocated; saved for a regular file only, where
 *	the next reader compares it with what arrived and prints the rest
 */
struct state_pending {
	struct pfru_ring_position start;
	uint64_t size;
	struct tail tail;
	uint64_t lost;
	uint64_t gap;
	uint64_t sink;
	uint64_t device;
	uint64_t inode;
	uint64_t offset;
	uint64_t length;
	char *text;
};

/**
 * struct state_counts - what was read by all who had this position, since it was begun
 * @read: bytes that were printed
 * @lost: bytes that were reported as lost
 * @resets: how often the log started over
 */
struct state_counts {
	uint64_t read;
	uint64_t lost;
	uint64_t resets;
};

/**
 * struct state - up to where a reader has read
 * @instance: of the device, UINT32_MAX when its name does not tell
 * @type: enum pfru_log_type
 * @known: @position is valid; else nothing was read yet
 * @is_pending: the reader was ended between printing and saving
 * @position: all before it was printed, or reported as lost
 * @tail: the log's last bytes before it
 * @young: some of them, to take its place when it has grown too long
 * @repeat: bytes from @position on that may have been printed, or reported as
 *	lost, at most
 * @counts: up to @position
 * @pending: what was being printed then
 */
struct state {
	uint64_t instance;
	uint64_t type;
	bool known;
	bool is_pending;
	struct pfru_ring_position position;
	struct tail tail;
	struct tail young;
	uint64_t repeat;
	struct state_counts counts;
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
 * @state: filled; state_drop() it in any case
 *
 * Return: enum exit_status, reported; STATUS_BUSY when another reader has it
 */
int state_open(struct pfructl *ctl, const struct device *device,
	       struct state_file *file, struct state *state);

/**
 * state_is() - is a file one of those that the state is kept in
 * @file: from state_open()
 * @st: of the file, whatever name it was opened by
 */
bool state_is(const struct state_file *file, const struct stat *st);

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

/**
 * state_counts() - look at the counts of a position that has no --state
 * @instance: of the device
 * @type: enum pfru_log_type
 * @journal: of those who print to the journal
 * @counts: filled
 *
 * Takes no lock and changes nothing: the file is replaced as a whole.
 *
 * Return: true when there is one
 */
bool state_counts(uint32_t instance, uint32_t type, bool journal,
		  struct state_counts *counts);

/**
 * state_drop() - forget what was being printed
 * @state: its @is_pending becomes false, @pending empty
 */
void state_drop(struct state *state);

#endif /* PFRUCTL_POSITION_H */
