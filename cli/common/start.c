// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a program does before anything else.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "start.h"

static void guard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void start_program(void)
{
	guard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}
