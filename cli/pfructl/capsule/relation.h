/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capsule's versions beside those that run. core/ decides whether a capsule is
 * accepted.
 */
#ifndef PFRUCTL_RELATION_H
#define PFRUCTL_RELATION_H

#include "file.h"

/**
 * relation_print() - print how an image compares with what runs
 * @out: output; "relation" is newer, same or older
 * @image: a sound image
 * @cap: the platform, NULL when it is not known: then nothing is printed
 * @text: in text, too
 *
 * Of a driver update the security version counts first, then the runtime version.
 */
void relation_print(struct output *out, const struct pfru_image *image,
		    const struct pfru_capability *cap, bool text);

/**
 * capsule_is_current() - does what is in a capsule run already
 * @file: a sound capsule
 * @cap: the platform
 *
 * Return: true when the newest image of each kind in it is the same as what runs
 */
bool capsule_is_current(const struct capsule_file *file,
			const struct pfru_capability *cap);

/**
 * capsule_is_newer() - is something in a capsule newer than what runs
 * @file: a sound capsule
 * @cap: the platform
 */
bool capsule_is_newer(const struct capsule_file *file,
		      const struct pfru_capability *cap);

/**
 * relation_of() - how an image compares with what runs
 * @image: a sound image
 * @cap: the platform, NULL when it is not known
 *
 * Return: "newer", "same" or "older"; NULL when nobody knows
 */
const char *relation_of(const struct pfru_image *image,
			const struct pfru_capability *cap);

/**
 * image_version_text() - the version of an image, in short
 * @image: a sound image
 * @cap: the platform, NULL when it is not known
 *
 * Return: allocated
 */
char *image_version_text(const struct pfru_image *image,
			 const struct pfru_capability *cap);

/**
 * running_version_text() - the version that runs of an image's kind, in short
 * @image: a sound image
 * @cap: the platform, NULL when it is not known
 *
 * Return: allocated, NULL when nobody knows
 */
char *running_version_text(const struct pfru_image *image,
			   const struct pfru_capability *cap);

/**
 * versions_print() - print the versions that an update can change
 * @out: output
 * @key: of the group
 * @label: in text, of one line
 * @cap: the platform, NULL when it is not known
 */
void versions_print(struct output *out, const char *key, const char *label,
		    const struct pfru_capability *cap);

#endif /* PFRUCTL_RELATION_H */
