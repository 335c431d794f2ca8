/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8, and strings that are made fit for a terminal. No other file decides what a
 * terminal would act on.
 */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * escape() - make a string fit for a terminal
 * @bytes: any bytes
 * @size: their number
 *
 * What acts_on_terminal() and what is not UTF-8 become \xNN, whatever the locale:
 * the result is the same in text and in JSON.
 *
 * Return: allocated
 */
char *escape(const void *bytes, size_t size);

/**
 * escape_log() - make a log fit for a terminal
 * @bytes: any bytes
 * @size: their number
 * @written: set to the length of the text, which may hold NUL bytes
 *
 * As escape(), but line ends and tabs stay, and nothing but ASCII does unless the
 * locale is one of UTF-8.
 *
 * Return: allocated
 */
char *escape_log(const void *bytes, size_t size, size_t *written);

/**
 * utf8_length() - look at a character (RFC 3629)
 * @p: bytes
 * @left: their number, at least 1
 * @code: set to the character's number, when it is one
 *
 * Return: its length in bytes, 0 when the bytes are not UTF-8
 */
size_t utf8_length(const uint8_t *p, size_t left, uint32_t *code);

/**
 * utf8_valid() - are bytes UTF-8 throughout (RFC 3629)
 * @p: bytes
 * @size: their number
 */
bool utf8_valid(const uint8_t *p, size_t size);

/**
 * acts_on_terminal() - does a character act on a terminal, reorder others, or
 * take no place of its own
 * @code: its number
 */
bool acts_on_terminal(uint32_t code);

/**
 * locale_is_utf8() - do terminals take UTF-8, by the environment
 */
bool locale_is_utf8(void);

/**
 * escaped() - escape() of a string
 *
 * Return: valid until the fourth call after this, of for_locale() too
 */
const char *escaped(const char *string);

/**
 * for_locale() - escape_log() of text that is printed for people
 * @text: parts of it may be escaped already
 *
 * Return: valid until the fourth call after this, of escaped() too
 */
const char *for_locale(const char *text);

#endif /* CLI_ESCAPE_H */
