// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AMT's local system account.
 */
#include <string.h>

#include "account.h"
#include "cli/amt/secret.h"
#include "cli/common/memory.h"

static int take(struct session *session, const struct amthi_answer *answer,
		struct account *account)
{
	struct output *out = session->ctl->out;
	const char *user, *password;
	int ret;

	if (answer->status) {
		ret = fail(out, session_status(answer->status), "account",
			   "AMT does not give its local system account: %s (0x%x)",
			   amthi_status_name(answer->status), answer->status);
		fail_number(out, "status", answer->status);
		fail_string(out, "status_name",
			    amthi_status_name(answer->status));
		return ret;
	}
	if (amthi_account(answer, &user, &password)) {
		session_fault(session, AMTHI_LOCAL_ACCOUNT, AMTHI_PAYLOAD);
		return session->status;
	}
	strcpy(account->user, user);
	strcpy(account->password, password);
	return STATUS_DONE;
}

/* The answer is never anywhere else. */
int account_ask(struct session *session, struct account *account)
{
	uint8_t *usual = session->mei.message;
	struct amthi_answer answer;
	int ret;

	session->mei.message = secret_take(session->mei.mtu);
	if (!session->mei.message)
		out_of_memory();
	ret = session_ask(session, AMTHI_LOCAL_ACCOUNT, 0,
			  AMTHI_ACCOUNT_ARGUMENT, &answer);
	if (!ret)
		ret = take(session, &answer, account);
	secret_give(session->mei.message);
	session->mei.message = usual;
	return ret == SESSION_WRONG ? session->status : ret;
}
