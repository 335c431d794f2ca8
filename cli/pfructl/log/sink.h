/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a reader of the telemetry prints to: a file, a pipe, a terminal or the
 * journal. Knows how much of it arrived.
 */
#ifndef PFRUCTL_SINK_H
#define PFRUCTL_SINK_H

#include <signal.h>
#include <sys/stat.h>

#include "journal.h"
#include "piece.h"
#include "position.h"
#include "reader.h"

/**
 * struct sink - where to print to
 * @ctl: options and output
 * @device: where the log comes from
 * @state: files that nothing may be printed to
 * @fd: descriptor; -1 for the journal
 * @own: @fd is to be closed
 * @regular: @fd is a regular file, which tells what arrived
 * @locked: other readers are kept from writing to it
 * @journal: the connection to the journal; its @signals are the sink's, too
 */
struct sink {
	struct pfructl *ctl;
	const struct device *device;
	const struct state_file *state;
	int fd;
	bool own;
	bool regular;
	bool locked;
	struct journal journal;
};

/**
 * sink_open() - open what is printed to
 * @sink: filled; sink_close() it in any case
 * @ctl: options and output
 * @device: where the log comes from
 * @state: from state_open(); its files are refused, whatever they are called
 *
 * Return: enum exit_status, reported
 */
int sink_open(struct sink *sink, struct pfructl *ctl,
	      const struct device *device, const struct state_file *state);
void sink_close(struct sink *sink);

/**
 * sink_begin() - prepare what is to be printed, and keep others off the file
 * @sink: sink; sink_end() it in any case
 * @piece: the part of the log to print
 * @pending: empty; filled with what tells later how much of it arrived
 *
 * A file that was renamed or removed is created again.
 *
 * Return: enum exit_status, reported
 */
int sink_begin(struct sink *sink, const struct piece *piece,
	       struct state_pending *pending);

/**
 * sink_end() - let others write to the file
 * @sink: sink
 */
void sink_end(struct sink *sink);

/**
 * sink_write() - print it; a file is synced to the disk when this returns
 * @sink: sink
 * @piece: the part of the log to print
 * @pending: from sink_begin()
 * @arrived: filled
 *
 * Return: enum exit_status, reported; STATUS_DONE with less than all printed
 * when the program is to end
 */
int sink_write(struct sink *sink, const struct piece *piece,
	       const struct state_pending *pending, struct arrived *arrived);

/**
 * sink_recover() - how much arrived of what a reader printed as it was killed
 * @sink: sink; sink_end() it in any case
 * @pending: what it was; the rest of it is printed to a file that it was begun in
 * @arrived: filled
 *
 * Return: enum exit_status, reported
 */
int sink_recover(struct sink *sink, const struct state_pending *pending,
		 struct arrived *arrived);

/**
 * sink_ended() - is the program to end
 * @sink: sink
 */
bool sink_ended(const struct sink *sink);

/**
 * sink_wait() - wait for a time, or for an end
 * @sink: sink
 * @milliseconds: how long
 *
 * Return: 0 when the time is up, -EINTR when the program is to end, -EPIPE when
 * nobody reads any more
 */
int sink_wait(struct sink *sink, int milliseconds);

#endif /* PFRUCTL_SINK_H */
