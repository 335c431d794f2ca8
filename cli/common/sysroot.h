/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where /dev and /sys are. Always the root directory, except in tests, which set the
 * variable before main() runs; no option and no environment variable can.
 */
#ifndef CLI_SYSROOT_H
#define CLI_SYSROOT_H

#include <stdbool.h>

extern const char *sysroot;

/**
 * sysroot_path() - format a path below the root
 *
 * Return: allocated
 */
char *sysroot_path(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* CLI_SYSROOT_H */
