// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl capsule: every header of a capsule, and whether it would be accepted.
 * Changes nothing; works without any device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/sysroot.h"
#include "cli/pfructl/capsule/digest.h"
#include "cli/pfructl/capsule/relation.h"
#include "cli/pfructl/capsule/signature.h"
#include "cli/pfructl/device/device.h"
#include "cli/pfructl/options.h"
#include "core/status.h"

static void print_flags(struct output *out, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ PFRU_CAPSULE_PERSIST, "persist across reset" },
		{ PFRU_CAPSULE_POPULATE, "populate system table" },
		{ PFRU_CAPSULE_INITIATE_RESET, "initiate reset" },
	};
	uint32_t rest = flags;
	size_t i;

	out_hex(out, "flags", "Flags", flags);
	out_list(out, "flag_names", NULL);
	for (i = 0; i < ARRAY_LENGTH(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		out_string(out, NULL, "Flag", names[i].name);
		rest &= ~names[i].bit;
	}
	out_end(out);
	if (rest)
		out_hex(out, "flags_unnamed", "Other flags", rest);
}

static void print_headers(struct output *out,
			  const struct pfru_capsule *capsule)
{
	out_group(out, "capsule_header", "Capsule header");
	out_guid(out, "guid", "GUID", capsule->bytes);
	out_number(out, "header_size", "Header size", capsule->header_size);
	out_number(out, "image_size", "Capsule size", capsule->size);
	print_flags(out, capsule->flags);
	out_end(out);
	out_group(out, "management_header", "Management header");
	out_number(out, "offset", "At offset", capsule->header_size);
	out_number(out, "version", "Version", capsule->fmp_version);
	out_number(out, "embedded_drivers", "Embedded drivers",
		   capsule->drivers);
	out_number(out, "payloads", "Payload items", capsule->payloads);
	out_end(out);
}

static void print_drivers(struct output *out, const struct pfru_capsule *c)
{
	uint32_t i;

	out_list(out, "drivers", NULL);
	for (i = 0; i < c->drivers; i++) {
		__u64 end, offset = pfru_capsule_item(c, i, &end);

		out_group(out, NULL, "Embedded driver");
		out_number(out, "offset", "At offset", offset);
		out_number(out, "size", "Size", end - offset);
		out_end(out);
	}
	out_end(out);
}

static void print_image_header(struct output *out,
			       const struct pfru_image *image,
			       enum pfru_kind kind)
{
	out_number(out, "offset", "At offset", image->offset);
	out_number(out, "header_version", "Image header version",
		   image->version);
	out_guid(out, "type", "Image type", image->type);
	out_string(out, "kind", NULL, pfru_kind_key(kind));
	out_string(out, NULL, "Kind", pfru_kind_text(kind));
	out_number(out, "index", "Index", image->index);
	out_number(out, "image_size", "Image size", image->image_size);
	if (image->version >= 2)
		out_hex(out, "hardware_instance", "Hardware instance",
			image->instance);
	if (image->version >= 3)
		out_hex(out, "capsule_support", "Capsule support",
			image->support);
}

static void print_answer(struct output *out, const char *key,
			 enum answer answer)
{
	if (answer == ANSWER_UNKNOWN)
		out_null(out, key);
	else
		out_bool(out, key, NULL, answer == ANSWER_YES);
}

/* "yes", "no" or "unknown", with @why in parentheses where it is not NULL */
static void print_answer_text(struct output *out, const char *label,
			      enum answer answer, const char *why)
{
	static const char *const words[] = {
		[ANSWER_UNKNOWN] = "unknown",
		[ANSWER_NO] = "no",
		[ANSWER_YES] = "yes",
	};
	char *text = why ? xasprintf("%s (%s)", words[answer], why) :
			   xasprintf("%s", words[answer]);

	out_string(out, NULL, label, text);
	free(text);
}

/* "authenticated" says only that the header is there */
static void print_signed(struct pfructl *ctl, const struct pfru_image *image,
			 const struct signature *signature)
{
	const char *why = signature->why;

	if (signature->is_signed == ANSWER_YES)
		why = ctl->options.ca ? NULL : "not verified; use --ca";
	else if (!image->authenticated)
		why = NULL;
	out_bool(ctl->out, "authenticated", NULL, image->authenticated);
	print_answer(ctl->out, "signed", signature->is_signed);
	print_answer(ctl->out, "verified", signature->verified);
	print_answer_text(ctl->out, "Signed", signature->is_signed, why);
}

