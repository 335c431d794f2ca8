// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory, or the end of the program.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "write.h"

static const char *words_left;
static const char *outcome_left;
static const char *document_start;
static int status_left = EXIT_FAILURE;

void last_document(const char *start)
{
	document_start = start;
}

void last_words(const char *words, int status, const char *outcome)
{
	words_left = words;
	status_left = words ? status : EXIT_FAILURE;
	outcome_left = outcome;
}

void say_last_words(void)
{
	const char *const parts[] = { program_name, ": ", words_left, "\n" };
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	size_t i;

	if (!words_left || poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLOUT))
		return;
	for (i = 0; i < ARRAY_LENGTH(parts); i++)
		write_all(STDERR_FILENO, parts[i], strlen(parts[i]));
}

/* stdio would allocate */
static void print_document(void)
{
	char text[512];
	int size;

	size = snprintf(text, sizeof(text),
			"{%s%s%s%s\"error\": {\"message\": \"out of memory\", \"reason\": \"memory\", \"exit_status\": %d}}\n",
			document_start, outcome_left ? "\"outcome\": \"" : "",
			outcome_left ? outcome_left : "",
			outcome_left ? "\", " : "", status_left);
	if (size > 0 && (size_t)size < sizeof(text))
		write_all(STDOUT_FILENO, text, size);
}

void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory\n", program_name);
	if (words_left)
		fprintf(stderr, "%s: %s\n", program_name, words_left);
	if (document_start)
		print_document();
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
