// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of capsules. File names of any length fit; the reason why a capsule does
 * not apply comes last, since it is a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "capsule-table.h"
#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/text.h"
#include "core/status.h"

static const char *const heads[COLUMNS] = {
	[COLUMN_FILE] = "Capsule",	   [COLUMN_KIND] = "Kind",
	[COLUMN_VERSION] = "Version",	   [COLUMN_RUNNING] = "Running",
	[COLUMN_RELATION] = "Relation",	   [COLUMN_ACCEPTED] = "Accepted",
	[COLUMN_APPLIES] = "Applies here", [COLUMN_WHY] = "Why",
};

static const char *const words[] = {
	[ANSWER_UNKNOWN] = "unknown",
	[ANSWER_NO] = "no",
	[ANSWER_YES] = "yes",
};

static struct capsule_row *add_row(struct capsule_table *table,
				   const char *path)
{
	struct capsule_row *row;

	table->rows = xrealloc(table->rows,
			       (table->count + 1) * sizeof(*table->rows));
	row = &table->rows[table->count++];
	memset(row, 0, sizeof(*row));
	row->cells[COLUMN_FILE] = xasprintf("%s", escaped(path));
	return row;
}

static void set_cell(struct capsule_row *row, enum capsule_column column,
		     const char *text)
{
	row->cells[column] = text ? xasprintf("%s", text) : NULL;
}

static void set_image(struct capsule_row *row, const struct findings *f,
		      uint32_t i, const struct pfru_capability *cap)
{
	struct pfru_refusal refusal;
	struct pfru_image image;

	if (pfru_capsule_image(&f->capsule, i, &image, &refusal))
		return;
	set_cell(row, COLUMN_KIND,
		 pfru_kind_text(pfru_image_kind(image.type, cap)));
	set_cell(row, COLUMN_RELATION, relation_of(&image, cap));
	row->cells[COLUMN_VERSION] = image_version_text(&image, cap);
	row->cells[COLUMN_RUNNING] = running_version_text(&image, cap);
}

void capsule_table_add(struct capsule_table *table, const char *path,
		       const struct findings *f,
		       const struct platform *platform)
{
	const struct pfru_capability *cap = f->judged ? &platform->cap : NULL;
	uint32_t i, items = f->open ? f->capsule.payloads : 0;
	const char *why;
	enum answer acceptable = findings_acceptable(f, &why);

	for (i = 0; i < items || !i; i++) {
		struct capsule_row *row = add_row(table, path);

		if (i < items)
			set_image(row, f, i, cap);
		set_cell(row, COLUMN_ACCEPTED, words[acceptable]);
		set_cell(row, COLUMN_APPLIES,
			 words[findings_apply(f, platform)]);
		set_cell(row, COLUMN_WHY, why);
	}
}

void capsule_table_add_unread(struct capsule_table *table, const char *path)
{
	set_cell(add_row(table, path), COLUMN_WHY, "cannot be read");
}

static void print_row(struct text *text, const char *const *cells,
		      const int *widths)
{
	size_t i;

	for (i = 0; i < COLUMN_WHY; i++)
		text_printf(text, "%-*s  ", widths[i],
			    cells[i] ? cells[i] : "-");
	text_printf(text, "%s\n", cells[i] ? cells[i] : "-");
}

void capsule_table_print(const struct capsule_table *table, struct output *out)
{
	struct text text = { 0 };
	int widths[COLUMNS];
	size_t i, row;

	if (!table->count)
		return;
	for (i = 0; i < COLUMNS; i++) {
		widths[i] = strlen(heads[i]);
		for (row = 0; row < table->count; row++) {
			const char *cell = table->rows[row].cells[i];
			int width = cell ? strlen(cell) : 0;

			if (width > widths[i])
				widths[i] = width;
		}
	}
	print_row(&text, heads, widths);
	for (row = 0; row < table->count; row++)
		print_row(&text, (const char *const *)table->rows[row].cells,
			  widths);
	text_append(&text, "", 1);
	out_plain(out, text.bytes);
	free(text.bytes);
}

void capsule_table_free(struct capsule_table *table)
{
	size_t row, i;

	for (row = 0; row < table->count; row++)
		for (i = 0; i < COLUMNS; i++)
			free(table->rows[row].cells[i]);
	free(table->rows);
}
