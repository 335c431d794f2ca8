/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be found out about a capsule before the firmware has it: its structure,
 * its signatures, and whether it fits a platform. Prints nothing but failures and
 * notes.
 */
#ifndef PFRUCTL_FINDINGS_H
#define PFRUCTL_FINDINGS_H

#include "cli/pfructl/capsule/digest.h"
#include "cli/pfructl/capsule/relation.h"
#include "cli/pfructl/capsule/signature.h"
#include "cli/pfructl/device/device.h"

/**
 * struct platform - what capsules are judged against; to be set up with zeroes
 * @several: there are several capsules: the firmware is asked once, for all of them
 * @looked: the rest is known
 * @device: the platform's device
 * @has_device: @device is open
 * @left_out: why no device was opened on purpose; NULL if one was, or was tried
 * @status: enum exit_status of opening it and asking it
 * @cap: what it answered
 * @asked: @cap is what the firmware has just answered
 */
struct platform {
	bool several;
	bool looked;
	struct device device;
	bool has_device;
	const char *left_out;
	int status;
	struct pfru_capability cap;
	bool asked;
};

void platform_close(struct platform *platform);

/**
 * struct findings - what is found out before anything is printed
 * @file: the capsule
 * @sum: its SHA-256
 * @capsule: those of its headers that are sound
 * @open: all of @capsule is sound
 * @signatures: one for each payload item, when @open
 * @sound: so is each payload item
 * @judged: against the platform
 * @refused: something is in the way for certain
 * @why: why it would be refused, or is unknown; NULL or allocated
 * @status: enum exit_status of the first failure
 */
struct findings {
	const struct capsule_file *file;
	char sum[DIGEST_TEXT_SIZE];
	struct pfru_capsule capsule;
	bool open;
	struct signature *signatures;
	bool sound;
	bool judged;
	bool refused;
	char *why;
	int status;
};

/**
 * findings_make() - look at a capsule
 * @ctl: for errors and notes
 * @authority: certificates to trust, or NULL not to verify
 * @platform: what it is judged against when it is sound; is looked for once
 * @file: the capsule
 * @f: filled; findings_free() it
 *
 * Without a device that can be asked the platform is left out, unless the device was
 * named: then that is a failure. One firmware call at most, see device_judge().
 *
 * Return: STATUS_DONE, or that there is no SHA-256, reported
 */
int findings_make(struct pfructl *ctl, const struct authority *authority,
		  struct platform *platform, const struct capsule_file *file,
		  struct findings *f);
void findings_free(struct findings *f);

/**
 * findings_acceptable() - would the firmware take it
 * @f: from findings_make()
 * @why: set to why not, or why that is unknown; NULL when there is nothing to say
 */
enum answer findings_acceptable(const struct findings *f, const char **why);

/**
 * findings_apply() - would it bring this machine something newer
 * @f: from findings_make()
 * @platform: that it was judged against
 */
enum answer findings_apply(const struct findings *f,
			   const struct platform *platform);

#endif /* PFRUCTL_FINDINGS_H */
