// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking at a capsule: structure, signatures, platform.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "core/status.h"
#include "findings.h"

static const char no_capability[] =
	"the firmware did not report its capability";

/* The first failure's status counts, as in fail(), and the first certain reason. */
static void refuse(struct findings *f, int status, const char *why,
		   bool certain)
{
	if (!f->status)
		f->status = status;
	if (f->why && (f->refused || !certain))
		return;
	f->refused = certain;
	free(f->why);
	f->why = xasprintf("%s", why);
}

static void check_signature(struct pfructl *ctl, struct findings *f,
			    const struct authority *authority, uint32_t i)
{
	struct signature *signature = &f->signatures[i];
	struct pfru_refusal refusal;
	struct pfru_image image;

	memset(signature, 0, sizeof(*signature));
	if (pfru_capsule_image(&f->capsule, i, &image, &refusal))
		return;
	signature_check(authority, f->file, &image, signature);
	if (!authority || signature->verified == ANSWER_YES)
		return;
	signature_fail(ctl, f->file, &image, signature);
	refuse(f, STATUS_CAPSULE, signature->why,
	       signature->verified == ANSWER_NO);
}

static void check_structure(struct pfructl *ctl, struct findings *f,
			    const struct authority *authority)
{
	const struct capsule_file *file = f->file;
	struct pfru_refusal refusal;
	struct pfru_verdict verdict;
	uint32_t i;

	f->open = !pfru_capsule_open(&f->capsule, file->bytes, file->size,
				     &refusal);
	if (f->open) {
		f->signatures = xrealloc(NULL, f->capsule.payloads *
						       sizeof(*f->signatures));
		for (i = 0; i < f->capsule.payloads; i++)
			check_signature(ctl, f, authority, i);
	}
	f->sound = !pfru_judge(file->bytes, file->size, NULL, &verdict);
	if (f->sound)
		return;
	fail_refused(ctl, file, &verdict.refusal, NULL);
	refuse(f, STATUS_CAPSULE,
	       pfru_reason_text(verdict.refusal.reason)->what, true);
}

/*
 * Without a device that can be asked, the platform is left out, unless the
 * device was named: then it is missed. Returns why it is left out, or NULL.
 */
static const char *find_platform(struct pfructl *ctl)
{
	struct output *out = ctl->out;
	struct device device;
	char *path;
	int ret;

	if (ctl->options.no_device)
		return "not compared with a machine";
	if (ctl->options.device)
		return NULL;
	path = device_find(DEVICE_UPDATE, -1, NULL);
	if (!path && errno) {
		note(out,
		     "not compared with this machine: the nodes in /dev cannot be looked at: %s",
		     strerror(errno));
		return "the device cannot be looked for";
	}
	if (!path) {
		note(out,
		     "not compared with this machine: no node of an update device was found");
		return "no device";
	}
	ret = device_try(path, DEVICE_UPDATE, &device);
	free(path);
	if (!ret) {
		device_close(&device);
		return NULL;
	}
	note(out,
	     "not compared with this machine: its update device cannot be opened: %s",
	     strerror(-ret));
	return "the device cannot be opened";
}

static void look_for_platform(struct pfructl *ctl, struct platform *p)
{
	p->looked = true;
	p->left_out = find_platform(ctl);
	if (p->left_out)
		return;
	p->status = device_open(ctl, DEVICE_UPDATE, &p->device);
	p->has_device = !p->status;
	if (!p->has_device || !p->several)
		return;
	p->status = device_capability(ctl, &p->device, &p->cap);
	p->asked = !p->status;
}

void platform_close(struct platform *platform)
{
	if (platform->has_device)
		device_close(&platform->device);
}

static void judge_platform(struct pfructl *ctl, struct findings *f,
			   struct platform *p)
{
	struct pfru_verdict verdict = { .payloads = 0 };
	int ret;

	if (!p->looked)
		look_for_platform(ctl, p);
	if (p->left_out) {
		if (!f->why)
			f->why = xasprintf("%s", p->left_out);
		return;
	}
	if (p->status) {
		refuse(f, p->status,
		       p->has_device ? no_capability :
				       "the device cannot be opened",
		       false);
		return;
	}
	ret = device_judge(ctl, &p->device, f->file, &verdict, &p->cap,
			   p->asked);
	f->judged = !ret || verdict.refusal.reason;
	if (verdict.refusal.reason)
		refuse(f, ret, pfru_reason_text(verdict.refusal.reason)->what,
		       true);
	else if (ret == STATUS_CAPSULE)
		refuse(f, ret, "the kernel's own driver cannot take it", true);
	else if (ret)
		refuse(f, ret, no_capability, false);
	else
		note_versions(ctl, f->file, &p->cap);
}

int findings_make(struct pfructl *ctl, const struct authority *authority,
		  struct platform *platform, const struct capsule_file *file,
		  struct findings *f)
{
	int ret;

	memset(f, 0, sizeof(*f));
	f->file = file;
	ret = capsule_digest(ctl, file, f->sum);
	if (ret)
		return ret;
	check_structure(ctl, f, authority);
	if (f->sound)
		judge_platform(ctl, f, platform);
	return STATUS_DONE;
}

void findings_free(struct findings *f)
{
	uint32_t i;

	for (i = 0; f->open && i < f->capsule.payloads; i++)
		signature_free(&f->signatures[i]);
	free(f->signatures);
	free(f->why);
}

/* what is left to the firmware when all else is as it should be */
static const char *not_verified(const struct findings *f)
{
	uint32_t i;

	for (i = 0; i < f->capsule.payloads; i++)
		if (f->signatures[i].verified != ANSWER_YES)
			return f->signatures[i].is_signed == ANSWER_NO ?
				       f->signatures[i].why :
				       "signature not verified; use --ca";
	return NULL;
}

enum answer findings_acceptable(const struct findings *f, const char **why)
{
	*why = f->why;
	if (f->refused)
		return ANSWER_NO;
	if (f->status || !f->judged)
		return ANSWER_UNKNOWN;
	*why = not_verified(f);
	return *why ? ANSWER_UNKNOWN : ANSWER_YES;
}

enum answer findings_apply(const struct findings *f,
			   const struct platform *platform)
{
	if (f->refused)
		return ANSWER_NO;
	if (f->status || !f->judged)
		return ANSWER_UNKNOWN;
	return capsule_is_newer(f->file, &platform->cap) ? ANSWER_YES :
							   ANSWER_NO;
}
