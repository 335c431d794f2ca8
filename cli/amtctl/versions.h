/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The versions of AMT's code, asked and printed.
 */
#ifndef AMTCTL_VERSIONS_H
#define AMTCTL_VERSIONS_H

#include "session.h"

/**
 * versions_ask() - ask for them
 * @session: connected
 * @versions: set when they came; valid until the next command
 * @status: set to AMT's status; STATUS_DONE with another one than success is no
 *	failure of the connection, and not reported
 *
 * Return: as session_ask()
 */
int versions_ask(struct session *session, struct amthi_versions *versions,
		 uint32_t *status);

/**
 * versions_print_short() - AMT's version, build number and BIOS
 */
void versions_print_short(struct output *out,
			  const struct amthi_versions *versions);

/**
 * versions_print_refused() - the same keys, when AMT does not give its versions
 * @status: AMT's, not success
 */
void versions_print_refused(struct output *out, uint32_t status);

#endif /* AMTCTL_VERSIONS_H */
