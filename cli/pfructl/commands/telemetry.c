// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl telemetry, telemetry-info and log-level. log/reader.c reads the log;
 * log/follow.c remembers how far a reader has got.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/common/escape.h"
#include "cli/common/output.h"
#include "cli/pfructl/log/follow.h"
#include "cli/pfructl/log/reader.h"
#include "cli/pfructl/log/summary.h"
#include "cli/pfructl/log/types.h"
#include "cli/pfructl/options.h"
#include "core/ids.h"

/* milliseconds */
#define INTERVAL 1000
#define CONFIRM	 60000

static int wrong(struct pfructl *ctl, const char *what)
{
	return fail(ctl->out, STATUS_USAGE, "usage",
		    "%s; see 'pfructl telemetry --help'", what);
}

/* options that would be ignored, or contradict each other */
static int check_options(struct pfructl *ctl)
{
	const struct options *o = &ctl->options;

	if (o->full + o->delta + o->follow + o->summary > 1)
		return wrong(ctl,
			     "--full, --delta, --follow and --summary exclude each other");
	if ((o->journal || o->state) && !o->delta && !o->follow)
		return wrong(ctl,
			     "--state and --journal need --delta or --follow");
	if ((o->interval || o->confirm) && !o->follow)
		return wrong(ctl, "--interval and --confirm need --follow");
	if (o->raw && o->escape)
		return wrong(ctl, "--raw and --escape exclude each other");
	if (o->journal && (o->json || o->raw || o->escape || o->output))
		return wrong(ctl,
			     "--journal excludes --json, --raw, --escape and --output");
	if (o->state && o->output && !strcmp(o->state, o->output) &&
	    strcmp(o->output, "-"))
		return wrong(ctl, "--state and --output name the same file");
	if ((o->raw || o->escape) && (o->json || o->summary))
		return wrong(ctl,
			     "--raw and --escape exclude --json and --summary");
	return STATUS_DONE;
}

static void set_defaults(struct options *o)
{
	if (o->output && !strcmp(o->output, "-"))
		o->output = NULL;
	if (!o->interval)
		o->interval = INTERVAL;
	if (!o->confirm)
		o->confirm = CONFIRM;
}

static int print_log(struct pfructl *ctl, const struct device *device,
		     struct log_reader *reader, const struct log_look *look)
{
	struct output *out = ctl->out;

	out_string(out, "device", NULL, device->path);
	out_string(out, "driver", NULL,
		   driver_name(device->driver, device->kind));
	out_string(out, "type", NULL, log_type_name(ctl->options.log_type));
	out_number(out, "position", NULL, pfru_ring_written(&look->news.start));
	out_number(out, "size", NULL, look->news.size);
	out_number(out, "lost", NULL, look->news.lost);
	out_number(out, "missing", NULL, look->missing);
	out_number(out, "rollover_count", NULL, reader->info.rollover_cnt);
	out_number(out, "reset_count", NULL, reader->info.reset_cnt);
	if (ctl->options.summary)
		summary_print(out, look->bytes, look->news.size);
	else
		out_log_last(out, reader_take(reader), look->bytes,
			     look->news.size);
	if (look->news.lost)
		warning(out,
			"%s: %llu bytes of the log since its last reset were lost: overwritten",
			device->path, (unsigned long long)look->news.lost);
	if (!look->missing)
		return STATUS_DONE;
	fail(out, STATUS_FAILED, "missing",
	     "%s: the older part of the log (%u bytes) is not printed: it lies where the kernel's own driver (" PFRU_MAINLINE_TELEMETRY
	     ") does not reach; the module pfru does",
	     device->path, look->missing);
	fail_number(out, "missing", look->missing);
	return STATUS_FAILED;
}

static int run_full(struct pfructl *ctl, const struct device *device)
{
	enum look_from from = ctl->options.since_reset ? FROM_RESET :
							 FROM_OLDEST;
	struct log_reader reader;
	struct log_look look;
	int ret;

	ret = option_open_output(ctl);
	if (ret)
		return ret;
	reader_begin(&reader, ctl, device, false);
	ret = reader_look(&reader, from, NULL, NULL, &look);
	if (!ret && look.empty)
		ret = reader_fail_empty(&reader);
	if (!ret && look.changing)
		ret = reader_fail_changing(&reader);
	/* only a log that was read replaces what the file holds */
	if (!ret && ctl->options.output)
		out_use_file(ctl->out);
	if (!ret)
		ret = print_log(ctl, device, &reader, &look);
	reader_end(&reader);
	return ret;
}

