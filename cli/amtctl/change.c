// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A change of AMT's state.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "cli/common/memory.h"
#include "cli/common/write.h"
#include "record.h"

/* how often to look for the new state, one second apart */
#define LOOKS 5

static const struct amthi_question *watched(const struct change *change)
{
	return amthi_question_of(CHANGE_LIST, change->watch);
}

static const char *state_word(const struct change *change, uint32_t state)
{
	if (state == CHANGE_STATE_UNKNOWN)
		return "not known";
	return amthi_word(watched(change)->fields, state);
}

bool change_is_done(struct session *session, const struct change *change,
		    uint32_t state)
{
	struct output *out = session->ctl->out;

	if (state != change->to)
		return false;
	note(out, "AMT is '%s' already: there is nothing to do",
	     state_word(change, state));
	out_bool(out, "changed", "Changed", false);
	return true;
}

/* What was found so far, for a person who has to decide. */
static void show(struct amtctl *ctl)
{
	size_t size;
	char *text;

	if (ctl->json)
		return;
	text = out_take(ctl->out, &size);
	write_all(STDOUT_FILENO, text, size);
	free(text);
}

/* The connection is given up meanwhile: AMT may have only one, and this may last. */
static int confirm(struct session *session, const struct change *change)
{
	struct amtctl *ctl = session->ctl;
	char *line = NULL;
	size_t room = 0;
	bool yes;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail(ctl->out, STATUS_USAGE, "usage",
			    "there is no terminal to ask on: give --yes to change AMT's state");
	show(ctl);
	mei_close(&session->mei);
	if (change->leave)
		change->leave(change->context);
	fprintf(stderr, "%s Type yes: ", change->question);
	fflush(stderr);
	yes = getline(&line, &room, stdin) > 0 && !strcmp(line, "yes\n");
	free(line);
	return yes ? STATUS_DONE :
		     fail(ctl->out, STATUS_FAILED, "declined",
			  "the answer was not yes: nothing was changed");
}

/* once, and quietly: what it means depends on what was done before */
static uint32_t look(struct session *session, const struct change *change)
{
	const struct amthi_question *question = watched(change);
	struct amthi_answer answer;
	struct amthi_value values[AMTHI_FIELDS_MAX];
	enum amthi_fault fault;

	if (session->mei.fd < 0)
		mei_open(&session->mei, amthi_uuid);
	if (!session->mei.message ||
	    session_try(session, question->command, 0, 0, &answer, &fault)) {
		mei_close(&session->mei);
		return CHANGE_STATE_UNKNOWN;
	}
	if (answer.status || amthi_decode(question, &answer, values))
		return CHANGE_STATE_UNKNOWN;
	return values[0].number;
}

static uint32_t look_for(struct session *session, const struct change *change)
{
	const struct timespec second = { .tv_sec = 1 };
	uint32_t state = look(session, change);
	int looks = 1;

	while (state != change->to && looks++ < LOOKS) {
		nanosleep(&second, NULL);
		state = look(session, change);
	}
	return state;
}

/* AMT did it, whatever it said. */
static int judge_done(struct output *out, const struct change_answer *answer)
{
	if (answer->problem)
		note(out, "AMT's answer %s; its state shows that it succeeded",
		     answer->problem == MEI_BAD_ANSWER ? "can't be read" :
							 "was lost");
	else if (answer->refusal)
		note(out,
		     "AMT answered '%s'; its state shows that it succeeded",
		     answer->refusal);
	else if (answer->status)
		note(out,
		     "AMT answered %s (0x%x); its state shows that it succeeded",
		     amthi_status_name(answer->status), answer->status);
	return STATUS_DONE;
}

static int judge_refused(struct output *out, const struct change_answer *answer)
{
	uint32_t status = answer->status;
	int ret;

	if (answer->refusal)
		return fail(out, STATUS_REFUSED, "refused", "AMT refused: %s",
			    answer->refusal);
	ret = fail(out, session_status(status), "refused",
		   "AMT refused: %s (0x%x)", amthi_status_name(status), status);
	fail_number(out, "status", status);
	fail_string(out, "status_name", amthi_status_name(status));
	return ret;
}

/* What AMT did when it was asked, as a part of a sentence. */
static const char *said(const struct change_answer *answer)
{
	if (!answer->problem)
		return "reported success";
	return answer->problem == MEI_BAD_ANSWER ?
		       "sent an answer that cannot be read" :
		       "did not answer";
}

static int judge(struct session *session, const struct change *change,
		 const struct change_answer *answer, uint32_t state)
{
	struct output *out = session->ctl->out;

	if (state == change->to)
		return judge_done(out, answer);
	if (!answer->problem && (answer->status || answer->refusal))
		return judge_refused(out, answer);
	if (state == CHANGE_STATE_UNKNOWN)
		return fail(out, STATUS_UNKNOWN, "unknown",
			    "AMT was asked, but no longer reports its state: it may have done it; check with 'amtctl status'");
	return fail(out, STATUS_UNKNOWN, "unknown",
		    "AMT was asked and %s; its state is still '%s', but may still change: check with 'amtctl status'",
		    said(answer), state_word(change, state));
}

