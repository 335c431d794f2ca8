// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a file that was inspected before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reopen.h"

int reopen(int place, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

/* Where /proc is not mounted, as in an initramfs, the name is all there is. */
static int open_again(int place, const char *path)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	int fd = reopen(place, flags);

	if (fd != -ENOENT)
		return fd;
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

int open_no_device(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	int fd;

	if (place < 0)
		return -errno;
	if (fstat(place, &st))
		fd = -errno;
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		fd = -ENOTBLK;
	else
		fd = open_again(place, path);
	close(place);
	return fd;
}