static void print_authentication(struct pfructl *ctl,
				 const struct capsule_file *file,
				 const struct pfru_image *image,
				 const struct signature *signature)
{
	struct output *out = ctl->out;

	print_signed(ctl, image, signature);
	if (!image->authenticated)
		return;
	out_group(out, "authentication", "Authentication");
	out_number(out, "monotonic_count", "Monotonic count",
		   image->monotonic_count);
	out_number(out, "signature_offset", "Signature at offset",
		   image->signature_offset);
	out_number(out, "signature_size", "Signature size",
		   image->signature_size);
	print_answer(out, "signature_readable", signature->readable);
	if (signature->readable == ANSWER_NO)
		out_string(out, NULL, "Signature", "not readable as PKCS#7");
	if (signature->readable == ANSWER_YES)
		signature_describe(ctl, file, image);
	out_end(out);
}

static void print_payload(struct output *out, const struct capsule_file *file,
			  const struct pfru_image *image, enum pfru_kind kind)
{
	bool svn = kind != PFRU_KIND_CODE_INJECTION && image->has_svn;
	uint32_t own = svn ? PFRU_PAYLOAD_SIZE_SVN : PFRU_PAYLOAD_SIZE;

	out_group(out, "payload", "Payload header");
	out_number(out, "offset", "At offset", image->payload_offset);
	out_number(out, "size", "Payload size", image->payload_size);
	out_bytes(out, "signature", "Signature",
		  file->bytes + image->payload_offset, 4);
	out_number(out, "header_version", "Header version",
		   image->header_version);
	out_number(out, "header_size", "Header size", image->header_size);
	out_number(out, "oem_header_size", "OEM header size",
		   image->header_size - own);
	out_number(out, "firmware_version", "For firmware version",
		   image->hw_ver);
	out_number(out, "runtime_version", "Runtime version", image->rt_ver);
	out_guid(out, "platform_id", "Platform id", image->platform_id);
	if (svn)
		out_number(out, "svn", "Security version", image->svn);
	out_end(out);
}

/**
 * struct findings - what is found out before anything is printed
 * @file: the capsule
 * @sum: its SHA-256
 * @capsule: those of its headers that are sound
 * @open: all of @capsule is sound
 * @signatures: one for each payload item, when @open
 * @sound: so is each payload item
 * @device: the platform's device
 * @has_device: @device is to be described
 * @cap: the platform, when @judged
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
	struct device device;
	bool has_device;
	struct pfru_capability cap;
	bool judged;
	bool refused;
	char *why;
	int status;
};

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

static void judge_platform(struct pfructl *ctl, struct findings *f)
{
	struct pfru_verdict verdict = { .payloads = 0 };
	const char *left_out = find_platform(ctl);
	int ret;

	if (left_out) {
		if (!f->why)
			f->why = xasprintf("%s", left_out);
		return;
	}
	ret = device_open(ctl, DEVICE_UPDATE, &f->device);
	if (ret) {
		refuse(f, ret, "the device cannot be opened", false);
		return;
	}
	f->has_device = true;
	ret = device_judge(ctl, &f->device, f->file, &verdict, &f->cap, false);
	f->judged = !ret || verdict.refusal.reason;
	if (verdict.refusal.reason)
		refuse(f, ret, pfru_reason_text(verdict.refusal.reason)->what,
		       true);
	else if (ret == STATUS_CAPSULE)
		refuse(f, ret, "the kernel's own driver cannot take it", true);
	else if (ret)
		refuse(f, ret, "the firmware gave no capability", false);
	else
		note_versions(ctl, f->file, &f->cap);
}

/* One payload item, as far as it is sound. */
static void print_item(struct pfructl *ctl, const struct findings *f,
		       uint32_t i)
{
	const struct signature *signature = &f->signatures[i];
	char *label = payload_label(&f->capsule, i);
	struct output *out = ctl->out;
	struct pfru_refusal refusal;
	struct pfru_image image;
	enum pfru_kind kind;
	enum pfru_reason reason;

	reason = pfru_capsule_image(&f->capsule, i, &image, &refusal);
	kind = pfru_image_kind(image.type, f->judged ? &f->cap : NULL);
	out_group(out, NULL, label);
	free(label);
	if (!reason || image.version)
		print_image_header(out, &image, kind);
	if (reason) {
		out_string(out, "refused", "Refused",
			   pfru_reason_text(reason)->what);
	} else {
		print_authentication(ctl, f->file, &image, signature);
		print_payload(out, f->file, &image, kind);
		relation_print(out, &image, f->judged ? &f->cap : NULL, true);
		if (ctl->options.ca) {
			out_bool(out, "signature_verified", NULL,
				 signature->verified == ANSWER_YES);
			print_answer_text(out, "Signature verified",
					  signature->verified, signature->why);
		}
	}
	out_end(out);
}

