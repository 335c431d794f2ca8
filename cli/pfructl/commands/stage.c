// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl stage, activate and stage-activate. Whatever can be refused without
 * the firmware is refused before it is called; an activation is never repeated.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/signals.h"
#include "cli/pfructl/capsule/relation.h"
#include "cli/pfructl/capsule/signature.h"
#include "cli/pfructl/device/device.h"
#include "cli/pfructl/options.h"
#include "cli/pfructl/record/attempt.h"
#include "cli/pfructl/record/lock.h"
#include "core/ids.h"
#include "core/status.h"

/* without --ca */
#define SIGNATURE_UNSEEN "signature not verified; use --ca"

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

/*
 * What neither succeeded nor is named above left the firmware as it was. "changed" is
 * null when nobody knows.
 */
static int print_outcome(struct pfructl *ctl, int status, bool current)
{
	const char *key = (size_t)status < ARRAY_LENGTH(outcomes) ?
				  outcomes[status] :
				  NULL;

	if (ctl->options.dry_run)
		return status;
	if (current || !key)
		key = "not-done";
	out_string(ctl->out, "outcome", NULL, key);
	if (status == STATUS_UNKNOWN)
		out_null(ctl->out, "changed");
	else
		out_bool(ctl->out, "changed", NULL,
			 status == STATUS_DONE && !current);
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
	out_string(out, "kind", NULL, pfru_kind_key(kind));
	out_string(out, NULL, "Kind", pfru_kind_text(kind));
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
		relation_print(out, &image, cap, true);
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
	out_string(out, "kind", NULL, pfru_kind_key(verdict->kind));
	out_string(out, NULL, one ? "Kind" : NULL,
		   pfru_kind_text(verdict->kind));
	out_number(out, "payloads", one ? NULL : "Payload items",
		   verdict->payloads);
	out_number(out, "runtime_version", one ? "Runtime version" : NULL,
		   image->rt_ver);
	if (image->has_svn && verdict->kind != PFRU_KIND_CODE_INJECTION)
		out_number(out, "svn", one ? "Security version" : NULL,
			   image->svn);
	relation_print(out, image, cap, one);
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
				    "%s: the driver accepted %zu of %zu bytes",
				    device->path, done + n, file->size);
		done += n;
	}
	return STATUS_DONE;
}

/* before anything that takes memory */
static void note_success(struct pfructl *ctl, enum pfru_action action)
{
	outcome(ctl->out, STATUS_UNWRITTEN, outcomes[STATUS_DONE],
		"%s: the firmware succeeded: status %u (%s)",
		actions[action].key, PFRU_STATUS_SUCCESS,
		pfru_status_name(PFRU_STATUS_SUCCESS));
}

/* @r: NULL when the driver does not give it */
static void print_result(struct pfructl *ctl, const struct pfru_result *r,
			 uint32_t tries)
{
	struct output *out = ctl->out;

	if (tries > 1)
		out_number(out, "tries", "Tries", tries);
	out_string(out, NULL, "Status", "success");
	if (!r) {
		out_number(out, "status", NULL, PFRU_STATUS_SUCCESS);
		out_string(out, "status_name", NULL, "success");
		return;
	}
	out_number(out, "status", NULL, r->status);
	out_string(out, "status_name", NULL, pfru_status_name(r->status));
	out_number(out, "ext_status", NULL, r->ext_status);
	out_hex(out, NULL, "Extended status", r->ext_status);
	out_duration(out, "auth_time_ns", "Authentication time", r->auth_time);
	out_duration(out, "exec_time_ns", "Execution time", r->exec_time);
}

/* The firmware's answer to a call that ended with @error, or 0; NULL: none. */
static const struct pfru_result *get_result(const struct device *device,
					    int error, struct pfru_result *r)
{
	if (device->driver != DRIVER_PFRU ||
	    ioctl(device->fd, PFRU_IOC_GET_RESULT, r) || r->error != -error ||
	    r->status == PFRU_STATUS_NONE)
		return NULL;
	return r;
}

