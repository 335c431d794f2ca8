// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl: update firmware at run time and read its telemetry. The table of
 * commands and the command line; nothing here knows what a command does.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/signals.h"
#include "cli/pfructl/log/types.h"
#include "pfructl.h"

#ifndef PFRUCTL_VERSION
#define PFRUCTL_VERSION "unknown"
#endif

const char program_name[] = "pfructl";

/* clang-format off */
static const struct command *const commands[] = {
	&cmd_status,
	&cmd_capability,
	&cmd_capsule,
	&cmd_stage,
	&cmd_activate,
	&cmd_stage_activate,
	&cmd_telemetry,
	&cmd_telemetry_info,
	&cmd_log_level,
	&cmd_watchdog,
};
/* clang-format on */

enum {
	OPTION_JSON = 256,
	OPTION_DRY_RUN,
	OPTION_NO_DEVICE,
	OPTION_RETRIES,
	OPTION_TYPE,
	OPTION_CA,
	OPTION_FULL,
	OPTION_DELTA,
	OPTION_FOLLOW,
	OPTION_SUMMARY,
	OPTION_SINCE_RESET,
	OPTION_RAW,
	OPTION_ESCAPE,
	OPTION_JOURNAL,
	OPTION_STATE,
	OPTION_INTERVAL,
	OPTION_CONFIRM,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "device", required_argument, NULL, 'd' },
	{ "revision", required_argument, NULL, 'r' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "no-device", no_argument, NULL, OPTION_NO_DEVICE },
	{ "retries", required_argument, NULL, OPTION_RETRIES },
	{ "type", required_argument, NULL, 't' },
	{ "ca", required_argument, NULL, OPTION_CA },
	{ "full", no_argument, NULL, OPTION_FULL },
	{ "delta", no_argument, NULL, OPTION_DELTA },
	{ "follow", no_argument, NULL, OPTION_FOLLOW },
	{ "summary", no_argument, NULL, OPTION_SUMMARY },
	{ "since-reset", no_argument, NULL, OPTION_SINCE_RESET },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ "escape", no_argument, NULL, OPTION_ESCAPE },
	{ "output", required_argument, NULL, 'o' },
	{ "journal", no_argument, NULL, OPTION_JOURNAL },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "interval", required_argument, NULL, OPTION_INTERVAL },
	{ "confirm", required_argument, NULL, OPTION_CONFIRM },
	{ NULL, 0, NULL, 0 },
};

#define SHORT_OPTIONS ":hVjqd:r:nt:o:"

#define RETRIES_MAX 3600

/* milliseconds */
#define INTERVAL    1000
#define CONFIRM	    60000
#define SECONDS_MAX 86400

/**
 * struct option_help - an option as --help shows it
 * @takes: 0 when every command takes it
 * @text: the line
 */
/* clang-format off */
static const struct option_help {
	unsigned int takes;
	const char *text;
} option_help[] = {
	{ TAKES_DEVICE,
	  "  -d, --device DEVICE    node, or number of the instance\n" },
	{ TAKES_REVISION,
	  "  -r, --revision 1|2     revision of the firmware interface (default 1)\n" },
	{ TAKES_DRY_RUN,
	  "  -n, --dry-run          stop before anything is written\n" },
	{ TAKES_RETRIES,
	  "      --retries N        repeat up to N times, one second apart, while the\n"
	  "                         firmware answers \"retry suggested\" (default 0)\n" },
	{ TAKES_TYPE,
	  "  -t, --type TYPE        log: execution (default) or history\n" },
	{ TAKES_FULL,
	  "      --full             print the whole log (default)\n" },
	{ TAKES_DELTA,
	  "      --delta            print what is new since the last --delta or --follow\n" },
	{ TAKES_FOLLOW,
	  "      --follow           --delta again and again, until interrupted\n" },
	{ TAKES_SUMMARY,
	  "      --summary          print a table of the updates found in the log\n" },
	{ TAKES_SINCE,
	  "      --since-reset      count as lost what was overwritten since the log's last\n"
	  "                         reset, where there is no position yet\n" },
	{ TAKES_RAW,
	  "      --raw              escape nothing, even on a terminal\n" },
	{ TAKES_ESCAPE,
	  "      --escape           escape control characters wherever it is printed to\n" },
	{ TAKES_OUTPUT,
	  "  -o, --output FILE      print to FILE (\"-\": standard output); --delta and\n"
	  "                         --follow append\n" },
	{ TAKES_JOURNAL,
	  "      --journal          print to the journal, one entry a line\n" },
	{ TAKES_STATE,
	  "      --state FILE       keep the position there, not in /var/lib/pfructl\n" },
	{ TAKES_INTERVAL,
	  "      --interval SECONDS look that often while following (default 1)\n" },
	{ TAKES_CONFIRM,
	  "      --confirm SECONDS  ask the firmware at least that often while following\n"
	  "                         (default 60; once a second at most)\n" },
	{ TAKES_CA,
	  "      --ca FILE          verify the signature against these certificates\n" },
	{ TAKES_NO_DEVICE,
	  "      --no-device        do not compare with this machine\n" },
	{ 0, "  -j, --json             print one JSON document, errors included\n" },
	{ 0, "  -q, --quiet            print no notes, no progress, no success of an action\n" },
	{ 0, "  -h, --help             print this\n" },
	{ 0, "  -V, --version          print the version and what was built in\n" },
};
/* clang-format on */

