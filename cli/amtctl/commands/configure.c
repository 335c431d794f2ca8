// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl configure: open or close the window in which a setup server on the network
 * may configure AMT. Whatever can be refused without AMT is refused before it is
 * asked; what AMT's state is afterwards decides what is reported.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/amtctl/print.h"
#include "cli/amtctl/record.h"
#include "cli/common/memory.h"

#define LIST	amthi_configuration_questions
#define NUMBERS 16

/* how often to look for the new state, one second apart */
#define LOOKS 5

#define STATE_UNKNOWN UINT32_MAX

enum {
	STATE_CLOSED = 0,
	STATE_OPEN = 1,
	STATE_PROVISIONED = 2,
	SEED_EXISTS = 0,
	TLS_PKI = 2,
};

/**
 * struct change - what a word after configure asks for
 * @word: the word
 * @command: of AMT
 * @from: the provisioning state in which it can work
 * @to: the one that it leads to
 * @question: what a person is asked before
 */
static const struct change {
	const char *word;
	uint32_t command;
	uint32_t from;
	uint32_t to;
	const char *question;
} changes[] = {
	{ "start", AMTHI_START_CONFIG, STATE_CLOSED, STATE_OPEN,
	  "Let a setup server on the network configure AMT of this machine?" },
	{ "stop", AMTHI_STOP_CONFIG, STATE_OPEN, STATE_CLOSED,
	  "Stop the configuration of AMT of this machine?" },
};

/**
 * struct facts - what AMT said before
 * @numbers: the first field of each question in LIST, STATE_UNKNOWN without one
 * @active: how many certificate hashes are active
 */
struct facts {
	uint32_t numbers[NUMBERS];
	size_t active;
};

static const char *state_word(uint32_t state)
{
	const struct amthi_question *question =
		amthi_question_of(LIST, AMTHI_PROVISIONING_STATE);

	return amthi_word(question->fields, state);
}

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
		facts->numbers[i] = STATE_UNKNOWN;
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
	if (state == STATE_UNKNOWN)
		return fail(out, STATUS_FAILED, "state",
			    "AMT does not tell its provisioning state: nothing was changed");
	if (state == STATE_PROVISIONED)
		return fail(out, STATUS_REFUSED, "provisioned",
			    "AMT is provisioned: there is no configuration to %s; to begin anew, it has to be unprovisioned first",
			    change->word);
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

	if (control != STATE_UNKNOWN && control)
		return fail(out, STATUS_REFUSED, "provisioned",
			    "AMT is in a control mode (%u): it is provisioned already",
			    control);
	if (seed != STATE_UNKNOWN && seed != SEED_EXISTS)
		return fail(out, STATUS_NOT_READY, "rng",
			    "AMT has no random number seed yet (%u): try again in some minutes",
			    seed);
	if (tls == TLS_PKI && !facts->active)
		return fail(out, STATUS_REFUSED, "no-hash",
			    "no certificate hash is active: AMT would trust no setup server; activate one in MEBx");
	return STATUS_DONE;
}

static int confirm(struct amtctl *ctl, const struct change *change)
{
	char *line = NULL;
	size_t room = 0;
	bool yes;

	if (ctl->yes)
		return STATUS_DONE;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "there is no terminal to ask on: give --yes to change AMT's state");
	fprintf(stderr, "%s Type yes: ", change->question);
	fflush(stderr);
	yes = getline(&line, &room, stdin) > 0 && !strcmp(line, "yes\n");
	free(line);
	return yes ? STATUS_DONE :
		     fail(ctl->out, STATUS_FAILED, "declined",
			  "the answer was not yes: nothing was changed");
}

/* once, and quietly: what it means depends on what was done before */
static uint32_t look(struct session *session)
{
	const struct amthi_question *question =
		amthi_question_of(LIST, AMTHI_PROVISIONING_STATE);
	struct amthi_answer answer;
	struct amthi_value value;
	enum amthi_fault fault;

	if (session->mei.fd < 0)
		mei_open(&session->mei, amthi_uuid);
	if (!session->mei.message ||
	    session_try(session, question->command, 0, 0, &answer, &fault)) {
		mei_close(&session->mei);
		return STATE_UNKNOWN;
	}
	if (answer.status || amthi_decode(question, &answer, &value))
		return STATE_UNKNOWN;
	return value.number;
}

