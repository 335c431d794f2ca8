/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature of a capsule's image: who signed, and whether it holds. The only
 * file that uses libcrypto.
 */
#ifndef PFRUCTL_SIGNATURE_H
#define PFRUCTL_SIGNATURE_H

#include "cli/pfructl/pfructl.h"
#include "file.h"

struct authority;

/**
 * authority_load() - read the certificates of --ca, PEM or DER
 * @ctl: options and errors
 * @authority: set; NULL when no --ca was given
 *
 * Return: enum exit_status, reported
 */
int authority_load(struct pfructl *ctl, struct authority **authority);
void authority_free(struct authority *authority);

/**
 * signature_describe() - print the signers of an image
 * @ctl: output
 * @file: the capsule
 * @image: a sound image of it that is authenticated
 */
void signature_describe(struct pfructl *ctl, const struct capsule_file *file,
			const struct pfru_image *image);

/**
 * signature_verify() - does the signature hold
 * @authority: certificates to trust
 * @file: the capsule
 * @image: a sound image of it
 *
 * As firmware does it: any certificate of @authority is trusted for itself, and
 * the time is not looked at.
 *
 * Return: NULL when it holds, else why not, allocated
 */
char *signature_verify(const struct authority *authority,
		       const struct capsule_file *file,
		       const struct pfru_image *image);

#endif /* PFRUCTL_SIGNATURE_H */
