/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the systemd journal by its native protocol, which is documented
 * and stable: a datagram of fields to a socket. So the tool does not need systemd's
 * library and runs without systemd.
 */
#ifndef PFRUCTL_JOURNAL_H
#define PFRUCTL_JOURNAL_H

#include "cli/pfructl/device/device.h"
#include "piece.h"
#include "position.h"

/**
 * struct journal - a connection to the journal
 * @ctl: options and output
 * @device: where the log comes from
 * @fd: socket, or -1
 * @signals: descriptor that becomes readable when the program is to end
 */
struct journal {
	struct pfructl *ctl;
	const struct device *device;
	int fd;
	int signals;
};

/**
 * journal_open() - connect
 * @journal: @ctl is set; @fd is set, and to be closed in any case
 *
 * Return: enum exit_status, reported
 */
int journal_open(struct journal *journal);

/**
 * journal_send() - send a piece of the log, one entry a line
 * @journal: the connection
 * @piece: the piece
 * @arrived: filled; whole entries
 *
 * Return: enum exit_status, reported; STATUS_DONE with less than all sent when
 * the program is to end
 */
int journal_send(const struct journal *journal, const struct piece *piece,
		 struct arrived *arrived);

/**
 * journal_recover() - how much of what was being sent is in the journal
 * @journal: the connection
 * @pending: what was being sent
 * @arrived: filled
 *
 * Asks journalctl, for entries that this user sent.
 */
void journal_recover(const struct journal *journal, const struct state_pending *pending,
		     struct arrived *arrived);

#endif /* PFRUCTL_JOURNAL_H */
