/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries that few commands need, loaded by those commands. The others start
 * without them: linking them would cost each start some million instructions.
 */
#ifndef CLI_LIBRARY_H
#define CLI_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

/**
 * struct library - a library that is loaded when it is needed
 * @name: what the dynamic linker looks for
 * @purpose: what it is needed for, to follow "which"
 * @functions: their names
 * @count: number of @functions
 * @pointers: a structure of one pointer to each of @functions, in their order
 * @loaded: @pointers are set
 */
struct library {
	const char *name;
	const char *purpose;
	const char *const *functions;
	size_t count;
	void *pointers;
	bool loaded;
};

/* for a list of functions, LIST(F) of F(name): the members of such a structure */
#define LIBRARY_POINTER(name) typeof(name) *name;
/* and their names */
#define LIBRARY_NAME(name) #name,

/**
 * library_load() - load a library, once
 * @out: for the error
 * @library: which
 *
 * Return: 0, or EXIT_FAILURE, reported
 */
int library_load(struct output *out, struct library *library);

#define LIBRARY_NOTE_TYPE 0x407c0c0a

/**
 * LIBRARY_NOTE() - tell packaging tools that a library is loaded
 * @variable: a name for the note
 * @json: of one object: feature, description, priority, soname; see the
 *	"ELF dlopen metadata" specification of the UAPI group
 *
 * The linker aligns notes as their readers expect, by four bytes.
 */
#define LIBRARY_NOTE(variable, json)                                 \
	static const struct {                                        \
		uint32_t name_size;                                  \
		uint32_t size;                                       \
		uint32_t type;                                       \
		char name[4];                                        \
		char text[sizeof(json)] __attribute__((aligned(4))); \
	} variable __attribute__((used, section(".note.dlopen"),     \
				  aligned(sizeof(uint32_t)))) = {    \
		4, sizeof(json), LIBRARY_NOTE_TYPE, "FDO", json      \
	}

#endif /* CLI_LIBRARY_H */
