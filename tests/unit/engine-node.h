/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated nodes of management engines have in common, below the functions
 * that are wrapped: a file in dev/ of FAKE_ROOT holds the path of a socket that leads
 * to the test, or "errno N", with which open() then fails.
 */
#ifndef ENGINE_NODE_H
#define ENGINE_NODE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/common/sysroot.h"

/* before the program begins */
static inline void engine_begin(void)
{
	if (getenv("FAKE_ROOT"))
		sysroot = getenv("FAKE_ROOT");
}

static inline int fails_with(int error)
{
	errno = error;
	return -1;
}

/* Is this the node of an engine? A task that waits in the driver can't be given up. */
static inline bool is_node(const char *path, int flags)
{
	size_t length = strlen(sysroot);

	if (!length || strncmp(path, sysroot, length) ||
	    strncmp(path + length, "/dev/mei", 8))
		return false;
	if (!(flags & O_NONBLOCK))
		abort();
	return true;
}

static inline int open_node(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	FILE *file = fopen(path, "re");
	int fd, error;

	if (!file)
		return -1;
	if (!fgets(to.sun_path, sizeof(to.sun_path), file))
		abort();
	fclose(file);
	if (sscanf(to.sun_path, "errno %d", &error) == 1)
		return fails_with(error);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		abort();
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return fails_with(ENODEV);
	}
	return fd;
}

#endif
