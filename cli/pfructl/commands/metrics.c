// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl metrics: figures for a monitoring system, in the text format of
 * Prometheus. All is read first, then printed: a run that fails writes nothing.
 * It makes no firmware call for a capability that the module knows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "cli/common/escape.h"
#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/common/text.h"
#include "cli/pfructl/device/figures.h"
#include "cli/pfructl/device/watchdog.h"
#include "cli/pfructl/log/position.h"
#include "cli/pfructl/options.h"
#include "cli/pfructl/record/attempt.h"
#include "cli/pfructl/record/history.h"
#include "core/guid.h"
#include "core/status.h"

#define NANOSECONDS 1000000000ULL

/* a label's value, and a number: both as text */
#define INSTANCE_SIZE 24
#define NUMBER_SIZE   32

/**
 * struct node - one device
 * @kind: which of the two
 * @instance: its number, in digits
 * @usable: its node could be opened
 * @has_cap: @cap is known
 * @cap: of an update device
 * @has_figures: @figures are there
 * @figures: what its firmware calls have cost
 */
struct node {
	enum device_kind kind;
	char instance[INSTANCE_SIZE];
	bool usable;
	bool has_cap;
	struct pfru_capability cap;
	bool has_figures;
	struct figures figures;
};

/**
 * struct metrics - what was found, and the family that is being printed
 * @out: where it goes
 * @nodes: all devices
 * @count: number of them
 * @module_version: of the module that is loaded, allocated, or NULL
 * @attempts: of the record, NULL when that cannot be used
 * @watchdog: of Intel AMT
 * @family: which
 * @begun: something of it was printed
 */
struct metrics {
	struct output *out;
	struct node *nodes;
	size_t count;
	char *module_version;
	json_object *attempts;
	struct watchdog watchdog;
	const struct family *family;
	bool begun;
};

/**
 * struct family - samples of one name
 * @name: without the prefix
 * @type: gauge or counter
 * @help: one line, without a backslash
 * @print: gives the samples to sample()
 */
struct family {
	const char *name;
	const char *type;
	const char *help;
	void (*print)(struct metrics *m);
};

/**
 * struct label - of a sample
 * @name: NULL ends a list of them
 * @value: may hold anything
 */
struct label {
	const char *name;
	const char *value;
};

static void begin_family(struct metrics *m)
{
	const struct family *f = m->family;
	char *head = xasprintf("# HELP pfru_%s %s\n# TYPE pfru_%s %s\n",
			       f->name, f->help, f->name, f->type);
	char *name = xasprintf("pfru_%s", f->name);

	m->begun = true;
	out_plain(m->out, head);
	out_group(m->out, NULL, NULL);
	out_string(m->out, "name", NULL, name);
	out_string(m->out, "type", NULL, f->type);
	out_string(m->out, "help", NULL, f->help);
	out_list(m->out, "samples", NULL);
	free(head);
	free(name);
}

static void end_family(struct metrics *m)
{
	if (!m->begun)
		return;
	out_end(m->out);
	out_end(m->out);
	m->begun = false;
}

/* The format knows three escapes; what is no text was escaped before. */
static void append_value(struct text *text, const char *value)
{
	const char *c;

	for (c = escaped(value); *c; c++) {
		if (*c == '\\' || *c == '"')
			text_append(text, "\\", 1);
		text_append(text, c, 1);
	}
}

static void append_labels(struct text *text, const struct label *labels)
{
	const char *before = "{";

	for (; labels->name; labels++) {
		text_printf(text, "%s%s=\"", before, labels->name);
		append_value(text, labels->value);
		text_append(text, "\"", 1);
		before = ",";
	}
	if (*before == ',')
		text_append(text, "}", 1);
}

/* Numbers are text in JSON too: what parses the one parses the other. */
static void sample(struct metrics *m, const struct label *labels,
		   const char *value)
{
	struct text line = { 0 };

	if (!m->begun)
		begin_family(m);
	text_printf(&line, "pfru_%s", m->family->name);
	append_labels(&line, labels);
	text_printf(&line, " %s\n", value);
	text_append(&line, "", 1);
	out_plain(m->out, line.bytes);
	free(line.bytes);
	out_group(m->out, NULL, NULL);
	out_group(m->out, "labels", NULL);
	for (; labels->name; labels++)
		out_string(m->out, labels->name, NULL, labels->value);
	out_end(m->out);
	out_string(m->out, "value", NULL, value);
	out_end(m->out);
}

static void sample_number(struct metrics *m, const struct label *labels,
			  uint64_t number)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	sample(m, labels, text);
}

