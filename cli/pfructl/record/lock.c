// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock of updates. The kernel gives it back when its holder ends, however that
 * happens; what the file says counts only while it is locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "attempt.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/common/write.h"
#include "lock.h"

#define NAME "lock"

/* milliseconds between two tries */
#define STEP 100

/* bytes of what a holder says of itself */
#define HOLDER_MAX 128

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ULL + time.tv_nsec / 1000000;
}

static int fail_busy(struct pfructl *ctl, int lock)
{
	char text[HOLDER_MAX] = "", command[32] = "";
	unsigned int pid, user;
	bool known = pread(lock, text, sizeof(text) - 1, 0) > 0 &&
		     sscanf(text, "%u %u %31s", &pid, &user, command) == 3;

	if (!known)
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

static int take(struct pfructl *ctl, int lock)
{
	uint64_t until = now() + ctl->options.wait;

	while (flock(lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return attempt_fail_record(ctl, "lock it", errno);
		if (now() >= until)
			return fail_busy(ctl, lock);
		poll(NULL, 0, STEP);
	}
	return STATUS_DONE;
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

	*lock = directory < 0 ? directory :
				state_file_open(directory, NAME,
						O_RDWR | O_CREAT | O_APPEND);
	if (directory >= 0) {
		what = "open the lock beside it";
		close(directory);
	} else if (!what) {
		what = "trust its directory, which belongs to others, or which others can write";
	}
	if (*lock < 0)
		return attempt_fail_record(ctl, what, -*lock);
	ret = take(ctl, *lock);
	if (!ret)
		say_who(*lock, command);
	return ret;
}

void update_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}