static uint32_t look_for(struct session *session, uint32_t wanted)
{
	const struct timespec second = { .tv_sec = 1 };
	uint32_t state = look(session);
	int looks = 1;

	while (state != wanted && looks++ < LOOKS) {
		nanosleep(&second, NULL);
		state = look(session);
	}
	return state;
}

static int judge(struct session *session, const struct change *change,
		 enum mei_problem problem, uint32_t status, uint32_t state)
{
	struct output *out = session->ctl->out;

	if (state == change->to) {
		if (problem)
			note(out,
			     "AMT's answer was lost; its state says that it did it");
		else if (status)
			note(out,
			     "AMT answered %s (0x%x); its state says that it did it",
			     amthi_status_name(status), status);
		return STATUS_DONE;
	}
	if (!problem && status) {
		int ret = fail(out, session_status(status), "refused",
			       "AMT refused: %s (0x%x)",
			       amthi_status_name(status), status);

		fail_number(out, "status", status);
		fail_string(out, "status_name", amthi_status_name(status));
		return ret;
	}
	if (state == STATE_UNKNOWN)
		return fail(out, STATUS_UNKNOWN, "unknown",
			    "AMT was asked, and does not tell its state any more: it may have done it; look with 'amtctl status'");
	return fail(out, STATUS_UNKNOWN, "unknown",
		    "AMT was asked, %s, and its state still is '%s': it may do it yet; look with 'amtctl status'",
		    problem ? "gave no answer" : "answered that it did it",
		    state_word(state));
}

static int act(struct session *session, const struct change *change)
{
	struct amtctl *ctl = session->ctl;
	const char *before = state_word(change->from);
	char *action = xasprintf("configure %s", change->word);
	struct amthi_answer answer = { 0 };
	enum mei_problem problem;
	enum amthi_fault fault;
	uint32_t state;
	int ret;

	record(ctl, action, before, NULL, "AMT is asked to %s configuration",
	       change->word);
	problem = session_try(session, change->command, 0, 0, &answer, &fault);
	if (problem)
		mei_close(&session->mei);
	else
		out_number(ctl->out, "status", NULL, answer.status);
	/* a refusal needs no patience */
	state = !problem && answer.status &&
				answer.status != AMTHI_CERTIFICATE_NOT_READY ?
			look(session) :
			look_for(session, change->to);
	out_string(ctl->out, "state_after", "State now",
		   state == STATE_UNKNOWN ? "not known" : state_word(state));
	ret = judge(session, change, problem, answer.status, state);
	record(ctl, action, before,
	       state == STATE_UNKNOWN ? "not known" : state_word(state),
	       "AMT was asked to %s configuration: %s", change->word,
	       ret == STATUS_DONE    ? "done" :
	       ret == STATUS_UNKNOWN ? "the outcome is not known" :
				       "refused");
	out_bool(ctl->out, "changed", "Changed", ret == STATUS_DONE);
	free(action);
	return ret;
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
	if (state == change->to) {
		note(out, "AMT is '%s' already: there is nothing to do",
		     state_word(state));
		out_bool(out, "changed", "Changed", false);
		return STATUS_DONE;
	}
	ret = check_state(out, change, state);
	if (!ret && change->command == AMTHI_START_CONFIG)
		ret = check_start(out, &facts);
	if (ret)
		return ret;
	if (session->ctl->dry_run) {
		out_bool(out, "dry_run", NULL, true);
		out_string(out, NULL, "Dry run", "nothing was changed");
		return STATUS_DONE;
	}
	ret = confirm(session->ctl, change);
	return ret ? ret : act(session, change);
}

static int run_configure(void *program)
{
	struct amtctl *ctl = program;
	const struct change *change = changes;
	struct session session;
	int ret;

	while (strcmp(change->word, ctl->argument))
		change++;
	ret = session_open(&session, ctl);
	if (!ret)
		ret = configure(&session, change);
	session_close(&session);
	return ret;
}

static const struct cli_option options[] = {
	{ 'n', "dry-run", NULL, "read and check all, change nothing",
	  offsetof(struct amtctl, dry_run) },
	{ 'y', "yes", NULL, "do not ask before AMT's state is changed",
	  offsetof(struct amtctl, yes) },
	{ 0 },
};

const struct cli_command cmd_configure = {
	.name = "configure",
	.argument = "start|stop",
	.help = "open or close the window for a setup server",
	.details =
		"DANGER: once open, a server on the network that has a certificate of one of the\n"
		"hashes shown can take over AMT of this machine. Try --dry-run first.\n",
	.options = options,
	.run = run_configure,
};
