// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command line with commands.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "escape.h"
#include "memory.h"
#include "options.h"

/* where the words of an option begin in its help, and its long form before that */
#define HELP_COLUMN 25
#define NAME_WIDTH  (HELP_COLUMN - 6)

/* behind what may be given several times */
#define DOTS "..."

/* what is being read, and the first thing that was wrong */
struct parser {
	struct command_line *line;
	int argc;
	char **argv;
	int at;
	char *wrong;
};

__attribute__((format(printf, 2, 3))) static void
complain(struct parser *parser, const char *format, ...)
{
	va_list args;

	if (parser->wrong)
		return;
	va_start(args, format);
	parser->wrong = xvasprintf(format, args);
	va_end(args);
}

static const struct cli_option *look_in(const struct cli_option *options,
					const char *name, size_t length,
					char letter)
{
	for (; options && options->name; options++)
		if (letter ? options->letter == letter :
			     strlen(options->name) == length &&
				     !strncmp(options->name, name, length))
			return options;
	return NULL;
}

/* by @letter when there is one, else by its name */
static const struct cli_option *find_option(const struct command_line *line,
					    const char *name, size_t length,
					    char letter)
{
	const struct cli_option *found =
		look_in(line->every, name, length, letter);

	if (!found && line->command)
		found = look_in(line->command->options, name, length, letter);
	return found;
}

static void set(struct parser *parser, const struct cli_option *option,
		const char *value)
{
	char *to = (char *)parser->line->program + option->at;
	char *wrong = NULL;

	if (!option->value)
		*(bool *)to = true;
	else if (!option->parse)
		*(const char **)to = value;
	else if (value)
		wrong = option->parse(option, value, to);
	if (wrong)
		complain(parser, "%s", wrong);
	free(wrong);
}

/* the word after an option, its value */
static const char *next_word(struct parser *parser, const char *option)
{
	if (parser->at + 1 < parser->argc)
		return parser->argv[++parser->at];
	complain(parser, "a value is missing after %s", escaped(option));
	return NULL;
}

/* of any command */
static const struct cli_option *find_anywhere(const struct command_line *line,
					      const char *name, size_t length,
					      char letter)
{
	const struct cli_option *found =
		look_in(line->every, name, length, letter);
	const struct cli_command *const *command = line->commands;

	for (; !found && *command; command++)
		found = look_in((*command)->options, name, length, letter);
	return found;
}

static void refuse(struct parser *parser, const char *option, bool known)
{
	const struct cli_command *command = parser->line->command;

	if (known && command)
		complain(parser, "'%s' takes no %s", command->name,
			 escaped(option));
	else if (known)
		complain(parser, "%s needs a command that takes it",
			 escaped(option));
	else
		complain(parser, "unknown option %s", escaped(option));
}

static void parse_long(struct parser *parser, const char *word)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct cli_option *option =
		find_option(parser->line, name, length, 0);

	if (!option) {
		refuse(parser, word,
		       find_anywhere(parser->line, name, length, 0));
	} else if (!option->value && value) {
		complain(parser, "--%s takes no value", option->name);
	} else {
		if (option->value && !value)
			value = next_word(parser, word);
		set(parser, option, value);
	}
}

/* The rest of the word is the value of a letter that takes one. */
static void parse_letters(struct parser *parser, const char *word)
{
	const char *letter = word + 1;

	for (; *letter; letter++) {
		const struct cli_option *option =
			find_option(parser->line, NULL, 0, *letter);
		const char name[] = { '-', *letter, '\0' };

		if (!option) {
			refuse(parser, name,
			       find_anywhere(parser->line, NULL, 0, *letter));
			return;
		}
		if (option->value) {
			set(parser, option,
			    letter[1] ? letter + 1 : next_word(parser, name));
			return;
		}
		set(parser, option, NULL);
	}
}

/* is @word one of the words in @words, which have '|' between them */
static bool is_one_of(const char *word, const char *words)
{
	size_t length = strlen(word);

	for (;;) {
		size_t size = strcspn(words, "|");

		if (size == length && !strncmp(word, words, size))
			return true;
		if (!words[size])
			return false;
		words += size + 1;
	}
}

static bool is_optional(const struct cli_command *command)
{
	return command->argument[0] == '[';
}

static bool takes_any_word(const struct cli_command *command)
{
	char first = command->argument[is_optional(command)];

	return first >= 'A' && first <= 'Z';
}

static bool takes_several(const struct cli_command *command)
{
	return command->argument && strstr(command->argument, DOTS);
}

static void parse_argument(struct parser *parser, char *word)
{
	struct command_line *line = parser->line;

	if (!line->command->argument ||
	    (line->argument && !takes_several(line->command)))
		complain(parser, "one argument too many: %s", escaped(word));
	else if (!takes_any_word(line->command) &&
		 !is_one_of(word, line->command->argument))
		complain(parser, "'%s' takes %s, not %s", line->command->name,
			 line->command->argument, escaped(word));
	else
		line->arguments[line->argument_count++] = word;
	if (line->argument_count)
		line->argument = line->arguments[0];
}

