/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A password, from a file, from standard input, or from a terminal without echo;
 * never from the command line or the environment.
 */
#ifndef AMTCTL_PASSWORD_H
#define AMTCTL_PASSWORD_H

#include "amtctl.h"

/* bytes with the NUL; a password that is too long is seen as such */
#define PASSWORD_ROOM 128

/**
 * password_read() - read the password that the options name, or ask for it
 * @ctl: options and output
 * @password: PASSWORD_ROOM bytes of memory for secrets, set
 *
 * Refuses what AMT does not take as a password: AMT sees only a digest of it.
 *
 * Return: enum exit_status, reported
 */
int password_read(struct amtctl *ctl, char *password);

#endif /* AMTCTL_PASSWORD_H */
