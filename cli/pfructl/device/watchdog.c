// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks for the watchdog of Intel AMT in sysfs.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "cli/pfructl/pfructl.h"
#include "core/ids.h"
#include "watchdog.h"

#define MEI_DEVICES "/sys/bus/mei/devices"
#define MEI_CLASS   "/sys/class/mei"
#define WATCHDOGS   "/sys/class/watchdog"
#define CLIENT_UUID PFRU_WATCHDOG_UUID(PFRU_UUID_TEXT)
#define ADVICE_LOAD "run 'modprobe mei_me'"

static const struct {
	const char *word;
	const char *text;
} cases[] = {
	[WATCHDOG_OURS] = { "pfru", "the module pfru serves it" },
	[WATCHDOG_MAINLINE] = { "mainline",
				"The kernel's own driver " PFRU_MAINLINE_WATCHDOG
				" serves the AMT watchdog, and works with limits: its tasks wait indefinitely for firmware that does not answer. To use the module pfru, stop whatever has the watchdog open, and run 'modprobe -r " PFRU_MAINLINE_WATCHDOG
				"', 'modprobe -r pfru' if that is loaded, and 'modprobe pfru'." },
	[WATCHDOG_OTHER] = { "other", "a driver that is not known serves it" },
	[WATCHDOG_NO_BUS] = { "no-mei-bus",
			      "the MEI bus is not loaded: on a machine with Intel AMT, " ADVICE_LOAD },
	[WATCHDOG_NO_ENGINE] = { "no-management-engine",
				 "no management engine has a driver: " ADVICE_LOAD
				 "; if that does not help, this machine has none, or hides it" },
	[WATCHDOG_NO_CLIENT] = { "no-client",
				 "the management engine offers no watchdog: Intel AMT is not there, or disabled in the firmware setup" },
	[WATCHDOG_NOT_LOADED] = { "not-loaded",
				  "no driver serves it: run 'modprobe pfru'" },
	[WATCHDOG_LEFT_OUT] = { "left-out",
				"the module pfru was built without it (WATCHDOG=n, or for a kernel without MEI or watchdogs): build it with it, or run 'modprobe " PFRU_MAINLINE_WATCHDOG
				"'" },
	[WATCHDOG_OFF] = { "off",
			   "the module pfru was told to leave it alone (parameter watchdog=0, or a kdump kernel): see /etc/modprobe.d, then run 'modprobe -r pfru' and 'modprobe pfru'" },
	[WATCHDOG_NOT_BOUND] = { "not-bound",
				 "the module pfru is loaded and does not serve it: look at the kernel log ('dmesg | grep -i watchdog') for why" },
};

const char *watchdog_word(const struct watchdog *w)
{
	return cases[w->what].word;
}

const char *watchdog_text(const struct watchdog *w)
{
	return cases[w->what].text;
}

static bool exists(const char *below_root)
{
	char *path = sysroot_path("%s", below_root);
	bool there = !access(path, F_OK);

	free(path);
	return there;
}

