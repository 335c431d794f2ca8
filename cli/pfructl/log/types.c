// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of telemetry levels and types, as they are typed and printed; the tables are
 * core's.
 */
#include <stdio.h>
#include <string.h>

#include "cli/common/memory.h"
#include "cli/common/text.h"
#include "types.h"

const char *log_level_name(__u32 level)
{
	const char *name = pfru_log_name(pfru_log_levels, level);

	return name ? name : "unknown";
}

const char *log_type_name(__u32 type)
{
	const char *name = pfru_log_name(pfru_log_types, type);

	return name ? name : "unknown";
}

bool log_value(const struct pfru_log_name *names, const char *text,
	       __u32 *value)
{
	char number[16];

	for (; names->name; names++) {
		snprintf(number, sizeof(number), "%u", names->value);
		if (strcmp(text, names->name) && strcmp(text, number))
			continue;
		*value = names->value;
		return true;
	}
	return false;
}

char *log_choice(const struct pfru_log_name *names)
{
	struct text text = { 0 };
	const struct pfru_log_name *n = names;

	for (; n->name; n++)
		text_printf(&text, "%s%s",
			    n == names	  ? "" :
			    (n + 1)->name ? ", " :
					    " or ",
			    n->name);
	text_append(&text, "", 1);
	return text.bytes;
}
