/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a reader of the telemetry prints to: a file, a pipe, a terminal or the
 * journal. Knows how much of it arrived.
 */
#ifndef PFRUCTL_SINK_H
#define PFRUCTL_SINK_H

#include <signal.h>
#include <sys/stat.h>

#include "log-reader.h"
#include "state.h"

/**
 * struct sink - where to print to
 * @ctl: options and output
 * @device: where the log comes from
 * @fd: descriptor; -1 for the journal
 * @own: @fd is to be closed
 * @regular: @fd is a regular file, which tells what arrived
 * @locked: other readers are kept from writing to it
 * @journal: socket of the journal, or -1
 * @signals: descriptor that becomes readable when the program is to end
 */
struct sink {
	struct pfructl *ctl;
	const struct device *device;
	int fd;
	bool own;
	bool regular;
	bool locked;
	int journal;
	int signals;
};

/**
 * struct piece - a part of the news
 * @start: position of its first byte
 * @bytes: the log's
 * @size: their number
 * @lost: bytes lost before @start
 * @gap: the log begins anew at @start
 * @repeat: at most so many of @lost and @bytes were told of before
 */
struct piece {
	struct pfru_ring_position start;
	const uint8_t *bytes;
	uint32_t size;
	uint64_t lost;
	enum pfru_ring_break gap;
	uint64_t repeat;
};

/**
 * struct arrived - what of a piece was printed
 * @unknown: nobody can tell; nothing else is set
 * @begun: its beginning was, and with it what it says of a loss
 * @told: standard error may have told of the loss
 * @bytes: bytes of the log
 */
struct arrived {
	bool unknown;
	bool begun;
	bool told;
	uint64_t bytes;
};

int sink_open(struct sink *sink, struct pfructl *ctl,
	      const struct device *device);
void sink_close(struct sink *sink);

/**
 * sink_begin() - make what is to be printed, and keep others off the file
 * @sink: sink; sink_end() it in any case
 * @piece: what of
 * @pending: empty; filled with what tells later how much of it arrived
 *
 * A file that was renamed or removed is made anew.
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
 * sink_write() - print it; on the disk, when a file, when this returns
 * @sink: sink
 * @piece: what of
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
