/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One description of the data, printed as text or as one JSON document. Text is
 * held back until the end or out_flush(), so that a failure to write it is
 * noticed once.
 * Strings from outside are escaped for a terminal here and nowhere else.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct output;

/*
 * Everywhere below: a number above 2^53, which many readers of JSON round, has a
 * second key that ends in "_text", with its digits; @key is the key in JSON, NULL to
 * leave it out or inside a list; @label is the label in text, NULL to leave it out.
 */

/**
 * output_new() - begin
 * @json: print JSON
 * @quiet: no notes and no progress
 *
 * Return: never NULL
 */
struct output *output_new(bool json, bool quiet);

/**
 * out_repeat() - what was put so far is to begin every JSON document
 * @out: in which no container is open
 *
 * A run prints several with out_take(), and a new one when a file cannot be written.
 */
void out_repeat(struct output *out);

/**
 * output_finish() - print all
 * @out: freed
 * @status: the exit status so far
 *
 * When the output cannot be written, standard error gets that and what came of
 * the command: the failure that only JSON would have shown, or the outcome(). A
 * pipe on standard output that nobody reads any more is passed over silently,
 * unless there is an outcome(), or out_set_unread() says that it matters. A file of
 * out_use_file() that cannot be written is, with JSON, a failure on standard output.
 *
 * Return: @status; for a success that could not be printed that of outcome(), else
 * EXIT_FAILURE
 */
int output_finish(struct output *out, int status);

/**
 * out_flush() - print now the text collected so far
 *
 * Nothing with JSON, which is one document at the end, and with --quiet. A failure
 * is kept for output_finish().
 */
void out_flush(struct output *out);

/**
 * announce() - say on standard error what is about to be done, unless --quiet
 */
void announce(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * outcome() - what came of an action, in case it cannot be printed as usual
 * @out: output
 * @status: exit status when memory runs out from here on, or a success cannot be
 * printed
 * @key: the value of the key "outcome" in JSON then, NULL to leave it out
 * @format: a sentence without a newline, of at most OUTCOME_SIZE bytes
 *
 * Allocates nothing.
 */
void outcome(struct output *out, int status, const char *key,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

#define OUTCOME_SIZE 512

void out_group(struct output *out, const char *key, const char *label);
void out_list(struct output *out, const char *key, const char *label);
void out_end(struct output *out);

void out_string(struct output *out, const char *key, const char *label,
		const char *value);
/* in text only, inside a list as well */
void out_text(struct output *out, const char *label, const char *value);
void out_number(struct output *out, const char *key, const char *label,
		uint64_t value);
void out_hex(struct output *out, const char *key, const char *label,
	     uint64_t value);
void out_bool(struct output *out, const char *key, const char *label,
	      bool value);
void out_null(struct output *out, const char *key);
void out_guid(struct output *out, const char *key, const char *label,
	      const uint8_t *guid);
void out_duration(struct output *out, const char *key, const char *label,
		  uint64_t nanoseconds);

/**
 * out_json() - a value that is JSON already; nothing in text
 * @value: stays the caller's, unchanged from here on
 */
void out_json(struct output *out, const char *key, struct json_object *value);

/**
 * out_bytes() - bytes that may be text: base64 and text in JSON
 */
void out_bytes(struct output *out, const char *key, const char *label,
	       const uint8_t *bytes, size_t size);

/**
 * out_log() - a log: as it is, or with control characters escaped; in JSON
 * "text" when it is valid UTF-8, else "base64"
 */
void out_log(struct output *out, const uint8_t *bytes, size_t size);

/**
 * out_log_last() - a log that is printed at the end from where it lies
 * @memory: allocated, freed after that; may be NULL
 * @bytes: in @memory
 * @size: their number
 *
 * As out_log(), for a log that may be too large to be held twice. Once only; in text
 * it follows all other text.
 */
void out_log_last(struct output *out, void *memory, const uint8_t *bytes,
		  size_t size);

/**
 * enum out_escape - when out_log() escapes, in text
 * @ESCAPE_ON_TERMINAL: when it goes to a terminal
 * @ESCAPE_NEVER: not even there
 * @ESCAPE_ALWAYS: wherever it goes
 */
enum out_escape {
	ESCAPE_ON_TERMINAL,
	ESCAPE_NEVER,
	ESCAPE_ALWAYS,
};

void out_set_escape(struct output *out, enum out_escape escape);

/**
 * out_set_terminal() - say whether the log goes to a terminal, when the caller
 * prints it elsewhere than to standard output
 */
void out_set_terminal(struct output *out, bool terminal);

/**
 * out_open_file() - open a file that is to be replaced as a whole by all output
 * @out: prints to standard output until out_use_file()
 * @path: stays valid
 *
 * Return: 0 or a negative errno
 */
int out_open_file(struct output *out, const char *path);
void out_use_file(struct output *out);

/**
 * out_set_unread() - output that nobody reads is an error that is reported
 */
void out_set_unread(struct output *out);

/**
 * out_set_lines() - print JSON as one object a line, from here on; the last one,
 * if any, is printed at the end
 */
void out_set_lines(struct output *out);

/**
 * out_take() - take what was collected so far, to be printed by the caller
 * @out: starts empty again, errors and notes included
 * @size: set
 *
 * Return: text, or a line of JSON; allocated
 */
char *out_take(struct output *out, size_t *size);

/**
 * out_plain() - text as it is, without escaping; nothing in JSON
 */
void out_plain(struct output *out, const char *text);

/**
 * out_drop_text() - forget the text collected so far; JSON stays
 */
void out_drop_text(struct output *out);

/**
 * fail() - the one way to report an error
 * @out: output; the first failure is the one that counts
 * @status: the exit status that it leads to, not 0
 * @reason: one word for machines
 * @format: message without a newline
 *
 * Return: @status
 */
int fail(struct output *out, int status, const char *reason, const char *format,
	 ...) __attribute__((format(printf, 4, 5)));

/**
 * out_error() - the failure as JSON has it
 *
 * Return: an object that belongs to @out, or NULL when nothing failed
 */
struct json_object *out_error(const struct output *out);

/* more about the failure, for JSON only */
void fail_number(struct output *out, const char *key, uint64_t value);
void fail_string(struct output *out, const char *key, const char *value);
void fail_guid(struct output *out, const char *key, const uint8_t *guid);

/**
 * note() - something worth knowing that is no failure
 */
void note(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * warning() - something that must not go unnoticed: on standard error, --quiet
 * or not
 */
void warning(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * progress() - a line on the terminal that the next one replaces
 */
void progress(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void progress_end(struct output *out);

#endif /* CLI_OUTPUT_H */
