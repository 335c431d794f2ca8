/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, or the end of the program: no caller has to handle a failure.
 */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* what messages begin with; each program defines its own */
extern const char program_name[];

/**
 * out_of_memory() - report it and end the program
 *
 * With EXIT_FAILURE, unless last_words() were given.
 */
void out_of_memory(void) __attribute__((noreturn));

/**
 * last_document() - print the failure as JSON, too, when memory runs out
 * @start: what each document begins with, without the brace: members that end in a
 * comma, or nothing; NULL for no document
 */
void last_document(const char *start);

/* @version: a macro, the number of a program's schema */
#define DOCUMENT_START(version)	   "\"schema_version\": " #version ", "
#define DOCUMENT_START_OF(version) DOCUMENT_START(version)

/**
 * last_words() - what out_of_memory() says besides
 * @words: a sentence, NULL for none; stays valid
 * @status: exit status of the program then
 * @outcome: the value of the key "outcome" in JSON, NULL to leave it out
 *
 * What was done must be known even when there is no memory left to print it.
 */
void last_words(const char *words, int status, const char *outcome);

/**
 * say_last_words() - say them on standard error, unless that takes nothing now
 *
 * May be called by a signal handler.
 */
void say_last_words(void);

/**
 * xrealloc() - realloc(), also of 0 bytes
 * @old: from xrealloc(), or NULL
 * @size: in bytes
 *
 * Return: never NULL
 */
void *xrealloc(void *old, size_t size);

/**
 * xasprintf() - format a string
 *
 * Return: allocated, never NULL
 */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));

#endif /* CLI_MEMORY_H */
