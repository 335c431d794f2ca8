// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of options.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/pfructl/log/types.h"
#include "options.h"

#define RETRIES_MAX   3600
#define SHA256_DIGITS 64
#define SECONDS_MAX   86400

static int parse_number(const char *text, unsigned long max, uint32_t *number)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end || errno || n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

static int parse_seconds(const char *text, uint32_t *milliseconds)
{
	uint32_t seconds, scale = 100, rest = 0;
	const char *point = strchr(text, '.');
	char *whole = xasprintf("%.*s", (int)strcspn(text, "."), text);
	int ret = parse_number(whole, SECONDS_MAX, &seconds);

	free(whole);
	if (point && !point[1])
		return -EINVAL;
	for (; !ret && point && *++point; scale /= 10) {
		if (*point < '0' || *point > '9' || !scale)
			return -EINVAL;
		rest += scale * (*point - '0');
	}
	if (ret)
		return ret;
	*milliseconds = 1000 * seconds + rest;
	return 0;
}

static char *wrong(const struct cli_option *option, const char *expected,
		   const char *text)
{
	return xasprintf("--%s is %s, not %s", option->name, expected,
			 escaped(text));
}

char *option_device(const struct cli_option *option, const char *text, void *to)
{
	if (!*text)
		return xasprintf("--%s needs a node or a number", option->name);
	*(const char **)to = text;
	return NULL;
}

char *option_revision(const struct cli_option *option, const char *text,
		      void *to)
{
	uint32_t *revision = to;

	if (parse_number(text, 2, revision) || !*revision)
		return wrong(option, "1 or 2", text);
	return NULL;
}

char *option_sha256(const struct cli_option *option, const char *text, void *to)
{
	if (strlen(text) != SHA256_DIGITS ||
	    strspn(text, "0123456789abcdefABCDEF") != SHA256_DIGITS)
		return wrong(option, "64 hexadecimal digits", text);
	*(const char **)to = text;
	return NULL;
}

char *option_retries(const struct cli_option *option, const char *text,
		     void *to)
{
	return parse_number(text, RETRIES_MAX, to) ?
		       wrong(option, "a number up to 3600", text) :
		       NULL;
}

char *option_type(const struct cli_option *option, const char *text, void *to)
{
	char *choice, *problem;

	if (log_value(pfru_log_types, text, to))
		return NULL;
	choice = log_choice(pfru_log_types);
	problem = wrong(option, choice, text);
	free(choice);
	return problem;
}

char *option_seconds(const struct cli_option *option, const char *text,
		     void *to)
{
	uint32_t *milliseconds = to;

	return parse_seconds(text, milliseconds) || !*milliseconds ?
		       wrong(option, "a number of seconds", text) :
		       NULL;
}

/* 0, as without the option: a script need not leave it out */
char *option_wait(const struct cli_option *option, const char *text, void *to)
{
	return parse_seconds(text, to) ?
		       wrong(option, "a number of seconds", text) :
		       NULL;
}
