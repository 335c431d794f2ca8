// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of updates.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/pfructl/pfructl.h"
#include "summary.h"

#define START_MARK " = START, Action = "
#define END_MARK   " = End, Status = "

/* where no action is known: that line is gone, or has no number of 32 bits */
#define NO_ACTION  (-1)
#define ODD_ACTION (-2)

/**
 * struct run - one update
 * @number: of the run in this log
 * @action: what was asked for, NO_ACTION or ODD_ACTION
 * @lines: lines that the log has of it
 */
struct run {
	unsigned int number;
	int64_t action;
	unsigned int lines;
};

static const char *action_name(int64_t action)
{
	static const char *const names[] = {
		"stage",
		"activate",
		"stage and activate",
	};

	if (action == NO_ACTION)
		return "(beginning is gone)";
	return action >= 0 && (size_t)action < ARRAY_LENGTH(names) ?
		       names[action] :
		       "unknown";
}

/* @status: NULL when the log has no end of the run */
static void print_run(struct output *out, const struct run *run,
		      const char *status)
{
	char *line = xasprintf("%-5u%-20s %-7u%s\n", run->number,
			       action_name(run->action), run->lines,
			       status ? escaped(status) : "(no end)");

	out_plain(out, line);
	free(line);
	out_group(out, NULL, NULL);
	if (run->action < 0)
		out_null(out, "action");
	else
		out_number(out, "action", NULL, run->action);
	out_string(out, "action_name", NULL, action_name(run->action));
	out_number(out, "lines", NULL, run->lines);
	if (status)
		out_string(out, "status", NULL, status);
	else
		out_null(out, "status");
	out_end(out);
}

static void begin_run(struct run *run, int64_t action)
{
	run->number++;
	run->action = action;
	run->lines = 0;
}

static int64_t parse_action(const char *text)
{
	unsigned long long action;

	if (*text < '0' || *text > '9')
		return ODD_ACTION;
	errno = 0;
	action = strtoull(text, NULL, 0);
	return errno || action > UINT32_MAX ? ODD_ACTION : (int64_t)action;
}

/* @open: between a beginning and its end */
static void take_line(struct output *out, struct run *run, bool *open,
		      const char *line)
{
	const char *start = strstr(line, START_MARK);
	const char *end = strstr(line, END_MARK);

	if (start) {
		if (*open)
			print_run(out, run, NULL);
		begin_run(run, parse_action(start + strlen(START_MARK)));
		*open = true;
	} else if (end && !*open) {
		begin_run(run, NO_ACTION);
	}
	run->lines++;
	if (end) {
		print_run(out, run, end + strlen(END_MARK));
		*open = false;
	}
}

/*
 * Firmware may log the NUL that ends a string, too, or carriage returns on either side
 * of the line feed: what is behind them still counts.
 */
static char *line_of(const uint8_t *bytes, size_t size)
{
	char *line = xrealloc(NULL, size + 1);
	size_t length = 0;

	for (; size; size--, bytes++)
		if (*bytes && *bytes != '\r')
			line[length++] = *bytes;
	line[length] = '\0';
	return line;
}

void summary_print(struct output *out, const uint8_t *bytes, size_t size)
{
	const uint8_t *end = bytes + size;
	struct run run = { .number = 0 };
	bool open = false;

	out_plain(out, "Run  Action               Lines  Status\n");
	out_list(out, "runs", NULL);
	while (bytes < end) {
		const uint8_t *stop = memchr(bytes, '\n', end - bytes);
		size_t length = (stop ? stop : end) - bytes;
		char *line = line_of(bytes, length);

		take_line(out, &run, &open, line);
		free(line);
		bytes += length + !!stop;
	}
	if (open)
		print_run(out, &run, NULL);
	out_end(out);
}
