/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capsule file read into memory, and the words for why it is refused.
 */
#ifndef PFRUCTL_CAPSULE_FILE_H
#define PFRUCTL_CAPSULE_FILE_H

#include "cli/pfructl/pfructl.h"
#include "core/capsule.h"

/* the largest communication buffer that the module uses */
#define CAPSULE_FILE_MAX (256U << 20)

/**
 * struct capsule_file - a file in memory
 * @name: as it is shown, escaped
 * @bytes: its content, NULL before
 * @size: number of bytes
 */
struct capsule_file {
	char *name;
	uint8_t *bytes;
	size_t size;
};

/**
 * capsule_file_read() - read a regular file, a FIFO, or "-" for stdin
 * @ctl: for errors
 * @path: its name
 * @file: filled; capsule_file_free() it in any case
 *
 * No more than CAPSULE_FILE_MAX bytes are read, and no more memory is taken
 * than twice what was read.
 *
 * Return: enum exit_status, reported
 */
int capsule_file_read(struct pfructl *ctl, const char *path,
		      struct capsule_file *file);
void capsule_file_free(struct capsule_file *file);

/**
 * capsule_file_names() - the files that an argument of the command line means
 * @ctl: for errors
 * @path: a file, or a directory: then its regular files, in the order of their names,
 *	without those whose name begins with a dot
 * @names: set; allocated, as each of them
 * @count: their number
 *
 * Return: enum exit_status, reported; a directory without a file is a failure
 */
int capsule_file_names(struct pfructl *ctl, const char *path, char ***names,
		       size_t *count);

/* is it a directory, whose files are meant */
bool capsule_is_directory(const char *path);

/**
 * fail_refused() - report that a capsule was refused
 * @ctl: for errors
 * @file: the capsule
 * @refusal: why
 * @cap: the platform it was judged against, or NULL
 *
 * Return: STATUS_CAPSULE
 */
int fail_refused(struct pfructl *ctl, const struct capsule_file *file,
		 const struct pfru_refusal *refusal,
		 const struct pfru_capability *cap);

/**
 * note_versions() - remark what a platform accepts and a person may not expect
 * @ctl: for notes, one of each sort at most
 * @file: a sound capsule
 * @cap: the platform
 *
 * A driver update's runtime version that goes down, and a capsule that was made
 * for another version of the firmware.
 */
void note_versions(struct pfructl *ctl, const struct capsule_file *file,
		   const struct pfru_capability *cap);

/**
 * payload_label() - the label of a payload item in text
 * @capsule: its capsule
 * @i: its index
 *
 * Return: allocated; with its number where there are several
 */
char *payload_label(const struct pfru_capsule *capsule, uint32_t i);

/**
 * refusal_numbers() - " (found 3, expected 1)", or an empty string
 * @reason: enum pfru_reason
 * @found: see struct pfru_result
 * @expected: see struct pfru_result
 *
 * Return: allocated
 */
char *refusal_numbers(uint32_t reason, uint64_t found, uint64_t expected);

#endif /* PFRUCTL_CAPSULE_FILE_H */
