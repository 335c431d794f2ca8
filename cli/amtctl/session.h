/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to AMT's host interface for the run of a command, and the one
 * place that says what a problem with it means and what to do about it.
 */
#ifndef AMTCTL_SESSION_H
#define AMTCTL_SESSION_H

#include "amtctl.h"
#include "cli/amt/amthi.h"
#include "cli/amt/mei.h"
#include "cli/amt/wd.h"

/* no exit status: the answer to one command is wrong */
#define SESSION_WRONG (-1)

/**
 * struct session - a connection
 * @ctl: options and output
 * @mei: the connection
 * @patience: how often AMT may still say that it is not ready
 * @status: exit status so far: of the first answer that was wrong
 */
struct session {
	struct amtctl *ctl;
	struct mei mei;
	unsigned int patience;
	int status;
};

/**
 * session_open() - connect
 * @session: set; session_close() it in any case
 * @ctl: options and output
 *
 * Return: enum exit_status, reported
 */
int session_open(struct session *session, struct amtctl *ctl);
void session_close(struct session *session);

/**
 * session_report() - say what a problem means and what to do
 * @ctl: options and output
 * @problem: not MEI_GOOD
 * @mei: where it was found
 *
 * Return: enum exit_status
 */
int session_report(struct amtctl *ctl, enum mei_problem problem,
		   const struct mei *mei);

/**
 * session_try() - send a command once, say nothing
 * @session: connected
 * @command: its number
 * @argument: what follows the header
 * @size: its size in bytes: 0, 1 or 4
 * @answer: set; valid until the next one
 * @fault: set to what is wrong with the answer
 *
 * Return: enum mei_problem; MEI_BAD_ANSWER when @fault is not AMTHI_GOOD
 */
enum mei_problem session_try(struct session *session, uint32_t command,
			     uint32_t argument, size_t size,
			     struct amthi_answer *answer,
			     enum amthi_fault *fault);

/**
 * session_ask() - send a command that only reads
 * @session: connected
 * @command: its number
 * @argument: what follows the header
 * @size: its size in bytes: 0, 1 or 4
 * @answer: set; valid until the next one
 *
 * Asks again, a second later, while AMT says that it is not ready and @patience
 * lasts.
 *
 * Return: STATUS_DONE; SESSION_WRONG when the answer is wrong, which is reported and
 * kept in @status: the next command can be asked all the same; else the connection
 * is lost: another enum exit_status, reported
 */
int session_ask(struct session *session, uint32_t command, uint32_t argument,
		size_t size, struct amthi_answer *answer);

/**
 * session_fault() - report an answer that is wrong
 *
 * Return: SESSION_WRONG
 */
int session_fault(struct session *session, uint32_t command,
		  enum amthi_fault fault);

/**
 * session_status() - the exit status for a status of AMT other than success
 */
int session_status(uint32_t status);

/**
 * session_watchdog() - ask AMT's watchdog client what it says of AMT
 * @flags: set
 *
 * Return: false when it does not say; others may hold the client for good
 */
bool session_watchdog(struct wd_flags *flags);

#endif /* AMTCTL_SESSION_H */