/* watchdog10 comes after watchdog9 */
static int compare(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/*
 * The names in a directory that match, in order, NULL at the end: there can be
 * several of each kind, with any numbers.
 */
static char **list(const char *directory, bool (*matches)(const char *))
{
	DIR *dir = sysfs_directory(directory);
	char **names = xrealloc(NULL, sizeof(*names));
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		if (!matches(entry->d_name))
			continue;
		names = xrealloc(names, (n + 2) * sizeof(*names));
		names[n++] = xasprintf("%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	qsort(names, n, sizeof(*names), compare);
	names[n] = NULL;
	return names;
}

static void free_list(char **names)
{
	size_t i;

	for (i = 0; names[i]; i++)
		free(names[i]);
	free(names);
}

/* named CONTROLLER-UUID */
static bool is_client(const char *name)
{
	size_t length = strlen(name);

	return length > strlen(CLIENT_UUID) &&
	       name[length - strlen(CLIENT_UUID) - 1] == '-' &&
	       !strcasecmp(name + length - strlen(CLIENT_UUID), CLIENT_UUID);
}

static bool is_numbered(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) && name[length] &&
	       name[length + strspn(name + length, "0123456789")] == '\0';
}

static bool is_watchdog(const char *name)
{
	return is_numbered(name, "watchdog");
}

static bool is_mei(const char *name)
{
	return is_numbered(name, "mei");
}

/*
 * A graphics card has MEI devices, too, of another kind. Kernels that do not say
 * the kind (before 5.8) know no other.
 */
static bool is_engine(const char *class, const char *name)
{
	char *device = xasprintf("%s/%s", class, name);
	char *kind = sysfs_text(device, "kind");
	bool engine = !kind || !strcmp(kind, "mei");

	free(kind);
	free(device);
	return engine;
}

/* the first management engine below a directory, allocated, or NULL */
static char *find_engine(const char *class)
{
	char **names = list(class, is_mei);
	char *engine = NULL;
	size_t i;

	for (i = 0; names[i] && !engine; i++)
		if (is_engine(class, names[i]))
			engine = xasprintf("%s/%s", class, names[i]);
	free_list(names);
	return engine;
}

static enum watchdog_case without_client(void)
{
	char *path = sysroot_path(MEI_CLASS);
	char *engine = find_engine(path);
	bool has_engine = engine;

	free(engine);
	free(path);
	if (has_engine)
		return WATCHDOG_NO_CLIENT;
	return exists("/sys/bus/mei") ? WATCHDOG_NO_ENGINE : WATCHDOG_NO_BUS;
}

static enum watchdog_case without_driver(void)
{
	char *path = sysroot_path("/sys/module/pfru/parameters");
	char *parameter = sysfs_text(path, "watchdog");
	enum watchdog_case what = WATCHDOG_NOT_BOUND;

	if (!exists("/sys/module/pfru"))
		what = WATCHDOG_NOT_LOADED;
	else if (!parameter)
		what = WATCHDOG_LEFT_OUT;
	else if (!strcmp(parameter, "N"))
		what = WATCHDOG_OFF;
	free(parameter);
	free(path);
	return what;
}

static enum watchdog_case with_driver(const char *driver)
{
	if (!strcmp(driver, PFRU_WATCHDOG_NAME))
		return WATCHDOG_OURS;
	return strcmp(driver, PFRU_MAINLINE_WATCHDOG) ? WATCHDOG_OTHER :
							WATCHDOG_MAINLINE;
}

/* The watchdog device stays when the client goes, and says whose it is. */
static void find_own(struct watchdog *w)
{
	char *class = sysroot_path(WATCHDOGS);
	char **names = list(class, is_watchdog);
	size_t i;

	for (i = 0; names[i] && !w->own; i++) {
		char *own =
			xasprintf("%s/%s/" PFRU_WATCHDOG_NAME, class, names[i]);

		if (access(own, F_OK)) {
			free(own);
			continue;
		}
		w->own = own;
		w->node = xasprintf("%s", names[i]);
		w->device = xasprintf("%s/%s", class, names[i]);
	}
	free_list(names);
	free(class);
}

static char *driver_of(const char *bus, const char *client)
{
	char *link = xasprintf("%s/%s/driver", bus, client);
	char *driver = sysfs_link_name(link);

	free(link);
	return driver;
}

/* of several clients one that has a driver, ours before others */
static void find_client(struct watchdog *w)
{
	char *bus = sysroot_path(MEI_DEVICES);
	char **names = list(bus, is_client);
	size_t i;

	for (i = 0; names[i]; i++) {
		char *driver = driver_of(bus, names[i]);
		bool better = !w->client || (driver && !w->driver) ||
			      (driver && with_driver(driver) == WATCHDOG_OURS &&
			       with_driver(w->driver) != WATCHDOG_OURS);

		if (!better) {
			free(driver);
			continue;
		}
		free(w->client);
		free(w->directory);
		free(w->driver);
		w->client = xasprintf("%s", names[i]);
		w->directory = xasprintf("%s/%s", bus, names[i]);
		w->driver = driver;
	}
	free_list(names);
	free(bus);
}

/* the watchdog device of the client, where that has one */
static void find_node(struct watchdog *w)
{
	char *class = xasprintf("%s/watchdog", w->directory);
	char **names = list(class, is_watchdog);

	free(w->node);
	free(w->device);
	w->node = names[0] ? xasprintf("%s", names[0]) : NULL;
	w->device = names[0] ? xasprintf("%s/%s", class, names[0]) : NULL;
	free_list(names);
	free(class);
}

void watchdog_find(struct watchdog *w)
{
	memset(w, 0, sizeof(*w));
	find_own(w);
	find_client(w);
	if (w->driver)
		w->what = with_driver(w->driver);
	else if (w->own)
		w->what = WATCHDOG_OURS;
	else
		w->what = w->client ? without_driver() : without_client();
	if (w->what != WATCHDOG_OURS) {
		free(w->own);
		w->own = NULL;
	}
	if (w->client && !w->own)
		find_node(w);
	if (w->what == WATCHDOG_OURS && !w->own)
		w->own = xasprintf("%s/" PFRU_WATCHDOG_NAME, w->directory);
	if (w->what == WATCHDOG_OURS && !w->driver)
		w->driver = xasprintf(PFRU_WATCHDOG_NAME);
}

struct other_watchdog *watchdog_others(const struct watchdog *w, size_t *number)
{
	char *class = sysroot_path(WATCHDOGS);
	char **names = list(class, is_watchdog);
	struct other_watchdog *others = NULL;
	size_t i;

	*number = 0;
	for (i = 0; names[i]; i++) {
		char *device;

		if (w->node && !strcmp(names[i], w->node))
			continue;
		device = xasprintf("%s/%s", class, names[i]);
		others = xrealloc(others, (*number + 1) * sizeof(*others));
		others[*number].node = xasprintf("%s", names[i]);
		others[*number].identity = sysfs_text(device, "identity");
		++*number;
		free(device);
	}
	free_list(names);
	free(class);
	return others;
}

void watchdog_free_others(struct other_watchdog *others, size_t number)
{
	while (number--) {
		free(others[number].node);
		free(others[number].identity);
	}
	free(others);
}

char *watchdog_engine(const struct watchdog *w)
{
	char *class = w->directory ? xasprintf("%s/../mei", w->directory) :
				     sysroot_path(MEI_CLASS);
	char *engine = find_engine(class);

	free(class);
	return engine;
}

/* of the driver, which knows more, or of the watchdog core */
char *watchdog_state(const struct watchdog *w)
{
	char *state = NULL;
	char *text;

	if (w->what == WATCHDOG_OURS)
		return sysfs_text(w->own, "state");
	text = w->device ? sysfs_text(w->device, "state") : NULL;
	if (text && !strcmp(text, "active"))
		state = xasprintf("running");
	else if (text && !strcmp(text, "inactive"))
		state = xasprintf("idle");
	free(text);
	return state;
}

void watchdog_free(struct watchdog *w)
{
	free(w->client);
	free(w->directory);
	free(w->driver);
	free(w->node);
	free(w->device);
	free(w->own);
}
