// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of telemetry levels and types.
 */
#include <stdio.h>
#include <string.h>

#include "types.h"

const struct log_name log_levels[LOG_LEVELS] = {
	{ "error", PFRU_LOG_ERROR },
	{ "warning", PFRU_LOG_WARNING },
	{ "info", PFRU_LOG_INFO },
	{ "verbose", PFRU_LOG_VERBOSE },
};

const struct log_name log_types[LOG_TYPES] = {
	{ "execution", PFRU_LOG_EXECUTION },
	{ "history", PFRU_LOG_HISTORY },
};

static const char *name_of(const struct log_name *names, unsigned int count,
			   __u32 value)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].name;
	return "unknown";
}

const char *log_level_name(__u32 level)
{
	return name_of(log_levels, LOG_LEVELS, level);
}

const char *log_type_name(__u32 type)
{
	return name_of(log_types, LOG_TYPES, type);
}

bool log_value(const struct log_name *names, unsigned int count,
	       const char *text, __u32 *value)
{
	char number[16];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(number, sizeof(number), "%u", names[i].value);
		if (strcmp(text, names[i].name) && strcmp(text, number))
			continue;
		*value = names[i].value;
		return true;
	}
	return false;
}