static void print_findings(struct pfructl *ctl, const struct findings *f)
{
	struct output *out = ctl->out;
	uint32_t i;

	out_string(out, "file", "File", ctl->argument);
	out_number(out, "size", "Size", f->file->size);
	out_string(out, "sha256", "SHA-256", f->sum);
	if (f->capsule.bytes)
		print_headers(out, &f->capsule);
	if (f->open) {
		print_drivers(out, &f->capsule);
		out_list(out, "items", NULL);
		for (i = 0; i < f->capsule.payloads; i++)
			print_item(ctl, f, i);
		out_end(out);
	}
	if (!f->sound)
		return;
	if (f->has_device) {
		out_group(out, "platform", "Judged against");
		device_describe(ctl, &f->device);
		out_end(out);
	} else {
		out_null(out, "platform");
	}
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

static void print_verdict(struct pfructl *ctl, const struct findings *f)
{
	enum answer acceptable = ANSWER_UNKNOWN;
	struct output *out = ctl->out;
	const char *why = f->why;

	if (f->refused) {
		acceptable = ANSWER_NO;
	} else if (!f->status && f->judged) {
		why = not_verified(f);
		acceptable = why ? ANSWER_UNKNOWN : ANSWER_YES;
	}
	out_bool(out, "structure_sound", NULL, f->sound);
	out_string(out, NULL, "Structure", f->sound ? "sound" : "not sound");
	/* nothing that was looked at is in the way */
	out_bool(out, "accepted", NULL, !f->status);
	print_answer(out, "acceptable", acceptable);
	if (why)
		out_string(out, "acceptable_why", NULL, why);
	else
		out_null(out, "acceptable_why");
	print_answer_text(out, "Would be accepted", acceptable, why);
}

static void free_findings(struct findings *f)
{
	uint32_t i;

	if (f->has_device)
		device_close(&f->device);
	for (i = 0; f->open && i < f->capsule.payloads; i++)
		signature_free(&f->signatures[i]);
	free(f->signatures);
	free(f->why);
}

static int show(struct pfructl *ctl, const struct capsule_file *file,
		const struct authority *authority)
{
	struct findings f = { .file = file };
	int ret;

	ret = capsule_digest(ctl, file, f.sum);
	if (ret)
		return ret;
	check_structure(ctl, &f, authority);
	if (f.sound)
		judge_platform(ctl, &f);
	print_findings(ctl, &f);
	print_verdict(ctl, &f);
	free_findings(&f);
	return f.status;
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct capsule_file file = { .bytes = NULL };
	struct authority *authority;
	int ret;

	ret = authority_load(ctl, &authority);
	if (!ret)
		ret = capsule_file_read(ctl, ctl->argument, &file);
	if (!ret)
		ret = show(ctl, &file, authority);
	capsule_file_free(&file);
	authority_free(authority);
	return ret;
}

static const struct cli_option options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	OPTION_CA,
	{ 0, "no-device", NULL, "do not compare with this machine",
	  OPTION_AT(no_device) },
	{ 0 },
};

const struct cli_command cmd_capsule = {
	.name = "capsule",
	.argument = "FILE",
	.help = "show the headers of a capsule and whether it would be accepted",
	.details =
		"FILE is a capsule, a FIFO, or - for standard input. When this machine has an\n"
		"update device, the capsule is judged against it, which may cost one firmware\n"
		"call; --no-device skips that. With --ca, the signature is verified.\n",
	.options = options,
	.flags = COMMAND_TELLS_ON_FAILURE,
	.run = run,
};