static const char exit_help[] =
	"\n"
	"Exit status:\n"
	"  0  done\n"
	"  1  failure\n"
	"  2  wrong usage\n"
	"  3  no device, or no driver for it\n"
	"  4  capsule refused before the firmware was asked to update\n"
	"  5  the firmware refused\n"
	"  6  busy: another program loads a capsule or uses the position, or there is\n"
	"     no log yet\n"
	"  7  the log changed each time it was read\n"
	"  8  unknown outcome: the firmware may have done it, or not\n"
	"  9  done, but the output could not be written\n";

/* what the command line asks for instead of a command's work */
enum request {
	REQUEST_RUN,
	REQUEST_HELP,
	REQUEST_VERSION,
};

static void print_option_help(struct output *out, unsigned int takes)
{
	size_t i;

	out_plain(out, "\nOptions:\n");
	for (i = 0; i < ARRAY_LENGTH(option_help); i++)
		if ((option_help[i].takes & takes) == option_help[i].takes)
			out_plain(out, option_help[i].text);
	out_plain(out, exit_help);
}

static void print_help(struct output *out)
{
	size_t i;

	out_plain(out,
		  "Usage: pfructl COMMAND [OPTION...] [ARGUMENT]\n"
		  "Update platform firmware at run time and read its telemetry.\n"
		  "\nCommands:\n");
	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		const struct command *c = commands[i];
		char *line = xasprintf("  %-14s %-8s %s\n", c->name,
				       c->argument ? c->argument : "", c->help);

		out_plain(out, line);
		free(line);
	}
	print_option_help(out, 0);
	out_plain(out,
		  "\n'pfructl COMMAND --help' shows a command's own options; see pfructl(1).\n");
}

static void print_command_help(struct output *out, const struct command *c)
{
	char *text = xasprintf("Usage: pfructl %s [OPTION...]%s%s\n%s.\n\n%s",
			       c->name, c->argument ? " " : "",
			       c->argument ? c->argument : "", c->help,
			       c->details);

	out_plain(out, text);
	free(text);
	print_option_help(out, c->takes);
}

/* of a line of option_help: "  -d, --device DEVICE ..." */
static void print_json_option(struct output *out, const char *line)
{
	const char *name = strstr(line, "--");
	char *text = xasprintf("%.*s", (int)strcspn(name, " "), name);
	size_t i;

	out_group(out, NULL, NULL);
	out_string(out, "name", NULL, text);
	free(text);
	if (line + 2 != name && line[2] == '-') {
		text = xasprintf("%.2s", line + 2);
		out_string(out, "short", NULL, text);
		free(text);
	}
	for (i = 0; long_options[i].name; i++)
		if (!strncmp(name + 2, long_options[i].name,
			     strcspn(name + 2, " ")) &&
		    !long_options[i].name[strcspn(name + 2, " ")])
			out_bool(out, "value", NULL, long_options[i].has_arg);
	out_end(out);
}

