// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text and JSON.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic-file.h"
#include "base64.h"
#include "core/guid.h"
#include "escape.h"
#include "memory.h"
#include "output.h"
#include "text.h"
#include "write.h"

#define DEPTH_MAX   8
#define LABEL_WIDTH 28
#define INDENT	    2

/* bytes of a log that are escaped at once */
#define LOG_PIECE 16384

/* the largest integer that a reader with IEEE 754 doubles keeps, RFC 8259, 6 */
#define EXACT_MAX (1ULL << 53)

/**
 * struct output - what is to be printed
 * @json: as JSON
 * @quiet: no notes, no progress
 * @log: when to escape a log
 * @terminal: the log goes to a terminal
 * @lines: JSON is one object a line
 * @unread: it matters that what is printed is not read
 * @path: of @file, or NULL
 * @file: to be replaced by what is printed
 * @to_file: print to @file, not to standard output
 * @progress_shown: a line of progress is on the terminal
 * @text: what is not JSON, so far
 * @last: a log that is printed behind @text, or in JSON in its place
 * @memory: that @last lies in, allocated
 * @stack: JSON containers that are open; in text only the first is there, for @error
 * @depth: index of the innermost
 * @indent: columns that text is indented by, for each of @stack
 * @header: what every document begins with
 * @error: the first failure, in @stack[0]
 * @failed: there was a failure
 * @notes: list in @stack[0]
 * @unwritten: what out_flush() could not print, a negative errno
 * @outcome: what came of an action, empty when there was none
 * @outcome_status: exit status of a success that could not be printed
 */
struct output {
	bool json;
	bool quiet;
	enum out_escape log;
	bool terminal;
	bool lines;
	bool unread;
	const char *path;
	struct atomic_file file;
	bool to_file;
	bool progress_shown;
	struct text text;
	struct text_blob last;
	void *memory;
	json_object *stack[DEPTH_MAX];
	int depth;
	int indent[DEPTH_MAX];
	json_object *header;
	json_object *error;
	bool failed;
	json_object *notes;
	int unwritten;
	char outcome[OUTCOME_SIZE];
	int outcome_status;
};

/* what json-c has made; it has made nothing when there is no memory */
static json_object *made(json_object *object)
{
	if (!object)
		out_of_memory();
	return object;
}

static void put(json_object *object, const char *key, json_object *value)
{
	if (json_object_object_add(object, key, value))
		out_of_memory();
}

static void put_last(json_object *array, json_object *value)
{
	if (json_object_array_add(array, value))
		out_of_memory();
}

/* A string that is not UTF-8 is escaped, so that the document stays valid. */
static json_object *json_text(const char *bytes, size_t size)
{
	json_object *object;
	char *text;

	if (size > INT32_MAX)
		out_of_memory();
	if (utf8_valid((const uint8_t *)bytes, size)) {
		object = json_object_new_string_len(bytes, size);
	} else {
		text = escape(bytes, size);
		object = json_object_new_string(text);
		free(text);
	}
	return made(object);
}

static json_object *json_base64(const uint8_t *bytes, size_t size)
{
	json_object *object;
	char *text;

	text = xrealloc(NULL, BASE64_SIZE(size));
	base64(text, bytes, size);
	object = json_text(text, BASE64_SIZE(size));
	free(text);
	return object;
}

struct output *output_new(bool json, bool quiet)
{
	struct output *out = xrealloc(NULL, sizeof(*out));

	memset(out, 0, sizeof(*out));
	out->json = json;
	out->quiet = quiet;
	out->terminal = isatty(STDOUT_FILENO);
	out->outcome_status = EXIT_FAILURE;
	out->stack[0] = made(json_object_new_object());
	return out;
}

/* after what was found out, whenever it was noticed */
static void put_error_last(json_object *document)
{
	json_object *error;

	if (!json_object_object_get_ex(document, "error", &error))
		return;
	json_object_get(error);
	json_object_object_del(document, "error");
	put(document, "error", error);
}

static struct text json_document(struct output *out)
{
	struct text text = { 0 };

	put_error_last(out->stack[0]);
	text_json(&text, out->stack[0], !out->lines);
	text_append(&text, "\n", 1);
	return text;
}

/* An escaped log is as with all of it escaped at once. */
static size_t piece_of_log(const uint8_t *bytes, size_t left)
{
	size_t size = LOG_PIECE;

	if (left <= LOG_PIECE)
		return left;
	/* a character has up to three bytes behind its first */
	while (size > LOG_PIECE - 3 && (bytes[size] & 0xc0) == 0x80)
		size--;
	if ((bytes[size] & 0xc0) == 0x80)
		size = LOG_PIECE; /* none of a character */
	if (bytes[size] == '\n' && bytes[size - 1] == '\r')
		size--;
	return size;
}

