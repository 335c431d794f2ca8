/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature of a capsule's image: who signed, and whether it is valid.
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

/*
 * What is looked at in one signature, and the time for all of a capsule in seconds
 * of the processor. Vendors sign once or twice, with a chain of some certificates;
 * without bounds, a capsule could keep this program busy for hours.
 */
#define SIGNATURE_BYTES_MAX	   (1U << 20)
#define SIGNATURE_SIGNERS_MAX	   16
#define SIGNATURE_CERTIFICATES_MAX 64
#define SIGNATURE_SECONDS_MAX	   10

enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

/**
 * struct signature - what is known about an image's signature
 * @readable: as PKCS#7; unknown when a bound was hit
 * @is_signed: there is a signature with a signer
 * @verified: it holds; unknown when nobody asked, or a bound was hit
 * @why: why not or why unknown, NULL when there is nothing to say; allocated
 */
struct signature {
	enum answer readable;
	enum answer is_signed;
	enum answer verified;
	char *why;
};

/**
 * signature_check() - is there a signature, and does it hold
 * @authority: certificates to trust, or NULL not to verify
 * @file: the capsule
 * @image: a sound image of it
 * @signature: filled; signature_free() it
 *
 * As firmware does it: any certificate of @authority is trusted for itself, and
 * the time is not looked at.
 */
void signature_check(const struct authority *authority,
		     const struct capsule_file *file,
		     const struct pfru_image *image,
		     struct signature *signature);
void signature_free(struct signature *signature);

/**
 * signature_fail() - report that an image's signature was not verified
 * @ctl: for errors
 * @file: the capsule
 * @image: of it
 * @signature: from signature_check()
 *
 * Return: STATUS_CAPSULE
 */
int signature_fail(struct pfructl *ctl, const struct capsule_file *file,
		   const struct pfru_image *image,
		   const struct signature *signature);

/**
 * signature_require() - every image of a sound capsule must verify
 * @ctl: for errors
 * @authority: certificates to trust; NULL when nothing is to be verified
 * @file: the capsule
 *
 * Return: enum exit_status, reported
 */
int signature_require(struct pfructl *ctl, const struct authority *authority,
		      const struct capsule_file *file);

/**
 * signature_describe() - print the signers of an image
 * @ctl: output
 * @file: the capsule
 * @image: a sound image of it that is authenticated
 */
void signature_describe(struct pfructl *ctl, const struct capsule_file *file,
			const struct pfru_image *image);

#endif /* PFRUCTL_SIGNATURE_H */
