// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl capsule: every header of a capsule, and whether it would be accepted; of
 * several capsules, a table.
 * Changes nothing; works without any device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/pfructl/options.h"
#include "capsule-table.h"
#include "core/status.h"
#include "findings.h"

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

/* One payload item, or the sound part of it. */
static void print_item(struct pfructl *ctl, const struct findings *f,
		       const struct pfru_capability *cap, uint32_t i)
{
	const struct signature *signature = &f->signatures[i];
	char *label = payload_label(&f->capsule, i);
	struct output *out = ctl->out;
	struct pfru_refusal refusal;
	struct pfru_image image;
	enum pfru_kind kind;
	enum pfru_reason reason;

	reason = pfru_capsule_image(&f->capsule, i, &image, &refusal);
	kind = pfru_image_kind(image.type, cap);
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
		relation_print(out, &image, cap, true);
		if (ctl->options.ca) {
			out_bool(out, "signature_verified", NULL,
				 signature->verified == ANSWER_YES);
			print_answer_text(out, "Signature verified",
					  signature->verified, signature->why);
		}
	}
	out_end(out);
}

static void print_findings(struct pfructl *ctl, const char *path,
			   const struct findings *f, const struct platform *p)
{
	struct output *out = ctl->out;
	uint32_t i;

	out_string(out, "file", "File", path);
	out_number(out, "size", "Size", f->file->size);
	out_string(out, "sha256", "SHA-256", f->sum);
	if (f->capsule.bytes)
		print_headers(out, &f->capsule);
	if (f->open) {
		print_drivers(out, &f->capsule);
		out_list(out, "items", NULL);
		for (i = 0; i < f->capsule.payloads; i++)
			print_item(ctl, f, f->judged ? &p->cap : NULL, i);
		out_end(out);
	}
	if (!f->sound)
		return;
	if (p->has_device) {
		out_group(out, "platform", "Judged against");
		device_describe(ctl, &p->device);
		out_end(out);
	} else {
		out_null(out, "platform");
	}
}

static void print_verdict(struct pfructl *ctl, const struct findings *f,
			  const struct platform *p)
{
	struct output *out = ctl->out;
	const char *why;
	enum answer acceptable = findings_acceptable(f, &why);

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
	print_answer(out, "applies", findings_apply(f, p));
}

static int show(struct pfructl *ctl, const char *path,
		const struct authority *authority, struct platform *platform,
		struct capsule_table *table)
{
	struct capsule_file file = { .bytes = NULL };
	struct findings f = { .file = &file };
	int ret = capsule_file_read(ctl, path, &file);

	if (!ret)
		ret = findings_make(ctl, authority, platform, &file, &f);
	if (!ret) {
		print_findings(ctl, path, &f, platform);
		print_verdict(ctl, &f, platform);
		ret = f.status;
		if (table)
			capsule_table_add(table, path, &f, platform);
	} else if (table) {
		out_string(ctl->out, "file", NULL, path);
		capsule_table_add_unread(table, path);
	}
	findings_free(&f);
	capsule_file_free(&file);
	return ret;
}

/* the first failure counts, and none keeps the others from being shown */
static int show_all_of(struct pfructl *ctl, const char *argument,
		       const struct authority *authority,
		       struct platform *platform, struct capsule_table *table)
{
	char **names;
	size_t count, i;
	int status = capsule_file_names(ctl, argument, &names, &count);

	for (i = 0; i < count; i++) {
		int ret;

		out_group(ctl->out, NULL, NULL);
		ret = show(ctl, names[i], authority, platform, table);
		out_end(ctl->out);
		if (!status)
			status = ret;
		free(names[i]);
	}
	free(names);
	return status;
}

static int show_table(struct pfructl *ctl, const struct authority *authority,
		      struct platform *platform)
{
	struct capsule_table table = { .count = 0 };
	int status = STATUS_DONE;
	size_t i;

	platform->several = true;
	out_list(ctl->out, "capsules", NULL);
	for (i = 0; i < ctl->argument_count; i++) {
		int ret = show_all_of(ctl, ctl->arguments[i], authority,
				      platform, &table);

		if (!status)
			status = ret;
	}
	out_end(ctl->out);
	/* JSON has all that is known of each, text the table only */
	out_drop_text(ctl->out);
	capsule_table_print(&table, ctl->out);
	capsule_table_free(&table);
	return status;
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct platform platform = { .several = false };
	struct authority *authority;
	int ret = authority_load(ctl, &authority);

	if (!ret &&
	    (ctl->argument_count > 1 || capsule_is_directory(ctl->argument)))
		ret = show_table(ctl, authority, &platform);
	else if (!ret)
		ret = show(ctl, ctl->argument, authority, &platform, NULL);
	platform_close(&platform);
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
	.argument = "FILE...",
	.help = "show the headers of a capsule and whether it would be accepted",
	.details =
		"FILE is a capsule, a FIFO, or - for standard input. Several files, or the files\n"
		"of a directory, are shown as a table. When this machine has an update device,\n"
		"the capsule is judged against it, which may cost one firmware call; --no-device\n"
		"skips that. With --ca, the signature is verified.\n",
	.options = options,
	.flags = COMMAND_TELLS_ON_FAILURE,
	.run = run,
};