static void sample_seconds(struct metrics *m, const struct label *labels,
			   uint64_t nanoseconds)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%llu.%09llu",
		 (unsigned long long)(nanoseconds / NANOSECONDS),
		 (unsigned long long)(nanoseconds % NANOSECONDS));
	sample(m, labels, text);
}

static const struct label no_labels[] = { { NULL } };

static void print_build(struct metrics *m)
{
	const struct label labels[] = {
		{ "version", PFRUCTL_VERSION },
		{ "module_version",
		  m->module_version ? m->module_version : "" },
		{ NULL },
	};

	sample_number(m, labels, 1);
}

static void print_usable(struct metrics *m)
{
	int kind;

	for (kind = DEVICE_UPDATE; kind <= DEVICE_TELEMETRY; kind++) {
		const struct label labels[] = {
			{ "device", device_kind_name(kind) },
			{ NULL },
		};
		bool usable = false;
		size_t i;

		for (i = 0; i < m->count; i++)
			usable |= m->nodes[i].kind == (unsigned int)kind &&
				  m->nodes[i].usable;
		sample_number(m, labels, usable);
	}
}

static void print_capability(struct metrics *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct pfru_capability *cap = &m->nodes[i].cap;
		char ids[4][PFRU_GUID_TEXT_SIZE];
		const struct label labels[] = {
			{ "number", m->nodes[i].instance },
			{ "code_type", ids[0] },
			{ "driver_type", ids[1] },
			{ "platform_id", ids[2] },
			{ "oem_id", ids[3] },
			{ NULL },
		};

		if (!m->nodes[i].has_cap)
			continue;
		pfru_guid_text(cap->code_type, ids[0]);
		pfru_guid_text(cap->drv_type, ids[1]);
		pfru_guid_text(cap->platform_id, ids[2]);
		pfru_guid_text(cap->oem_id, ids[3]);
		sample_number(m, labels, 1);
	}
}

/* a number of each capability that is known */
static void print_cap_number(struct metrics *m, size_t offset)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct node *node = &m->nodes[i];
		const struct label labels[] = {
			{ "number", node->instance },
			{ NULL },
		};
		uint32_t number;

		memcpy(&number, (const char *)&node->cap + offset,
		       sizeof(number));
		if (node->has_cap)
			sample_number(m, labels, number);
	}
}

#define PRINT_CAP(_member)                                                   \
	static void print_##_member(struct metrics *m)                       \
	{                                                                    \
		print_cap_number(m,                                          \
				 offsetof(struct pfru_capability, _member)); \
	}

PRINT_CAP(fw_version)
PRINT_CAP(code_rt_version)
PRINT_CAP(drv_rt_version)
PRINT_CAP(drv_svn)

/* a figure of each device that has them */
static void print_figure(struct metrics *m,
			 void (*print)(struct metrics *m,
				       const struct label *labels,
				       uint64_t number),
			 size_t offset)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct node *node = &m->nodes[i];
		const struct label labels[] = {
			{ "device", device_kind_name(node->kind) },
			{ "number", node->instance },
			{ NULL },
		};
		int64_t number;

		memcpy(&number, (const char *)&node->figures + offset,
		       sizeof(number));
		if (node->has_figures)
			print(m, labels, number);
	}
}

static void print_calls(struct metrics *m)
{
	print_figure(m, sample_number, offsetof(struct figures, calls));
}

static void print_call_time(struct metrics *m)
{
	print_figure(m, sample_seconds, offsetof(struct figures, total_ns));
}

static void print_longest(struct metrics *m)
{
	print_figure(m, sample_seconds, offsetof(struct figures, longest_ns));
}

static void print_record(struct metrics *m)
{
	sample_number(m, no_labels, m->attempts ? 1 : 0);
}

static json_object *last_attempt(const struct metrics *m)
{
	return m->attempts ? history_last(m->attempts, NULL) : NULL;
}

/* whatever ended it, or when it began */
static void print_last_time(struct metrics *m)
{
	json_object *last = last_attempt(m);
	const char *text = last ? history_text(last, "ended") : NULL;
	struct tm tm = { 0 };
	time_t seconds;
	char *end;

	if (last && !text)
		text = history_text(last, "begun");
	end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	seconds = end && !*end ? timegm(&tm) : -1;
	if (seconds >= 0)
		sample_number(m, no_labels, seconds);
}

static void print_last_success(struct metrics *m)
{
	json_object *last = last_attempt(m);
	const char *state = last ? history_text(last, "state") : NULL;

	if (state)
		sample_number(m, no_labels, !strcmp(state, EVENT_DONE));
}

