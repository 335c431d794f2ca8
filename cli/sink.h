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
 * @regular: @fd is a regular file, whose size tells what arrived
 * @journal: socket of the journal, or -1
 * @signals: descriptor that becomes readable when the program is to end
 */
struct sink {
	struct pfructl *ctl;
	const struct device *device;
	int fd;
	bool own;
	bool regular;
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

int sink_open(struct sink *sink, struct pfructl *ctl,
	      const struct device *device);
void sink_close(struct sink *sink);

/**
 * sink_begin() - make what is to be printed
 * @sink: sink
 * @piece: what of
 * @text: set, allocated; NULL for the journal
 * @pending: filled with what tells later how much of it arrived
 *
 * Return: enum exit_status, reported
 */
int sink_begin(struct sink *sink, const struct piece *piece, char **text,
	       struct state_pending *pending);

/**
 * sink_write() - print it; on the disk, when a file, when this returns
 * @sink: sink
 * @piece: what of
 * @text: from sink_begin()
 * @pending: from sink_begin()
 * @printed: set to the bytes of the log that are known to have arrived
 *
 * Return: enum exit_status, reported; STATUS_DONE with less than all printed
 * when the program is to end
 */
int sink_write(struct sink *sink, const struct piece *piece, const char *text,
	       const struct state_pending *pending, uint32_t *printed);

/**
 * sink_recover() - how much arrived of what a reader printed as it was killed
 * @sink: sink
 * @pending: what it was
 * @printed: set to the bytes of the log
 *
 * Return: false when that can't be told
 */
bool sink_recover(struct sink *sink, const struct state_pending *pending,
		  uint64_t *printed);

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
