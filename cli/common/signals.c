// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals that must wait.
 */
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>
#include <unistd.h>

#include "memory.h"
#include "signals.h"

/* faults of the program itself: a core dump now is worth more than one later */
static const int faults[] = {
	SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP,
};

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static sigset_t before;
static struct sigaction alarm_before;
static volatile sig_atomic_t held;
static bool timed;

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
	if (timed) {
		alarm(0);
		sigaction(SIGALRM, &alarm_before, NULL);
		timed = false;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The mask is that of the interrupted program, which goes on with this one. */
static void time_is_up(int number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)number;
	(void)info;
	say_last_words();
	interrupted->uc_sigmask = before;
}

void signals_release_in(unsigned int seconds)
{
	struct sigaction action = {
		.sa_sigaction = time_is_up,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	sigset_t own;

	if (!held)
		return;
	if (!timed)
		sigaction(SIGALRM, &action, &alarm_before);
	timed = true;
	sigemptyset(&own);
	sigaddset(&own, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &own, NULL);
	alarm(seconds);
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
