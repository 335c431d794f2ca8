/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SHA-256 of a capsule, as the kernel's audit record has it.
 */
#ifndef PFRUCTL_DIGEST_H
#define PFRUCTL_DIGEST_H

#include "file.h"

/* digits and the end of the string */
#define DIGEST_TEXT_SIZE 65

/**
 * capsule_digest() - digest the bytes that are in memory
 * @ctl: for the error
 * @file: the capsule
 * @text: set to lower-case hexadecimal digits
 *
 * Return: enum exit_status, reported: the library may be missing
 */
int capsule_digest(struct pfructl *ctl, const struct capsule_file *file,
		   char text[DIGEST_TEXT_SIZE]);

#endif /* PFRUCTL_DIGEST_H */
