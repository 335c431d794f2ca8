/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One update at a time: a lock on /var/lib/pfructl/lock, which says who has it.
 */
#ifndef PFRUCTL_LOCK_H
#define PFRUCTL_LOCK_H

#include "cli/pfructl/pfructl.h"

/**
 * update_lock() - be the only one that updates, until update_unlock()
 * @ctl: options and errors
 * @command: as it is called
 * @lock: set; update_unlock() it in any case
 *
 * Waits as long as --wait says.
 *
 * Return: enum exit_status, reported; STATUS_BUSY with who has it
 */
int update_lock(struct pfructl *ctl, const char *command, int *lock);
/* -1: there is nothing to unlock */
void update_unlock(int lock);

#endif /* PFRUCTL_LOCK_H */
