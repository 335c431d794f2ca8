// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl configure: open or close the window in which a setup server on the network
 * may configure AMT. Whatever can be refused without AMT is refused before it is
 * asked; what AMT's state is afterwards decides what is reported.
 */
#include <stdint.h>
#include <string.h>

#include "cli/amtctl/change.h"
#include "cli/amtctl/print.h"

#define LIST	CHANGE_LIST
#define NUMBERS 16

enum {
	STATE_CLOSED = 0,
	STATE_OPEN = 1,
	STATE_PROVISIONED = 2,
	SEED_EXISTS = 0,
	TLS_PKI = 2,
};

/* what each word after configure asks for */
static const struct change changes[] = {
	{
		.action = "configure start",
		.what = "start its configuration",
		.question =
			"Let a setup server on the network configure AMT of this machine?",
		.command = AMTHI_START_CONFIG,
		.watch = AMTHI_PROVISIONING_STATE,
		.from = STATE_CLOSED,
		.to = STATE_OPEN,
	},
	{
		.action = "configure stop",
		.what = "stop its configuration",
		.question = "Stop the configuration of AMT of this machine?",
		.command = AMTHI_STOP_CONFIG,
		.watch = AMTHI_PROVISIONING_STATE,
		.from = STATE_OPEN,
		.to = STATE_CLOSED,
	},
};

/**
 * struct facts - what AMT said before
 * @numbers: the first field of each question in LIST, CHANGE_STATE_UNKNOWN without one
 * @active: how many certificate hashes are active
 */
struct facts {
	uint32_t numbers[NUMBERS];
	size_t active;
};

static uint32_t number_of(const struct facts *facts, uint32_t command)
{
	return facts->numbers[amthi_question_of(LIST, command) - LIST];
}

/* shows the hashes too: they decide which server is trusted */
static int ask_all(struct session *session, struct facts *facts)
{
	int ret = STATUS_DONE;
	size_t i;

	for (i = 0; i < NUMBERS; i++)
		facts->numbers[i] = CHANGE_STATE_UNKNOWN;
	for (i = 0; !ret && LIST[i].key; i++)
		ret = print_question(session, &LIST[i], &facts->numbers[i]);
	if (!ret)
		ret = print_hashes(session, &facts->active);
	return ret ? ret : session->status;
}

/* the state alone, for both words */
static int check_state(struct output *out, const struct change *change,
		       uint32_t state)
{
	if (state == CHANGE_STATE_UNKNOWN)
		return fail(out, STATUS_FAILED, "state",
			    "AMT does not report its provisioning state: nothing was changed");
	if (state == STATE_PROVISIONED)
		return fail(out, STATUS_REFUSED, "provisioned",
			    "AMT is provisioned: there is no configuration to start or stop; to start over, unprovision it first");
	if (state != change->from)
		return fail(out, STATUS_REFUSED, "state",
			    "AMT's provisioning state is %u, which is not known: nothing was changed",
			    state);
	return STATUS_DONE;
}

static int check_start(struct output *out, const struct facts *facts)
{
	uint32_t control = number_of(facts, AMTHI_CONTROL_MODE);
	uint32_t seed = number_of(facts, AMTHI_RNG_SEED);
	uint32_t tls = number_of(facts, AMTHI_PROVISIONING_TLS);

	if (control != CHANGE_STATE_UNKNOWN && control)
		return fail(out, STATUS_REFUSED, "provisioned",
			    "AMT is in a control mode (%u): it is provisioned already",
			    control);
	if (seed != CHANGE_STATE_UNKNOWN && seed != SEED_EXISTS)
		return fail(out, STATUS_NOT_READY, "rng",
			    "AMT has no random number seed yet (%u): try again in a few minutes",
			    seed);
	if (tls == TLS_PKI && !facts->active)
		return fail(out, STATUS_REFUSED, "no-hash",
			    "no certificate hash is active: AMT would trust no setup server; activate one in MEBx");
	return STATUS_DONE;
}

static int configure(struct session *session, const struct change *change)
{
	struct output *out = session->ctl->out;
	struct facts facts = { 0 };
	uint32_t state;
	int ret = ask_all(session, &facts);

	if (ret)
		return ret;
	state = number_of(&facts, AMTHI_PROVISIONING_STATE);
	if (change_is_done(session, change, state))
		return STATUS_DONE;
	ret = check_state(out, change, state);
	if (!ret && change->command == AMTHI_START_CONFIG)
		ret = check_start(out, &facts);
	return ret ? ret : change_make(session, change);
}

static int run_configure(void *program)
{
	struct amtctl *ctl = program;
	const struct change *change = changes;
	struct session session;
	int ret;

	while (strcmp(strchr(change->action, ' ') + 1, ctl->argument))
		change++;
	ret = session_open(&session, ctl);
	if (!ret)
		ret = configure(&session, change);
	session_close(&session);
	return ret;
}

const struct cli_command cmd_configure = {
	.name = "configure",
	.argument = "start|stop",
	.help = "open or close the window for a setup server",
	.details =
		"DANGER: once open, a server on the network that has a certificate of one of the\n"
		"hashes shown can take over AMT of this machine. Try --dry-run first.\n",
	.options = change_options,
	.run = run_configure,
};