static bool wants_retry(const struct pfru_result *r)
{
	return r && r->reason == PFRU_REASON_FIRMWARE &&
	       r->status == PFRU_STATUS_RETRY;
}

/*
 * What is about to be done is on the disk, on standard output and on standard error
 * before the firmware is called: the machine may not survive it. Returns
 * enum exit_status, reported: then it was not called.
 */
static int begin(struct pfructl *ctl, enum pfru_action action,
		 struct attempt *attempt)
{
	const struct action *a = &actions[action];
	struct output *out = ctl->out;
	int ret;

	/* nothing has happened yet: who stops reading must not stop signals */
	if (a->runs) {
		out_flush(out);
		announce(out, "%s: calling the firmware to %s %s",
			 attempt->device->path, a->key,
			 attempt->file ? attempt->file->name : a->object);
	}
	progress(out, "waiting for the firmware to %s...", a->key);
	/* a signal that ended the program now would leave a record without an end */
	signals_hold();
	ret = attempt_begin(ctl, attempt);
	if (!ret)
		outcome(out, STATUS_UNKNOWN, outcomes[STATUS_UNKNOWN],
			"%s: the firmware was called, and the outcome is unknown",
			a->key);
	return ret;
}

static void wait_to_retry(struct pfructl *ctl, uint32_t left)
{
	const struct timespec delay = { .tv_sec = RETRY_SECONDS };

	note(ctl->out,
	     "the firmware suggests a retry: %u left, the next one in %d s",
	     left, RETRY_SECONDS);
	signals_release();
	nanosleep(&delay, NULL);
}

/* Returns a positive errno, or 0. Allocates nothing: the outcome is not known yet. */
static int call(const struct device *device, enum pfru_action action,
		uint64_t *nanoseconds)
{
	struct timespec from, to;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &from);
	error = ioctl(device->fd, actions[action].request, 0) ? errno : 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	*nanoseconds = (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec -
		       from.tv_nsec;
	return error;
}

/*
 * Asks which versions run now, for one more call: the proof that the activation
 * took effect. An activation whose proof is missing has not failed.
 */
static void print_before_after(struct pfructl *ctl,
			       const struct attempt *attempt)
{
	struct pfru_capability after;
	int error = ioctl(attempt->device->fd, PFRU_IOC_QUERY_CAP, &after) ?
			    errno :
			    0;
	bool known = !error;

	versions_print(ctl->out, "before", "Versions before",
		       attempt->has_before ? &attempt->before : NULL);
	versions_print(ctl->out, "after", "Versions after",
		       known ? &after : NULL);
	if (known)
		attempt_versions(ctl, attempt, &after);
	else
		note(ctl->out, "cannot find out which versions run now: %s",
		     strerror(error));
}

/* A stage may be repeated: the driver keeps the capsule when asked to retry. */
static int act(struct pfructl *ctl, enum pfru_action action,
	       struct attempt *attempt)
{
	uint32_t left = action == PFRU_ACTION_STAGE ? ctl->options.retries : 0;
	const struct device *device = attempt->device;
	const struct pfru_result *result;
	uint32_t tries = 0;
	struct pfru_result r;
	int error, ret;

	for (;;) {
		tries++;
		ret = begin(ctl, action, attempt);
		if (ret)
			return ret;
		error = call(device, action, &attempt->call_time);
		signals_release_in(PRINT_SECONDS);
		if (!error)
			note_success(ctl, action);
		result = get_result(device, error, &r);
		if (!error || !left || signals_waiting() ||
		    !wants_retry(result))
			break;
		outcome(ctl->out, STATUS_FIRMWARE, outcomes[STATUS_FIRMWARE],
			"%s: the firmware suggests a retry",
			actions[action].key);
		attempt_end(ctl, attempt, STATUS_FIRMWARE, result);
		wait_to_retry(ctl, --left);
	}
	if (error)
		ret = device_failed(ctl, device, action, error, attempt->file);
	if (error && tries > 1)
		fail_number(ctl->out, "tries", tries);
	attempt_end(ctl, attempt, ret, result);
	out_string(ctl->out, "attempt", NULL, attempt->id);
	out_duration(ctl->out, "call_time_ns",
		     error ? NULL : "Duration of the call", attempt->call_time);
	if (!error) {
		print_result(ctl, result, tries);
		if (actions[action].runs)
			print_before_after(ctl, attempt);
	}
	return ret;
}