static void print_json_options(struct output *out, const struct command *c)
{
	size_t i;

	out_list(out, "options", NULL);
	for (i = 0; i < ARRAY_LENGTH(option_help); i++)
		if ((option_help[i].takes & c->takes) == option_help[i].takes)
			print_json_option(out, option_help[i].text);
	out_end(out);
}

/* help is JSON too when JSON was asked for */
static void print_json_help(struct output *out)
{
	size_t i;

	out_list(out, "commands", NULL);
	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		out_group(out, NULL, NULL);
		out_string(out, "name", NULL, commands[i]->name);
		if (commands[i]->argument)
			out_string(out, "argument", NULL,
				   commands[i]->argument);
		out_string(out, "help", NULL, commands[i]->help);
		print_json_options(out, commands[i]);
		out_end(out);
	}
	out_end(out);
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

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int usage(struct pfructl *ctl, const char *what, const char *which)
{
	return fail(ctl->out, STATUS_USAGE, "usage",
		    "%s%s%s; see 'pfructl --help'", what, *which ? " " : "",
		    escaped(which));
}

static int parse_number(const char *text, unsigned long max, uint32_t *number)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end || errno || n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

/* Seconds with at most three decimals, in milliseconds; not 0. */
static int parse_seconds(const char *text, uint32_t *milliseconds)
{
	uint32_t seconds, scale = 100, rest = 0;
	const char *point = strchr(text, '.');
	char *whole = xasprintf("%.*s", (int)strcspn(text, "."), text);
	int ret = parse_number(whole, SECONDS_MAX, &seconds);

	free(whole);
	if (point && !point[1])
		return -EINVAL;
	for (; !ret && point && *++point; scale /= 10) {
		if (*point < '0' || *point > '9' || !scale)
			return -EINVAL;
		rest += scale * (*point - '0');
	}
	*milliseconds = 1000 * seconds + rest;
	return ret || !*milliseconds ? -EINVAL : 0;
}

/* options without a value that only say that they were given */
static unsigned int telemetry_flag(int c)
{
	switch (c) {
	case OPTION_FULL:
		return TAKES_FULL;
	case OPTION_DELTA:
		return TAKES_DELTA;
	case OPTION_FOLLOW:
		return TAKES_FOLLOW;
	case OPTION_SUMMARY:
		return TAKES_SUMMARY;
	case OPTION_SINCE_RESET:
		return TAKES_SINCE;
	case OPTION_RAW:
		return TAKES_RAW;
	case OPTION_ESCAPE:
		return TAKES_ESCAPE;
	case OPTION_JOURNAL:
		return TAKES_JOURNAL;
	default:
		return 0;
	}
}

/* An empty name, as of a variable that is not set, names no file. */
static int file_given(struct pfructl *ctl, const char *option)
{
	char *text;
	int ret;

	if (*optarg)
		return STATUS_DONE;
	text = xasprintf("%s needs a file, not an empty name", option);
	ret = usage(ctl, text, "");
	free(text);
	return ret;
}

static int parse_telemetry_option(struct pfructl *ctl, int c)
{
	struct options *o = &ctl->options;

	o->given |= telemetry_flag(c);
	o->since_reset = o->given & TAKES_SINCE;
	o->raw = o->given & TAKES_RAW;
	o->escape = o->given & TAKES_ESCAPE;
	o->journal = o->given & TAKES_JOURNAL;
	switch (c) {
	case 'o':
		o->given |= TAKES_OUTPUT;
		o->output = strcmp(optarg, "-") ? optarg : NULL;
		return file_given(ctl, "--output");
	case OPTION_STATE:
		o->given |= TAKES_STATE;
		o->state = optarg;
		return file_given(ctl, "--state");
	case OPTION_INTERVAL:
		o->given |= TAKES_INTERVAL;
		if (parse_seconds(optarg, &o->interval))
			return usage(ctl,
				     "--interval is a number of seconds, not",
				     optarg);
		return STATUS_DONE;
	case OPTION_CONFIRM:
		o->given |= TAKES_CONFIRM;
		if (parse_seconds(optarg, &o->confirm))
			return usage(ctl,
				     "--confirm is a number of seconds, not",
				     optarg);
		return STATUS_DONE;
	}
	return STATUS_DONE;
}

