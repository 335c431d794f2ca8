// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control page's values by name: tables made from pfrusim.h's, and the
 * reading of the texts that people type for them. Freestanding.
 */
#include "knobs.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct entry {
	const char *name;
	const char *help;
	enum knob_kind kind;
	uint16_t offset;
	uint16_t size;
	uint64_t value;		/* default of a word or a double */
	const char *text;	/* default of the others */
};

#define ENTRY_W(type, name, val, help)					\
	{ #name, help, KNOB_WORD, offsetof(struct type, name), 4, val, NULL },
#define ENTRY_D(type, name, val, help)					\
	{ #name, help, KNOB_DOUBLE, offsetof(struct type, name), 8, val, NULL },
#define PAGE_W(asl, name, val, help)	ENTRY_W(pfrusim_page, name, val, help)
#define PAGE_D(lo, hi, name, val, help)	ENTRY_D(pfrusim_page, name, val, help)
#define PAGE_G(asl, name, val, help)					\
	{ #name, help, KNOB_GUID, offsetof(struct pfrusim_page, name),	\
	  16, 0, val },
#define PAGE_B(asl, name, bits, val, help)				\
	{ #name, help, KNOB_BYTES, offsetof(struct pfrusim_page, name),	\
	  (bits) / 8, 0, val },
#define SLOT_W(asl, name, val, help)	ENTRY_W(pfrusim_slot, name, val, help)
#define SLOT_D(lo, hi, name, val, help)	ENTRY_D(pfrusim_slot, name, val, help)
#define LOG_W(asl, name, val, help)	ENTRY_W(pfrusim_log, name, val, help)
#define LOG_D(lo, hi, name, val, help)	ENTRY_D(pfrusim_log, name, val, help)

static const struct entry page_entries[] = {
	PFRUSIM_PAGE(PAGE_W, PAGE_D, PAGE_G, PAGE_B)
};

static const struct entry slot_entries[] = {
	PFRUSIM_SLOT(SLOT_W, SLOT_D)
};

static const struct entry log_entries[] = {
	PFRUSIM_LOG(LOG_W, LOG_D)
};

#define GROUP_SLOT(n, name)						\
	{ name, PFRUSIM_SLOT_OFF + (n) * PFRUSIM_SLOT_SIZE,		\
	  slot_entries, COUNT(slot_entries) },
#define GROUP_LOG(n, name)						\
	{ name, PFRUSIM_LOG_OFF + (n) * PFRUSIM_LOG_SIZE,		\
	  log_entries, COUNT(log_entries) },

static const struct group {
	const char *name;
	unsigned int offset;
	const struct entry *entries;
	unsigned int count;
} groups[] = {
	{ "", 0, page_entries, COUNT(page_entries) },
	PFRUSIM_SLOTS(GROUP_SLOT)
	PFRUSIM_LOGS(GROUP_LOG)
};

static const struct {
	uint32_t value;
	const char *name;
} faults[] = {
#define FAULT(id, name)	{ PFRUSIM_F_##id, name },
	PFRUSIM_FAULTS(FAULT)
};

static const struct entry *entry_at(unsigned int i, const struct group **group)
{
	unsigned int g;

	for (g = 0; g < COUNT(groups); g++) {
		*group = &groups[g];
		if (i < groups[g].count)
			return &groups[g].entries[i];
		i -= groups[g].count;
	}
	return NULL;
}

static int is_text(const char *text, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] == '\0' || word[i] != text[i])
			return 0;
	return word[len] == '\0';
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

int knob_at(unsigned int i, struct knob *knob)
{
	const struct group *group;
	const struct entry *entry = entry_at(i, &group);

	if (!entry)
		return -1;
	knob->group = group->name;
	knob->name = entry->name;
	knob->help = entry->help;
	knob->kind = entry->kind;
	if (group->entries == slot_entries && is_text("fault", 5, entry->name))
		knob->kind = KNOB_FAULT;
	knob->offset = group->offset + entry->offset;
	knob->size = entry->size;
	return 0;
}

int knob_find(const char *name, size_t len, struct knob *knob)
{
	size_t dot = 0;
	unsigned int i;

	while (dot < len && name[dot] != '.')
		dot++;
	for (i = 0; !knob_at(i, knob); i++) {
		if (dot == len && !*knob->group &&
		    is_text(name, len, knob->name))
			return 0;
		if (dot < len && is_text(name, dot, knob->group) &&
		    is_text(name + dot + 1, len - dot - 1, knob->name))
			return 0;
	}
	return -1;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int knob_number(const char *text, size_t len, uint64_t *value)
{
	unsigned int base = 10;
	uint64_t n = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		i = 2;
	}
	if (i == len)
		return -1;
	for (; i < len; i++) {
		unsigned int d = digit(text[i]);

		if (d >= base || n > (UINT64_MAX - d) / base)
			return -1;
		n = n * base + d;
	}
	*value = n;
	return 0;
}

/* Pairs of hexadecimal digits; what is not spelled is zero */
static int read_bytes(const char *text, size_t len, uint8_t *bytes, size_t max)
{
	size_t i;

	if (len % 2 || len / 2 > max)
		return -1;
	for (i = 0; i < len; i++)
		if (digit(text[i]) > 15)
			return -1;
	for (i = 0; i < max; i++)
		bytes[i] = i < len / 2 ? digit(text[2 * i]) << 4 |
					 digit(text[2 * i + 1]) : 0;
	return 0;
}

/* The first three parts of a GUID are little-endian numbers */
static int read_guid(const char *text, size_t len, uint8_t *bytes)
{
	static const uint8_t place[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};
	uint8_t plain[16];
	char hex[32];
	size_t i, n = 0;

	if (len != 36)
		return -1;
	for (i = 0; i < len; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return -1;
			continue;
		}
		hex[n++] = text[i];
	}
	if (read_bytes(hex, n, plain, sizeof(plain)))
		return -1;
	for (i = 0; i < 16; i++)
		bytes[place[i]] = plain[i];
	return 0;
}