/* The module judges what it gets; mainline's driver must get nothing unjudged. */
static int load_and_act(struct pfructl *ctl, enum pfru_action action,
			struct attempt *attempt, struct pfru_verdict *verdict,
			const struct pfru_capability *asked)
{
	const struct capsule_file *file = attempt->file;
	const struct device *device = attempt->device;
	struct pfru_capability cap;
	bool known = device->driver == DRIVER_MAINLINE;
	int ret;

	if (device->driver == DRIVER_MAINLINE) {
		if (asked)
			cap = *asked;
		ret = device_judge(ctl, device, file, verdict, &cap, asked);
		if (ret)
			return ret;
		if (ctl->options.retries)
			note(ctl->out,
			     "the kernel's own driver (" PFRU_MAINLINE_UPDATE
			     ") hides the status: nothing will be retried");
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
	attempt->payloads = verdict->payloads;
	attempt->kind = verdict->kind;
	attempt->image = verdict->image;
	attempt->has_before = known;
	if (known)
		attempt->before = cap;
	return act(ctl, action, attempt);
}

static int check_buffer(struct pfructl *ctl, const struct device *device,
			const struct capsule_file *file)
{
	struct pfru_refusal refusal;
	__u64 size;
	__u32 room;

	if (device->driver == DRIVER_MAINLINE) {
		note(ctl->out,
		     "the kernel's own driver (" PFRU_MAINLINE_UPDATE
		     ") does not report the size of the communication buffer: not checked");
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
		   struct pfru_verdict *verdict,
		   const struct pfru_capability *asked)
{
	struct pfru_capability cap;
	int ret;

	if (asked)
		cap = *asked;
	ret = device_judge(ctl, device, file, verdict, &cap, asked);
	if (ret)
		return ret;
	print_image(ctl, file, verdict, &cap);
	ret = check_buffer(ctl, device, file);
	if (ret)
		return ret;
	out_bool(ctl->out, "accepted", "Driver would take it", true);
	if (ctl->options.ca) {
		out_bool(ctl->out, "acceptable", "Would be accepted", true);
		out_null(ctl->out, "acceptable_why");
		return STATUS_DONE;
	}
	out_null(ctl->out, "acceptable");
	out_string(ctl->out, "acceptable_why", NULL, SIGNATURE_UNSEEN);
	out_string(ctl->out, NULL, "Would be accepted",
		   "unknown (" SIGNATURE_UNSEEN ")");
	return STATUS_DONE;
}

/*
 * With --unless-current: does it run already? One call of the firmware when it is not
 * known, and one when it seems so: something else may have updated it since. What it
 * answers is good for judging the capsule, too: @asked.
 */
static int check_current(struct pfructl *ctl, const struct device *device,
			 const struct capsule_file *file,
			 struct pfru_verdict *verdict, bool *current,
			 struct pfru_capability *cap, bool *asked)
{
	int ret;

	if (!ctl->options.unless_current)
		return STATUS_DONE;
	if (device->driver == DRIVER_PFRU &&
	    !ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, cap) &&
	    !capsule_is_current(file, cap))
		return STATUS_DONE;
	ret = device_capability(ctl, device, cap);
	if (ret)
		return ret;
	*asked = true;
	*current = capsule_is_current(file, cap);
	if (*current) {
		verdict->kind = pfru_image_kind(verdict->image.type, cap);
		print_image(ctl, file, verdict, cap);
		out_text(ctl->out, "Result", "it runs already: nothing to do");
	}
	return STATUS_DONE;
}

static int check_sum(struct pfructl *ctl, const struct capsule_file *file,
		     const char *sum)
{
	const char *wanted = ctl->options.sha256;

	if (!wanted || !strcasecmp(wanted, sum))
		return STATUS_DONE;
	fail(ctl->out, STATUS_CAPSULE, "sha256",
	     "%s: its SHA-256 is %s, and --sha256 demands %s", file->name, sum,
	     wanted);
	fail_string(ctl->out, "found", sum);
	fail_string(ctl->out, "expected", wanted);
	return STATUS_CAPSULE;
}

/* What can be said of the bytes in memory, which are those that are staged. */
static int check_file(struct pfructl *ctl, const struct attempt *attempt,
		      struct pfru_verdict *verdict)
{
	const struct capsule_file *file = attempt->file;
	struct authority *authority;
	int ret = check_sum(ctl, file, attempt->sha256);

	if (ret)
		return ret;
	if (pfru_judge(file->bytes, file->size, NULL, verdict))
		return fail_refused(ctl, file, &verdict->refusal, NULL);
	ret = authority_load(ctl, &authority);
	if (!ret)
		ret = signature_require(ctl, authority, file);
	authority_free(authority);
	return ret ? ret : attempt_check(ctl, attempt);
}

/* On an open device; whatever is refused here leaves the firmware as it was. */
static int stage_on(struct pfructl *ctl, enum pfru_action action,
		    struct attempt *attempt, struct pfru_verdict *verdict,
		    bool *current)
{
	const struct device *device = attempt->device;
	const struct capsule_file *file = attempt->file;
	struct pfru_capability cap;
	bool asked = false;
	int ret;

	print_action(ctl, device, action);
	out_string(ctl->out, "sha256", NULL, attempt->sha256);
	ret = check_current(ctl, device, file, verdict, current, &cap, &asked);
	if (ctl->options.dry_run)
		out_bool(ctl->out, "dry_run", NULL, true);
	if (!ret && ctl->options.dry_run)
		out_bool(ctl->out, "would_change", NULL, !*current);
	if (ret || *current)
		return ret;
	if (ctl->options.dry_run)
		return dry_run(ctl, device, file, verdict, asked ? &cap : NULL);
	return load_and_act(ctl, action, attempt, verdict, asked ? &cap : NULL);
}

static int stage_file(struct pfructl *ctl, enum pfru_action action,
		      const struct capsule_file *file, bool *current)
{
	struct attempt attempt = {
		.action = actions[action].key,
		.file = file,
	};
	struct pfru_verdict verdict;
	struct device device;
	int lock = -1;
	int ret;

	ret = capsule_digest(ctl, file, attempt.sha256);
	if (!ret)
		ret = check_file(ctl, &attempt, &verdict);
	if (!ret)
		ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return ret;
	attempt.device = &device;
	if (!ctl->options.dry_run)
		ret = update_lock(ctl, attempt.action, &lock);
	/* whoever had the lock may have tried this one */
	if (!ret && lock >= 0)
		ret = attempt_check(ctl, &attempt);
	if (!ret)
		ret = stage_on(ctl, action, &attempt, &verdict, current);
	update_unlock(lock);
	device_close(&device);
	return ret;
}

static int stage(struct pfructl *ctl, enum pfru_action action)
{
	struct capsule_file file;
	bool current = false;
	int ret;

	ret = capsule_file_read(ctl, ctl->argument, &file);
	if (!ret)
		ret = stage_file(ctl, action, &file, &current);
	capsule_file_free(&file);
	return print_outcome(ctl, ret, current);
}

static int run_stage(void *program)
{
	struct pfructl *ctl = program;
	return stage(ctl, PFRU_ACTION_STAGE);
}

static int run_stage_activate(void *program)
{
	struct pfructl *ctl = program;
	return stage(ctl, PFRU_ACTION_STAGE_ACTIVATE);
}

/*
 * What runs before an activation: the module knows, or it is on record since the
 * stage; else it takes a call more.
 */
static int find_before(struct pfructl *ctl, struct attempt *attempt)
{
	const struct device *device = attempt->device;
	struct pfru_capability cap;
	int ret = STATUS_DONE;

	if (device->driver == DRIVER_PFRU &&
	    !ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, &cap))
		attempt->before = cap;
	else if (!attempt->has_before)
		ret = device_capability(ctl, device, &attempt->before);
	attempt->has_before = !ret;
	return ret;
}

