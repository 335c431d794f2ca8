// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The new file has no name until it is complete, where the filesystem can do
 * that (O_TMPFILE): whatever ends the program leaves nothing behind. Elsewhere it
 * has a name of its own, and signals wait until that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "atomic-file.h"
#include "memory.h"
#include "write.h"

/* what a shell's redirection asks for; the umask takes from it */
#define MODE_NEW 0666
/* until it has the mode of the one that it replaces */
#define MODE_REPLACE 0600

#define NAME_TRIES 100

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Not when it was closed, or is open for reading only. */
static bool is_stdout(const char *path)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	struct stat ours, there;

	return flags >= 0 && !(flags & O_PATH) &&
	       (flags & O_ACCMODE) != O_RDONLY &&
	       !fstat(STDOUT_FILENO, &ours) && !stat(path, &there) &&
	       same_file(&ours, &there);
}

/* /dev/fd/3 and the like: the file belongs to who opened it, and keeps its inode */
static bool through_descriptor(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	int fd = syscall(__NR_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ELOOP;
}

/*
 * A standard descriptor that was closed stands for /dev/null, without being open
 * (O_PATH). Opened by its number it would take everything, and keep nothing.
 */
static bool is_closed(const char *path)
{
	struct stat ours, there;
	int fd, flags;

	if (!through_descriptor(path) || stat(path, &there))
		return false;
	for (fd = 0; fd <= STDERR_FILENO; fd++) {
		flags = fcntl(fd, F_GETFL);
		if (flags >= 0 && flags & O_PATH && !fstat(fd, &ours) &&
		    same_file(&ours, &there))
			return true;
	}
	return false;
}

int open_output(const char *path, int flags)
{
	int fd = -1;

	if (is_stdout(path))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (is_closed(path))
		errno = EBADF;
	else
		fd = open(path,
			  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags,
			  MODE_NEW);
	return fd < 0 ? -errno : fd;
}

/* What follows the last slash; empty, "." and ".." are directories. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return strcmp(base, ".") && strcmp(base, "..") ? base : "";
}

static int open_directory(struct atomic_file *file, const char *path)
{
	const char *base = base_of(path);
	char *directory = base > path ?
				  xasprintf("%.*s", (int)(base - path), path) :
				  xasprintf(".");

	file->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (file->directory < 0)
		return -errno;
	file->name = xasprintf("%s", base);
	if (faccessat(file->directory, ".", W_OK | X_OK, AT_EACCESS))
		return -errno;
	return 0;
}

static void write_in_place(struct atomic_file *file)
{
	free(file->name);
	file->name = NULL;
	if (file->directory >= 0)
		close(file->directory);
	file->directory = -1;
}

/* Find the directory of a regular file that is there, links followed. */
static void find_old(struct atomic_file *file, const char *path,
		     const struct stat *old)
{
	char *real = through_descriptor(path) ? NULL : realpath(path, NULL);
	struct stat there;
	bool found;

	found = real && !open_directory(file, real) &&
		!fstatat(file->directory, file->name, &there,
			 AT_SYMLINK_NOFOLLOW) &&
		same_file(old, &there);
	free(real);
	if (!found)
		write_in_place(file);
}

int atomic_file_begin(struct atomic_file *file, const char *path)
{
	bool is_stdout_too = is_stdout(path);
	struct stat st;
	bool dangling;

	*file = (struct atomic_file){ .fd = -1, .old = -1, .directory = -1 };
	if (lstat(path, &st) && errno == ENOENT && *base_of(path))
		return open_directory(file, path);
	dangling = stat(path, &st) && errno == ENOENT;
	file->old = open_output(path, 0);
	if (file->old < 0)
		return file->old;
	if (fstat(file->old, &st))
		return -errno;
	file->regular = S_ISREG(st.st_mode) && !is_stdout_too;
	if (file->regular)
		find_old(file, path, &st);
	file->made = dangling && file->name;
	return 0;
}

bool atomic_file_is_terminal(const struct atomic_file *file)
{
	return isatty(file->old);
}

/*
 * Without /proc a file without a name can't get one. Returns a descriptor or a
 * negative errno.
 */
static int open_nameless(int directory, mode_t mode)
{
	int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	char link[64];

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!access(link, F_OK))
		return fd;
	close(fd);
	return -EOPNOTSUPP;
}

static int give_name(const struct atomic_file *file, const char *name)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, link, file->directory, name,
		      AT_SYMLINK_FOLLOW) ?
		       -errno :
		       0;
}

/* From here to the end a signal waits, so that @until does not stay. */
static void hold_signals(struct atomic_file *file)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &file->mask);
	file->held = true;
}

static char *some_name(void)
{
	unsigned int number = 0;

	/* a number that others know costs a try, no more */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = getpid();
	return xasprintf(".%s-%08x", program_name, number);
}

