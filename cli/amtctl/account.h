/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMT's local system account, by which a program on this machine may set AMT up. A
 * secret: in memory for secrets only, never printed, never kept.
 */
#ifndef AMTCTL_ACCOUNT_H
#define AMTCTL_ACCOUNT_H

#include "session.h"

/**
 * struct account - the account, both terminated
 */
struct account {
	char user[AMTHI_ACCOUNT_MAX + 1];
	char password[AMTHI_ACCOUNT_MAX + 1];
};

/**
 * account_ask() - ask AMT for it
 * @session: connected
 * @account: in memory for secrets, set
 *
 * Return: enum exit_status, reported
 */
int account_ask(struct session *session, struct account *account);

#endif /* AMTCTL_ACCOUNT_H */
