// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl stage, activate and stage-activate. Whatever can be refused without
 * the firmware is refused before it is called; an activation is never repeated.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/signals.h"
#include "cli/pfructl/device/device.h"
#include "core/status.h"

/* a dry run does not open signatures */
#define SIGNATURE_UNSEEN "signature not verified; use 'capsule --ca'"

/* between two tries of a stage */
#define RETRY_SECONDS 1

/* who does not read for so long what came of it does not keep signals waiting */
#define PRINT_SECONDS 3

/* bytes written between two lines of progress */
#define WRITE_CHUNK (4U << 20)

/**
 * struct action - what the firmware is called for
 * @key: as the command is called
 * @object: follows @key in a sentence when there is no file
 * @request: of ioctl()
 * @runs: the firmware of the running machine changes
 */
static const struct action {
	const char *key;
	const char *object;
	unsigned long request;
	bool runs;
} actions[] = {
	[PFRU_ACTION_STAGE] = { "stage", "", PFRU_IOC_STAGE, false },
	[PFRU_ACTION_ACTIVATE] = { "activate", "what was staged",
				   PFRU_IOC_ACTIVATE, true },
	[PFRU_ACTION_STAGE_ACTIVATE] = { "stage-activate", "",
					 PFRU_IOC_STAGE_ACTIVATE, true },
};

/* the key "outcome" in JSON */
static const char *const outcomes[] = {
	[STATUS_DONE] = "done",
	[STATUS_FIRMWARE] = "refused",
	[STATUS_UNKNOWN] = "unknown",
};

/* what neither succeeded nor is named above left the firmware as it was */
static int print_outcome(struct pfructl *ctl, int status)
{
	const char *key = (size_t)status < ARRAY_LENGTH(outcomes) ?
				  outcomes[status] :
				  NULL;

	if (!ctl->options.dry_run)
		out_string(ctl->out, "outcome", NULL, key ? key : "not-done");
	return status;
}

static void print_action(struct pfructl *ctl, const struct device *device,
			 enum pfru_action action)
{
	out_string(ctl->out, "action", "Action", actions[action].key);
	device_describe(ctl, device);
	out_number(ctl->out, "revision", NULL, ctl->options.revision);
}

static void print_versions(struct output *out, const struct pfru_image *image,
			   enum pfru_kind kind)
{
	out_string(out, "kind", NULL, kind_key(kind));
	out_string(out, NULL, "Kind", kind_name(kind));
	out_number(out, "runtime_version", "Runtime version", image->rt_ver);
	if (image->has_svn && kind != PFRU_KIND_CODE_INJECTION)
		out_number(out, "svn", "Security version", image->svn);
}

/* all of several payload items: what stands at the top is of the first one */
static void print_payloads(struct pfructl *ctl, const struct capsule_file *file,
			   const struct pfru_capability *cap)
{
	struct output *out = ctl->out;
	struct pfru_capsule capsule;
	struct pfru_refusal refusal;
	struct pfru_image image;
	uint32_t i;

	if (pfru_capsule_open(&capsule, file->bytes, file->size, &refusal) ||
	    capsule.payloads < 2)
		return;
	out_list(out, "items", NULL);
	for (i = 0; i < capsule.payloads; i++) {
		char *label = payload_label(&capsule, i);

		pfru_capsule_image(&capsule, i, &image, &refusal);
		out_group(out, NULL, label);
		print_versions(out, &image, pfru_image_kind(image.type, cap));
		out_end(out);
		free(label);
	}
	out_end(out);
}

static void print_image(struct pfructl *ctl, const struct capsule_file *file,
			const struct pfru_verdict *verdict,
			const struct pfru_capability *cap)
{
	bool one = verdict->payloads == 1;
	const struct pfru_image *image = &verdict->image;
	struct output *out = ctl->out;

	out_string(out, "file", "Capsule", ctl->argument);
	out_number(out, "size", "Size", file->size);
	out_string(out, "kind", NULL, kind_key(verdict->kind));
	out_string(out, NULL, one ? "Kind" : NULL, kind_name(verdict->kind));
	out_number(out, "payloads", one ? NULL : "Payload items",
		   verdict->payloads);
	out_number(out, "runtime_version", one ? "Runtime version" : NULL,
		   image->rt_ver);
	if (image->has_svn && verdict->kind != PFRU_KIND_CODE_INJECTION)
		out_number(out, "svn", one ? "Security version" : NULL,
			   image->svn);
	print_payloads(ctl, file, cap);
	if (cap)
		note_versions(ctl, file, cap);
}

