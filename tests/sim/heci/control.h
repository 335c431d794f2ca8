/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The knobs: what a file with knobs of its own needs. A table of commands ends
 * with a name that is NULL; control.c knows all tables.
 */
#ifndef HECI_CONTROL_H
#define HECI_CONTROL_H

#include "sim.h"

/* what a command says; error, when set, is why it did nothing */
struct result {
	FILE *text;
	const char *error;
};

struct command {
	const char *name;
	int min, max;			/* words after the name */
	int (*fn)(struct result *r, int argc, char **argv);
	const char *args, *help;
};

extern const struct command fault_commands[], amt_commands[], lme_commands[];

int fail(struct result *r, const char *why);	/* -1 */
bool number(const char *word, double max, double *value);
bool integer(const char *word, unsigned long max, unsigned long *value);
bool count_word(const char *word, long *count);	/* N, or all */
/* [CLIENT] [N|all], in any order; what is not there keeps its value */
int client_words(struct result *r, int argc, char **argv, struct client **cl,
		 long *count);
bool yes_no(const char *word, bool *yes);
int hex(struct result *r, int argc, char **argv, uint8_t *buf, size_t max,
	size_t *len);

/* what the AMT's files have in "state", and their part of "off" */
void amt_print(FILE *f);
void amt_off(void);
void lme_print(FILE *f);

#endif
