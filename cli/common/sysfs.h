/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short files and links below /sys, below the root of sysroot.h. What they hold is
 * not trusted: it is truncated, and whoever prints it must escape it.
 */
#ifndef CLI_SYSFS_H
#define CLI_SYSFS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * sysfs_read() - the first line of a short file
 * @path: the file, with the root
 * @size: set to the bytes that were read; NULL: not wanted
 *
 * Return: allocated, 4095 bytes at most, or NULL when it can't be read
 */
char *sysfs_read(const char *path, size_t *size);

/**
 * sysfs_directory() - opendir(), but without memory there is no return
 */
DIR *sysfs_directory(const char *path);

/**
 * sysfs_text() - sysfs_read() of a file in a directory
 * @directory: with the root
 * @name: of the file
 *
 * Return: allocated, or NULL when it can't be read
 */
char *sysfs_text(const char *directory, const char *name);

/**
 * sysfs_number() - a file that holds one decimal number
 * @directory: with the root
 * @name: of the file
 * @number: set when there is one
 *
 * Return: true when there is one, of 18 digits at most
 */
bool sysfs_number(const char *directory, const char *name, int64_t *number);

/**
 * sysfs_link_name() - the last part of what a link points to
 * @path: with the root
 *
 * Return: allocated, or NULL when it is no link
 */
char *sysfs_link_name(const char *path);

#endif /* CLI_SYSFS_H */
