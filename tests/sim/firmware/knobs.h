/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control page's values by name, for the UEFI application and for fwctl.
 * Freestanding: no library, no allocation, no I/O.
 */
#ifndef PFRUSIM_KNOBS_H
#define PFRUSIM_KNOBS_H

#include <stddef.h>
#include "pfrusim.h"

enum knob_kind { KNOB_WORD, KNOB_DOUBLE, KNOB_GUID, KNOB_BYTES, KNOB_FAULT };

struct knob {
	const char *group;	/* "" for the page itself: no dot then */
	const char *name;
	const char *help;
	enum knob_kind kind;
	uint16_t offset;	/* in the control page */
	uint16_t size;
};

/**
 * knob_at() - walk over all knobs
 * @i: 0 and up
 * @knob: filled
 *
 * Return: 0, or -1 when there are no more.
 */
int knob_at(unsigned int i, struct knob *knob);

/**
 * knob_find() - look a knob up
 * @name: "buf_size", "cap.fault", "exec.pos", ...; not terminated
 * @len: bytes of @name
 * @knob: filled
 *
 * Return: 0, or -1 when there is no such knob.
 */
int knob_find(const char *name, size_t len, struct knob *knob);

/**
 * knob_set() - give a knob the value that a text spells
 * @page: the control page
 * @knob: from knob_find()
 * @text: a number (decimal, or hexadecimal after 0x), a GUID, pairs of
 *        hexadecimal digits or a fault's name, as the knob's kind wants
 * @len: bytes of @text
 *
 * Return: 0, or -1 when the text is no such value; the page is unchanged then.
 */
int knob_set(void *page, const struct knob *knob, const char *text, size_t len);

int knob_number(const char *text, size_t len, uint64_t *value);
const char *knob_fault_name(uint32_t fault);

/* Give the whole page its defaults; addresses are the -acpitable ones */
void knob_defaults(void *page);

#endif
