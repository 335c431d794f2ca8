// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of the journal by its native protocol: lines "NAME=value". No value here
 * holds a line end.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/common/journal-entry.h"
#include "cli/common/text.h"
#include "record.h"

/* in the catalog of people who look for it: what amtctl did to this machine */
#define MESSAGE_ID_CHANGE "6f6d3f7b1bf14d2c9a1e0f1cc4a9d0e7"

void record(struct amtctl *ctl, const char *action, const char *before,
	    const char *after, const char *format, ...)
{
	char *user = login_user();
	struct text entry = { 0 };
	va_list args;
	int ret;

	text_printf(&entry, "SYSLOG_IDENTIFIER=amtctl\nPRIORITY=%d\n",
		    PRIORITY_NOTICE);
	text_printf(&entry, "MESSAGE_ID=%s\nMESSAGE=", MESSAGE_ID_CHANGE);
	va_start(args, format);
	text_vprintf(&entry, format, args);
	va_end(args);
	text_printf(&entry, "\nAMTCTL_ACTION=%s\nAMTCTL_LOGIN_UID=%s\n", action,
		    user);
	text_printf(&entry, "AMTCTL_STATE_BEFORE=%s\n", before);
	if (after)
		text_printf(&entry, "AMTCTL_STATE_AFTER=%s\n", after);
	ret = journal_entry_send(&entry);
	if (ret)
		warning(ctl->out, "no record of this in the journal: %s",
			strerror(-ret));
	free(user);
}