/* Is the word after this one the value of an option in it? */
static bool wants_next_word(const struct command_line *line, const char *word)
{
	const struct cli_option *option;
	size_t length;

	if (word[1] == '-') {
		length = strcspn(word + 2, "=");
		option = find_anywhere(line, word + 2, length, 0);
		return option && option->value && !word[2 + length];
	}
	for (word++; *word; word++) {
		option = find_anywhere(line, NULL, 0, *word);
		if (!option || option->value)
			return option && !word[1];
	}
	return false;
}

/* The first word that is neither an option nor the value of one. */
static int find_command(struct parser *parser)
{
	const struct cli_command *const *command = parser->line->commands;
	int at = 1;

	while (at < parser->argc && parser->argv[at][0] == '-' &&
	       strcmp(parser->argv[at], "--"))
		at += wants_next_word(parser->line, parser->argv[at]) ? 2 : 1;
	if (at < parser->argc && !strcmp(parser->argv[at], "--"))
		at++;
	if (at >= parser->argc)
		return 0;
	for (; *command; command++)
		if (!strcmp((*command)->name, parser->argv[at]))
			parser->line->command = *command;
	if (!parser->line->command)
		complain(parser, "unknown command %s",
			 escaped(parser->argv[at]));
	return at;
}

char *options_parse(struct command_line *line, int argc, char **argv)
{
	struct parser parser = { .line = line, .argc = argc, .argv = argv };
	int command = find_command(&parser);
	bool options = true;

	/* the command was read too, so that an argument's place is behind its new one */
	line->arguments = argv + 1;
	for (parser.at = 1; parser.at < argc; parser.at++) {
		char *word = argv[parser.at];

		if (command && parser.at == command)
			continue;
		if (options && !strcmp(word, "--"))
			options = false;
		else if (options && !strncmp(word, "--", 2))
			parse_long(&parser, word);
		else if (options && word[0] == '-' && word[1])
			parse_letters(&parser, word);
		else if (line->command)
			parse_argument(&parser, word);
	}
	return parser.wrong;
}

char *options_missing(const struct command_line *line)
{
	if (!line->command)
		return xasprintf("no command was given");
	if (line->command->argument && !is_optional(line->command) &&
	    !line->argument)
		return xasprintf("%.*s is missing after '%s'",
				 (int)strcspn(line->command->argument, DOTS),
				 line->command->argument, line->command->name);
	return NULL;
}

char *options_file(const struct cli_option *option, const char *text, void *to)
{
	if (!*text)
		return xasprintf("--%s needs a file, not an empty name",
				 option->name);
	*(const char **)to = text;
	return NULL;
}

static void help_lines(struct text *text, const char *help)
{
	for (;;) {
		int length = strcspn(help, "\n");

		text_printf(text, "%.*s\n", length, help);
		if (!help[length])
			return;
		help += length + 1;
		text_printf(text, "%*s", HELP_COLUMN, "");
	}
}

static void options_help(struct text *text, const struct cli_option *options)
{
	for (; options && options->name; options++) {
		char *name = xasprintf("--%s%s%s", options->name,
				       options->value ? " " : "",
				       options->value ? options->value : "");

		if (options->letter)
			text_printf(text, "  -%c, ", options->letter);
		else
			text_printf(text, "      ");
		text_printf(text, "%-*s%s", NAME_WIDTH, name,
			    strlen(name) < NAME_WIDTH ? "" : "  ");
		help_lines(text, options->help);
		free(name);
	}
}

static void command_help(struct text *text, const char *program,
			 const struct cli_command *c)
{
	text_printf(text, "Usage: %s %s [OPTION...]%s%s\n%s.\n\n%s", program,
		    c->name, c->argument ? " " : "",
		    c->argument ? c->argument : "", c->help, c->details);
}

static void commands_help(struct text *text, const struct help_page *page)
{
	const struct cli_command *const *c;
	size_t name = 0, argument = 0;

	for (c = page->commands; *c; c++) {
		name = MAX(name, strlen((*c)->name));
		if ((*c)->argument)
			argument = MAX(argument, strlen((*c)->argument));
	}
	text_printf(text,
		    "Usage: %s COMMAND [OPTION...] [ARGUMENT]\n%s\nCommands:\n",
		    page->program, page->about);
	for (c = page->commands; *c; c++)
		text_printf(text, "  %-*s %-*s  %s\n", (int)name, (*c)->name,
			    (int)argument, (*c)->argument ? (*c)->argument : "",
			    (*c)->help);
}

void options_page(struct text *text, const struct help_page *page,
		  const struct cli_command *command)
{
	if (command)
		command_help(text, page->program, command);
	else
		commands_help(text, page);
	text_printf(text, "\nOptions:\n");
	if (command)
		options_help(text, command->options);
	options_help(text, page->every);
	text_printf(text, "\n%s", page->end);
	if (!command)
		text_printf(text,
			    "\n'%s COMMAND --help' shows a command's own options; see %s(1).\n",
			    page->program, page->program);
}
