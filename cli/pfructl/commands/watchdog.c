// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl watchdog: the OS health watchdog of Intel AMT, looked at and never
 * touched.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/sysfs.h"
#include "cli/pfructl/device/watchdog.h"
#include "cli/pfructl/pfructl.h"

/* clang-format off */
/* numbers of the driver, beside its state */
static const struct {
	const char *key;
	const char *label;
} counts[] = {
	{ "heartbeats", "Heartbeats" },
	{ "stops", "Stops" },
	{ "failures", "Failures" },
	{ "timeouts", "Timeouts" },
	{ "refused", "Refused" },
	{ "malformed", "Malformed answers" },
	{ "strays", "Stray answers" },
	{ "connections", "Connections" },
};
/* clang-format on */

static void print_text(struct output *out, const char *key, const char *label,
		       char *text)
{
	if (text)
		out_string(out, key, label, text);
	else
		out_null(out, key);
	free(text);
}

static void print_seconds(struct output *out, const char *key,
			  const char *label, bool known, int64_t seconds)
{
	char *text;

	if (!known || seconds < 0) {
		out_null(out, key);
		return;
	}
	out_number(out, key, NULL, seconds);
	text = xasprintf("%lld s", (long long)seconds);
	out_string(out, NULL, label, text);
	free(text);
}

/*
 * The management engine's, "PLATFORM:MAJOR.MINOR.HOTFIX.BUILD"; the first of
 * several is the one that runs.
 */
static char *engine_version(const struct watchdog *w)
{
	char *name = xasprintf("%s/../mei", w->directory);
	char *version = NULL;
	int i;

	for (i = 0; i < 4 && !version; i++) {
		char *engine = xasprintf("%s/mei%d", name, i);

		version = sysfs_text(engine, "fw_ver");
		free(engine);
	}
	free(name);
	return version;
}

/* the client's, which the bus shows in hexadecimal */
static void print_protocol(struct output *out, const struct watchdog *w)
{
	char *text = sysfs_text(w->directory, "version");
	char *end = text;
	unsigned long version = 0;

	if (text)
		version = strtoul(text, &end, 16);
	if (!text || end == text || *end || version > 255)
		out_null(out, "protocol");
	else
		out_number(out, "protocol", "Protocol version", version);
	free(text);
}

static void print_node(struct output *out, const struct watchdog *w)
{
	char *path;

	if (!w->node) {
		out_null(out, "device");
		out_null(out, "identity");
		return;
	}
	path = xasprintf("/dev/%s", w->node);
	out_string(out, "device", "Device", path);
	print_text(out, "identity", "Identity",
		   sysfs_text(w->device, "identity"));
	free(path);
}

/* The driver's own file waits for nothing; the core's does, for a ping. */
static bool time_left(const struct watchdog *w, int64_t *seconds)
{
	if (sysfs_number(w->directory, "pfru_watchdog/timeleft", seconds))
		return true;
	return w->device && sysfs_number(w->device, "timeleft", seconds);
}

static void print_times(struct output *out, const struct watchdog *w)
{
	int64_t seconds = 0;
	bool known;

	known = w->device && sysfs_number(w->device, "timeout", &seconds);
	print_seconds(out, "timeout", "Timeout", known, seconds);
	known = time_left(w, &seconds);
	print_seconds(out, "time_left", "Time left", known, seconds);
}

static void print_error(struct output *out, int64_t error)
{
	char *text;

	if (error > 0 || error < -4095) {
		out_null(out, "last_error");
		return;
	}
	out_number(out, "last_error", NULL, -error);
	if (!error)
		return;
	text = xasprintf("%s (%lld)", strerror(-error), (long long)-error);
	out_string(out, NULL, "Last error", text);
	free(text);
}

static void print_counts(struct output *out, const struct watchdog *w)
{
	char *directory = xasprintf("%s/pfru_watchdog", w->directory);
	int64_t number;
	size_t i;

	print_text(out, "required", "Required by AMT",
		   sysfs_text(directory, "required"));
	print_text(out, "notifications", "Notifications",
		   sysfs_text(directory, "notifications"));
	if (sysfs_number(directory, "last_error", &number))
		print_error(out, number);
	out_group(out, "counts", "Counts");
	for (i = 0; i < ARRAY_LENGTH(counts); i++)
		if (sysfs_number(directory, counts[i].key, &number) &&
		    number >= 0)
			out_number(out, counts[i].key, counts[i].label, number);
	out_end(out);
	free(directory);
}

static void print(struct output *out, const struct watchdog *w)
{
	out_string(out, "client", "Client", w->client);
	print_text(out, "driver", "Driver",
		   w->driver ? xasprintf("%s", w->driver) : NULL);
	print_protocol(out, w);
	print_text(out, "firmware", "Management engine", engine_version(w));
	print_node(out, w);
	print_text(out, "state", "State", watchdog_state(w));
	print_times(out, w);
	if (w->what == WATCHDOG_OURS)
		print_counts(out, w);
}

static int run(struct pfructl *ctl)
{
	struct output *out = ctl->out;
	struct watchdog w;
	int ret = STATUS_DONE;

	watchdog_find(&w);
	out_string(out, "service", NULL, watchdog_word(&w));
	if (w.client)
		print(out, &w);
	if (!w.driver)
		ret = fail(out, STATUS_NO_DEVICE, watchdog_word(&w),
			   "the AMT watchdog: %s", watchdog_text(&w));
	else if (w.what == WATCHDOG_MAINLINE)
		note(out, "%s", watchdog_text(&w));
	watchdog_free(&w);
	return ret;
}

const struct command cmd_watchdog = {
	.name = "watchdog",
	.help = "show the OS health watchdog of Intel AMT, and who serves it",
	.details =
		"Reads what the kernel shows; never opens a watchdog, which would start it.\nMakes no firmware call.\n",
	.tells_on_failure = true,
	.run = run,
};