static bool escapes_log(const struct output *out)
{
	return out->log == ESCAPE_ALWAYS ||
	       (out->log == ESCAPE_ON_TERMINAL && out->terminal);
}

static void append_log(struct output *out, struct text *text,
		       const uint8_t *bytes, size_t size)
{
	size_t n, written;
	char *escaped;

	if (!escapes_log(out)) {
		text_append(text, bytes, size);
		return;
	}
	for (; size; size -= n, bytes += n) {
		n = piece_of_log(bytes, size);
		escaped = escape_log(bytes, n, &written);
		text_append(text, escaped, written);
		free(escaped);
	}
}

static void append_document(struct output *out, struct text *text)
{
	if (!out->json) {
		text_append(text, out->text.bytes, out->text.size);
		append_log(out, text, out->last.bytes, out->last.size);
	} else if (!out->lines || out->failed) { /* a note alone is no news */
		text_json(text, out->stack[0], !out->lines);
		text_append(text, "\n", 1);
	}
}

/* What the file held stays until all is in the new one, on the disk. */
static int print_all(struct output *out)
{
	struct text text;
	int ret = 0;

	put_error_last(out->stack[0]);
	text_stream(&text);
	if (out->to_file)
		ret = atomic_file_start(&out->file);
	if (!ret) {
		text.fd = out->to_file ? out->file.fd : STDOUT_FILENO;
		append_document(out, &text);
		ret = text_stream_end(&text);
	} else {
		free(text.bytes);
	}
	if (!out->path)
		return ret;
	if (out->to_file)
		return atomic_file_end(&out->file, ret);
	atomic_file_end(&out->file, -ECANCELED);
	return ret;
}

int out_open_file(struct output *out, const char *path)
{
	out->path = path;
	return atomic_file_begin(&out->file, path);
}

void out_use_file(struct output *out)
{
	out->to_file = true;
	out->terminal = atomic_file_is_terminal(&out->file);
}

void out_set_escape(struct output *out, enum out_escape escape)
{
	out->log = escape;
}

void out_set_terminal(struct output *out, bool terminal)
{
	out->terminal = terminal;
}

void out_set_unread(struct output *out)
{
	out->unread = true;
}

void out_set_lines(struct output *out)
{
	out->lines = true;
}

static json_object *copy(json_object *object)
{
	json_object *copied = NULL;

	if (json_object_deep_copy(object, &copied, NULL))
		out_of_memory();
	return copied;
}

void out_repeat(struct output *out)
{
	json_object_put(out->header);
	out->header = copy(out->stack[0]);
}

static void begin_document(struct output *out)
{
	json_object_put(out->stack[0]);
	out->stack[0] = out->header ? copy(out->header) :
				      made(json_object_new_object());
	out->error = NULL;
	out->failed = false;
	out->notes = NULL;
}

static struct text take_json(struct output *out)
{
	struct text text = json_document(out);

	begin_document(out);
	return text;
}

char *out_take(struct output *out, size_t *size)
{
	struct text text = out->text;

	if (out->json) {
		free(text.bytes);
		text = take_json(out);
	}
	out->text = (struct text){ 0 };
	*size = text.size;
	return xrealloc(text.bytes, text.size);
}

void out_flush(struct output *out)
{
	if (out->json || out->quiet || out->to_file || out->unwritten)
		return;
	out->unwritten =
		write_all(STDOUT_FILENO, out->text.bytes, out->text.size);
	out->text.size = 0;
}

/* What the output would have said; in text, failures were said at once. */
static void say_instead(struct output *out)
{
	json_object *error = NULL, *message = NULL;
	const char *words = out->failed ? "" : out->outcome;

	if (out->json)
		json_object_object_get_ex(out->stack[0], "error", &error);
	if (json_object_object_get_ex(error, "message", &message))
		words = json_object_get_string(message);
	if (*words)
		fprintf(stderr, "%s: %s\n", program_name, for_locale(words));
}

static void report_unwritten(struct output *out, int error)
{
	/* the reader of a pipe has seen enough */
	if (error == EPIPE && !out->to_file && !out->unread && !*out->outcome)
		return;
	fprintf(stderr, "%s: cannot write to %s: %s\n", program_name,
		out->to_file ? for_locale(escaped(out->path)) :
			       "standard output",
		strerror(error));
	say_instead(out);
}

/*
 * The document did not get into the file: one that says so goes to standard output,
 * where other failures are. Returns 0 or a negative errno, of either.
 */
