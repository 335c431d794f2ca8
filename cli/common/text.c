// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text that grows, or is written as it grows, and JSON as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "escape.h"
#include "memory.h"
#include "text.h"
#include "write.h"

#define INDENT "  "

/* bytes that are written at once */
#define STREAM_ROOM 65536
/* bytes that become base64 at once, a multiple of three */
#define BASE64_PIECE 3072

void text_stream(struct text *text)
{
	*text = (struct text){
		.bytes = xrealloc(NULL, STREAM_ROOM),
		.room = STREAM_ROOM,
		.streams = true,
		.fd = -1,
	};
}

/* After a failure nothing is written: there would be a hole in it. */
static void put_out(struct text *text, const void *bytes, size_t size)
{
	if (!text->error && size)
		text->error = write_all(text->fd, bytes, size);
}

int text_stream_end(struct text *text)
{
	int ret;

	put_out(text, text->bytes, text->size);
	ret = text->error;
	free(text->bytes);
	*text = (struct text){ 0 };
	return ret;
}

/* What fills the room is written from where it is. */
static bool stream(struct text *text, const void *bytes, size_t size)
{
	put_out(text, text->bytes, text->size);
	text->size = 0;
	if (size < text->room)
		return false;
	put_out(text, bytes, size);
	return true;
}

void text_append(struct text *text, const void *bytes, size_t size)
{
	if (!size)
		return;
	if (size >= text->room - text->size && text->streams) {
		if (stream(text, bytes, size))
			return;
	} else if (size > text->room - text->size) {
		text->room = 2 * text->room + size;
		text->bytes = xrealloc(text->bytes, text->room);
	}
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
	char *more = xvasprintf(format, args);

	text_append(text, more, strlen(more));
	free(more);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(text, format, args);
	va_end(args);
}

static void append_word(struct text *text, const char *word)
{
	text_append(text, word, strlen(word));
}

/* @ascii: see escape_but() in escape.c; JSON means the same without other bytes */
static bool is_plain(uint32_t code, bool ascii)
{
	return code != '"' && code != '\\' && !acts_on_terminal(code) &&
	       !(ascii && code >= 0x80);
}

/* RFC 8259, 7: above 0xffff a surrogate pair */
static void append_escape(struct text *text, uint32_t code)
{
	static const char special[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = code && code < 0x80 ? strchr(special, code) : NULL;
	char escape[16];

	if (found)
		snprintf(escape, sizeof(escape), "\\%c",
			 letters[found - special]);
	else if (code > 0xffff)
		snprintf(escape, sizeof(escape), "\\u%04x\\u%04x",
			 0xd7c0 + (code >> 10 & 0x7ff),
			 0xdc00 + (code & 0x3ff));
	else
		snprintf(escape, sizeof(escape), "\\u%04x", code & 0xffff);
	append_word(text, escape);
}

/* what is no UTF-8, as escape() has it: it may come from a file that was damaged */
static void append_byte(struct text *text, uint8_t byte)
{
	char escape[8];

	snprintf(escape, sizeof(escape), "\\\\x%02x", byte);
	append_word(text, escape);
}

static void append_string(struct text *text, const char *bytes, size_t size)
{
	const char *end = bytes + size;
	const char *done = bytes;
	bool ascii = !locale_is_utf8();
	size_t length;
	uint32_t code;

	text_append(text, "\"", 1);
	for (; bytes < end; bytes += length) {
		length =
			utf8_length((const uint8_t *)bytes, end - bytes, &code);
		if (length && is_plain(code, ascii))
			continue;
		text_append(text, done, bytes - done);
		if (length)
			append_escape(text, code);
		else
			append_byte(text, *bytes);
		length += !length;
		done = bytes + length;
	}
	text_append(text, done, end - done);
	text_append(text, "\"", 1);
}

static void append_blob(struct text *text, const struct text_blob *blob)
{
	char digits[BASE64_SIZE(BASE64_PIECE)];
	size_t done, size;

	if (!blob->base64) {
		append_string(text, (const char *)blob->bytes, blob->size);
		return;
	}
	text_append(text, "\"", 1);
	for (done = 0; done < blob->size; done += size) {
		size = blob->size - done;
		if (size > BASE64_PIECE)
			size = BASE64_PIECE;
		base64(digits, blob->bytes + done, size);
		text_append(text, digits, BASE64_SIZE(size));
	}
	text_append(text, "\"", 1);
}

static void new_line(struct text *text, int depth, bool pretty)
{
	if (!pretty)
		return;
	append_word(text, "\n");
	while (depth--)
		append_word(text, INDENT);
}

static void append_value(struct text *text, json_object *value, int depth,
			 bool pretty);

static void append_object(struct text *text, json_object *object, int depth,
			  bool pretty)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	const char *between = "";

	text_append(text, "{", 1);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *key = json_object_iter_peek_name(&at);

		append_word(text, between);
		new_line(text, depth + 1, pretty);
		append_string(text, key, strlen(key));
		append_word(text, pretty ? ": " : ":");
		append_value(text, json_object_iter_peek_value(&at), depth + 1,
			     pretty);
		between = ",";
	}
	if (*between)
		new_line(text, depth, pretty);
	text_append(text, "}", 1);
}

static void append_list(struct text *text, json_object *list, int depth,
			bool pretty)
{
	size_t size = json_object_array_length(list);
	size_t i;

	text_append(text, "[", 1);
	for (i = 0; i < size; i++) {
		append_word(text, i ? "," : "");
		new_line(text, depth + 1, pretty);
		append_value(text, json_object_array_get_idx(list, i),
			     depth + 1, pretty);
	}
	new_line(text, depth, pretty);
	text_append(text, "]", 1);
}

static void append_value(struct text *text, json_object *value, int depth,
			 bool pretty)
{
	const struct text_blob *blob;
	char number[24];

	switch (json_object_get_type(value)) {
	case json_type_object:
		append_object(text, value, depth, pretty);
		break;
	case json_type_array:
		append_list(text, value, depth, pretty);
		break;
	case json_type_string:
		blob = json_object_get_userdata(value);
		if (blob)
			append_blob(text, blob);
		else
			append_string(text, json_object_get_string(value),
				      json_object_get_string_len(value));
		break;
	case json_type_int:
		snprintf(number, sizeof(number), "%llu",
			 (unsigned long long)json_object_get_uint64(value));
		append_word(text, number);
		break;
	case json_type_boolean:
		append_word(text,
			    json_object_get_boolean(value) ? "true" : "false");
		break;
	default:
		append_word(text, "null");
	}
}

void text_json(struct text *text, json_object *value, bool pretty)
{
	append_value(text, value, 0, pretty);
}
