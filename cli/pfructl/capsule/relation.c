// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Versions, compared.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "relation.h"

/**
 * struct versions - of an image, or of what runs of its kind
 * @svn: 0 for a code injection, which has none
 * @runtime: runtime version
 */
struct versions {
	uint32_t svn;
	uint32_t runtime;
};

static struct versions of_image(const struct pfru_image *image,
				enum pfru_kind kind)
{
	struct versions v = { .runtime = image->rt_ver };

	if (kind == PFRU_KIND_DRIVER_UPDATE)
		v.svn = image->svn;
	return v;
}

static struct versions of_platform(const struct pfru_capability *cap,
				   enum pfru_kind kind)
{
	struct versions v = { .runtime = cap->code_rt_version };

	if (kind == PFRU_KIND_DRIVER_UPDATE) {
		v.svn = cap->drv_svn;
		v.runtime = cap->drv_rt_version;
	}
	return v;
}

/* below, equal to or above 0 as @a is older than, the same as or newer than @b */
static int compare(struct versions a, struct versions b)
{
	if (a.svn != b.svn)
		return a.svn < b.svn ? -1 : 1;
	if (a.runtime != b.runtime)
		return a.runtime < b.runtime ? -1 : 1;
	return 0;
}

void relation_print(struct output *out, const struct pfru_image *image,
		    const struct pfru_capability *cap, bool text)
{
	enum pfru_kind kind = cap ? pfru_image_kind(image->type, cap) :
				    PFRU_KIND_UNKNOWN;
	struct versions runs;
	const char *word;
	char *line;
	int order;

	if (kind == PFRU_KIND_UNKNOWN)
		return;
	runs = of_platform(cap, kind);
	order = compare(of_image(image, kind), runs);
	word = order < 0 ? "older" : order ? "newer" : "same";
	out_string(out, "relation", NULL, word);
	out_number(out, "running_runtime_version", NULL, runs.runtime);
	if (kind == PFRU_KIND_DRIVER_UPDATE) {
		out_number(out, "running_svn", NULL, runs.svn);
		line = xasprintf("%u, security version %u; the capsule is %s",
				 runs.runtime, runs.svn,
				 order ? word : "the same");
	} else {
		line = xasprintf("%u; the capsule is %s", runs.runtime,
				 order ? word : "the same");
	}
	if (text)
		out_text(out, "Running version", line);
	free(line);
}

const char *relation_of(const struct pfru_image *image,
			const struct pfru_capability *cap)
{
	enum pfru_kind kind = pfru_image_kind(image->type, cap);
	int order;

	if (!cap || kind == PFRU_KIND_UNKNOWN)
		return NULL;
	order = compare(of_image(image, kind), of_platform(cap, kind));
	return order < 0 ? "older" : order ? "newer" : "same";
}

static char *text_of(struct versions v, bool has_svn)
{
	return has_svn ? xasprintf("%u (SVN %u)", v.runtime, v.svn) :
			 xasprintf("%u", v.runtime);
}

char *image_version_text(const struct pfru_image *image,
			 const struct pfru_capability *cap)
{
	enum pfru_kind kind = pfru_image_kind(image->type, cap);

	return text_of(of_image(image, kind), kind == PFRU_KIND_DRIVER_UPDATE);
}

char *running_version_text(const struct pfru_image *image,
			   const struct pfru_capability *cap)
{
	enum pfru_kind kind = pfru_image_kind(image->type, cap);

	if (!cap || kind == PFRU_KIND_UNKNOWN)
		return NULL;
	return text_of(of_platform(cap, kind), kind == PFRU_KIND_DRIVER_UPDATE);
}

/**
 * struct newest - the newest image of each kind in a capsule
 * @versions: by kind
 * @there: there is one of that kind
 */
struct newest {
	struct versions versions[PFRU_KIND_DRIVER_UPDATE + 1];
	bool there[PFRU_KIND_DRIVER_UPDATE + 1];
};

/* false when there is an image that is not sound or of no kind of this platform */
static bool find_newest(struct newest *newest, const struct capsule_file *file,
			const struct pfru_capability *cap)
{
	struct pfru_capsule capsule;
	struct pfru_refusal refusal;
	struct pfru_image image;
	enum pfru_kind kind;
	uint32_t i;

	memset(newest, 0, sizeof(*newest));
	if (pfru_capsule_open(&capsule, file->bytes, file->size, &refusal))
		return false;
	for (i = 0; i < capsule.payloads; i++) {
		struct versions v;

		if (pfru_capsule_image(&capsule, i, &image, &refusal))
			return false;
		kind = pfru_image_kind(image.type, cap);
		if (kind == PFRU_KIND_UNKNOWN)
			return false;
		v = of_image(&image, kind);
		if (!newest->there[kind] ||
		    compare(v, newest->versions[kind]) > 0)
			newest->versions[kind] = v;
		newest->there[kind] = true;
	}
	return true;
}

static bool newest_differs(const struct newest *newest, enum pfru_kind kind,
			   const struct pfru_capability *cap, bool newer)
{
	int order;

	if (!newest->there[kind])
		return false;
	order = compare(newest->versions[kind], of_platform(cap, kind));
	return newer ? order > 0 : order;
}

bool capsule_is_current(const struct capsule_file *file,
			const struct pfru_capability *cap)
{
	struct newest newest;

	return find_newest(&newest, file, cap) &&
	       !newest_differs(&newest, PFRU_KIND_CODE_INJECTION, cap, false) &&
	       !newest_differs(&newest, PFRU_KIND_DRIVER_UPDATE, cap, false);
}

bool capsule_is_newer(const struct capsule_file *file,
		      const struct pfru_capability *cap)
{
	struct newest newest;

	return find_newest(&newest, file, cap) &&
	       (newest_differs(&newest, PFRU_KIND_CODE_INJECTION, cap, true) ||
		newest_differs(&newest, PFRU_KIND_DRIVER_UPDATE, cap, true));
}

void versions_print(struct output *out, const char *key, const char *label,
		    const struct pfru_capability *cap)
{
	char *line;

	if (!cap) {
		out_null(out, key);
		return;
	}
	out_group(out, key, NULL);
	out_number(out, "fw_version", NULL, cap->fw_version);
	out_group(out, pfru_kind_key(PFRU_KIND_CODE_INJECTION), NULL);
	out_number(out, "runtime_version", NULL, cap->code_rt_version);
	out_end(out);
	out_group(out, pfru_kind_key(PFRU_KIND_DRIVER_UPDATE), NULL);
	out_number(out, "runtime_version", NULL, cap->drv_rt_version);
	out_number(out, "svn", NULL, cap->drv_svn);
	out_end(out);
	out_end(out);
	line = xasprintf("code injection %u, driver update %u (SVN %u)",
			 cap->code_rt_version, cap->drv_rt_version,
			 cap->drv_svn);
	out_text(out, label, line);
	free(line);
}
