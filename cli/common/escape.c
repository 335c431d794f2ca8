// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UTF-8, and what of it a terminal would act on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "memory.h"

size_t utf8_length(const uint8_t *p, size_t left, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length, i;

	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (left < length)
		return 0;
	*code = p[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

bool utf8_valid(const uint8_t *p, size_t size)
{
	uint32_t code;

	while (size) {
		size_t length = utf8_length(p, size, &code);

		if (!length)
			return false;
		p += length;
		size -= length;
	}
	return true;
}

bool acts_on_terminal(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* a carriage return alone would overwrite its line */
static bool is_line_end(const uint8_t *p, size_t left)
{
	return p[0] == '\n' || (left > 1 && p[0] == '\r' && p[1] == '\n');
}

/* @log: line ends and tabs stay as they are */
static char *escape_but(const uint8_t *p, size_t size, bool log,
			size_t *written)
{
	char *text = xrealloc(NULL, 4 * size + 1);
	char *to = text;
	size_t i;

	while (size) {
		uint32_t code = 0;
		size_t length = utf8_length(p, size, &code);

		bool keep = log && (*p == '\t' || is_line_end(p, size));

		if (keep || (length && !acts_on_terminal(code))) {
			memcpy(to, p, length);
			to += length;
		} else {
			length = length ? length : 1;
			for (i = 0; i < length; i++)
				to += sprintf(to, "\\x%02x", p[i]);
		}
		p += length;
		size -= length;
	}
	*to = '\0';
	*written = to - text;
	return text;
}

char *escape_log(const void *bytes, size_t size, size_t *written)
{
	return escape_but(bytes, size, true, written);
}

char *escape(const void *bytes, size_t size)
{
	size_t written;

	return escape_but(bytes, size, false, &written);
}

const char *escaped(const char *string)
{
	static char *kept[4];
	static unsigned int next;
	char **slot = &kept[next++ % ARRAY_LENGTH(kept)];

	free(*slot);
	*slot = escape(string, strlen(string));
	return *slot;
}
