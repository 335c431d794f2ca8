// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl: update firmware at run time and read its telemetry. The table of
 * commands and the command line; nothing here knows what a command does.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/machine.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/signals.h"
#include "cli/common/start.h"
#include "options.h"
#include "pfructl.h"

#ifndef PFRUCTL_VERSION
#define PFRUCTL_VERSION "unknown"
#endif

/* of a document that is printed when there is no memory */
#define NO_MEMORY_START DOCUMENT_START_OF(SCHEMA_VERSION)

const char program_name[] = "pfructl";

#define COMMAND_AT(name) &cmd_##name,
static const struct cli_command *const commands[] = {
	PFRUCTL_COMMANDS(COMMAND_AT) NULL,
};

static const struct cli_option every_option[] = {
	{ 'j', "json", NULL, "print one JSON document, errors included",
	  OPTION_AT(json) },
	{ 0, "machine", NULL,
	  "name this machine in JSON: host name and machine id",
	  OPTION_AT(machine) },
	{ 'q', "quiet", NULL,
	  "no notes, no progress, no text when an action succeeds",
	  OPTION_AT(quiet) },
	{ 'h', "help", NULL, "print this", OPTION_AT(help) },
	{ 'V', "version", NULL, "print the version and what was built in",
	  OPTION_AT(version) },
	{ 0 },
};

static const struct help_page page = {
	.program = "pfructl",
	.about =
		"Update platform firmware at run time and read its telemetry.\n",
	.commands = commands,
	.every = every_option,
	.end = "Exit status:\n"
	       "  0  done\n"
	       "  1  failure\n"
	       "  2  wrong usage\n"
	       "  3  no device, or no driver for it\n"
	       "  4  capsule refused before the firmware was asked to update\n"
	       "  5  the firmware refused\n"
	       "  6  busy: another update is under way, another program loads a capsule or uses\n"
	       "     the position, what is staged was staged by another operator, or there is\n"
	       "     no log yet\n"
	       "  7  the log changed each time it was read\n"
	       "  8  unknown outcome: the firmware may have done it, or not\n"
	       "  9  done, but the output could not be written\n",
};

static void print_json_options(struct output *out,
			       const struct cli_option *option)
{
	for (; option && option->name; option++) {
		const char letter[] = { '-', option->letter, '\0' };
		char *name = xasprintf("--%s", option->name);

		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, name);
		if (option->letter)
			out_string(out, "short", NULL, letter);
		out_bool(out, "value", NULL, option->value);
		out_end(out);
		free(name);
	}
}

/* help is JSON too when JSON was asked for */
static void print_json_help(struct output *out)
{
	const struct cli_command *const *c = commands;

	out_list(out, "commands", NULL);
	for (; *c; c++) {
		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, (*c)->name);
		if ((*c)->argument)
			out_string(out, "argument", NULL, (*c)->argument);
		out_string(out, "help", NULL, (*c)->help);
		out_list(out, "options", NULL);
		print_json_options(out, (*c)->options);
		print_json_options(out, every_option);
		out_end(out);
		out_end(out);
	}
	out_end(out);
}

static int print_help(struct pfructl *ctl, const struct cli_command *command)
{
	struct text text = { 0 };

	if (ctl->options.json) {
		print_json_help(ctl->out);
		return STATUS_DONE;
	}
	options_page(&text, &page, command);
	text_append(&text, "", 1);
	out_plain(ctl->out, text.bytes);
	free(text.bytes);
	return STATUS_DONE;
}

static void print_version(struct output *out)
{
	static const char *const features[] = {
		"json", "journal", "kmod", "openssl", "mainline-drivers",
	};
	size_t i;

	out_plain(out, "pfructl " PFRUCTL_VERSION "\nfeatures:");
	out_string(out, "version", NULL, PFRUCTL_VERSION);
	out_list(out, "features", NULL);
	for (i = 0; i < ARRAY_LENGTH(features); i++) {
		out_plain(out, " ");
		out_plain(out, features[i]);
		out_string(out, NULL, NULL, features[i]);
	}
	out_end(out);
	out_plain(out, "\n");
}

static void print_id(struct output *out, const char *key, char *id)
{
	if (id)
		out_string(out, key, NULL, id);
	else
		out_null(out, key);
	free(id);
}

/* what every JSON document begins with */
static void print_header(const struct pfructl *ctl)
{
	struct output *out = ctl->out;

	out_number(out, "schema_version", NULL, SCHEMA_VERSION);
	if (ctl->options.machine) {
		out_group(out, "machine", NULL);
		print_id(out, "hostname", machine_host());
		print_id(out, "machine_id", machine_id());
		out_end(out);
	}
	out_repeat(out);
}

/* what is wrong with words that are each as they should be; NULL or allocated */
static char *check_words(const struct pfructl *ctl,
			 const struct cli_command *command)
{
	const char *ca = ctl->options.ca;
	int standard_input = ca && !strcmp(ca, "-");
	size_t i;

	for (i = 0; i < ctl->argument_count; i++) {
		const char *argument = ctl->arguments[i];

		if (!*argument && *command->argument != '[')
			return xasprintf("an empty name is no file; name one");
		standard_input += !strcmp(argument, "-");
	}
	if (ctl->options.machine && !ctl->options.json)
		return xasprintf("--machine needs --json");
	if (standard_input > 1)
		return xasprintf("only one file can be standard input, '-'");
	return NULL;
}

static int usage(struct pfructl *ctl, char *wrong)
{
	fail(ctl->out, STATUS_USAGE, "usage", "%s; see 'pfructl --help'",
	     wrong);
	free(wrong);
	return STATUS_USAGE;
}

static int run_command(struct pfructl *ctl, const struct cli_command *command)
{
	bool acts = command->flags & COMMAND_ACTS;
	int ret;

	if (acts && !ctl->options.dry_run)
		out_set_unread(ctl->out);
	ret = command->run(ctl);
	if (ret ? !(command->flags & COMMAND_TELLS_ON_FAILURE) :
		  acts && ctl->options.quiet)
		out_drop_text(ctl->out);
	return ret;
}

static int run(struct pfructl *ctl, const struct command_line *line,
	       char *wrong)
{
	if (wrong)
		return usage(ctl, wrong);
	if (ctl->options.version) {
		print_version(ctl->out);
		return STATUS_DONE;
	}
	if (ctl->options.help)
		return print_help(ctl, line->command);
	ctl->argument = line->argument;
	ctl->arguments = line->arguments;
	ctl->argument_count = line->argument_count;
	wrong = options_missing(line);
	if (!wrong)
		wrong = check_words(ctl, line->command);
	return wrong ? usage(ctl, wrong) : run_command(ctl, line->command);
}

/* What is wrong with the command line takes memory, before it is known. */
static void expect_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			last_document(NO_MEMORY_START);
}

int main(int argc, char **argv)
{
	struct pfructl ctl = { .options = { .revision = 1 } };
	struct command_line line = {
		.every = every_option,
		.commands = commands,
		.program = &ctl,
	};
	char *wrong;
	int ret;

	start_program();
	/* the end of a program started here is to be waited for */
	signal(SIGCHLD, SIG_DFL);
	expect_json(argc, argv);
	wrong = options_parse(&line, argc, argv);
	last_document(ctl.options.json ? NO_MEMORY_START : NULL);
	ctl.out = output_new(ctl.options.json, ctl.options.quiet);
	print_header(&ctl);
	ret = run(&ctl, &line, wrong);
	ret = output_finish(ctl.out, ret);
	signals_release();
	return ret;
}
