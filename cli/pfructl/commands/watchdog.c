// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pfructl watchdog: the OS health watchdog of Intel AMT, looked at and never
 * touched.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/common/escape.h"
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
	char *engine = watchdog_engine(w);
	char *version = engine ? sysfs_text(engine, "fw_ver") : NULL;

	free(engine);
	return version;
}

/* the client's, which the bus shows in hexadecimal */
static void print_protocol(struct output *out, const struct watchdog *w)
{
	char *text = w->client ? sysfs_text(w->directory, "version") : NULL;
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
	if (w->own && sysfs_number(w->own, "timeleft", seconds))
		return true;
	return w->device && sysfs_number(w->device, "timeleft", seconds);
}

static void print_times(struct output *out, const struct watchdog *w)
{
	int64_t seconds = 0;
	char *text;
	bool known;

	known = w->device && sysfs_number(w->device, "timeout", &seconds);
	print_seconds(out, "timeout", "Timeout", known, seconds);
	out_number(out, "timeout_min", NULL, WATCHDOG_TIMEOUT_MIN);
	out_number(out, "timeout_max", NULL, WATCHDOG_TIMEOUT_MAX);
	text = xasprintf("%d to %d s", WATCHDOG_TIMEOUT_MIN,
			 WATCHDOG_TIMEOUT_MAX);
	out_string(out, NULL, "Timeout can be", text);
	free(text);
	known = time_left(w, &seconds);
	print_seconds(out, "time_left", "Time left", known, seconds);
}

/* Its age says whether the firmware gets the pings, their success does not. */
static void print_last_heartbeat(struct output *out, const struct watchdog *w)
{
	char *word = sysfs_text(w->own, "last_heartbeat");
	int64_t seconds = 0;
	char *text = NULL;

	if (sysfs_number(w->own, "last_heartbeat", &seconds) && seconds >= 0) {
		out_number(out, "last_heartbeat", NULL, seconds);
		text = xasprintf("acknowledged %lld s ago", (long long)seconds);
	} else {
		out_null(out, "last_heartbeat");
		if (word && !strcmp(word, "none"))
			text = xasprintf("none acknowledged yet");
	}
	if (text)
		out_string(out, NULL, "Last heartbeat", text);
	free(text);
	free(word);
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
	int64_t number;
	size_t i;

	print_text(out, "required", "Required by AMT",
		   sysfs_text(w->own, "required"));
	print_text(out, "notifications", "Notifications",
		   sysfs_text(w->own, "notifications"));
	print_last_heartbeat(out, w);
	if (sysfs_number(w->own, "last_error", &number))
		print_error(out, number);
	out_group(out, "counts", "Counts");
	for (i = 0; i < ARRAY_LENGTH(counts); i++)
		if (sysfs_number(w->own, counts[i].key, &number) && number >= 0)
			out_number(out, counts[i].key, counts[i].label, number);
	out_end(out);
}

/*
 * A reader of README may be about to put this one in the place of a watchdog
 * that resets the machine.
 */
static void print_others(struct output *out, const struct watchdog *w)
{
	size_t number, i;
	struct other_watchdog *others = watchdog_others(w, &number);

	out_list(out, "others", number ? "Other watchdogs" : NULL);
	for (i = 0; i < number; i++) {
		const char *identity = others[i].identity;
		char *node = xasprintf("/dev/%s", others[i].node);

		out_group(out, NULL, NULL);
		out_string(out, "device", NULL, node);
		if (identity)
			out_string(out, "identity", NULL, identity);
		else
			out_null(out, "identity");
		out_end(out);
		out_text(out, node, identity ? identity : "unknown");
		free(node);
	}
	out_end(out);
	if (number && w->node)
		note(out,
		     "Intel AMT's watchdog only alerts its console, it does not reset the machine: leave a watchdog that does (/dev/%s is another one) in service. systemd feeds one, by default /dev/watchdog0: WatchdogDevice= in a drop-in of systemd-system.conf(5) names it",
		     escaped(others[0].node));
	watchdog_free_others(others, number);
}

/* states in which pings succeed, and the firmware gets none */
static const struct {
	const char *state;
	const char *text;
} silences[] = {
	{ "no-client",
	  "the firmware's watchdog client is away, as during a reset or suspend: pings succeed but nothing is sent, and a running watchdog is started again when the client returns" },
	{ "no-connection",
	  "there is no connection with the firmware's watchdog: until a retry succeeds, pings succeed but nothing is sent" },
	{ "no-answer",
	  "the firmware did not answer the last message (see the last error): until a retry succeeds, pings succeed but may not arrive" },
	{ "not-required",
	  "AMT does not ask for the watchdog: pings succeed, and nothing is sent until it does" },
	{ "expired",
	  "no heartbeat reached the firmware in time: AMT has reported a hang to its console" },
};

static void note_silence(struct output *out, const struct watchdog *w)
{
	char *state = watchdog_state(w);
	size_t i;

	for (i = 0; state && w->node && i < ARRAY_LENGTH(silences); i++)
		if (!strcmp(state, silences[i].state))
			note(out, "%s", silences[i].text);
	free(state);
}

static void print(struct output *out, const struct watchdog *w)
{
	print_text(out, "client", "Client",
		   w->client ? xasprintf("%s", w->client) : NULL);
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

static int run(void *program)
{
	struct pfructl *ctl = program;
	struct output *out = ctl->out;
	struct watchdog w;
	int ret = STATUS_DONE;

	watchdog_find(&w);
	out_string(out, "service", NULL, watchdog_word(&w));
	if (w.client || w.own)
		print(out, &w);
	print_others(out, &w);
	if (w.what == WATCHDOG_OURS)
		note_silence(out, &w);
	if (!w.driver)
		ret = fail(out, STATUS_NO_DEVICE, watchdog_word(&w),
			   "the AMT watchdog: %s", watchdog_text(&w));
	else if (w.what == WATCHDOG_MAINLINE)
		note(out, "%s", watchdog_text(&w));
	watchdog_free(&w);
	return ret;
}

const struct cli_command cmd_watchdog = {
	.name = "watchdog",
	.help = "show the OS health watchdog of Intel AMT, and who serves it",
	.details =
		"Reads what the kernel shows; never opens a watchdog, which would start it.\n"
		"Makes no firmware call.\n"
		"\n"
		"A ping that succeeds says that the module has noted it. It says nothing about\n"
		"the firmware: whether that gets the heartbeats is seen from the age of the last\n"
		"one that it acknowledged, from the state and from the last error.\n"
		"AMT only alerts its console; it does not reset the machine.\n",
	.flags = COMMAND_TELLS_ON_FAILURE,
	.run = run,
};
