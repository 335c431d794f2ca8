/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of telemetry levels and types.
 */
#ifndef PFRUCTL_TYPES_H
#define PFRUCTL_TYPES_H

#include <stdbool.h>

#include "core/status.h"

/**
 * log_level_name() - name of a level, "unknown" when it has none
 */
const char *log_level_name(__u32 level);
const char *log_type_name(__u32 type);

/**
 * log_value() - number of a name, or of a number written out
 * @names: pfru_log_levels or pfru_log_types
 * @text: what was typed
 * @value: set when found
 */
bool log_value(const struct pfru_log_name *names, const char *text,
	       __u32 *value);

/**
 * log_choice() - the names there are, as "execution or history"
 * @names: pfru_log_levels or pfru_log_types
 *
 * Return: allocated
 */
char *log_choice(const struct pfru_log_name *names);

#endif /* PFRUCTL_TYPES_H */
