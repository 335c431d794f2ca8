/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of AMT's state: a person is asked, the journal is told, AMT is asked
 * once, and what its state is afterwards decides what is reported. Whether a change
 * makes sense is for who wants it.
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
 * struct change - a change
 * @action: as the command is called
 * @what: what AMT is asked to do, as the end of a sentence
 * @question: what a person is asked before
 * @command: of AMT
 * @argument: what follows its header
 * @size: its size in bytes: 0, 1 or 4
 * @ask: NULL to send @command, or asks AMT in another way and sets the status of the
 *	answer; what it returns when there is none stands for any lost answer
 * @context: for @ask
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
	enum mei_problem (*ask)(struct session *session, void *context,
				uint32_t *status);
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
	{ 'n', "dry-run", NULL, "read and check all, change nothing", \
	  offsetof(struct amtctl, dry_run) }, \
	{ 'y', "yes", NULL, "do not ask before AMT's state is changed", \
	  offsetof(struct amtctl, yes) }
/* clang-format on */
extern const struct cli_option change_options[];

#endif /* AMTCTL_CHANGE_H */