static int activate_on(struct pfructl *ctl, struct attempt *attempt)
{
	int ret;

	print_action(ctl, attempt->device, PFRU_ACTION_ACTIVATE);
	ret = attempt_find_staged(ctl, attempt);
	if (!ret)
		ret = find_before(ctl, attempt);
	return ret ? ret : act(ctl, PFRU_ACTION_ACTIVATE, attempt);
}

static int run_activate(void *program)
{
	struct attempt attempt = { .action = "activate" };
	struct pfructl *ctl = program;
	struct device device;
	int lock, ret;

	ret = device_open(ctl, DEVICE_UPDATE, &device);
	if (ret)
		return print_outcome(ctl, ret, false);
	attempt.device = &device;
	ret = update_lock(ctl, attempt.action, &lock);
	if (!ret)
		ret = activate_on(ctl, &attempt);
	update_unlock(lock);
	device_close(&device);
	return print_outcome(ctl, ret, false);
}

static const struct cli_option stage_options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	OPTION_DRY_RUN,
	OPTION_CA,
	OPTION_SHA256,
	OPTION_UNLESS_CURRENT,
	OPTION_FORCE,
	OPTION_WAIT,
	{ 0, "retries", "N",
	  "repeat up to N times, one second apart, while the\n"
	  "firmware answers \"retry suggested\" (default 0)",
	  OPTION_AT(retries), option_retries },
	{ 0 },
};