static void print_last_duration(struct metrics *m)
{
	static const struct {
		const char *phase;
		const char *key;
	} phases[] = {
		{ "authentication", "auth_time_ns" },
		{ "execution", "exec_time_ns" },
		{ "call", "call_time_ns" },
	};
	json_object *last = last_attempt(m);
	json_object *value;
	size_t i;

	for (i = 0; last && i < ARRAY_LENGTH(phases); i++) {
		const struct label labels[] = {
			{ "phase", phases[i].phase },
			{ NULL },
		};

		if (json_object_object_get_ex(last, phases[i].key, &value))
			sample_seconds(m, labels,
				       json_object_get_uint64(value));
	}
}

static void print_interrupted(struct metrics *m)
{
	uint64_t count = 0;

	if (!m->attempts)
		return;
	json_object_object_foreach(m->attempts, id, attempt) {
		(void)id;
		count += attempt_is_open(m->attempts, attempt);
	}
	sample_number(m, no_labels, count);
}

/* a count of each position in a log, of those who print to the journal or elsewhere */
static void print_position(struct metrics *m, const struct node *node,
			   const struct pfru_log_name *type, bool journal,
			   size_t offset)
{
	const struct label labels[] = {
		{ "number", node->instance },
		{ "type", type->name },
		{ "reader", journal ? "journal" : "file" },
		{ NULL },
	};
	struct state_counts counts;
	uint64_t number;

	if (!state_counts(strtoul(node->instance, NULL, 10), type->value,
			  journal, &counts))
		return;
	memcpy(&number, (const char *)&counts + offset, sizeof(number));
	sample_number(m, labels, number);
}

static void print_telemetry(struct metrics *m, size_t offset)
{
	const struct pfru_log_name *type;
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (m->nodes[i].kind != DEVICE_TELEMETRY)
			continue;
		for (type = pfru_log_types; type->name; type++) {
			print_position(m, &m->nodes[i], type, false, offset);
			print_position(m, &m->nodes[i], type, true, offset);
		}
	}
}

static void print_telemetry_read(struct metrics *m)
{
	print_telemetry(m, offsetof(struct state_counts, read));
}

static void print_telemetry_lost(struct metrics *m)
{
	print_telemetry(m, offsetof(struct state_counts, lost));
}

static void print_telemetry_resets(struct metrics *m)
{
	print_telemetry(m, offsetof(struct state_counts, resets));
}

static void print_watchdog(struct metrics *m)
{
	char *state = watchdog_state(&m->watchdog);
	const struct label labels[] = {
		{ "state", state },
		{ NULL },
	};

	if (state)
		sample_number(m, labels, 1);
	free(state);
}

static void print_heartbeats(struct metrics *m)
{
	int64_t number;

	if (m->watchdog.own &&
	    sysfs_number(m->watchdog.own, "heartbeats", &number) && number >= 0)
		sample_number(m, no_labels, number);
}

/* clang-format off */
static const struct family families[] = {
	{ "build_info", "gauge",
	  "Versions of pfructl and of the module that is loaded, empty when none is; always 1.",
	  print_build },
	{ "usable", "gauge",
	  "Whether a device of this kind can be used.", print_usable },
	{ "capability_info", "gauge",
	  "What the platform can update; always 1.", print_capability },
	{ "firmware_version", "gauge",
	  "Version of the platform's firmware.", print_fw_version },
	{ "code_runtime_version", "gauge",
	  "Version of the code injection that runs.", print_code_rt_version },
	{ "driver_runtime_version", "gauge",
	  "Version of the driver update that runs.", print_drv_rt_version },
	{ "driver_svn", "gauge",
	  "Security version of the driver update that runs.", print_drv_svn },
	{ "firmware_calls_total", "counter",
	  "Firmware calls since the driver was bound; each stops all processors.",
	  print_calls },
	{ "firmware_call_seconds_total", "counter",
	  "Time that firmware calls took since the driver was bound.",
	  print_call_time },
	{ "firmware_longest_call_seconds", "gauge",
	  "Time of the longest firmware call since the driver was bound.",
	  print_longest },
	{ "record_usable", "gauge",
	  "Whether the record of updates can be read; without it each update is refused.",
	  print_record },
	{ "last_update_timestamp_seconds", "gauge",
	  "When the last attempt to stage or activate ended, or began when it has no end.",
	  print_last_time },
	{ "last_update_success", "gauge",
	  "Whether the last attempt to stage or activate succeeded.",
	  print_last_success },
	{ "last_update_duration_seconds", "gauge",
	  "Time that the last attempt took: authentication and execution as the firmware reports them, and the whole call.",
	  print_last_duration },
	{ "updates_interrupted", "gauge",
	  "Attempts that a crash or reboot cut off, with nothing tried since.",
	  print_interrupted },
	{ "telemetry_read_bytes_total", "counter",
	  "Bytes of the log that readers with a saved position have printed.",
	  print_telemetry_read },
	{ "telemetry_lost_bytes_total", "counter",
	  "Bytes of the log that were overwritten before such a reader came.",
	  print_telemetry_lost },
	{ "telemetry_resets_total", "counter",
	  "How often the log started over, as such a reader saw it.",
	  print_telemetry_resets },
	{ "watchdog_state", "gauge",
	  "State of the watchdog of Intel AMT; always 1.", print_watchdog },
	{ "watchdog_heartbeats_total", "counter",
	  "Heartbeats that AMT has acknowledged.", print_heartbeats },
};

