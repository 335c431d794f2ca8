/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An attempt to change the firmware: on record before the firmware is called, with
 * its end afterwards. Decides nothing but whether an interrupted one may be
 * repeated.
 */
#ifndef PFRUCTL_ATTEMPT_H
#define PFRUCTL_ATTEMPT_H

#include "cli/pfructl/capsule/digest.h"
#include "cli/pfructl/device/device.h"

/**
 * struct attempt - what the record needs to know
 * @action: as the command is called
 * @device: where
 * @file: the capsule; NULL when what was staged is activated
 * @sha256: of @file, or of what was staged, if that is on record; empty: unknown
 * @payloads: payload items of @file
 * @kind: what @image does
 * @image: the first one of @file
 * @before: the capability before, when @has_before
 * @has_before: it is known
 * @call_time: nanoseconds that the call took, for attempt_end()
 * @id: set by attempt_begin()
 */
struct attempt {
	const char *action;
	const struct device *device;
	const struct capsule_file *file;
	char sha256[DIGEST_TEXT_SIZE];
	uint32_t payloads;
	enum pfru_kind kind;
	struct pfru_image image;
	struct pfru_capability before;
	bool has_before;
	uint64_t call_time;
	char id[33];
};

/**
 * attempt_fail_record() - report that the record cannot be kept
 * @ctl: for errors
 * @what: follows "cannot"
 * @error: positive errno
 *
 * Return: STATUS_FAILED
 */
int attempt_fail_record(struct pfructl *ctl, const char *what, int error);

/**
 * attempt_check() - was the last attempt with this capsule interrupted
 * @ctl: options and errors
 * @attempt: its @sha256 and @file are set
 *
 * Return: enum exit_status, reported: STATUS_CAPSULE when it was, and it is not to be
 * forced
 */
int attempt_check(struct pfructl *ctl, const struct attempt *attempt);

/**
 * attempt_find_staged() - what is activated by an activation, and may it be
 * @ctl: options and errors
 * @attempt: its @sha256 is set, and @before to what ran when it was staged
 *
 * Return: enum exit_status, reported; STATUS_BUSY when another operator staged it and
 * --sha256 does not name it
 */
int attempt_find_staged(struct pfructl *ctl, struct attempt *attempt);

/**
 * attempt_begin() - sync it to the disk, then write it to the journal
 * @ctl: for errors
 * @attempt: filled
 *
 * Return: enum exit_status, reported: then the firmware must not be called
 */
int attempt_begin(struct pfructl *ctl, struct attempt *attempt);

/**
 * attempt_end() - how it ended; a warning when that cannot be written
 * @ctl: has the failure, if it was one
 * @attempt: begun
 * @status: enum exit_status of the call alone
 * @result: the firmware's, NULL when there is none
 */
void attempt_end(struct pfructl *ctl, const struct attempt *attempt, int status,
		 const struct pfru_result *result);

/**
 * attempt_versions() - and what runs after an activation
 */
void attempt_versions(struct pfructl *ctl, const struct attempt *attempt,
		      const struct pfru_capability *after);

/**
 * attempt_is_interrupted() - is it one that a reboot or crash cut off
 * @attempt: of history_read()
 */
bool attempt_is_interrupted(struct json_object *attempt);

/**
 * attempt_is_open() - and nothing was tried with its capsule since
 * @attempts: of history_read()
 * @attempt: one of them
 */
bool attempt_is_open(struct json_object *attempts, struct json_object *attempt);

#endif /* PFRUCTL_ATTEMPT_H */
