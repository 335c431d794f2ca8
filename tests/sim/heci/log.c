// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: one line for each message and event, written at once, so that it
 * can be followed while a guest runs. README.md describes the format.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
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

static void stamp(const char *dir)
{
	struct timespec ts;
	char date[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s.%03ldZ fw=%.3f %s ", date, ts.tv_nsec / 1000000,
		fw_ns() / 1e9, dir);
}

void note(const char *fmt, ...)
{
	va_list ap;

	if (!out)
		return;
	stamp("--");
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

void log_message(const char *dir, const uint8_t *data, size_t len,
		 const char *fmt, ...)
{
	va_list ap;
	size_t i;

	if (!out)
		return;
	stamp(dir);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fprintf(out, " [%zu", len);
	if (len)
		fputc(':', out);
	for (i = 0; i < len && i < HEX_MAX; i++)
		fprintf(out, " %02x", data[i]);
	fputs(len > HEX_MAX ? " ...]\n" : "]\n", out);
}