/* Mainline takes a capsule in one write only. */
static int load(struct pfructl *ctl, const struct device *device,
		const struct capsule_file *file)
{
	size_t chunk = device->driver == DRIVER_PFRU ? WRITE_CHUNK : file->size;
	size_t done = 0;

	while (done < file->size) {
		size_t want = file->size - done;
		ssize_t n;

		if (file->size > WRITE_CHUNK)
			progress(ctl->out, "loading %s: %zu of %zu MiB",
				 file->name, done >> 20, file->size >> 20);
		n = write(device->fd, file->bytes + done,
			  want < chunk ? want : chunk);
		if (n < 0)
			return device_failed(ctl, device, PFRU_ACTION_LOAD,
					     errno, file);
		if (!n ||
		    (device->driver == DRIVER_MAINLINE && (size_t)n != want))
			return fail(ctl->out, STATUS_FAILED, "system",
				    "%s: the driver took %zu of %zu bytes",
				    device->path, done + n, file->size);
		done += n;
	}
	return STATUS_DONE;
}

static void print_result(struct pfructl *ctl, const struct device *device,
			 enum pfru_action action, uint32_t tries)
{
	struct output *out = ctl->out;
	struct pfru_result r;
	bool known = device->driver == DRIVER_PFRU &&
		     !ioctl(device->fd, PFRU_IOC_GET_RESULT, &r);

	/* before anything that takes memory */
	outcome(out, STATUS_UNWRITTEN, outcomes[STATUS_DONE],
		"%s: the firmware did it: status %u (%s)", actions[action].key,
		PFRU_STATUS_SUCCESS, pfru_status_name(PFRU_STATUS_SUCCESS));
	if (tries > 1)
		out_number(out, "tries", "Tries", tries);
	out_string(out, NULL, "Status", "success");
	if (!known) {
		out_number(out, "status", NULL, PFRU_STATUS_SUCCESS);
		out_string(out, "status_name", NULL, "success");
		return;
	}
	out_number(out, "status", NULL, r.status);
	out_string(out, "status_name", NULL, pfru_status_name(r.status));
	out_number(out, "ext_status", NULL, r.ext_status);
	out_hex(out, NULL, "Extended status", r.ext_status);
	out_duration(out, "auth_time_ns", "Authentication time", r.auth_time);
	out_duration(out, "exec_time_ns", "Execution time", r.exec_time);
}

/* Not by the result of an earlier try. */
static bool wants_retry(const struct device *device, int error)
{
	struct pfru_result r;

	return device->driver == DRIVER_PFRU &&
	       !ioctl(device->fd, PFRU_IOC_GET_RESULT, &r) &&
	       r.error == -error && r.reason == PFRU_REASON_FIRMWARE &&
	       r.status == PFRU_STATUS_RETRY;
}

/*
 * What is about to be done is on standard output and standard error before the
 * firmware is called: the machine may not survive it.
 */
static int call(struct pfructl *ctl, const struct device *device,
		enum pfru_action action, const struct capsule_file *file)
{
	const struct action *a = &actions[action];
	struct output *out = ctl->out;
	int error;

	/* nothing has happened yet: who stops reading must not stop signals */
	if (a->runs) {
		out_flush(out);
		announce(out, "%s: calling the firmware to %s %s", device->path,
			 a->key, file ? file->name : a->object);
	}
	progress(out, "waiting for the firmware to %s...", a->key);
	signals_hold();
	outcome(out, STATUS_UNKNOWN, outcomes[STATUS_UNKNOWN],
		"%s: the firmware was called, and what came of it is unknown",
		a->key);
	error = ioctl(device->fd, a->request, 0) ? errno : 0;
	signals_release_in(PRINT_SECONDS);
	return error;
}

/* A stage may be repeated: the driver keeps the capsule when asked to retry. */
static int act(struct pfructl *ctl, const struct device *device,
	       enum pfru_action action, const struct capsule_file *file)
{
	const struct timespec delay = { .tv_sec = RETRY_SECONDS };
	uint32_t left = action == PFRU_ACTION_STAGE ? ctl->options.retries : 0;
	uint32_t tries = 0;
	int error;

	for (;;) {
		tries++;
		error = call(ctl, device, action, file);
		if (!error)
			break;
		if (!left || signals_waiting() || !wants_retry(device, error)) {
			int ret =
				device_failed(ctl, device, action, error, file);

			if (tries > 1)
				fail_number(ctl->out, "tries", tries);
			return ret;
		}
		outcome(ctl->out, STATUS_FIRMWARE, outcomes[STATUS_FIRMWARE],
			"%s: the firmware suggests to retry",
			actions[action].key);
		left--;
		note(ctl->out,
		     "the firmware suggests to retry, %u left; again in %d s",
		     left, RETRY_SECONDS);
		signals_release();
		nanosleep(&delay, NULL);
	}
	print_result(ctl, device, action, tries);
	return STATUS_DONE;
}

/* The module judges what it gets; mainline's driver must get nothing unjudged. */
static int load_and_act(struct pfructl *ctl, const struct device *device,
			enum pfru_action action,
			const struct capsule_file *file,
			struct pfru_verdict *verdict)
{
	struct pfru_capability cap;
	bool known = device->driver == DRIVER_MAINLINE;
	int ret;

