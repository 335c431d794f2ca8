// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock of updates. The kernel releases it when its holder ends, for whatever
 * reason; what the file says counts only while it is locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/common/write.h"
#include "lock.h"

#define NAME "lock"

/* bytes of what a holder says of itself */
#define HOLDER_MAX 128

/* What a holder that was killed said of itself is there until the next one says it. */
static bool read_holder(int directory, unsigned int *pid, unsigned int *user,
			char command[32])
{
	int fd = state_file_open(directory, NAME, O_RDONLY);
	char text[HOLDER_MAX] = "";
	bool known;

	if (fd < 0)
		return false;
	known = pread(fd, text, sizeof(text) - 1, 0) > 0 &&
		sscanf(text, "%u %u %31s", pid, user, command) == 3;
	close(fd);
	return known && *pid && (!kill(*pid, 0) || errno != ESRCH);
}

static int fail_busy(struct pfructl *ctl, int directory)
{
	unsigned int pid, user;
	char command[32] = "";

	if (!read_holder(directory, &pid, &user, command))
		return fail(ctl->out, STATUS_BUSY, "locked",
			    "another update is under way; wait for it, or use --wait");
	fail(ctl->out, STATUS_BUSY, "locked",
	     "another update is under way: pfructl %s, process %u of user %u; wait for it, or use --wait",
	     escaped(command), pid, user);
	fail_number(ctl->out, "holder_pid", pid);
	fail_number(ctl->out, "holder_uid", user);
	fail_string(ctl->out, "holder_command", command);
	return STATUS_BUSY;
}

static int take(struct pfructl *ctl, int directory, int *lock)
{
	*lock = state_file_lock(directory, NAME, O_RDWR | O_CREAT | O_APPEND,
				ctl->options.wait);
	if (*lock >= 0)
		return STATUS_DONE;
	if (*lock == -EWOULDBLOCK)
		return fail_busy(ctl, directory);
	return attempt_fail_record(ctl, "take the lock beside it", -*lock);
}

/* For those who find it locked; that it cannot be written harms nobody. */
static void say_who(int lock, const char *command)
{
	char *text = xasprintf("%u %u %s\n", getpid(), getuid(), command);

	if (!ftruncate(lock, 0))
		write_all(lock, text, strlen(text));
	free(text);
}

int update_lock(struct pfructl *ctl, const char *command, int *lock)
{
	const char *what;
	int directory = state_directory_open(true, &what);
	int ret;

	*lock = directory;
	if (directory < 0)
		return attempt_fail_record(ctl,
					   what ? what :
						  STATE_DIRECTORY_UNTRUSTED,
					   -directory);
	ret = take(ctl, directory, lock);
	close(directory);
	if (!ret)
		say_who(*lock, command);
	return ret;
}

void update_unlock(int lock)
{
	if (lock < 0)
		return;
	/* whoever has it next may be asked for before it has said who it is */
	(void)!ftruncate(lock, 0);
	close(lock);
}
