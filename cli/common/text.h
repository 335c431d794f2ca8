/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that grows. There is memory for it, or the program ends: streams in memory
 * and json-c's own printer leave pieces out, and do not tell.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct text - text that grows
 * @bytes: not terminated, NULL as long as it is empty; to be freed
 * @size: bytes of it
 * @room: bytes that there is room for
 */
struct text {
	char *bytes;
	size_t size;
	size_t room;
};

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
