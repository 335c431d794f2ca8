/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that grows, or is written to a descriptor as it grows. Either there is memory
 * for it, or the program ends: streams in memory and json-c's own printer leave
 * parts out without an error.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct text - text that grows
 * @bytes: not terminated, NULL as long as it is empty; to be freed
 * @size: bytes of it
 * @room: bytes that there is room for
 * @streams: it goes to @fd whenever @room is full
 * @fd: where to, when @streams
 * @error: of writing there, a negative errno
 */
struct text {
	char *bytes;
	size_t size;
	size_t room;
	bool streams;
	int fd;
	int error;
};

/**
 * struct text_blob - bytes that a document holds, without a copy of them
 * @bytes: UTF-8, unless @base64
 * @size: their number
 * @base64: print them so
 *
 * It is the user data of a string of json-c, and printed in its place.
 */
struct text_blob {
	const uint8_t *bytes;
	size_t size;
	bool base64;
};

/**
 * text_stream() - begin a text that goes to a descriptor
 * @text: set up; what is appended from now on takes no more memory
 *
 * Its @fd is to be set before anything is appended.
 */
void text_stream(struct text *text);

/**
 * text_stream_end() - write what is left of it
 * @text: from text_stream(); nothing of it remains
 *
 * Return: 0 or a negative errno, of this write or an earlier one
 */
int text_stream_end(struct text *text);

void text_append(struct text *text, const void *bytes, size_t size);
void text_vprintf(struct text *text, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
void text_printf(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * text_json() - append a document
 * @text: text
 * @value: of objects, lists, strings, numbers that are not negative, booleans
 * @pretty: with line ends and spaces, for people
 */
void text_json(struct text *text, json_object *value, bool pretty);

#endif /* CLI_TEXT_H */
