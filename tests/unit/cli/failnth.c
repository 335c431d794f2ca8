// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An allocation that fails, for LD_PRELOAD: the FAIL_NTH-th of the program and
 * its libraries, counted from main(). Afterwards the file FAIL_COUNT holds
 * how many there were before the end or the failure, and the place of the latter.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

static bool counting;
static unsigned long count, nth;
static int report = -1;

static void tell(const char *what)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "%s %lu\n", what, count);

	if (ftruncate(report, 0) || pwrite(report, line, size, 0) != size)
		abort();
}

/* where: shows a person what to fix */
static void trace(void)
{
	void *frames[24];

	if (getenv("FAIL_TRACE"))
		backtrace_symbols_fd(frames, backtrace(frames, 24), 2);
}

static bool fails(void)
{
	if (!counting || ++count != nth)
		return false;
	counting = false;
	tell("failed");
	trace();
	errno = ENOMEM;
	return true;
}

static void end(void)
{
	if (counting)
		tell("ended");
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAIL_COUNT");
	void *frame;

	if (!path)
		return;
	nth = strtoul(getenv("FAIL_NTH"), NULL, 10);
	report = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (report < 0)
		abort();
	backtrace(&frame, 1);	/* allocates the first time */
	atexit(end);
	counting = true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

void *memalign(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **where, size_t align, size_t size)
{
	*where = fails() ? NULL : __libc_memalign(align, size);
	return *where ? 0 : ENOMEM;
}
