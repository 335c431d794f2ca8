// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UTF-8, and the characters that a terminal would act on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/*
 * Unicode 15: general categories Cc, Cf, Zl and Zp, and what else is
 * Default_Ignorable_Code_Point. They move the cursor, reorder what stands beside
 * them, or cannot be seen, so that two names that differ look the same.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} unseen[] = {
	{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },
	{ 0x034f, 0x034f },   { 0x0600, 0x0605 },   { 0x061c, 0x061c },
	{ 0x06dd, 0x06dd },   { 0x070f, 0x070f },   { 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

bool acts_on_terminal(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(unseen) && code >= unseen[i].first; i++)
		if (code <= unseen[i].last)
			return true;
	return false;
}

/*
 * Of locale(7), by name: the locale need not be installed, what counts is what
 * the terminal is said to take.
 */
bool locale_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(names) && !(value && *value); i++)
		value = getenv(names[i]);
	value = value ? strchr(value, '.') : NULL;
	return value && (!strncasecmp(value, ".utf-8", 6) ||
			 !strncasecmp(value, ".utf8", 5));
}

/* a carriage return alone would overwrite its line */
static bool is_line_end(const uint8_t *p, size_t left)
{
	return p[0] == '\n' || (left > 1 && p[0] == '\r' && p[1] == '\n');
}

/*
 * @log: line ends and tabs stay as they are
 * @ascii: nothing else stays but ASCII: the bytes of UTF-8 act on a terminal
 * that takes them one by one, 0x9b as the beginning of a control sequence
 */
static char *escape_but(const uint8_t *p, size_t size, bool log, bool ascii,
			size_t *written)
{
	char *text = xrealloc(NULL, 4 * size + 1);
	char *to = text;
	size_t i;

	while (size) {
		uint32_t code = 0;
		size_t length;
		bool keep;

		/* most bytes */
		if (*p >= ' ' && *p <= '~') {
			*to++ = *p++;
			size--;
			continue;
		}
		length = utf8_length(p, size, &code);
		keep = log && (*p == '\t' || is_line_end(p, size));

		keep |= length && !acts_on_terminal(code) &&
			!(ascii && code >= 0x80);
		if (keep) {
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
	return escape_but(bytes, size, true, !locale_is_utf8(), written);
}

char *escape(const void *bytes, size_t size)
{
	size_t written;

	return escape_but(bytes, size, false, false, &written);
}

/* the last four strings */
static const char *keep_a_while(char *string)
{
	static char *kept[4];
	static unsigned int next;
	char **slot = &kept[next++ % ARRAY_LENGTH(kept)];

	free(*slot);
	*slot = string;
	return string;
}

const char *escaped(const char *string)
{
	return keep_a_while(escape(string, strlen(string)));
}

const char *for_locale(const char *text)
{
	size_t written;

	return keep_a_while(escape_but((const uint8_t *)text, strlen(text),
				       true, !locale_is_utf8(), &written));
}
