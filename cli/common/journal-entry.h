/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry of the systemd journal, by its native protocol. Nothing here waits: an
 * action must not depend on who keeps the journal.
 */
#ifndef CLI_JOURNAL_ENTRY_H
#define CLI_JOURNAL_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* syslog(3) */
#define PRIORITY_ERROR	 3
#define PRIORITY_WARNING 4
#define PRIORITY_NOTICE	 5
#define PRIORITY_INFO	 6

/**
 * journal_bytes() - add a field that may hold any bytes
 * @entry: the entry
 * @name: of the field, in capitals
 * @bytes: its value
 * @size: of it
 */
void journal_bytes(struct text *entry, const char *name, const void *bytes,
		   size_t size);
void journal_string(struct text *entry, const char *name, const char *value);
void journal_number(struct text *entry, const char *name, uint64_t value);

/**
 * journal_entry_send() - hand an entry over
 * @entry: freed
 *
 * Return: 0 or a negative errno
 */
int journal_entry_send(struct text *entry);

/**
 * login_user() - who logged in, which sudo(8) does not change
 *
 * Return: the number as the kernel has it, or "unknown"; allocated
 */
char *login_user(void);

#endif /* CLI_JOURNAL_ENTRY_H */
