/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of AMT, asked and printed as the tables of cli/amt/amthi.h describe them.
 */
#ifndef AMTCTL_PRINT_H
#define AMTCTL_PRINT_H

#include "session.h"

/**
 * print_question() - ask one and print what comes
 * @session: connected
 * @question: what to ask
 * @kept: NULL, or set to the first field, when it is a number and there is one
 *
 * A status other than success is printed in place of the value: null in JSON.
 *
 * Return: STATUS_DONE, also after a wrong answer, which is reported; else the
 * connection is lost
 */
int print_question(struct session *session,
		   const struct amthi_question *question, uint32_t *kept);

/**
 * print_questions() - print_question() of a list
 * @session: connected
 * @list: ends with one without a key
 */
int print_questions(struct session *session, const struct amthi_question *list);

/**
 * print_hashes() - the certificate hashes, as a list
 * @session: connected
 * @active: set to how many are active
 *
 * Return: as print_question()
 */
int print_hashes(struct session *session, size_t *active);

#endif /* AMTCTL_PRINT_H */