/* clang-format on */

/* On mainline's driver each question would be a firmware call: it is not asked. */
static int read_capability(struct pfructl *ctl, const struct device *device,
			   struct node *node)
{
	int ret;

	if (device->kind != DEVICE_UPDATE || device->driver != DRIVER_PFRU)
		return STATUS_DONE;
	if (!ioctl(device->fd, PFRU_IOC_GET_CACHED_CAP, &node->cap)) {
		node->has_cap = true;
		return STATUS_DONE;
	}
	if (errno != ENODATA)
		return device_failed(ctl, device, PFRU_ACTION_QUERY, errno,
				     NULL);
	/* after boot or an activation; a refusal is no reason to print nothing */
	ret = ioctl(device->fd, PFRU_IOC_QUERY_CAP, &node->cap);
	node->has_cap = !ret && !node->cap.status;
	return STATUS_DONE;
}

static int read_node(struct pfructl *ctl, enum device_kind kind, long number,
		     struct node *node)
{
	char *path = device_find(kind, number, NULL);
	struct device device;
	int ret = path ? device_try(path, kind, &device) : -ENOENT;
	int status = STATUS_DONE;

	memset(node, 0, sizeof(*node));
	node->kind = kind;
	snprintf(node->instance, sizeof(node->instance), "%ld", number);
	node->has_figures = figures_read(kind, number, &node->figures);
	node->usable = !ret;
	if (!ret) {
		status = read_capability(ctl, &device, node);
		device_close(&device);
	} else if (ret == -EPERM || ret == -EACCES) {
		status = fail(ctl->out, STATUS_FAILED, "permission",
			      "%s: no permission; run it as root",
			      escaped(path));
	}
	free(path);
	return status;
}

static int read_nodes(struct pfructl *ctl, struct metrics *m)
{
	int kind, ret = STATUS_DONE;
	long number = -1;

	for (kind = DEVICE_UPDATE; kind <= DEVICE_TELEMETRY; kind++) {
		while (!ret && (number = device_next(kind, number)) >= 0) {
			m->nodes = xrealloc(m->nodes,
					    (m->count + 1) * sizeof(*m->nodes));
			ret = read_node(ctl, kind, number,
					&m->nodes[m->count++]);
		}
		/* a device that is not seen is not missing */
		if (!ret && errno)
			ret = device_fail_names(ctl, kind, errno);
	}
	return ret;
}

static void read_record(struct metrics *m)
{
	const char *what;

	if (!history_read(&m->attempts, &what))
		return;
	json_object_put(m->attempts);
	m->attempts = NULL;
}

static void print(struct metrics *m)
{
	size_t i;

	out_list(m->out, "metrics", NULL);
	for (i = 0; i < ARRAY_LENGTH(families); i++) {
		m->family = &families[i];
		m->family->print(m);
		end_family(m);
	}
	out_end(m->out);
}

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct metrics m = { .out = ctl->out };
	char *module = sysroot_path("/sys/module/pfru");
	int ret = option_open_output(ctl);

	if (!ret)
		ret = read_nodes(ctl, &m);
	if (!ret) {
		m.module_version = sysfs_text(module, "version");
		read_record(&m);
		watchdog_find(&m.watchdog);
		if (ctl->options.output)
			out_use_file(ctl->out);
		print(&m);
		watchdog_free(&m.watchdog);
	}
	json_object_put(m.attempts);
	free(m.module_version);
	free(m.nodes);
	free(module);
	return ret;
}

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "replace FILE as a whole, when all went well",
	  OPTION_AT(output), options_file },
	{ 0 },
};

const struct cli_command cmd_metrics = {
	.name = "metrics",
	.help = "print metrics for monitoring, in Prometheus' text format",
	.details =
		"Makes one firmware call for each update device after the module was loaded and\n"
		"after an activation, for the capability; none otherwise. With Linux's own\n"
		"drivers it makes none, and leaves out what they hide.\n",
	.options = options,
	.run = run,
};