int change_check_again(struct session *session, const struct change *change)
{
	struct output *out = session->ctl->out;
	enum mei_problem problem = mei_open(&session->mei, amthi_uuid);
	uint32_t state;

	if (problem)
		return session_report(session->ctl, problem, &session->mei);
	state = look(session, change);
	if (state == change->from)
		return STATUS_DONE;
	if (state == CHANGE_STATE_UNKNOWN)
		return fail(out, STATUS_FAILED, "state",
			    "AMT no longer reports its state: nothing was changed");
	return fail(out, STATUS_REFUSED, "state",
		    "AMT's state is now '%s': nothing was changed",
		    state_word(change, state));
}

/* No message could be sent: not an unknown outcome. */
static int not_asked(struct session *session, const struct change *change,
		     const struct change_answer *answer)
{
	struct amtctl *ctl = session->ctl;
	const char *state;
	int ret;

	if (answer->unsent)
		ret = fail(ctl->out, STATUS_NOT_READY, "web-service",
			   "the request to AMT's web service failed: %s",
			   answer->unsent);
	else
		ret = session_report(ctl, answer->problem, &session->mei);
	mei_close(&session->mei);
	state = state_word(change, look(session, change));
	out_string(ctl->out, "state_after", "State now", state);
	record(ctl, change->action, state_word(change, change->from), state,
	       "AMT was not asked to %s: %s", change->what,
	       answer->unsent ? answer->unsent : "it takes no messages");
	out_bool(ctl->out, "changed", "Changed", false);
	return ret;
}

/* From here on an end would lose what came of it; that takes minutes at most. */
static void ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(signals); i++)
		signal(signals[i], SIG_IGN);
}

static void send_command(struct session *session, const struct change *change,
			 struct change_answer *answer)
{
	struct amthi_answer message = { 0 };
	enum amthi_fault fault;

	answer->problem = session_try(session, change->command,
				      change->argument, change->size, &message,
				      &fault);
	answer->status = message.status;
}

/* Return: true when a request was sent, so that AMT may have done it */
static bool ask(struct session *session, const struct change *change,
		struct change_answer *answer)
{
	if (change->ask) {
		change->ask(session, change->context, answer);
		return !answer->unsent;
	}
	send_command(session, change, answer);
	return answer->problem != MEI_RESETTING &&
	       answer->problem != MEI_NOT_TAKEN;
}

/* A refusal by AMTHI's status needs no patience. */
static bool is_final(const struct change_answer *answer)
{
	return !answer->problem && answer->status &&
	       answer->status != AMTHI_CERTIFICATE_NOT_READY;
}

/* For when it can't be printed as usual, memory has run out, or both. */
static void keep_outcome(struct output *out, const struct change *change,
			 int status)
{
	if (status == STATUS_DONE)
		outcome(out, STATUS_UNWRITTEN, NULL, "%s: AMT did it",
			change->action);
	else if (status == STATUS_UNKNOWN)
		outcome(out, STATUS_UNKNOWN, NULL,
			"%s: AMT was asked, and may have done it; check with 'amtctl status'",
			change->action);
	else
		outcome(out, status, NULL, "%s: AMT did not do it",
			change->action);
}

static int act(struct session *session, const struct change *change)
{
	struct amtctl *ctl = session->ctl;
	const char *before = state_word(change, change->from);
	struct change_answer answer = { 0 };
	uint32_t state;
	int ret;

	ignore_signals();
	record(ctl, change->action, before, NULL, "AMT is asked to %s",
	       change->what);
	keep_outcome(ctl->out, change, STATUS_UNKNOWN);
	if (!ask(session, change, &answer)) {
		ret = not_asked(session, change, &answer);
		keep_outcome(ctl->out, change, ret);
		return ret;
	}
	if (answer.problem)
		mei_close(&session->mei);
	else if (!answer.refusal)
		out_number(ctl->out, "status", NULL, answer.status);
	state = is_final(&answer) ? look(session, change) :
				    look_for(session, change);
	out_string(ctl->out, "state_after", "State now",
		   state_word(change, state));
	ret = judge(session, change, &answer, state);
	keep_outcome(ctl->out, change, ret);
	record(ctl, change->action, before, state_word(change, state),
	       "AMT was asked to %s: %s", change->what,
	       ret == STATUS_DONE    ? "done" :
	       ret == STATUS_UNKNOWN ? "the outcome is not known" :
				       "refused");
	out_bool(ctl->out, "changed", "Changed", ret == STATUS_DONE);
	return ret;
}

int change_make(struct session *session, const struct change *change)
{
	struct output *out = session->ctl->out;
	int ret = STATUS_DONE;

	if (session->ctl->dry_run) {
		out_bool(out, "dry_run", NULL, true);
		out_string(out, NULL, "Dry run", "nothing was changed");
		return STATUS_DONE;
	}
	if (!session->ctl->yes) {
		ret = confirm(session, change);
		ret = ret ? ret : change_check_again(session, change);
	}
	return ret ? ret : act(session, change);
}

const struct cli_option change_options[] = {
	CHANGE_OPTIONS,
	{ 0 },
};
