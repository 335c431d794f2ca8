// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory, or the end of the program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

static const char *words_left;
static int status_left = EXIT_FAILURE;

void last_words(const char *words, int status)
{
	words_left = words;
	status_left = words ? status : EXIT_FAILURE;
}

void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory\n", program_name);
	if (words_left)
		fprintf(stderr, "%s: %s\n", program_name, words_left);
	exit(status_left);
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