static int parse_option(struct pfructl *ctl, int c, enum request *request)
{
	struct options *o = &ctl->options;

	switch (c) {
	case 'h':
		*request = REQUEST_HELP;
		return STATUS_DONE;
	case 'V':
		*request = REQUEST_VERSION;
		return STATUS_DONE;
	case 'j':
	case 'q':
		return STATUS_DONE; /* looked for before */
	case 'd':
		o->given |= TAKES_DEVICE;
		o->device = optarg;
		if (!*optarg)
			return usage(ctl, "--device needs a node or a number",
				     "");
		return STATUS_DONE;
	case 'r':
		o->given |= TAKES_REVISION;
		if (parse_number(optarg, 2, &o->revision) || !o->revision)
			return usage(ctl, "--revision is 1 or 2, not", optarg);
		return STATUS_DONE;
	case 'n':
		o->given |= TAKES_DRY_RUN;
		o->dry_run = true;
		return STATUS_DONE;
	case OPTION_NO_DEVICE:
		o->given |= TAKES_NO_DEVICE;
		o->no_device = true;
		return STATUS_DONE;
	case OPTION_RETRIES:
		o->given |= TAKES_RETRIES;
		if (parse_number(optarg, RETRIES_MAX, &o->retries))
			return usage(ctl,
				     "--retries is a number up to 3600, not",
				     optarg);
		return STATUS_DONE;
	case 't':
		o->given |= TAKES_TYPE;
		if (!log_value(log_types, LOG_TYPES, optarg, &o->log_type))
			return usage(ctl, "--type is execution or history, not",
				     optarg);
		return STATUS_DONE;
	case OPTION_CA:
		o->given |= TAKES_CA;
		o->ca = optarg;
		return file_given(ctl, "--ca");
	default:
		return parse_telemetry_option(ctl, c);
	}
}

/* of a letter that is an option; not ':', which SHORT_OPTIONS has, too */
static bool is_letter(int c)
{
	return c > 0 && c < 256 && c != ':' && strchr(SHORT_OPTIONS, c);
}

/*
 * What getopt_long() found fault with, @c: it leaves the letter in optopt, as it
 * does for the letter of a long option. Letters of one word may follow, so the
 * word before optind is the one meant for a long option only.
 */
static int wrong_option(struct pfructl *ctl, int c, const char *word)
{
	char letter[] = { '-', optopt, '\0' };
	bool is_long = !strncmp(word, "--", 2) &&
		       (!optopt || optopt > 255 || is_letter(optopt));

	if (c == ':')
		return usage(ctl, "a value is missing after",
			     is_long ? word : letter);
	if (is_long && optopt)
		return usage(ctl, "this option takes no value:", word);
	return usage(ctl, "unknown or incomplete option",
		     is_long ? word : letter);
}

static int parse_options(struct pfructl *ctl, int argc, char **argv,
			 enum request *request)
{
	int c, ret;

	opterr = 0;
	while ((c = getopt_long(argc, argv, SHORT_OPTIONS, long_options,
				NULL)) != -1) {
		if (c == '?' || c == ':')
			return wrong_option(ctl, c, argv[optind - 1]);
		ret = parse_option(ctl, c, request);
		if (ret)
			return ret;
	}
	return STATUS_DONE;
}

/* options that a command does not take would be ignored: better refused */
static int check_options(struct pfructl *ctl, const struct command *command)
{
	unsigned int wrong = ctl->options.given & ~command->takes;
	size_t i;

	for (i = 0; wrong && i < ARRAY_LENGTH(option_help); i++) {
		const char *name = strstr(option_help[i].text, "--");
		char *text;
		int ret;

		if (!(option_help[i].takes & wrong))
			continue;
		text = xasprintf("'%s' takes no %.*s", command->name,
				 (int)strcspn(name, " "), name);
		ret = usage(ctl, text, "");
		free(text);
		return ret;
	}
	return STATUS_DONE;
}

