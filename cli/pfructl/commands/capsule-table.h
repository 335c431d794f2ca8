/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several capsules in a table, for people: a line for each payload item.
 */
#ifndef PFRUCTL_CAPSULE_TABLE_H
#define PFRUCTL_CAPSULE_TABLE_H

#include "findings.h"

enum capsule_column {
	COLUMN_FILE,
	COLUMN_KIND,
	COLUMN_VERSION,
	COLUMN_RUNNING,
	COLUMN_RELATION,
	COLUMN_ACCEPTED,
	COLUMN_APPLIES,
	COLUMN_WHY,
	COLUMNS,
};

/**
 * struct capsule_row - a line of the table
 * @cells: allocated; NULL for what is not known
 */
struct capsule_row {
	char *cells[COLUMNS];
};

/**
 * struct capsule_table - to be set up with zeroes
 * @rows: allocated
 * @count: number of them
 */
struct capsule_table {
	struct capsule_row *rows;
	size_t count;
};

void capsule_table_add(struct capsule_table *table, const char *path,
		       const struct findings *f,
		       const struct platform *platform);
/* one that could not be read */
void capsule_table_add_unread(struct capsule_table *table, const char *path);
void capsule_table_print(const struct capsule_table *table, struct output *out);
void capsule_table_free(struct capsule_table *table);

#endif /* PFRUCTL_CAPSULE_TABLE_H */