static int print_failure(struct output *out, int status, int error)
{
	if (!out->json || !out->to_file)
		return -error;
	begin_document(out);
	fail(out, status, "output", "%s: cannot write to it: %s",
	     escaped(out->path), strerror(error));
	fail_number(out, "errno", error);
	out->path = NULL;
	out->to_file = false;
	out->unread = true;
	return print_all(out);
}

int output_finish(struct output *out, int status)
{
	int ret = out->unwritten;

	progress_end(out);
	if (!ret)
		ret = print_all(out);
	if (ret) {
		if (status == EXIT_SUCCESS)
			status = out->outcome_status;
		ret = print_failure(out, status, -ret);
	}
	if (ret)
		report_unwritten(out, -ret);
	last_words(NULL, 0, NULL);
	json_object_put(out->stack[0]);
	json_object_put(out->header);
	free(out->text.bytes);
	free(out->memory);
	free(out);
	return status;
}

static json_object *top(const struct output *out)
{
	return out->stack[out->depth];
}

static void add(struct output *out, const char *key, json_object *value)
{
	if (json_object_is_type(top(out), json_type_array))
		put_last(top(out), value);
	else if (key)
		put(top(out), key, value);
	else
		json_object_put(value);
}

static void print_label(struct output *out, const char *label)
{
	int indent = out->indent[out->depth];
	int width = LABEL_WIDTH - indent;

	text_printf(&out->text, "%*s%s:%*s", indent, "", label,
		    width > (int)strlen(label) ? width - (int)strlen(label) : 1,
		    "");
}

static void __attribute__((format(printf, 3, 4)))
print_line(struct output *out, const char *label, const char *format, ...)
{
	va_list args;
	char *text;

	if (!label)
		return;
	print_label(out, label);
	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	out_plain(out, text);
	out_plain(out, "\n");
	free(text);
}

/* In text there are no containers, but what they indent. */
static void open_container(struct output *out, const char *key,
			   const char *label, json_object *(*create)(void))
{
	int indent = out->indent[out->depth];
	json_object *container = NULL;

	if (out->depth + 1 == DEPTH_MAX)
		abort();
	if (label)
		text_printf(&out->text, "%*s%s:\n", indent, "", label);
	if (out->json) {
		container = made(create());
		add(out, key, container);
	}
	out->stack[++out->depth] = container;
	/* what has no label is not seen in text */
	out->indent[out->depth] = indent + (label ? INDENT : 0);
}

void out_group(struct output *out, const char *key, const char *label)
{
	open_container(out, key, label, json_object_new_object);
}

void out_list(struct output *out, const char *key, const char *label)
{
	open_container(out, key, label, json_object_new_array);
}

void out_end(struct output *out)
{
	out->depth--;
}

/* @object, of which @key is known */
static void put_number(json_object *object, const char *key, uint64_t value)
{
	char digits[24];
	char *second;

	put(object, key, made(json_object_new_uint64(value)));
	if (value <= EXACT_MAX)
		return;
	second = xasprintf("%s_text", key);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	put(object, second, json_text(digits, strlen(digits)));
	free(second);
}

static void add_number(struct output *out, const char *key, uint64_t value)
{
	if (!out->json)
		return;
	if (json_object_is_type(top(out), json_type_array))
		put_last(top(out), made(json_object_new_uint64(value)));
	else if (key)
		put_number(top(out), key, value);
}

void out_string(struct output *out, const char *key, const char *label,
		const char *value)
{
	if (out->json)
		add(out, key, json_text(value, strlen(value)));
	if (label)
		print_line(out, label, "%s", escaped(value));
}

void out_text(struct output *out, const char *label, const char *value)
{
	print_line(out, label, "%s", escaped(value));
}

void out_number(struct output *out, const char *key, const char *label,
		uint64_t value)
{
	add_number(out, key, value);
	print_line(out, label, "%llu", (unsigned long long)value);
}

void out_hex(struct output *out, const char *key, const char *label,
	     uint64_t value)
{
	add_number(out, key, value);
	print_line(out, label, "0x%llx", (unsigned long long)value);
}

void out_bool(struct output *out, const char *key, const char *label,
	      bool value)
{
	if (out->json)
		add(out, key, made(json_object_new_boolean(value)));
	print_line(out, label, "%s", value ? "yes" : "no");
}

void out_null(struct output *out, const char *key)
{
	if (out->json)
		add(out, key, NULL);
}

void out_json(struct output *out, const char *key, json_object *value)
{
	if (out->json)
		add(out, key, json_object_get(value));
}

void out_guid(struct output *out, const char *key, const char *label,
	      const uint8_t *guid)
{
	char text[PFRU_GUID_TEXT_SIZE];

	out_string(out, key, label, pfru_guid_text(guid, text));
}