static int read_fault(const char *text, size_t len, uint64_t *value)
{
	unsigned int i;

	for (i = 0; i < COUNT(faults); i++) {
		if (is_text(text, len, faults[i].name)) {
			*value = faults[i].value;
			return 0;
		}
	}
	return knob_number(text, len, value);
}

const char *knob_fault_name(uint32_t fault)
{
	unsigned int i;

	for (i = 0; i < COUNT(faults); i++)
		if (faults[i].value == fault)
			return faults[i].name;
	return "?";
}

/* Only in words of the page's own width: AML may be reading */
static void put_words(void *page, unsigned int offset, const void *from,
		      size_t size)
{
	volatile uint32_t *to = (void *)((uint8_t *)page + offset);
	const uint8_t *b = from;
	size_t i;

	for (i = 0; i < size / 4; i++, b += 4)
		to[i] = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

int knob_set(void *page, const struct knob *knob, const char *text, size_t len)
{
	uint8_t bytes[PFRUSIM_OEM_INFO_MAX];
	uint64_t value = 0;
	int ret;

	switch (knob->kind) {
	case KNOB_GUID:
		ret = read_guid(text, len, bytes);
		break;
	case KNOB_BYTES:
		ret = read_bytes(text, len, bytes, knob->size);
		break;
	case KNOB_FAULT:
		ret = read_fault(text, len, &value);
		break;
	default:
		ret = knob_number(text, len, &value);
	}
	if (ret || (knob->size == 4 && value > UINT32_MAX))
		return -1;
	if (knob->kind == KNOB_GUID || knob->kind == KNOB_BYTES)
		put_words(page, knob->offset, bytes, knob->size);
	else
		put_words(page, knob->offset, &value, knob->size);
	return 0;
}

void knob_defaults(void *page)
{
	static const uint64_t rings[] = {
		PFRUSIM_FIXED_EXEC, PFRUSIM_FIXED_HISTORY
	};
	const struct group *group;
	const struct entry *entry;
	struct knob knob;
	unsigned int i;

	for (i = 0; !knob_at(i, &knob); i++) {
		entry = entry_at(i, &group);
		if (entry->text)
			knob_set(page, &knob, entry->text, length(entry->text));
		else
			put_words(page, knob.offset, &entry->value, knob.size);
	}
	for (i = 0; i < COUNT(rings); i++)
		put_words(page, PFRUSIM_LOG_OFF + i * PFRUSIM_LOG_SIZE +
			  offsetof(struct pfrusim_log, base), &rings[i], 8);
}
