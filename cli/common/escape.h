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
 * Control characters, direction overrides and what is not UTF-8 become \xNN.
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
 * As escape(), but line ends and tabs stay.
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
 * Return: its bytes, 0 when it is none
 */
size_t utf8_length(const uint8_t *p, size_t left, uint32_t *code);

/**
 * utf8_valid() - are bytes UTF-8 throughout (RFC 3629)
 * @p: bytes
 * @size: their number
 */
bool utf8_valid(const uint8_t *p, size_t size);

/**
 * acts_on_terminal() - does a character act on a terminal, or reorder others
 * @code: its number
 */
bool acts_on_terminal(uint32_t code);

/**
 * escaped() - escape() of a string, valid until the next but three
 */
const char *escaped(const char *string);

#endif /* CLI_ESCAPE_H */