void out_duration(struct output *out, const char *key, const char *label,
		  uint64_t nanoseconds)
{
	add_number(out, key, nanoseconds);
	print_line(out, label, "%llu.%06llu ms",
		   (unsigned long long)nanoseconds / 1000000,
		   (unsigned long long)nanoseconds % 1000000);
}

void out_bytes(struct output *out, const char *key, const char *label,
	       const uint8_t *bytes, size_t size)
{
	char *text = escape(bytes, size);
	json_object *object;

	if (out->json) {
		object = made(json_object_new_object());
		put(object, "base64", json_base64(bytes, size));
		put(object, "text", json_text(text, strlen(text)));
		add(out, key, object);
	}
	print_line(out, label, "%s", text);
	free(text);
}

void out_log(struct output *out, const uint8_t *bytes, size_t size)
{
	if (out->json) {
		if (utf8_valid(bytes, size))
			add(out, "text", json_text((const char *)bytes, size));
		else
			add(out, "base64", json_base64(bytes, size));
		return;
	}
	append_log(out, &out->text, bytes, size);
}

void out_log_last(struct output *out, void *memory, const uint8_t *bytes,
		  size_t size)
{
	json_object *value;

	free(out->memory);
	out->memory = memory;
	out->last = (struct text_blob){ .bytes = bytes, .size = size };
	if (!out->json)
		return;
	out->last.base64 = !utf8_valid(bytes, size);
	value = made(json_object_new_string(""));
	json_object_set_userdata(value, &out->last, NULL);
	add(out, out->last.base64 ? "base64" : "text", value);
}

void out_plain(struct output *out, const char *text)
{
	text = for_locale(text);
	text_append(&out->text, text, strlen(text));
}

void out_drop_text(struct output *out)
{
	if (!out->json)
		out->last.size = 0;
	out->text.size = 0;
}

int fail(struct output *out, int status, const char *reason, const char *format,
	 ...)
{
	json_object *error;
	va_list args;
	char *message;

	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	progress_end(out);
	if (!out->json)
		fprintf(stderr, "%s: %s\n", program_name, for_locale(message));
	if (!out->failed) {
		error = made(json_object_new_object());
		put(error, "message", json_text(message, strlen(message)));
		put(error, "reason", json_text(reason, strlen(reason)));
		put(error, "exit_status", made(json_object_new_int(status)));
		put(out->stack[0], "error", error);
		out->error = error;
		out->failed = true;
	} else {
		out->error = NULL;
	}
	free(message);
	return status;
}

json_object *out_error(const struct output *out)
{
	json_object *error = NULL;

	json_object_object_get_ex(out->stack[0], "error", &error);
	return error;
}

void fail_number(struct output *out, const char *key, uint64_t value)
{
	if (out->error)
		put_number(out->error, key, value);
}

void fail_string(struct output *out, const char *key, const char *value)
{
	if (out->error)
		put(out->error, key, json_text(value, strlen(value)));
}

void fail_guid(struct output *out, const char *key, const uint8_t *guid)
{
	char text[PFRU_GUID_TEXT_SIZE];

	fail_string(out, key, pfru_guid_text(guid, text));
}

void note(struct output *out, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	if (out->json) {
		if (!out->notes) {
			out->notes = made(json_object_new_array());
			put(out->stack[0], "notes", out->notes);
		}
		put_last(out->notes, json_text(message, strlen(message)));
	} else if (!out->quiet) {
		progress_end(out);
		fprintf(stderr, "%s: note: %s\n", program_name,
			for_locale(message));
	}
	free(message);
}

void warning(struct output *out, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	progress_end(out);
	fprintf(stderr, "%s: warning: %s\n", program_name, for_locale(message));
	free(message);
}

void announce(struct output *out, const char *format, ...)
{
	va_list args;
	char *message;

	if (out->quiet)
		return;
	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	progress_end(out);
	fprintf(stderr, "%s: %s\n", program_name, for_locale(message));
	free(message);
}

void outcome(struct output *out, int status, const char *key,
	     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->outcome, sizeof(out->outcome), format, args);
	va_end(args);
	out->outcome_status = status;
	last_words(out->outcome, status, key);
}

void progress(struct output *out, const char *format, ...)
{
	va_list args;
	char *text;

	if (out->quiet || !isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	fprintf(stderr, "\r\033[K%s", for_locale(text));
	fflush(stderr);
	free(text);
	out->progress_shown = true;
}

void progress_end(struct output *out)
{
	if (!out->progress_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	out->progress_shown = false;
}
