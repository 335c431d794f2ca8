// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dlopen(), with an error that says what to do.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "library.h"
#include "output.h"

/* the dynamic linker's words, without the name that they begin with */
static const char *reason(const struct library *library)
{
	const char *text = dlerror();
	size_t length = strlen(library->name);

	if (!text)
		return "unknown error";
	if (!strncmp(text, library->name, length) &&
	    !strncmp(text + length, ": ", 2))
		text += length + 2;
	return text;
}

static int fail_load(struct output *out, const struct library *library)
{
	fail(out, EXIT_FAILURE, "library",
	     "%s: cannot load this library, which %s: %s; install it, or reinstall this program's package",
	     library->name, library->purpose, escaped(reason(library)));
	fail_string(out, "library", library->name);
	return EXIT_FAILURE;
}

/* All are looked up now: a function that is missing is no crash later. */
int library_load(struct output *out, struct library *library)
{
	char *at = library->pointers;
	void *handle, *function;
	size_t i;

	if (library->loaded)
		return 0;
	handle = dlopen(library->name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle)
		return fail_load(out, library);
	for (i = 0; i < library->count; i++, at += sizeof(function)) {
		function = dlsym(handle, library->functions[i]);
		if (!function)
			return fail_load(out, library);
		memcpy(at, &function, sizeof(function));
	}
	library->loaded = true;
	return 0;
}
