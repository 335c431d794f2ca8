/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was asked of this machine's firmware: /var/lib/pfructl/history, one JSON
 * object a line, appended and synced to the disk. An attempt is begun by one line
 * and ended by another with the same id. Knows nothing of devices.
 */
#ifndef PFRUCTL_HISTORY_H
#define PFRUCTL_HISTORY_H

#include <json-c/json.h>

/* a line that begins an attempt; others end it, or add to it */
#define EVENT_BEGUN    "begun"
#define EVENT_DONE     "done"
#define EVENT_FAILED   "failed"
#define EVENT_UNKNOWN  "unknown"
#define EVENT_VERSIONS "versions"

/* "state" of an attempt without an end: of an earlier boot, of this one */
#define STATE_INTERRUPTED "interrupted"
#define STATE_UNFINISHED  "unfinished"

/**
 * history_append() - add a line, on the disk when this returns
 * @entry: its "event" is one of the above
 * @what: set to what failed, to follow "cannot"
 *
 * A line that begins an attempt takes room for the one that ends it, and begins
 * another file when this one is large: the old one becomes history.1, and of the one
 * before it each attempt is kept that has no end and is the last with its capsule.
 *
 * Return: 0 or a negative errno
 */
int history_append(json_object *entry, const char **what);

/**
 * history_read() - all attempts that are on record
 * @attempts: set to an object by id, oldest first, to be put; empty when there are
 *	none
 * @what: set to what failed, to follow "cannot"
 *
 * An attempt has what its lines have, "begun" and "ended" (times), and "state": the
 * event that ended it, STATE_INTERRUPTED or STATE_UNFINISHED. Lines that were torn
 * by a crash are passed over: nothing was done after them.
 *
 * Return: 0 or a negative errno
 */
int history_read(json_object **attempts, const char **what);

/**
 * history_last() - the last attempt of these
 * @attempts: from history_read()
 * @sha256: of its capsule, or NULL for whatever it is
 *
 * Return: the attempt, or NULL; belongs to @attempts
 */
json_object *history_last(json_object *attempts, const char *sha256);

/**
 * history_text() - a string of an attempt
 * @attempt: the attempt
 * @key: of the string
 *
 * Return: the string, NULL where there is none
 */
const char *history_text(json_object *attempt, const char *key);

/* json-c's, or the end of the program */
json_object *history_object(void);
void history_put(json_object *object, const char *key, json_object *value);
void history_put_text(json_object *object, const char *key, const char *text);
void history_put_number(json_object *object, const char *key, uint64_t number);

#endif /* PFRUCTL_HISTORY_H */
