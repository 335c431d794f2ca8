/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command line with commands: each command stands beside its options, as data.
 * Parsing, help and what completions are checked against come from these tables.
 * No abbreviations: what works today must mean the same tomorrow. An option's name
 * and letter mean the same, and take a value or not, in every command that has it.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/**
 * struct cli_option - an option
 * @letter: its short form, 0 for none
 * @name: its long form, without dashes
 * @value: what --help calls its value, NULL when it takes none
 * @help: one line, or several with '\n' between them
 * @at: where it goes in the program's own structure: a const char * when it takes a
 *	value, else a bool
 * @parse: puts a value into what is at @at, whatever that is, in place of a const
 *	char *; gives NULL, or what is wrong with the value, allocated
 */
struct cli_option {
	char letter;
	const char *name;
	const char *value;
	const char *help;
	size_t at;
	char *(*parse)(const struct cli_option *option, const char *text,
		       void *to);
};

/**
 * struct cli_command - a command
 * @name: its name
 * @argument: the words that its argument can be, with '|' between them; any word
 *	when it is in capitals; in brackets when it may be left out; with three dots
 *	behind it when there may be several; NULL when the command takes none
 * @help: one line
 * @details: more, each line with its end
 * @options: those that not every command takes; ends with one without a name; or NULL
 * @flags: of the program's own
 * @run: gives the exit status; @program is the program's own structure
 */
struct cli_command {
	const char *name;
	const char *argument;
	const char *help;
	const char *details;
	const struct cli_option *options;
	unsigned int flags;
	int (*run)(void *program);
};

/**
 * struct command_line - what was read of a command line
 * @every: options that all commands take
 * @commands: ends with NULL
 * @program: what the options are put into
 * @command: the command, NULL when none was given
 * @argument: its first argument, or NULL
 * @arguments: all of them, in the place of words of argv that were read
 * @argument_count: their number
 */
struct command_line {
	const struct cli_option *every;
	const struct cli_command *const *commands;
	void *program;
	const struct cli_command *command;
	const char *argument;
	char **arguments;
	size_t argument_count;
};

/**
 * struct help_page - what --help prints
 * @program: its name
 * @about: what it is for, a line with its end
 * @commands: ends with NULL
 * @every: options that all commands take
 * @end: what stands behind the options, each line with its end
 */
struct help_page {
	const char *program;
	const char *about;
	const struct cli_command *const *commands;
	const struct cli_option *every;
	const char *end;
};

/**
 * options_parse() - read a command line
 * @line: the first three are set
 * @argc: of main()
 * @argv: of main()
 *
 * All of it is read, also behind what is wrong: an option that says how errors are
 * shown counts wherever it stands. @argv is put into another order.
 *
 * Return: NULL, or the first thing that is wrong with it, allocated; that a command
 * or an argument is missing is for options_missing()
 */
char *options_parse(struct command_line *line, int argc, char **argv);

/**
 * options_missing() - what a command line lacks to be run
 *
 * Return: NULL, or a message, allocated
 */
char *options_missing(const struct command_line *line);

/**
 * options_file() - a struct cli_option's @parse for the name of a file
 * @option: the option
 * @text: its value
 * @to: a const char *
 *
 * An empty name, as of a variable that is not set, names no file.
 *
 * Return: NULL, or what is wrong, allocated
 */
char *options_file(const struct cli_option *option, const char *text, void *to);

/**
 * options_page() - append the help of a program, or of one of its commands
 * @text: text
 * @page: what the program says
 * @command: the command, or NULL
 */
void options_page(struct text *text, const struct help_page *page,
		  const struct cli_command *command);

#endif /* CLI_OPTIONS_H */
