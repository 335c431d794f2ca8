/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is replaced as a whole, or stays as it was.
 */
#ifndef PFRUCTL_REPLACEMENT_H
#define PFRUCTL_REPLACEMENT_H

/**
 * struct replacement - a file to be
 * @fd: write to it
 * @path: what it will be called, links followed
 * @until: what it is called until then; NULL when it is written in place
 */
struct replacement {
	int fd;
	char *path;
	char *until;
};

/**
 * replacement_begin() - make a new file beside the old one
 * @new: filled; replacement_end() it in any case
 * @path: the old one, or what is to be made
 *
 * Owner and mode become those of the old one, as far as that is allowed. What is
 * no regular file is written in place, and so is a file in a directory that can't
 * be written.
 *
 * Return: 0 or a negative errno
 */
int replacement_begin(struct replacement *new, const char *path);

/**
 * replacement_end() - put it into place, on the disk
 * @new: from replacement_begin()
 * @ret: 0 or a negative errno: then the old one stays
 *
 * Return: @ret, or a negative errno
 */
int replacement_end(struct replacement *new, int ret);

/**
 * sync_name() - bring the name of a new file to the disk, not its content
 * @path: of the file
 *
 * Return: 0 or a negative errno
 */
int sync_name(const char *path);

#endif /* PFRUCTL_REPLACEMENT_H */
