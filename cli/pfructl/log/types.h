/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of telemetry levels and types.
 */
#ifndef PFRUCTL_TYPES_H
#define PFRUCTL_TYPES_H

#include <linux/pfru.h>
#include <stdbool.h>

/**
 * struct log_name - a name for a number
 */
struct log_name {
	const char *name;
	__u32 value;
};

#define LOG_LEVELS	4
#define LOG_TYPES	2

extern const struct log_name log_levels[LOG_LEVELS];
extern const struct log_name log_types[LOG_TYPES];

/**
 * log_level_name() - name of a level, "unknown" when it has none
 */
const char *log_level_name(__u32 level);
const char *log_type_name(__u32 type);

/**
 * log_value() - number of a name, or of a number written out
 * @names: table
 * @count: its length
 * @text: what was typed
 * @value: set when found
 */
bool log_value(const struct log_name *names, unsigned int count,
	       const char *text, __u32 *value);

#endif /* PFRUCTL_TYPES_H */
