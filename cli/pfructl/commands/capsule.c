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
#include "cli/pfructl/capsule/signature.h"
#include "cli/pfructl/device/device.h"
#include "core/status.h"

/* payload header without and with the security version; see core/capsule.c */
#define PAYLOAD_HEADER	   36
#define PAYLOAD_HEADER_SVN 40

/* EFI_FIRMWARE_MANAGEMENT_CAPSULE_HEADER: where the list of offsets begins */
#define OFFSET_LIST 8

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

/* file offset of an item; pfru_capsule_open() accepted the list */
static uint64_t item_offset(const struct pfru_capsule *c, uint32_t item)
{
	const uint8_t *p = c->bytes + c->header_size + OFFSET_LIST + 8 * item;
	uint64_t offset = 0;
	int i;

	for (i = 7; i >= 0; i--)
		offset = offset << 8 | p[i];
	return c->header_size + offset;
}

static void print_drivers(struct output *out, const struct pfru_capsule *c)
{
	uint32_t items = (uint32_t)c->drivers + c->payloads;
	uint32_t i;

	out_list(out, "drivers", NULL);
	for (i = 0; i < c->drivers; i++) {
		uint64_t offset = item_offset(c, i);
		uint64_t end = i + 1 < items ? item_offset(c, i + 1) : c->size;

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
	out_string(out, "kind", NULL, kind_key(kind));
	out_string(out, NULL, "Kind", kind_name(kind));
	out_number(out, "index", "Index", image->index);
	out_number(out, "image_size", "Image size", image->image_size);
	if (image->version >= 2)
		out_hex(out, "hardware_instance", "Hardware instance",
			image->instance);
	if (image->version >= 3)
		out_hex(out, "capsule_support", "Capsule support",
			image->support);
}

static void print_authentication(struct pfructl *ctl,
				 const struct capsule_file *file,
				 const struct pfru_image *image)
{
	struct output *out = ctl->out;

	out_bool(out, "authenticated", "Authenticated", image->authenticated);
	if (!image->authenticated)
		return;
	out_group(out, "authentication", "Authentication");
	out_number(out, "monotonic_count", "Monotonic count",
		   image->monotonic_count);
	out_number(out, "signature_offset", "Signature at offset",
		   image->signature_offset);
	out_number(out, "signature_size", "Signature size",
		   image->signature_size);
	signature_describe(ctl, file, image);
	out_end(out);
}

static void print_payload(struct output *out, const struct capsule_file *file,
			  const struct pfru_image *image, enum pfru_kind kind)
{
	bool svn = kind != PFRU_KIND_CODE_INJECTION && image->has_svn;
	uint32_t own = svn ? PAYLOAD_HEADER_SVN : PAYLOAD_HEADER;

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

static int verify(struct pfructl *ctl, const struct capsule_file *file,
		  const struct authority *authority,
		  const struct pfru_image *image)
{
	char *why = signature_verify(authority, file, image);

	out_bool(ctl->out, "signature_verified", "Signature verified", !why);
	if (!why)
		return STATUS_DONE;
	fail(ctl->out, STATUS_CAPSULE, "signature",
	     "%s: signature of the image at offset %llu not verified: %s",
	     file->name, (unsigned long long)image->offset, escaped(why));
	fail_number(ctl->out, "offset", image->offset);
	fail_string(ctl->out, "why", why);
	free(why);
	return STATUS_CAPSULE;
}

/* One payload item, as far as it is sound. The refusal is reported later. */
static int print_item(struct pfructl *ctl, const struct capsule_file *file,
		      const struct pfru_capsule *capsule, uint32_t i,
		      const struct authority *authority)
{
	struct output *out = ctl->out;
	struct pfru_refusal refusal;
	struct pfru_image image;
	enum pfru_kind kind;
	enum pfru_reason reason;
	int ret = STATUS_DONE;

	reason = pfru_capsule_image(capsule, i, &image, &refusal);
	kind = pfru_image_kind(image.type, NULL);
	out_group(out, NULL, "Payload item");
	if (!reason || image.version)
		print_image_header(out, &image, kind);
	if (reason) {
		out_string(out, "refused", "Refused",
			   pfru_reason_text(reason)->what);
	} else {
		print_authentication(ctl, file, &image);
		print_payload(out, file, &image, kind);
		if (authority)
			ret = verify(ctl, file, authority, &image);
	}
	out_end(out);
	return ret;
}

static int print_items(struct pfructl *ctl, const struct capsule_file *file,
		       const struct pfru_capsule *capsule,
		       const struct authority *authority)
{
	int ret = STATUS_DONE;
	uint32_t i;

	print_drivers(ctl->out, capsule);
	out_list(ctl->out, "items", NULL);
	for (i = 0; i < capsule->payloads; i++) {
		int one = print_item(ctl, file, capsule, i, authority);

		ret = ret ? ret : one;
	}
	out_end(ctl->out);
	return ret;
}

/*
 * Without a device that can be asked, the platform is left out, unless the
 * device was named: then it is missed.
 */
static int judge_platform(struct pfructl *ctl, const struct capsule_file *file)
{
	struct output *out = ctl->out;
	struct pfru_capability cap;
	struct pfru_verdict verdict;
	struct device device;
	char *path;
	int ret;

	if (ctl->options.no_device)
		goto left_out;
	if (!ctl->options.device) {
		path = device_find(DEVICE_UPDATE, -1, NULL);
		if (!path) {
			note(out,
			     "not compared with this machine: it has no update device");
			goto left_out;
		}
		ret = device_try(path, DEVICE_UPDATE, &device);
		free(path);
		if (ret) {
			note(out,
			     "not compared with this machine: its update device cannot be opened: %s",
			     strerror(-ret));
			goto left_out;
		}
		device_close(&device);
	}
	ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return ret;
	out_group(out, "platform", "Judged against");
	device_describe(ctl, &device);
	out_end(out);
	ret = device_judge(ctl, &device, file, &verdict, &cap);
	device_close(&device);
	return ret;

left_out:
	out_null(out, "platform");
	return STATUS_DONE;
}

static int show(struct pfructl *ctl, const struct capsule_file *file,
		const struct authority *authority)
{
	struct pfru_capsule capsule = { .bytes = NULL };
	struct pfru_refusal refusal;
	struct pfru_verdict verdict;
	struct output *out = ctl->out;
	enum pfru_reason reason;
	int verified = STATUS_DONE;
	int ret;

	out_string(out, "file", "File", ctl->argument);
	out_number(out, "size", "Size", file->size);
	reason = pfru_capsule_open(&capsule, file->bytes, file->size, &refusal);
	if (capsule.bytes)
		print_headers(out, &capsule);
	if (!reason)
		verified = print_items(ctl, file, &capsule, authority);
	pfru_judge(file->bytes, file->size, NULL, &verdict);
	if (verdict.refusal.reason)
		ret = fail_refused(ctl, file, &verdict.refusal, NULL);
	else
		ret = judge_platform(ctl, file);
	ret = verified ? verified : ret;
	out_bool(out, "accepted",
		 ret && ret != STATUS_CAPSULE ? NULL : "Would be accepted",
		 !ret);
	return ret;
}

static int run(struct pfructl *ctl)
{
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

const struct command cmd_capsule = {
	.name = "capsule",
	.argument = "FILE",
	.help = "show the headers of a capsule and whether it would be accepted",
	.details =
		"FILE is a capsule, a FIFO, or - for standard input. When this machine has an\n"
		"update device, the capsule is judged against it, which may cost one firmware\n"
		"call; --no-device leaves that out. With --ca, the signature is verified.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION | TAKES_CA | TAKES_NO_DEVICE,
	.tells_on_failure = true,
	.run = run,
};
