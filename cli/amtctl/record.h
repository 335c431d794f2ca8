/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What amtctl changes is recorded in the systemd journal: the request before it is
 * sent, and its outcome. Never holds a secret.
 */
#ifndef AMTCTL_RECORD_H
#define AMTCTL_RECORD_H

#include "amtctl.h"

/**
 * record() - write an entry, with who runs the program
 * @ctl: options and output; a journal that can't be reached is a warning
 * @action: what is done, as the command is called
 * @before: the state before
 * @after: the state after, NULL when nothing was asked yet
 * @format: the message
 */
void record(struct amtctl *ctl, const char *action, const char *before,
	    const char *after, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif /* AMTCTL_RECORD_H */