static int run_telemetry(void *program)
{
	struct pfructl *ctl = program;
	struct options *o = &ctl->options;
	struct device device;
	int ret;

	ret = check_options(ctl);
	if (ret)
		return ret;
	set_defaults(o);
	if (o->delta || o->follow)
		out_set_lines(ctl->out);
	if (o->raw)
		out_set_escape(ctl->out, ESCAPE_NEVER);
	if (o->escape)
		out_set_escape(ctl->out, ESCAPE_ALWAYS);
	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	if (o->delta || o->follow)
		ret = run_delta(ctl, &device, o->follow);
	else
		ret = run_full(ctl, &device);
	device_close(&device);
	return ret;
}

static uint64_t address(uint64_t low, uint64_t high)
{
	return high << 32 | low;
}

static void print_info(struct pfructl *ctl, const struct pfru_log_info *set,
		       const struct pfru_log_data_info *data)
{
	uint64_t newest = address(data->chunk2_addr_lo, data->chunk2_addr_hi);
	uint64_t older = address(data->chunk1_addr_lo, data->chunk1_addr_hi);
	struct output *out = ctl->out;

	out_number(out, "level", NULL, set->log_level);
	out_string(out, "level_name", "Level", log_level_name(set->log_level));
	out_string(out, "type", "Type", log_type_name(set->log_type));
	out_number(out, "revision", "Revision", set->log_revid);
	out_bool(out, "available", "Log available", newest);
	out_number(out, "max_size", "Ring size", data->max_data_size);
	out_group(out, "older", "Older part");
	out_hex(out, "address", "Address", older);
	out_number(out, "size", "Size", data->chunk1_size);
	out_end(out);
	out_group(out, "newest", "Newest part");
	out_hex(out, "address", "Address", newest);
	out_number(out, "size", "Size", data->chunk2_size);
	out_end(out);
	out_number(out, "rollover_count", "Rollovers", data->rollover_cnt);
	out_number(out, "reset_count", "Resets", data->reset_cnt);
}

/* Mainline's driver puts a negative errno where the level should be. */
static int get_settings(struct pfructl *ctl, const struct device *device,
			struct pfru_log_info *set)
{
	if (ioctl(device->fd, PFRT_LOG_IOC_GET_INFO, set))
		return device_failed(ctl, device, PFRU_ACTION_GET_LEVEL, errno,
				     NULL);
	if (device->driver == DRIVER_MAINLINE && (int32_t)set->log_level < 0)
		return device_failed(ctl, device, PFRU_ACTION_GET_LEVEL,
				     -(int32_t)set->log_level, NULL);
	return STATUS_DONE;
}

static int run_info(void *program)
{
	struct pfructl *ctl = program;
	struct log_reader reader;
	struct pfru_log_info set;
	struct device device;
	int ret;

	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	device_describe(ctl, &device);
	reader_begin(&reader, ctl, &device, false);
	ret = device_take_turn(ctl, &device);
	if (!ret)
		ret = get_settings(ctl, &device, &set);
	if (!ret)
		ret = reader_ask(&reader);
	device_end_turn(&device);
	if (!ret)
		print_info(ctl, &set, &reader.info);
	device_close(&device);
	return ret;
}

static int get_level(struct pfructl *ctl, const struct device *device)
{
	struct pfru_log_info set;
	int ret;

	ret = get_settings(ctl, device, &set);
	if (ret)
		return ret;
	out_number(ctl->out, "level", NULL, set.log_level);
	out_string(ctl->out, "level_name", NULL, log_level_name(set.log_level));
	out_plain(ctl->out, log_level_name(set.log_level));
	out_plain(ctl->out, "\n");
	return STATUS_DONE;
}

static int set_level(struct pfructl *ctl, const struct device *device,
		     uint32_t level)
{
	struct pfru_log_info set = {
		.log_level = level,
		.log_type = PFRU_LOG_UNCHANGED,
		.log_revid = PFRU_LOG_UNCHANGED,
	};

	if (ioctl(device->fd, PFRT_LOG_IOC_SET_INFO, &set))
		return device_failed(ctl, device, PFRU_ACTION_SET_LEVEL, errno,
				     NULL);
	outcome(ctl->out, STATUS_UNWRITTEN, NULL, "log-level: it is %s now",
		log_level_name(level));
	out_number(ctl->out, "level", NULL, level);
	out_string(ctl->out, "level_name", NULL, log_level_name(level));
	return STATUS_DONE;
}

