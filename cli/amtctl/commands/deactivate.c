// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl deactivate: take an AMT in client control mode out of use. Admin control
 * mode can't be left from here, and is not tried.
 */
#include <stdint.h>

#include "cli/amtctl/change.h"
#include "cli/amtctl/print.h"

static const struct change change = {
	.action = "deactivate",
	.what = "leave client control mode",
	.question =
		"Unprovision AMT of this machine? Its settings and passwords are lost.",
	.command = AMTHI_UNPROVISION,
	/* the provisioning mode after it: none */
	.argument = 0,
	.size = 4,
	.watch = AMTHI_CONTROL_MODE,
	.from = MODE_CLIENT,
	.to = MODE_NONE,
};

static int check(struct output *out, uint32_t mode)
{
	switch (mode) {
	case MODE_CLIENT:
		return STATUS_DONE;
	case MODE_ADMIN:
		return fail(out, STATUS_REFUSED, "admin-control-mode",
			    "AMT is in admin control mode, which can't be left from here: unprovision it at its console or in MEBx");
	case CHANGE_STATE_UNKNOWN:
		return fail(out, STATUS_FAILED, "state",
			    "AMT does not report its control mode: nothing was changed");
	default:
		return fail(out, STATUS_REFUSED, "state",
			    "AMT's control mode is %u, which is not known: nothing was changed",
			    mode);
	}
}

/* AMT of old firmware, or one that is being configured, is in no control mode. */
static int deactivate(struct session *session)
{
	const struct amthi_question *question =
		amthi_question_of(CHANGE_LIST, AMTHI_PROVISIONING_STATE);
	uint32_t mode = CHANGE_STATE_UNKNOWN, state = CHANGE_STATE_UNKNOWN;
	struct output *out = session->ctl->out;
	int ret;

	ret = print_question(session, question, &state);
	question = amthi_question_of(CHANGE_LIST, AMTHI_CONTROL_MODE);
	if (!ret)
		ret = print_question(session, question, &mode);
	ret = ret ? ret : session->status;
	if (ret)
		return ret;
	if (mode == MODE_NONE && state == CHANGE_STATE_UNKNOWN)
		return fail(out, STATUS_FAILED, "state",
			    "AMT is in no control mode, and does not report its provisioning state: nothing was changed");
	if (mode == MODE_NONE && state != 0)
		return fail(out, STATUS_REFUSED, "state",
			    "AMT is in no control mode, and not unprovisioned either: this takes back client control mode only");
	if (change_is_done(session, &change, mode))
		return STATUS_DONE;
	ret = check(out, mode);
	return ret ? ret : change_make(session, &change);
}

static int run_deactivate(void *program)
{
	struct amtctl *ctl = program;
	struct session session;
	int ret = session_open(&session, ctl);

	if (!ret)
		ret = deactivate(&session);
	session_close(&session);
	return ret;
}

const struct cli_command cmd_deactivate = {
	.name = "deactivate",
	.help = "take AMT out of client control mode",
	.details =
		"DANGER: AMT of this machine forgets how it was set up, and nobody reaches it over\n"
		"the network until it is set up again. Client control mode only.\n",
	.options = change_options,
	.run = run_deactivate,
};
