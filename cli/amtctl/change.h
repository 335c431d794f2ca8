/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of AMT's state: ask for confirmation, write to the journal, send the
 * request once, and report the state that AMT has afterwards. Whether a change makes
 * sense is decided by the caller.
 */
#ifndef AMTCTL_CHANGE_H
#define AMTCTL_CHANGE_H

#include "session.h"

/* the list in which what is watched is looked for */
#define CHANGE_LIST	     amthi_configuration_questions
#define CHANGE_STATE_UNKNOWN UINT32_MAX

/* AMT's control modes */
enum {
	MODE_NONE = 0,
	MODE_CLIENT = 1,
	MODE_ADMIN = 2,
};

/**
 * struct change_answer - what came of asking AMT
 * @problem: why there is no answer, or none that can be read
 * @status: of AMT, 0 when it says that it did it
 * @refusal: NULL, or AMT's reason in its own words; it has no status then
 * @unsent: NULL, or why no request was sent
 */
struct change_answer {
	enum mei_problem problem;
	uint32_t status;
	const char *refusal;
	const char *unsent;
};

/**
 * struct change - a change
 * @action: as the command is called
 * @what: what AMT is asked to do, as the end of a sentence
 * @question: what a person is asked before
 * @command: of AMT
 * @argument: what follows its header
 * @size: its size in bytes: 0, 1 or 4
 * @ask: NULL to send @command, or asks AMT in another way and fills in the answer,
 *	which is zeroed
 * @leave: NULL, or gives up what is held of AMT while a person is asked
 * @context: for @ask and @leave
 * @watch: command of the question in CHANGE_LIST whose first field is the state
 * @from: the state before
 * @to: the state that it leads to
 */
struct change {
	const char *action;
	const char *what;
	const char *question;
	uint32_t command;
	uint32_t argument;
	size_t size;
	void (*ask)(struct session *session, void *context,
		    struct change_answer *answer);
	void (*leave)(void *context);
	void *context;
	uint32_t watch;
	uint32_t from;
	uint32_t to;
};

/**
 * change_is_done() - is AMT in the state that a change leads to
 * @session: options and output
 * @change: the change
 * @state: what AMT said
 *
 * Return: true when it is, reported
 */
bool change_is_done(struct session *session, const struct change *change,
		    uint32_t state);

/**
 * change_check_again() - connect again, after a person took a while
 * @session: without a connection
 * @change: the change
 *
 * What was judged before may not be so any more.
 *
 * Return: enum exit_status, reported unless AMT is in the state before the change
 */
int change_check_again(struct session *session, const struct change *change);

/**
 * change_make() - make a change that can work, or with --dry-run none
 * @session: connected
 * @change: the change
 *
 * Return: enum exit_status, reported
 */
int change_make(struct session *session, const struct change *change);

/* the options of a command that makes one, and a list of no more than these */
/* clang-format off */
#define CHANGE_OPTIONS \
	{ 'n', "dry-run", NULL, "check everything, change nothing", \
	  offsetof(struct amtctl, dry_run) }, \
	{ 'y', "yes", NULL, "do not ask before AMT's state is changed", \
	  offsetof(struct amtctl, yes) }
/* clang-format on */
extern const struct cli_option change_options[];

#endif /* AMTCTL_CHANGE_H */