static int check_arguments(struct pfructl *ctl, const struct command *command,
			   int count, char **arguments)
{
	bool optional = command->argument && *command->argument == '[';

	if (command->argument && !optional && !count)
		return usage(ctl, "which capsule? A file is missing after",
			     command->name);
	if (count > (command->argument ? 1 : 0))
		return usage(ctl, "one argument too many:",
			     arguments[command->argument ? 1 : 0]);
	ctl->argument = count ? arguments[0] : NULL;
	if (ctl->argument && !optional && !*ctl->argument)
		return usage(ctl, "an empty name is no file; which capsule?",
			     "");
	if (ctl->argument && ctl->options.ca && !strcmp(ctl->argument, "-") &&
	    !strcmp(ctl->options.ca, "-"))
		return usage(ctl,
			     "standard input cannot be both the capsule and --ca",
			     "");
	return STATUS_DONE;
}

static int run_command(struct pfructl *ctl, enum request request, int count,
		       char **arguments)
{
	const struct command *command;
	int ret;

	command = find_command(arguments[0]);
	if (!command)
		return usage(ctl, "unknown command", arguments[0]);
	if (request == REQUEST_HELP) {
		print_command_help(ctl->out, command);
		if (ctl->options.json)
			print_json_help(ctl->out);
		return STATUS_DONE;
	}
	ret = check_options(ctl, command);
	if (!ret)
		ret = check_arguments(ctl, command, count - 1, arguments + 1);
	if (ret)
		return ret;
	if (command->acts && !ctl->options.dry_run)
		out_set_unread(ctl->out);
	ret = command->run(ctl);
	if (ret ? !command->tells_on_failure :
		  command->acts && ctl->options.quiet)
		out_drop_text(ctl->out);
	return ret;
}

static int run(struct pfructl *ctl, int argc, char **argv)
{
	enum request request = REQUEST_RUN;
	int ret;

	ret = parse_options(ctl, argc, argv, &request);
	if (ret)
		return ret;
	if (request == REQUEST_VERSION) {
		print_version(ctl->out);
		return STATUS_DONE;
	}
	if (optind < argc)
		return run_command(ctl, request, argc - optind, argv + optind);
	if (request == REQUEST_HELP) {
		print_help(ctl->out);
		if (ctl->options.json)
			print_json_help(ctl->out);
		return STATUS_DONE;
	}
	return usage(ctl, "no command was given", "");
}

/*
 * --json and --quiet hold for errors of the command line too, so they are looked
 * for first, with the same parser.
 */
static void look_ahead(struct pfructl *ctl, int argc, char **argv)
{
	char **copy = malloc((argc + 1) * sizeof(*copy));
	int c;

	for (c = 1; c < argc && !copy; c++)
		if (!strcmp(argv[c], "--json") || !strcmp(argv[c], "-j"))
			last_document("");
	if (!copy)
		out_of_memory();
	memcpy(copy, argv, (argc + 1) * sizeof(*copy));
	opterr = 0;
	while ((c = getopt_long(argc, copy, SHORT_OPTIONS, long_options,
				NULL)) != -1) {
		if (c == 'j')
			ctl->options.json = true;
		if (c == 'q')
			ctl->options.quiet = true;
	}
	free(copy);
	optind = 0;
}

/*
 * A descriptor that was closed would be given to the next file opened: fill the
 * first three with what can't be used, so that printing fails instead.
 */
static void guard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * A pipe that is closed and a file that may not grow are errors of writing, reported
 * as such; the end of a program started here is to be waited for.
 */
static void set_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
	struct pfructl ctl = { .options = {
				       .revision = 1,
				       .interval = INTERVAL,
				       .confirm = CONFIRM,
			       } };
	int ret;

	guard_descriptors();
	set_signals();
	/* options may follow the command and its argument, whatever is set */
	unsetenv("POSIXLY_CORRECT");
	look_ahead(&ctl, argc, argv);
	last_document(ctl.options.json ? "" : NULL);
	ctl.out = output_new(ctl.options.json, ctl.options.quiet);
	ret = run(&ctl, argc, argv);
	ret = output_finish(ctl.out, ret);
	signals_release();
	return ret;
}
