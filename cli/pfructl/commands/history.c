// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl history: what was asked of this machine's firmware, and the outcome. Reads
 * the record; makes no firmware call and changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/state-directory.h"
#include "cli/pfructl/options.h"
#include "cli/pfructl/record/attempt.h"
#include "cli/pfructl/record/history.h"

static const char *text_of(json_object *attempt, const char *key)
{
	const char *text = history_text(attempt, key);

	return text ? text : "-";
}

static void print_line(struct output *out, json_object *attempt)
{
	char *line = xasprintf("%-22s%-16s%-13s%s\n", text_of(attempt, "begun"),
			       text_of(attempt, "action"),
			       text_of(attempt, "state"),
			       escaped(text_of(attempt, "file")));

	out_plain(out, line);
	free(line);
}

/* what people look for; JSON has all */
static void print_attempt(struct output *out, json_object *attempt)
{
	static const struct {
		const char *key;
		const char *label;
	} rows[] = {
		{ "begun", "Begun" },	  { "ended", "Ended" },
		{ "action", "Action" },	  { "state", "State" },
		{ "file", "Capsule" },	  { "sha256", "SHA-256" },
		{ "device", "Device" },	  { "status_name", "Status" },
		{ "message", "Message" }, { "id", "Attempt" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(rows); i++)
		if (history_text(attempt, rows[i].key))
			out_text(out, rows[i].label,
				 history_text(attempt, rows[i].key));
}

static void print_all(struct output *out, json_object *attempts)
{
	out_plain(out,
		  "Begun                 Action          State        Capsule\n");
	json_object_object_foreach(attempts, id, attempt) {
		(void)id;
		out_json(out, NULL, attempt);
		print_line(out, attempt);
	}
}

static void print_last(struct output *out, json_object *attempts)
{
	json_object *last = history_last(attempts, NULL);

	if (!last)
		return;
	out_json(out, NULL, last);
	print_attempt(out, last);
}

static void note_interrupted(struct output *out, json_object *attempts)
{
	json_object_object_foreach(attempts, id, attempt) {
		if (!attempt_is_open(attempts, attempt))
			continue;
		note(out,
		     "the attempt %s of %s was interrupted (it has no end on record, and the machine has been restarted since): %s",
		     escaped(id), text_of(attempt, "begun"),
		     history_text(attempt, "sha256") ?
			     "its capsule is refused until it is forced" :
			     "which capsule that was is not known, so none is refused");
	}
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	json_object *attempts;
	const char *what;
	int ret = history_read(&attempts, &what);

	if (ret) {
		json_object_put(attempts);
		fail(ctl->out, STATUS_FAILED,
		     ret == -EACCES || ret == -EPERM ? "permission" : "record",
		     "%s/history: cannot %s: %s", STATE_DIRECTORY, what,
		     strerror(-ret));
		fail_number(ctl->out, "errno", -ret);
		return STATUS_FAILED;
	}
	out_list(ctl->out, "attempts", NULL);
	if (ctl->options.last)
		print_last(ctl->out, attempts);
	else
		print_all(ctl->out, attempts);
	out_end(ctl->out);
	note_interrupted(ctl->out, attempts);
	json_object_put(attempts);
	return STATUS_DONE;
}

static const struct cli_option options[] = {
	{ 0, "last", NULL, "show only the last attempt, in detail",
	  OPTION_AT(last) },
	{ 0 },
};

const struct cli_command cmd_history = {
	.name = "history",
	.help = "show the record of updates and how each ended",
	.details = "Reads /var/lib/pfructl/history. Makes no firmware call.\n",
	.options = options,
	.run = run,
};
