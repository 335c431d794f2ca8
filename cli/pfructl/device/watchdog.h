/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watchdog of Intel AMT as sysfs shows it. Never opens a watchdog's node, which
 * would start it, and reads no file of sysfs that waits for the firmware while
 * another file has the same.
 */
#ifndef PFRUCTL_WATCHDOG_H
#define PFRUCTL_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
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

/* seconds, of AMT's protocol, whichever driver serves it */
#define WATCHDOG_TIMEOUT_MIN 120
#define WATCHDOG_TIMEOUT_MAX 65535

/**
 * struct watchdog - what was found; pointers are allocated, or NULL
 * @what: who serves it
 * @client: name of the client's device, NULL while it is away
 * @directory: of the client, with the root
 * @driver: that serves it
 * @node: name of the watchdog device, as watchdog0
 * @device: its directory, with the root
 * @own: directory of the files that the module pfru shows, with the root
 */
struct watchdog {
	enum watchdog_case what;
	char *client;
	char *directory;
	char *driver;
	char *node;
	char *device;
	char *own;
};

/**
 * struct other_watchdog - a watchdog of this machine that is not AMT's
 * @node: its name, as watchdog1; allocated
 * @identity: what it calls itself, allocated, or NULL
 */
struct other_watchdog {
	char *node;
	char *identity;
};

/**
 * watchdog_find() - look for it
 * @w: filled; watchdog_free() it
 */
void watchdog_find(struct watchdog *w);
void watchdog_free(struct watchdog *w);

/**
 * watchdog_others() - look for the machine's other watchdogs
 * @w: found
 * @number: set to how many there are
 *
 * Return: allocated, by number; watchdog_free_others() it
 */
struct other_watchdog *watchdog_others(const struct watchdog *w,
				       size_t *number);
void watchdog_free_others(struct other_watchdog *others, size_t number);

/**
 * watchdog_engine() - the management engine that has the client
 * @w: found
 *
 * Return: its directory, with the root, allocated; NULL when it is not known
 */
char *watchdog_engine(const struct watchdog *w);

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
