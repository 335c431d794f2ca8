/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the systemd journal by its native protocol, which is documented
 * and stable: a datagram of fields to a socket. So the tool needs no library of
 * systemd and runs where there is none.
 */
#ifndef PFRUCTL_JOURNAL_H
#define PFRUCTL_JOURNAL_H

#include "sink.h"

int journal_open(struct pfructl *ctl, int *fd);

/**
 * journal_send() - send a piece of the log, one entry a line
 * @sink: sink
 * @piece: the piece
 * @arrived: filled; whole entries
 *
 * Return: enum exit_status, reported; STATUS_DONE with less than all sent when
 * the program is to end
 */
int journal_send(struct sink *sink, const struct piece *piece,
		 struct arrived *arrived);

/**
 * journal_recover() - how much of what was being sent is in the journal
 * @sink: sink
 * @pending: what was being sent
 * @arrived: filled
 *
 * Asks journalctl, for entries that this user sent.
 */
void journal_recover(struct sink *sink, const struct state_pending *pending,
		     struct arrived *arrived);

#endif /* PFRUCTL_JOURNAL_H */
