/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watchdog of Intel AMT as sysfs shows it. Never opens a watchdog's node,
 * which would start it, and no file of sysfs that waits for the firmware while
 * there is another.
 */
#ifndef PFRUCTL_WATCHDOG_H
#define PFRUCTL_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum watchdog_case - who serves it, or why nobody does
 * @WATCHDOG_OURS: the module pfru
 * @WATCHDOG_MAINLINE: the kernel's own driver
 * @WATCHDOG_OTHER: a driver that is not known
 * @WATCHDOG_NO_BUS: the MEI bus is not loaded
 * @WATCHDOG_NO_ENGINE: no management engine has a driver
 * @WATCHDOG_NO_CLIENT: the management engine has no watchdog
 * @WATCHDOG_NOT_LOADED: the module pfru is not loaded
 * @WATCHDOG_LEFT_OUT: the module pfru was built without it
 * @WATCHDOG_OFF: the module's parameter says no
 * @WATCHDOG_NOT_BOUND: the module pfru is there and does not serve it
 */
enum watchdog_case {
	WATCHDOG_OURS,
	WATCHDOG_MAINLINE,
	WATCHDOG_OTHER,
	WATCHDOG_NO_BUS,
	WATCHDOG_NO_ENGINE,
	WATCHDOG_NO_CLIENT,
	WATCHDOG_NOT_LOADED,
	WATCHDOG_LEFT_OUT,
	WATCHDOG_OFF,
	WATCHDOG_NOT_BOUND,
};

#define WATCHDOG_MAINLINE_DRIVER "mei_wdt"

/**
 * struct watchdog - what was found; pointers are allocated, or NULL
 * @what: who serves it
 * @client: name of the client's device
 * @directory: of the client, with the root
 * @driver: bound to it
 * @node: name of the watchdog device, as watchdog0
 * @device: its directory, with the root
 */
struct watchdog {
	enum watchdog_case what;
	char *client;
	char *directory;
	char *driver;
	char *node;
	char *device;
};

/**
 * watchdog_find() - look for it
 * @w: filled; watchdog_free() it
 */
void watchdog_find(struct watchdog *w);
void watchdog_free(struct watchdog *w);

/**
 * watchdog_state() - what it does
 * @w: found
 *
 * Return: a word, allocated, or NULL when nothing says so
 */
char *watchdog_state(const struct watchdog *w);

/* what is the case, in one word for machines, and for people, with advice */
const char *watchdog_word(const struct watchdog *w);
const char *watchdog_text(const struct watchdog *w);

#endif /* PFRUCTL_WATCHDOG_H */