const struct cli_command cmd_stage = {
	.name = "stage",
	.argument = "FILE",
	.help = "load a capsule and have the firmware authenticate it",
	.details =
		"FILE is a capsule, a FIFO, or - for standard input. It is checked before\n"
		"the device is opened. Costs two or three firmware calls.\n",
	.options = stage_options,
	.flags = COMMAND_ACTS,
	.run = run_stage,
};

static const struct cli_option activate_options[] = {
	OPTION_DEVICE, OPTION_REVISION, OPTION_SHA256, OPTION_WAIT, { 0 },
};

const struct cli_command cmd_activate = {
	.name = "activate",
	.help = "have the firmware run what was staged",
	.details =
		"DANGER: this changes the firmware of the running machine, and cannot be\n"
		"undone, and is never repeated. Costs two firmware calls, the second to ask what\n"
		"runs now; three, when it is not known what ran before.\n",
	.options = activate_options,
	.flags = COMMAND_ACTS,
	.run = run_activate,
};

static const struct cli_option stage_activate_options[] = {
	OPTION_DEVICE, OPTION_REVISION, OPTION_DRY_RUN,
	OPTION_CA,     OPTION_SHA256,	OPTION_UNLESS_CURRENT,
	OPTION_FORCE,  OPTION_WAIT,	{ 0 },
};

const struct cli_command cmd_stage_activate = {
	.name = "stage-activate",
	.argument = "FILE",
	.help = "load, authenticate and run a capsule in one step",
	.details =
		"DANGER: this changes the firmware of the running machine, and cannot be\n"
		"undone. Try --dry-run first. FILE is a capsule, a FIFO, or - for standard\n"
		"input. Costs three or four firmware calls, and is never repeated.\n",
	.options = stage_activate_options,
	.flags = COMMAND_ACTS,
	.run = run_stage_activate,
};
