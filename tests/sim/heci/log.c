// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: one line for each message and event, written at once, so that it
 * can be followed while a guest runs. README.md describes the format.
 */
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

#define HEX_MAX	64	/* bytes shown of a message */

static FILE *out;

int log_open(const char *path)
{
	out = path ? fopen(path, "ae") : stdout;
	if (!out) {
		fprintf(stderr, "heci-sim: cannot write the log %s: %s\n", path,
			strerror(errno));
		return -1;
	}
	setvbuf(out, NULL, _IOLBF, 0);
	return 0;
}

/* the line being made, cut at its end */
static char line[1024];
static size_t at;

static void put(const char *fmt, va_list ap)
{
	int n = vsnprintf(line + at, sizeof(line) - at, fmt, ap);

	at += n;
	if (at >= sizeof(line))
		at = sizeof(line) - 1;
}

static void add(const char *fmt, ...) PRINTF(1, 2);

static void add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(fmt, ap);
	va_end(ap);
}

static void begin(const char *dir)
{
	struct timespec ts;
	char date[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	at = 0;
	add("%s.%03ldZ fw=%.3f %s ", date, ts.tv_nsec / 1000000,
	    fw_ns() / 1e9, dir);
}

/* the last lines, for log_history */
static char *kept[LOG_HISTORY];
static unsigned long lines;

static void end(void)
{
	char **slot = &kept[lines++ % LOG_HISTORY];

	free(*slot);
	*slot = strdup(line);
	if (!*slot)
		abort();
	if (out)
		fprintf(out, "%s\n", line);
}

void log_history(FILE *f, unsigned long n)
{
	unsigned long i;

	if (n > LOG_HISTORY)
		n = LOG_HISTORY;
	for (i = n < lines ? lines - n : 0; i < lines; i++)
		fprintf(f, "%s\n", kept[i % LOG_HISTORY]);
}

void note(const char *fmt, ...)
{
	va_list ap;

	begin("--");
	va_start(ap, fmt);
	put(fmt, ap);
	va_end(ap);
	end();
}

void log_message(const char *dir, const uint8_t *data, size_t len,
		 const char *fmt, ...)
{
	va_list ap;
	size_t i;

	begin(dir);
	va_start(ap, fmt);
	put(fmt, ap);
	va_end(ap);
	add(" [%zu%s", len, len ? ":" : "");
	for (i = 0; i < len && i < HEX_MAX; i++)
		add(" %02x", data[i]);
	add(len > HEX_MAX ? " ...]" : "]");
	end();
}
