/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of a kernel module, through libkmod. Loads nothing.
 */
#ifndef PFRUCTL_MODULE_STATE_H
#define PFRUCTL_MODULE_STATE_H

#include <stdbool.h>

struct output;

/**
 * struct module_state - what is known of a module
 * @loaded: it runs, or is part of the kernel
 * @builtin: it is part of the kernel
 * @available: a file of it is there for the running kernel
 * @blacklisted: the configuration forbids loading it by alias
 * @forbidden: the configuration has it do nothing when it is to be loaded
 * @needs_mei: it can't be loaded without the MEI bus
 * @is_signed: its file carries a signature
 * @signer: who signed it, allocated, or NULL
 * @version: of the file, allocated, or NULL
 * @srcversion: a digest of what the file was made from, allocated, or NULL
 * @running_version: of what is loaded, allocated, or NULL
 * @running_srcversion: the same of its srcversion
 */
struct module_state {
	bool loaded;
	bool builtin;
	bool available;
	bool blacklisted;
	bool forbidden;
	bool needs_mei;
	bool is_signed;
	char *signer;
	char *version;
	char *srcversion;
	char *running_version;
	char *running_srcversion;
};

/**
 * module_state_load() - load libkmod
 * @out: for the error
 *
 * Return: 0, or EXIT_FAILURE, reported: the library may be missing
 */
int module_state_load(struct output *out);

/**
 * module_state_read() - ask libkmod, after module_state_load()
 * @name: of the module
 * @state: filled; module_state_free() it
 *
 * Return: 0; without memory there is no return
 */
int module_state_read(const char *name, struct module_state *state);
void module_state_free(struct module_state *state);

/**
 * module_state_read_running() - ask sysfs for the version of what is loaded
 * @name: of the module
 * @state: read by module_state_read(), added to
 *
 * The file may have been replaced since it was loaded.
 */
void module_state_read_running(const char *name, struct module_state *state);

/**
 * module_is_outdated() - is the file another one than what is loaded
 * @state: with both
 */
bool module_is_outdated(const struct module_state *state);

/**
 * module_key_known() - does the kernel have a key of this name?
 * @signer: of a module
 *
 * Keys of the machine (of UEFI's db and of the machine's owner) are on the
 * kernel's keyrings, which only root sees.
 *
 * Return: 1, 0, or -1 when no key can be seen
 */
int module_key_known(const char *signer);

#endif /* PFRUCTL_MODULE_STATE_H */
