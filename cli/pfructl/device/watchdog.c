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
#include "watchdog.h"

#define MEI_DEVICES "/sys/bus/mei/devices"
#define CLIENT_UUID "05b79a6f-4628-4d7f-899d-a91514cb32ab"
#define OWN_DRIVER  "pfru_watchdog"
#define ADVICE_LOAD "run 'modprobe mei_me'"

static const struct {
	const char *word;
	const char *text;
} cases[] = {
	[WATCHDOG_OURS] = { "pfru", "the module pfru serves it" },
	[WATCHDOG_MAINLINE] = { "mainline",
				"The kernel's own driver " WATCHDOG_MAINLINE_DRIVER
				" serves the AMT watchdog, and works with limits: its tasks wait without a bound for firmware that does not answer. To use the module pfru, stop who has the watchdog open, and run 'modprobe -r " WATCHDOG_MAINLINE_DRIVER
				"', 'modprobe -r pfru' if that is loaded, and 'modprobe pfru'." },
	[WATCHDOG_OTHER] = { "other", "a driver that is not known serves it" },
	[WATCHDOG_NO_BUS] = { "no-mei-bus",
			      "the MEI bus is not loaded: on a machine with Intel AMT, " ADVICE_LOAD },
	[WATCHDOG_NO_ENGINE] = { "no-management-engine",
				 "no management engine has a driver: " ADVICE_LOAD
				 "; when that changes nothing, this machine has none, or hides it" },
	[WATCHDOG_NO_CLIENT] = { "no-client",
				 "the management engine offers no watchdog: Intel AMT is not there, or disabled in the firmware setup" },
	[WATCHDOG_NOT_LOADED] = { "not-loaded",
				  "no driver serves it: run 'modprobe pfru'" },
	[WATCHDOG_LEFT_OUT] = { "left-out",
				"the module pfru was built without it (WATCHDOG=n, or for a kernel without MEI or watchdogs): build it with it, or run 'modprobe " WATCHDOG_MAINLINE_DRIVER
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

/* the first name in a directory that matches, by name; allocated, or NULL */
static char *first_entry(const char *directory, bool (*matches)(const char *))
{
	DIR *dir = sysfs_directory(directory);
	struct dirent *entry;
	char *first = NULL;

	while (dir && (entry = readdir(dir))) {
		if (!matches(entry->d_name) ||
		    (first && strcmp(first, entry->d_name) < 0))
			continue;
		free(first);
		first = xasprintf("%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return first;
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

static bool is_engine(const char *name)
{
	return is_numbered(name, "mei");
}

static enum watchdog_case without_client(void)
{
	char *path = sysroot_path("/sys/class/mei");
	char *engine = first_entry(path, is_engine);
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
	if (!strcmp(driver, OWN_DRIVER))
		return WATCHDOG_OURS;
	return strcmp(driver, WATCHDOG_MAINLINE_DRIVER) ? WATCHDOG_OTHER :
							  WATCHDOG_MAINLINE;
}

static void find_node(struct watchdog *w)
{
	char *class = xasprintf("%s/watchdog", w->directory);

	w->node = first_entry(class, is_watchdog);
	if (w->node)
		w->device = xasprintf("%s/%s", class, w->node);
	free(class);
}

void watchdog_find(struct watchdog *w)
{
	char *bus = sysroot_path(MEI_DEVICES);
	char *link;

	memset(w, 0, sizeof(*w));
	w->client = first_entry(bus, is_client);
	if (!w->client) {
		w->what = without_client();
		free(bus);
		return;
	}
	w->directory = xasprintf("%s/%s", bus, w->client);
	link = xasprintf("%s/driver", w->directory);
	w->driver = sysfs_link_name(link);
	w->what = w->driver ? with_driver(w->driver) : without_driver();
	find_node(w);
	free(link);
	free(bus);
}

/* of the driver, which knows more, or of the watchdog core */
char *watchdog_state(const struct watchdog *w)
{
	char *state = NULL;
	char *text;

	if (w->what == WATCHDOG_OURS)
		return sysfs_text(w->directory, OWN_DRIVER "/state");
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
}
