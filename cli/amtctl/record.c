// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of the journal by its native protocol: lines "NAME=value". No value here
 * holds a line end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "record.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* in the catalog of people who look for it: what amtctl did to this machine */
#define MESSAGE_ID_CHANGE "6f6d3f7b1bf14d2c9a1e0f1cc4a9d0e7"

/* syslog(3) */
#define PRIORITY_NOTICE 5

/* Who logged in, which sudo does not change. */
static char *login_user(void)
{
	char *path = sysroot_path("/proc/self/loginuid");
	char *text = sysfs_read(path, NULL);

	free(path);
	return text ? text : xasprintf("unknown");
}

static int send_entry(const struct text *entry)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *path = sysroot_path("%s", JOURNAL_SOCKET);
	size_t length = strlen(path);
	int fd, ret = 0;

	memcpy(to.sun_path, path, length < sizeof(to.sun_path) ? length : 0);
	free(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, entry->bytes, entry->size, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&to, sizeof(to)) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

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
	ret = send_entry(&entry);
	if (ret)
		warning(ctl->out, "no record of this in the journal: %s",
			strerror(-ret));
	free(entry.bytes);
	free(user);
}
