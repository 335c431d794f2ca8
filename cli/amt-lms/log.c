// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of the daemon.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "log.h"

#define LIMIT_MS (10 * 60 * 1000)
#define LINE_MAX 1024

static void __attribute__((format(printf, 2, 0)))
write_line(int priority, const char *format, va_list args,
	   unsigned long dropped)
{
	char text[LINE_MAX], more[64] = "";

	vsnprintf(text, sizeof(text), format, args);
	if (dropped)
		snprintf(more, sizeof(more), " (and %lu more before)", dropped);
	/* sd-daemon(3): the journal takes the priority from the line */
	if (getenv("JOURNAL_STREAM"))
		dprintf(STDERR_FILENO, "<%d>%s%s\n", priority, text, more);
	else
		dprintf(STDERR_FILENO, "%s: %s%s\n", program_name, text, more);
}

void log_line(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(priority, format, args, 0);
	va_end(args);
}

void log_limited(struct log_limit *limit, uint64_t now, int priority,
		 const char *format, ...)
{
	va_list args;

	if (now < limit->until) {
		limit->dropped++;
		return;
	}
	va_start(args, format);
	write_line(priority, format, args, limit->dropped);
	va_end(args);
	limit->until = now + LIMIT_MS;
	limit->dropped = 0;
}
