/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is replaced as a whole, or stays as it was.
 */
#ifndef CLI_ATOMIC_FILE_H
#define CLI_ATOMIC_FILE_H

/**
 * struct atomic_file - a file to be
 * @fd: write to it
 * @path: what it will be called, links followed
 * @until: what it is called until then; NULL when it is written in place
 */
struct atomic_file {
	int fd;
	char *path;
	char *until;
};

/**
 * atomic_file_begin() - make a new file beside the old one
 * @new: filled; atomic_file_end() it in any case
 * @path: the old one, or what is to be made
 *
 * Owner and mode become those of the old one, as far as that is allowed. What is
 * no regular file is written in place, and so is a file in a directory that can't
 * be written.
 *
 * Return: 0 or a negative errno
 */
int atomic_file_begin(struct atomic_file *new, const char *path);

/**
 * atomic_file_end() - put it into place, on the disk
 * @new: from atomic_file_begin()
 * @ret: 0 or a negative errno: then the old one stays
 *
 * Return: @ret, or a negative errno
 */
int atomic_file_end(struct atomic_file *new, int ret);

/**
 * sync_name() - bring the name of a new file to the disk, not its content
 * @path: of the file
 *
 * Return: 0 or a negative errno
 */
int sync_name(const char *path);

#endif /* CLI_ATOMIC_FILE_H */
