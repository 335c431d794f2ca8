/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for test programs in C: check() is one line of it, and done() the plan. Where
 * several files of a program share the count, each defines TAP_SHARED, and one defines
 * tap_count and tap_bad.
 */
#ifndef PFRU_TAP_H
#define PFRU_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef TAP_SHARED
extern int tap_count;
extern int tap_bad;
#else
static int tap_count;
static int tap_bad;
#endif

/**
 * tap_line() - one check
 * @good: whether it passed
 * @format: its name, as for printf()
 * @args: of the name
 */
static inline __attribute__((format(printf, 2, 0)))
void tap_line(bool good, const char *format, va_list args)
{
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	tap_bad += !good;
}

/**
 * done() - the plan, after the last check
 *
 * Return: the exit status of the program
 */
static inline int done(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_bad || !tap_count;
}

/**
 * check() - one check
 * @good: whether it passed
 * @format: its name, as for printf()
 *
 * Return: @good
 */
static inline __attribute__((format(printf, 2, 3)))
bool check(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tap_line(good, format, args);
	va_end(args);
	return good;
}

/* a number that must be equal to another */
#define same(got, want, ...) do {					\
	long long got_ = (long long)(got), want_ = (long long)(want);	\
	if (!check(got_ == want_, __VA_ARGS__))				\
		printf("# %s:%d: found %lld (%#llx), expected %lld (%#llx)\n", \
		       __FILE__, __LINE__, got_, got_, want_, want_);	\
} while (0)

/* a call that must succeed with a value, or fail with -1 and an errno */
#define gives(call, want, ...) do {					\
	long got_ = (errno = 0, (long)(call));				\
	long want_ = (want);						\
	int errno_ = errno;						\
	bool good_ = want_ < 0 ? got_ == -1 && errno_ == -want_ :	\
				 got_ == want_;				\
	if (!check(good_, __VA_ARGS__))					\
		printf("# %s:%d: %s gave %ld, errno %d (%s), expected %ld\n", \
		       __FILE__, __LINE__, #call, got_, errno_,		\
		       strerror(errno_), want_);			\
} while (0)

#endif
