// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomic-file.h"
#include "memory.h"

static int open_in_place(struct atomic_file *new)
{
	new->fd = open(new->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
	return new->fd < 0 ? -errno : 0;
}

static int open_new(struct atomic_file *new)
{
	char *name = xasprintf("%s.new-XXXXXX", new->path);
	int ret = 0;

	new->fd = mkostemp(name, O_CLOEXEC);
	if (new->fd < 0) {
		ret = -errno;
		free(name);
	} else {
		new->until = name;
	}
	return ret;
}

/* Who may not give a file away keeps it. */
static int take_after(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid) && errno != EPERM)
		return -errno;
	return fchmod(fd, old->st_mode & 07777) ? -errno : 0;
}

int atomic_file_begin(struct atomic_file *new, const char *path)
{
	struct stat old;
	bool exists;
	int ret;

	new->fd = -1;
	new->until = NULL;
	new->path = realpath(path, NULL);
	exists = new->path && !stat(new->path, &old);
	if (!exists && errno != ENOENT)
		return -errno;
	if (!new->path)
		new->path = xasprintf("%s", path);
	if (exists && !S_ISREG(old.st_mode))
		return open_in_place(new);
	ret = open_new(new);
	if (exists && (ret == -EACCES || ret == -EROFS))
		return open_in_place(new);
	return ret || !exists ? ret : take_after(new->fd, &old);
}

int sync_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory =
		slash ? xasprintf("%.*s/", (int)(slash - path), path) :
			xasprintf(".");
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	free(directory);
	if (fd >= 0)
		close(fd);
	return ret;
}

int atomic_file_end(struct atomic_file *new, int ret)
{
	/* a pipe or a terminal takes no sync */
	if (!ret && fsync(new->fd) && errno != EINVAL && errno != EROFS)
		ret = -errno;
	if (new->fd >= 0 && close(new->fd) && !ret)
		ret = -errno;
	if (!ret && new->until && rename(new->until, new->path))
		ret = -errno;
	if (ret && new->until)
		unlink(new->until);
	else if (new->until)
		ret = sync_name(new->path);
	free(new->until);
	free(new->path);
	return ret;
}
