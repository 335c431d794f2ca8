/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part that runs as root: connects to LME, passes the connection on, and exits.
 * The daemon cannot reach another client of the engine through it, least of all the
 * one that gives out AMT's local system account.
 */
#ifndef AMT_LMS_OPENER_H
#define AMT_LMS_OPENER_H

#include <stdbool.h>

/**
 * opener_run() - connect to LME, and hand it over
 * @socket: to the daemon, of messages
 * @config: path of the configuration
 * @required: that must be there
 *
 * Return: exit status; a problem that the daemon was sent is a success
 */
int opener_run(int socket, const char *config, bool required);

#endif /* AMT_LMS_OPENER_H */
