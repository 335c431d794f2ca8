// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * base64 (RFC 4648, 4).
 */
#include "base64.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64(char *text, const uint8_t *bytes, size_t size)
{
	uint32_t three;

	for (; size >= 3; size -= 3, bytes += 3) {
		three = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
		*text++ = digits[three >> 18];
		*text++ = digits[three >> 12 & 63];
		*text++ = digits[three >> 6 & 63];
		*text++ = digits[three & 63];
	}
	if (!size)
		return;
	three = bytes[0] << 16 | (size > 1 ? bytes[1] << 8 : 0);
	text[0] = digits[three >> 18];
	text[1] = digits[three >> 12 & 63];
	text[2] = size > 1 ? digits[three >> 6 & 63] : '=';
	text[3] = '=';
}
