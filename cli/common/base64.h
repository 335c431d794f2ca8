/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base64 (RFC 4648, 4), so that bytes in JSON need no library.
 */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* characters for so many bytes: four for three, or for the last one or two */
#define BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/**
 * base64() - encode
 * @text: room for BASE64_SIZE(@size) characters; no end of string is added
 * @bytes: any
 * @size: their number; unless a multiple of 3, nothing can follow
 */
void base64(char *text, const uint8_t *bytes, size_t size);

#endif /* CLI_BASE64_H */