/* Make @until, or give the new file that name. */
static int make_until(struct atomic_file *file, mode_t mode)
{
	int tries, ret = -EEXIST;
	char *name;

	if (!file->held)
		hold_signals(file);
	for (tries = 0; tries < NAME_TRIES && ret == -EEXIST; tries++) {
		name = some_name();
		if (file->fd >= 0) {
			ret = give_name(file, name);
		} else {
			file->fd = openat(file->directory, name,
					  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
					  mode);
			ret = file->fd < 0 ? -errno : 0;
		}
		if (ret)
			free(name);
		else
			file->until = name;
	}
	return ret;
}

static int take_after(int fd, int old)
{
	struct stat st;

	if (fstat(old, &st) || fchown(fd, st.st_uid, st.st_gid) ||
	    fchmod(fd, st.st_mode & 07777))
		return -errno;
	return 0;
}

static void drop_new(struct atomic_file *file)
{
	if (file->until)
		unlinkat(file->directory, file->until, 0);
	free(file->until);
	file->until = NULL;
	if (file->fd >= 0 && file->fd != file->old)
		close(file->fd);
	file->fd = -1;
}

static int start_in_place(struct atomic_file *file)
{
	file->fd = file->old;
	return file->regular && ftruncate(file->fd, 0) ? -errno : 0;
}

/* Is the old one to be written in place? Not on a disk that is full or broken. */
static bool may_not(int error)
{
	return error == EPERM || error == EACCES || error == EROFS ||
	       error == EBUSY;
}

int atomic_file_start(struct atomic_file *file)
{
	mode_t mode = file->old < 0 ? MODE_NEW : MODE_REPLACE;
	int ret;

	if (!file->name)
		return start_in_place(file);
	file->fd = open_nameless(file->directory, mode);
	ret = file->fd < 0 ? file->fd : 0;
	if (ret == -EOPNOTSUPP || ret == -EISDIR || ret == -EINVAL) {
		file->fd = -1;
		ret = make_until(file, mode);
	}
	if (!ret && file->old >= 0)
		ret = take_after(file->fd, file->old);
	if (!ret || file->old < 0 || !may_not(-ret))
		return ret;
	drop_new(file);
	write_in_place(file);
	return start_in_place(file);
}

static int copy(int from, int to)
{
	char bytes[16384];
	ssize_t n;
	int ret;

	if (lseek(from, 0, SEEK_SET) < 0 || ftruncate(to, 0))
		return -errno;
	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		ret = write_all(to, bytes, n);
		if (ret)
			return ret;
	}
	return n < 0 || fsync(to) ? -errno : 0;
}

/* Filesystems with O_TMPFILE and without links say so in various ways. */
static bool has_no_links(int error)
{
	return error == EPERM || error == EACCES || error == EOPNOTSUPP ||
	       error == ENOSYS || error == EMLINK || error == EXDEV ||
	       error == EINVAL;
}

/* In place of the file that gets no name, another one that has one. */
static int copy_to_named(struct atomic_file *file)
{
	int nameless = file->fd;
	int ret;

	file->fd = -1;
	ret = make_until(file, MODE_REPLACE);
	if (!ret)
		ret = copy(nameless, file->fd);
	if (!ret)
		ret = take_after(file->fd, nameless);
	close(nameless);
	return ret;
}

static int sync_directory(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* A name that was free: what has it now is somebody else's. */
static int put_new(struct atomic_file *file)
{
	int ret = 0;

	if (!file->until) {
		ret = give_name(file, file->name);
		if (!has_no_links(-ret))
			return ret;
		ret = copy_to_named(file);
	}
	if (ret)
		return ret;
	ret = renameat2(file->directory, file->until, file->directory,
			file->name, RENAME_NOREPLACE);
	if (ret && (errno == EINVAL || errno == ENOSYS))
		ret = renameat(file->directory, file->until, file->directory,
			       file->name);
	return ret ? -errno : 0;
}

static int put_over_old(struct atomic_file *file)
{
	int ret = file->until ? 0 : make_until(file, 0);

	if (has_no_links(-ret))
		ret = copy_to_named(file);
	if (ret)
		return ret;
	if (!renameat(file->directory, file->until, file->directory,
		      file->name))
		return 0;
	if (!may_not(errno))
		return -errno;
	/* like a file that something is mounted on */
	ret = copy(file->fd, file->old);
	if (!ret)
		unlinkat(file->directory, file->until, 0);
	return ret;
}

static int put_into_place(struct atomic_file *file)
{
	int ret = file->old < 0 ? put_new(file) : put_over_old(file);

	if (ret)
		return ret;
	free(file->until);
	file->until = NULL;
	file->made = false;
	ret = sync_directory(file->directory);
	/* one that cannot be read, or that takes no sync: the file is in its place */
	return ret == -EACCES || ret == -EINVAL ? 0 : ret;
}

int atomic_file_end(struct atomic_file *file, int ret)
{
	/* a pipe or a terminal takes no sync */
	if (!ret && fsync(file->fd) && errno != EINVAL && errno != EROFS)
		ret = -errno;
	if (!ret && file->name)
		ret = put_into_place(file);
	if (ret && file->made && file->name)
		unlinkat(file->directory, file->name, 0);
	drop_new(file);
	write_in_place(file);
	if (file->old >= 0)
		close(file->old);
	if (file->held)
		sigprocmask(SIG_SETMASK, &file->mask, NULL);
	return ret;
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
