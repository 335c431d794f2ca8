// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl hashes: the root certificates by which AMT trusts a setup server.
 */
#include "cli/amtctl/print.h"

static int run_hashes(void *program)
{
	struct amtctl *ctl = program;
	struct session session;
	size_t active;
	int ret = session_open(&session, ctl);

	if (!ret)
		ret = print_hashes(&session, &active);
	if (!ret)
		ret = session.status;
	session_close(&session);
	return ret;
}

const struct cli_command cmd_hashes = {
	.name = "hashes",
	.help = "show the certificate hashes that AMT trusts",
	.details =
		"If sources disagree about an algorithm, its number and all bytes are shown.\n",
	.run = run_hashes,
};
