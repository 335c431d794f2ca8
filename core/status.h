/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and errno of the firmware's status codes, the words for every reason of
 * refusal, and the log's levels and types. One table each for module and tool.
 */
#ifndef PFRU_CORE_STATUS_H
#define PFRU_CORE_STATUS_H

#include <linux/pfru.h>

#include "types.h"

/**
 * struct pfru_reason_text - how to say a refusal
 * @name: one word for machines, as JSON shows it
 * @what: what was found, without a full stop
 * @found: label of struct pfru_result.found, NULL when it says nothing
 * @expected: label of struct pfru_result.expected, NULL when it says nothing
 * @hint: what to do, NULL when @what says it all
 * @error: positive errno
 * @in_capsule: the offset is a byte of the capsule
 * @maybe_done: the firmware was called, and its answer does not say what it did
 */
struct pfru_reason_text {
	const char *name;
	const char *what;
	const char *found;
	const char *expected;
	const char *hint;
	int error;
	bool in_capsule;
	bool maybe_done;
};

/**
 * pfru_reason_text() - the words for a reason
 * @reason: enum pfru_reason; an unknown number gives the words for "unknown"
 *
 * Return: never NULL
 */
const struct pfru_reason_text *pfru_reason_text(__u32 reason);

/**
 * pfru_reason_outcome_unknown() - may the firmware have done what it was asked
 * @reason: enum pfru_reason of a failed action that calls the firmware
 *
 * Such a failure must not be shown as "it did not happen": the firmware ran, and
 * its answer is missing, short or malformed. A number that is unknown here, of a
 * newer module, counts as such: nobody can say that nothing happened.
 *
 * Return: true when the outcome is unknown; false for %PFRU_REASON_NONE, when the
 * firmware refused, and when it was not called
 */
bool pfru_reason_outcome_unknown(__u32 reason);

/**
 * pfru_status_name() - the name of a firmware status
 * @status: first element of a firmware's answer
 *
 * Return: never NULL
 */
const char *pfru_status_name(__u32 status);

/**
 * pfru_status_errno() - the errno of a firmware status
 * @status: first element of a firmware's answer
 *
 * Return: 0 for success, else a positive errno
 */
int pfru_status_errno(__u32 status);

/**
 * struct pfru_log_name - a level or a type of the telemetry log
 * @name: one word; NULL ends a table
 * @value: enum pfru_log_level or enum pfru_log_type
 */
struct pfru_log_name {
	const char *name;
	__u32 value;
};

extern const struct pfru_log_name pfru_log_levels[];
extern const struct pfru_log_name pfru_log_types[];

/**
 * pfru_log_name() - the name of a level or type
 * @names: pfru_log_levels or pfru_log_types
 * @value: any number
 *
 * Return: NULL when there is no such level or type
 */
const char *pfru_log_name(const struct pfru_log_name *names, __u32 value);

#endif /* PFRU_CORE_STATUS_H */