	if (device->driver == DRIVER_MAINLINE) {
		ret = device_judge(ctl, device, file, verdict, &cap);
		if (ret)
			return ret;
		if (ctl->options.retries)
			note(ctl->out,
			     "the kernel's own driver (pfr_update) hides the status: nothing will be retried");
	}
	ret = load(ctl, device, file);
	if (ret)
		return ret;
	if (device->driver == DRIVER_PFRU &&
	    !ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, &cap)) {
		verdict->kind = pfru_image_kind(verdict->image.type, &cap);
		known = true;
	}
	print_image(ctl, file, verdict, known ? &cap : NULL);
	return act(ctl, device, action, file);
}

static int check_buffer(struct pfructl *ctl, const struct device *device,
			const struct capsule_file *file)
{
	struct pfru_refusal refusal;
	__u64 size;
	__u32 room;

	if (device->driver == DRIVER_MAINLINE) {
		note(ctl->out,
		     "the kernel's own driver (pfr_update) does not report the size of the communication buffer: not checked");
		return STATUS_DONE;
	}
	if (ioctl(device->fd, PFRU_IOC_GET_BUF_SIZE, &room))
		return device_failed(ctl, device, PFRU_ACTION_BUFFER, errno,
				     NULL);
	out_number(ctl->out, "buffer_size", "Communication buffer", room);
	if (pfru_capsule_begin(file->bytes, room, &size, &refusal))
		return fail_refused(ctl, file, &refusal, NULL);
	return STATUS_DONE;
}

static int dry_run(struct pfructl *ctl, const struct device *device,
		   const struct capsule_file *file,
		   struct pfru_verdict *verdict)
{
	struct pfru_capability cap;
	int ret;

	out_bool(ctl->out, "dry_run", NULL, true);
	ret = device_judge(ctl, device, file, verdict, &cap);
	if (ret)
		return ret;
	print_image(ctl, file, verdict, &cap);
	ret = check_buffer(ctl, device, file);
	if (ret)
		return ret;
	out_bool(ctl->out, "accepted", "Driver would take it", true);
	out_null(ctl->out, "acceptable");
	out_string(ctl->out, "acceptable_why", NULL, SIGNATURE_UNSEEN);
	out_string(ctl->out, NULL, "Would be accepted",
		   "unknown (" SIGNATURE_UNSEEN ")");
	return STATUS_DONE;
}

static int stage_file(struct pfructl *ctl, enum pfru_action action,
		      const struct capsule_file *file)
{
	struct pfru_verdict verdict;
	struct device device;
	int ret;

	if (pfru_judge(file->bytes, file->size, NULL, &verdict))
		return fail_refused(ctl, file, &verdict.refusal, NULL);
	ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return ret;
	print_action(ctl, &device, action);
	if (ctl->options.dry_run)
		ret = dry_run(ctl, &device, file, &verdict);
	else
		ret = load_and_act(ctl, &device, action, file, &verdict);
	device_close(&device);
	return ret;
}

static int stage(struct pfructl *ctl, enum pfru_action action)
{
	struct capsule_file file;
	int ret;

	ret = capsule_file_read(ctl, ctl->argument, &file);
	if (!ret)
		ret = stage_file(ctl, action, &file);
	capsule_file_free(&file);
	return print_outcome(ctl, ret);
}

static int run_stage(struct pfructl *ctl)
{
	return stage(ctl, PFRU_ACTION_STAGE);
}

static int run_stage_activate(struct pfructl *ctl)
{
	return stage(ctl, PFRU_ACTION_STAGE_ACTIVATE);
}

static int run_activate(struct pfructl *ctl)
{
	struct device device;
	int ret;

	ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return print_outcome(ctl, ret);
	print_action(ctl, &device, PFRU_ACTION_ACTIVATE);
	ret = act(ctl, &device, PFRU_ACTION_ACTIVATE, NULL);
	device_close(&device);
	return print_outcome(ctl, ret);
}

const struct command cmd_stage = {
	.name = "stage",
	.argument = "FILE",
	.help = "load a capsule and have the firmware authenticate it",
	.details =
		"FILE is a capsule, a FIFO, or - for standard input. It is checked before\n"
		"the device is opened. Costs two or three firmware calls.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION | TAKES_DRY_RUN | TAKES_RETRIES,
	.acts = true,
	.run = run_stage,
};

const struct command cmd_activate = {
	.name = "activate",
	.help = "have the firmware run what was staged",
	.details =
		"DANGER: this changes the firmware of the running machine, and cannot be\n"
		"undone. Costs one firmware call, and is never repeated.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION,
	.acts = true,
	.run = run_activate,
};

const struct command cmd_stage_activate = {
	.name = "stage-activate",
	.argument = "FILE",
	.help = "load, authenticate and run a capsule in one step",
	.details =
		"DANGER: this changes the firmware of the running machine, and cannot be\n"
		"undone. Try --dry-run first. FILE is a capsule, a FIFO, or - for standard\n"
		"input. Costs two or three firmware calls, and is never repeated.\n",
	.takes = TAKES_DEVICE | TAKES_REVISION | TAKES_DRY_RUN,
	.acts = true,
	.run = run_stage_activate,
};
