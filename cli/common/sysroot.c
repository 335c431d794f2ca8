// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths below the root that tests set.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "memory.h"
#include "sysroot.h"

const char *sysroot = "";

char *sysroot_path(const char *format, ...)
{
	char *below, *path;
	va_list args;

	va_start(args, format);
	below = xvasprintf(format, args);
	va_end(args);
	path = xasprintf("%s%s", sysroot, below);
	free(below);
	return path;
}
