/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a file to print to, and replacing one as a whole. The kernel judges
 * each name as it judges a shell's redirection, so that the fs.protected_*
 * sysctls hold.
 */
#ifndef CLI_ATOMIC_FILE_H
#define CLI_ATOMIC_FILE_H

#include <signal.h>
#include <stdbool.h>

/**
 * struct atomic_file - a file to be
 * @fd: write to it, after atomic_file_start()
 * @old: what the name leads to, opened for writing; -1 when there is nothing yet
 * @directory: that the file is replaced or made in; -1 when it is written in place
 * @name: in @directory
 * @until: what the new file is called in @directory until then, or NULL
 * @made: @old was made where a link pointed to nothing
 * @regular: @old is a regular file, to be emptied when it is written in place
 * @held: signals are held while @until is there
 * @mask: of signals, before that
 */
struct atomic_file {
	int fd;
	int old;
	int directory;
	char *name;
	char *until;
	bool made;
	bool regular;
	bool held;
	sigset_t mask;
};

/**
 * open_output() - open what a name leads to, as a shell's > or >> would
 * @path: the name
 * @flags: for open(2), beside O_WRONLY and O_CREAT
 *
 * Truncates nothing by itself. A name of standard output (/dev/stdout) gives
 * standard output itself, with its position. A new file has the mode 0666 without
 * the bits of the umask.
 *
 * Return: a descriptor, or a negative errno; -EBADF for a name of a standard
 * descriptor that was closed
 */
int open_output(const char *path, int flags);

/**
 * atomic_file_begin() - find out what is to be replaced; nothing is changed yet
 * @file: filled; atomic_file_end() it in any case
 * @path: the old file, or the one to create
 *
 * A regular file that can be written is replaced by a new one with its owner and
 * mode. It is written in place where that is not possible: its directory can't
 * be written, its owner can't be kept, it is reached through a descriptor
 * (/dev/fd/3). So is anything but a regular file. The target of a dangling link is
 * created.
 *
 * Return: 0 or a negative errno
 */
int atomic_file_begin(struct atomic_file *file, const char *path);

/**
 * atomic_file_is_terminal() - does it go to a terminal
 * @file: from atomic_file_begin()
 */
bool atomic_file_is_terminal(const struct atomic_file *file);

/**
 * atomic_file_start() - make the new file, or empty the one that is written in place
 * @file: from atomic_file_begin(); its @fd is set
 *
 * Return: 0 or a negative errno
 */
int atomic_file_start(struct atomic_file *file);

/**
 * atomic_file_end() - put it into place, on the disk
 * @file: from atomic_file_begin(), started unless @ret is an error
 * @ret: 0 or a negative errno: then the old one stays
 *
 * Return: @ret, or a negative errno; -EEXIST when somebody else has made a file
 * of that name meanwhile
 */
int atomic_file_end(struct atomic_file *file, int ret);

/**
 * sync_name() - bring the name of a new file to the disk, not its content
 * @path: of the file
 *
 * Return: 0 or a negative errno
 */
int sync_name(const char *path);

#endif /* CLI_ATOMIC_FILE_H */