static int fail_level(struct pfructl *ctl)
{
	char *choice = log_choice(pfru_log_levels);

	fail(ctl->out, STATUS_USAGE, "usage",
	     "'%s' is not a log level; use %s, or its number",
	     escaped(ctl->argument), choice);
	free(choice);
	return STATUS_USAGE;
}

static int run_level(void *program)
{
	struct pfructl *ctl = program;
	uint32_t level = PFRU_LOG_UNCHANGED;
	struct device device;
	int ret;

	if (ctl->argument && !log_value(pfru_log_levels, ctl->argument, &level))
		return fail_level(ctl);
	ret = device_open(ctl, DEVICE_TELEMETRY, &device);
	if (ret)
		return ret;
	out_string(ctl->out, "device", NULL, device.path);
	ret = device_take_turn(ctl, &device);
	if (!ret)
		ret = ctl->argument ? set_level(ctl, &device, level) :
				      get_level(ctl, &device);
	device_end_turn(&device);
	device_close(&device);
	return ret;
}

static const struct cli_option telemetry_options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	OPTION_TYPE,
	{ 0, "full", NULL, "print the whole log (default)", OPTION_AT(full) },
	{ 0, "delta", NULL,
	  "print what is new since the last --delta or --follow",
	  OPTION_AT(delta) },
	{ 0, "follow", NULL, "repeat --delta until interrupted",
	  OPTION_AT(follow) },
	{ 0, "summary", NULL, "print a table of the updates found in the log",
	  OPTION_AT(summary) },
	{ 0, "since-reset", NULL,
	  "report as lost what was overwritten since the last\n"
	  "reset of the log, if no position is saved yet",
	  OPTION_AT(since_reset) },
	{ 0, "raw", NULL, "do not escape, even on a terminal", OPTION_AT(raw) },
	{ 0, "escape", NULL, "escape control characters whatever the output is",
	  OPTION_AT(escape) },
	{ 'o', "output", "FILE",
	  "print to FILE (\"-\": standard output); --delta and\n"
	  "--follow append",
	  OPTION_AT(output), options_file },
	{ 0, "journal", NULL, "print to the journal, one entry a line",
	  OPTION_AT(journal) },
	{ 0, "state", "FILE",
	  "keep the position in FILE, not in /var/lib/pfructl",
	  OPTION_AT(state), options_file },
	{ 0, "interval", "SECONDS",
	  "look this often while following (default 1)", OPTION_AT(interval),
	  option_seconds },
	{ 0, "confirm", "SECONDS",
	  "ask the firmware at least this often while following\n"
	  "(default 60; once a second at most)",
	  OPTION_AT(confirm), option_seconds },
	{ 0 },
};

const struct cli_command cmd_telemetry = {
	.name = "telemetry",
	.help = "print the firmware's log of updates, oldest line first",
	.details =
		"The log is printed as the firmware wrote it; control characters are escaped\n"
		"only on a terminal. A command run by ssh(1) without -t does not see the\n"
		"terminal it prints to: use --escape. Costs two firmware calls, and one more\n"
		"each time the log changed while it was read, up to five times. --delta costs\n"
		"one when nothing is new; --follow none while the log does not change.\n",
	.options = telemetry_options,
	.flags = COMMAND_TELLS_ON_FAILURE,
	.run = run_telemetry,
};

static const struct cli_option info_options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	OPTION_TYPE,
	{ 0 },
};

const struct cli_command cmd_telemetry_info = {
	.name = "telemetry-info",
	.help = "show settings and sizes of the firmware's log",
	.details = "Costs two firmware calls.\n",
	.options = info_options,
	.run = run_info,
};

static const struct cli_option level_options[] = {
	OPTION_DEVICE,
	OPTION_REVISION,
	{ 0 },
};

const struct cli_command cmd_log_level = {
	.name = "log-level",
	.argument = "[LEVEL]",
	.help = "show or set how much the firmware logs",
	.details =
		"LEVEL is error (0), warning (1), info (2) or verbose (4). The level is the\n"
		"firmware's, the same for everybody. Costs one firmware call.\n",
	.options = level_options,
	.run = run_level,
};
