// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the corpus of capsules.
 */
#include "corpus.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define LINE_SIZE	256

static FILE *open_file(const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", CORPUS_DIR, name);
	file = fopen(path, "rb");
	if (!file)
		err(1, "%s", path);
	return file;
}

/* put the next line that is not a comment into @line; 0 at the end */
static int next_line(FILE *file, char *line)
{
	while (fgets(line, LINE_SIZE, file))
		if (line[0] != '#' && line[0] != '\n')
			return 1;
	return 0;
}

int parse_guid(const char *text, __u8 *guid)
{
	unsigned int a, b, c, d[8], i;
	int length = 0;

	if (sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x%n", &a, &b, &c,
		   &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7],
		   &length) != 11 || length != 36)
		return -1;
	for (i = 0; i < 4; i++)
		guid[i] = a >> 8 * i;
	for (i = 0; i < 2; i++) {
		guid[4 + i] = b >> 8 * i;
		guid[6 + i] = c >> 8 * i;
	}
	for (i = 0; i < 8; i++)
		guid[8 + i] = d[i];
	return 0;
}

static void read_platform(struct pfru_capability *cap)
{
	const struct {
		const char *key;
		__u8 *guid;
		__u32 *number;
	} members[] = {
		{ "code_type", cap->code_type, NULL },
		{ "drv_type", cap->drv_type, NULL },
		{ "platform_id", cap->platform_id, NULL },
		{ "oem_id", cap->oem_id, NULL },
		{ "fw_version", NULL, &cap->fw_version },
		{ "code_rt_version", NULL, &cap->code_rt_version },
		{ "drv_rt_version", NULL, &cap->drv_rt_version },
		{ "drv_svn", NULL, &cap->drv_svn },
	};
	const size_t count = sizeof(members) / sizeof(members[0]);
	char line[LINE_SIZE], key[64], value[64];
	FILE *file = open_file("platform.conf");
	size_t seen = 0, i;

	while (next_line(file, line)) {
		if (sscanf(line, "%63s %63s", key, value) != 2)
			errx(1, "platform.conf: bad line: %s", line);
		for (i = 0; i < count; i++)
			if (!strcmp(key, members[i].key))
				break;
		if (i == count)
			errx(1, "platform.conf: unknown key %s", key);
		if (members[i].number)
			*members[i].number = strtoul(value, NULL, 0);
		else if (parse_guid(value, members[i].guid))
			errx(1, "platform.conf: %s is no GUID", value);
		seen++;
	}
	fclose(file);
	if (seen != count)
		errx(1, "platform.conf: %zu keys, not %zu", seen, count);
}

static void read_manifest(struct corpus *c)
{
	FILE *file = open_file("MANIFEST");
	struct corpus_case *new;
	char line[LINE_SIZE];
	int words;

	while (next_line(file, line)) {
		c->cases = realloc(c->cases,
				   (c->count + 1) * sizeof(*c->cases));
		if (!c->cases)
			err(1, "MANIFEST");
		new = &c->cases[c->count++];
		memset(new, 0, sizeof(*new));
		words = sscanf(line, "%63s %31s %llu", new->name, new->verdict,
			       &new->offset);
		if (words < 2)
			errx(1, "MANIFEST: bad line: %s", line);
		if (words == 2)
			new->offset = CORPUS_NO_OFFSET;
	}
	fclose(file);
	if (!c->count)
		errx(1, "MANIFEST: empty");
}

const struct corpus *corpus(void)
{
	static struct corpus c;

	if (!c.count) {
		read_platform(&c.platform);
		read_manifest(&c);
	}
	return &c;
}

__u8 *exact_copy(const __u8 *bytes, size_t size)
{
	__u8 *copy = malloc(size);

	if (!copy)
		err(1, "malloc");
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

int free_corpus(void **state)
{
	(void)state;
	free(corpus()->cases);
	return 0;
}

__u8 *corpus_read(const char *name, size_t *size)
{
	static __u8 room[1 << 16];
	FILE *file = open_file(name);

	*size = fread(room, 1, sizeof(room), file);
	if (ferror(file) || *size == sizeof(room))
		errx(1, "%s: unreadable or too large", name);
	fclose(file);
	return exact_copy(room, *size);
}

int corpus_judge(const struct corpus_case *c, char *why, size_t room)
{
	struct pfru_verdict verdict;
	enum pfru_reason reason;
	const char *name;
	size_t size;
	__u8 *bytes;

	bytes = corpus_read(c->name, &size);
	reason = pfru_judge(bytes, size, &corpus()->platform, &verdict);
	free(bytes);
	name = reason ? pfru_reason_text(reason)->name : "accepted";
	if (reason != verdict.refusal.reason) {
		snprintf(why, room, "%s: returned %d, filled in %u", c->name,
			 (int)reason, verdict.refusal.reason);
		return -1;
	}
	if (strcmp(name, c->verdict)) {
		snprintf(why, room, "%s: %s at %llu, expected %s", c->name,
			 name, (unsigned long long)verdict.refusal.offset,
			 c->verdict);
		return -1;
	}
	if (c->offset != CORPUS_NO_OFFSET &&
	    c->offset != verdict.refusal.offset) {
		snprintf(why, room, "%s: %s at %llu, expected at %llu", c->name,
			 name, (unsigned long long)verdict.refusal.offset,
			 c->offset);
		return -1;
	}
	return 0;
}
