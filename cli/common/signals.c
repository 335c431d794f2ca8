// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals that must wait.
 */
#include <signal.h>
#include <stddef.h>

#include "memory.h"
#include "signals.h"

/* faults of the program itself: a core dump now is worth more than one later */
static const int faults[] = {
	SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP,
};

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static sigset_t before;
static bool held;

void signals_hold(void)
{
	sigset_t all;
	size_t i;

	if (held)
		return;
	sigfillset(&all);
	for (i = 0; i < ARRAY_LENGTH(faults); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_BLOCK, &all, &before);
	held = true;
}

void signals_release(void)
{
	if (!held)
		return;
	held = false;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The kernel drops a signal that is ignored, even one that would have to wait. */
bool signals_waiting(void)
{
	sigset_t waiting;
	size_t i;

	sigemptyset(&waiting);
	sigpending(&waiting);
	for (i = 0; i < ARRAY_LENGTH(ends); i++)
		if (sigismember(&waiting, ends[i]) == 1)
			return true;
	return false;
}
