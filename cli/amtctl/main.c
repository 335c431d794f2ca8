// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amtctl: look at Intel AMT from the machine it is in, and set it up. The table
 * of commands and the command line; nothing here knows what a command does.
 */
#include <stdlib.h>

#include "amtctl.h"
#include "cli/common/memory.h"
#include "cli/common/start.h"

#ifndef AMTCTL_VERSION
#define AMTCTL_VERSION "unknown"
#endif

const char program_name[] = "amtctl";

#define COMMAND_AT(name) &cmd_##name,
static const struct cli_command *const commands[] = {
	AMTCTL_COMMANDS(COMMAND_AT) NULL,
};

static const struct cli_option every_option[] = {
	{ 'j', "json", NULL, "print one JSON document, errors included",
	  offsetof(struct amtctl, json) },
	{ 'q', "quiet", NULL, "print no notes",
	  offsetof(struct amtctl, quiet) },
	{ 'h', "help", NULL, "print this", offsetof(struct amtctl, help) },
	{ 'V', "version", NULL, "print the version",
	  offsetof(struct amtctl, version) },
	{ 0 },
};

static const struct help_page page = {
	.program = "amtctl",
	.about =
		"Look at Intel AMT from the machine it is in, and set it up.\n",
	.commands = commands,
	.every = every_option,
	.end = "Exit status:\n"
	       "  0  done\n"
	       "  1  failure\n"
	       "  2  wrong usage\n"
	       "  3  no management engine, or no driver for it\n"
	       "  4  AMT is not there, or disabled\n"
	       "  5  no permission\n"
	       "  6  busy: another program holds AMT\n"
	       "  7  refused by AMT, or by the state it is in\n"
	       "  8  AMT is not ready: try again later\n"
	       "  9  unknown: it may have happened, or not\n"
	       " 10  done, but the output could not be written\n",
};

static void json_options(struct output *out, const struct cli_option *option)
{
	out_list(out, "options", NULL);
	for (; option && option->name; option++) {
		const char letter[] = { option->letter, '\0' };

		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, option->name);
		out_string(out, "letter", NULL, letter);
		out_string(out, "help", NULL, option->help);
		out_end(out);
	}
	out_end(out);
}

/* help is JSON too when JSON was asked for */
static void json_help(struct output *out)
{
	const struct cli_command *const *c = commands;

	json_options(out, every_option);
	out_list(out, "commands", NULL);
	for (; *c; c++) {
		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, (*c)->name);
		if ((*c)->argument)
			out_string(out, "argument", NULL, (*c)->argument);
		out_string(out, "help", NULL, (*c)->help);
		json_options(out, (*c)->options);
		out_end(out);
	}
	out_end(out);
}

static int help(struct amtctl *ctl, const struct cli_command *command)
{
	struct text text = { 0 };

	if (ctl->json) {
		json_help(ctl->out);
		return STATUS_DONE;
	}
	options_page(&text, &page, command);
	text_append(&text, "", 1);
	out_plain(ctl->out, text.bytes);
	free(text.bytes);
	return STATUS_DONE;
}

static int run(struct amtctl *ctl, const struct command_line *line, char *wrong)
{
	if (!wrong && ctl->version) {
		out_plain(ctl->out, "amtctl " AMTCTL_VERSION "\n");
		out_string(ctl->out, "version", NULL, AMTCTL_VERSION);
		return STATUS_DONE;
	}
	if (!wrong && ctl->help)
		return help(ctl, line->command);
	if (!wrong)
		wrong = options_missing(line);
	if (wrong) {
		fail(ctl->out, STATUS_USAGE, "usage", "%s; see 'amtctl --help'",
		     wrong);
		free(wrong);
		return STATUS_USAGE;
	}
	ctl->argument = line->argument;
	return line->command->run(ctl);
}

int main(int argc, char **argv)
{
	struct amtctl ctl = { 0 };
	struct command_line line = {
		.every = every_option,
		.commands = commands,
		.program = &ctl,
	};
	char *wrong;
	int ret;

	start_program();
	wrong = options_parse(&line, argc, argv);
	last_document(ctl.json ? DOCUMENT_START_OF(SCHEMA_VERSION) : NULL);
	ctl.out = output_new(ctl.json, ctl.quiet);
	out_number(ctl.out, "schema_version", NULL, SCHEMA_VERSION);
	out_repeat(ctl.out);
	ret = run(&ctl, &line, wrong);
	return output_finish(ctl.out, ret);
}
