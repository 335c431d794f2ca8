// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory, or the end of the program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory\n", program_name);
	exit(EXIT_FAILURE);
}

void *xrealloc(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		out_of_memory();
	return new;
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}
