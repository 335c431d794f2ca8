// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl features: what AMT can do and how it is set, where AMT reports it.
 */
#include "cli/amtctl/print.h"

static int run_features(void *program)
{
	struct amtctl *ctl = program;
	struct session session;
	int ret = session_open(&session, ctl);

	if (!ret)
		ret = print_questions(&session, amthi_feature_questions);
	if (!ret)
		ret = session.status;
	session_close(&session);
	return ret;
}

const struct cli_command cmd_features = {
	.name = "features",
	.help = "show what AMT can do and how it is set",
	.details =
		"Data whose layout is not known is shown as bytes. A feature that this firmware\n"
		"lacks is shown with the status that AMT returns.\n",
	.run = run_features,
};
