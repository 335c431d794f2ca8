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
 * @ctl: for errors and options
 * @fd: from journal_open()
 * @device: where the log comes from
 * @piece: the piece
 * @printed: set to the bytes that were sent, whole entries
 *
 * Return: enum exit_status, reported
 */
int journal_send(struct pfructl *ctl, int fd, const struct device *device,
		 const struct piece *piece, uint32_t *printed);

/**
 * journal_recover() - how much of what was being sent is in the journal
 * @ctl: options
 * @device: where the log comes from
 * @pending: what was being sent
 * @printed: set to the bytes of the log
 *
 * Asks journalctl.
 *
 * Return: false when that can't be told
 */
bool journal_recover(struct pfructl *ctl, const struct device *device,
		     const struct state_pending *pending, uint64_t *printed);

#endif /* PFRUCTL_JOURNAL_H */
