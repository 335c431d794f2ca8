// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "state-directory.h"
#include "sysroot.h"

/* milliseconds between two tries to lock a file */
#define LOCK_STEP 20

/* 0 or a negative errno */
static int make_directory(char *path, mode_t mode)
{
	return mkdir(path, mode) && errno != EEXIST ? -errno : 0;
}

/* An initramfs need not have /var/lib. */
static int make_all(char *path)
{
	int ret = make_directory(path, 0700);
	char *slash;

	if (ret != -ENOENT)
		return ret;
	for (slash = strchr(path + strlen(sysroot) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ret = make_directory(path, 0755);
		*slash = '/';
		if (ret)
			return ret;
	}
	return make_directory(path, 0700);
}

/* Nobody but root and ourselves can write it. */
static bool is_trusted(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & 022);
}

int state_directory_open(bool make, const char **what)
{
	char *path = sysroot_path("%s", STATE_DIRECTORY);
	int fd, ret = make ? make_all(path) : 0;
	struct stat st;

	*what = "make the directory";
	if (ret) {
		free(path);
		return ret;
	}
	*what = "open the directory";
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ret = -errno;
	free(path);
	if (fd < 0)
		return ret;
	if (fstat(fd, &st)) {
		ret = -errno;
	} else if (!is_trusted(&st)) {
		*what = NULL;
		ret = -EPERM;
	} else {
		return fd;
	}
	close(fd);
	return ret;
}

/* What cannot be synced, or read, is not where a name of ours could get lost. */
static int sync_above(int directory, const char *up)
{
	int fd = openat(directory, up, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret == -EACCES || ret == -EINVAL || ret == -EROFS ? 0 : ret;
}

/* Whoever made the directories may have been killed before they were on the disk. */
int state_directory_sync(int directory)
{
	static const char *const above[] = { "..", "../..", "../../.." };
	int ret = fsync(directory) ? -errno : 0;
	size_t i;

	for (i = 0; !ret && i < ARRAY_LENGTH(above); i++)
		ret = sync_above(directory, above[i]);
	return ret;
}

int state_file_open(int directory, const char *name, int flags)
{
	struct stat st, around;
	int fd;

	fd = openat(directory, name,
		    flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		    0600);
	if (fd < 0)
		return -errno;
	/*
	 * An account that was given capabilities keeps the record in root's directory:
	 * whoever has made a file where nobody else may enter was trusted.
	 */
	if (!fstat(fd, &st) && !fstat(directory, &around) &&
	    S_ISREG(st.st_mode) &&
	    (is_trusted(&st) ||
	     (!(around.st_mode & 077) && !(st.st_mode & 022))))
		return fd;
	close(fd);
	return -EPERM;
}

bool state_file_is(int directory, const char *name, int fd)
{
	struct stat ours, there;

	return !fstat(fd, &ours) &&
	       !fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ULL + time.tv_nsec / 1000000;
}

static int try_lock(int directory, const char *name, int flags)
{
	for (;;) {
		int fd = state_file_open(directory, name, flags);
		int ret;

		if (fd < 0)
			return fd;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			ret = -errno;
			close(fd);
			return ret;
		}
		if (state_file_is(directory, name, fd))
			return fd;
		close(fd);
	}
}

int state_file_lock(int directory, const char *name, int flags, uint64_t wait)
{
	uint64_t until = now() + wait;
	int fd;

	for (;;) {
		fd = try_lock(directory, name, flags);
		if (fd != -EWOULDBLOCK || now() >= until)
			return fd;
		poll(NULL, 0, LOCK_STEP);
	}
}
