// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State of a kernel module.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/memory.h"
#include "cli/common/output.h"
#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "libkmod.h"
#include "module-state.h"

_Static_assert(sizeof(LIBKMOD_SONAME) > 1, "the build found its name");

LIBRARY_NOTE(libkmod_note, "[{\"feature\":\"modules\","
			   "\"description\":\"the state of kernel modules\","
			   "\"priority\":\"recommended\","
			   "\"soname\":[\"" LIBKMOD_SONAME "\"]}]");

static struct libkmod kmod;

/* clang-format off */
static const char *const functions[] = {
	LIBKMOD_FUNCTIONS(LIBRARY_NAME)
};
/* clang-format on */

int module_state_load(struct output *out)
{
	static struct library library = {
		.name = LIBKMOD_SONAME,
		.purpose = "finds out the state of kernel modules",
		.functions = functions,
		.count = ARRAY_LENGTH(functions),
		.pointers = &kmod,
	};

	return library_load(out, &library);
}

static void keep(char **where, const char *value)
{
	free(*where);
	*where = xasprintf("%s", value);
}

static bool lists(const char *names, const char *name)
{
	size_t length = strlen(name);
	size_t n;

	for (; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		if (n == length && !strncmp(names, name, n))
			return true;
	}
	return false;
}

/* "install NAME /bin/false" in its configuration */
static bool is_forbidden(const struct kmod_module *module)
{
	const char *command = kmod.kmod_module_get_install_commands(module);

	return command &&
	       (strstr(command, "/false") || strstr(command, "/true"));
}

static void read_info(struct kmod_module *module, struct module_state *state)
{
	struct kmod_list *info = NULL;
	struct kmod_list *item;

	if (kmod.kmod_module_get_info(module, &info) < 0)
		return;
	for (item = info; item; item = kmod.kmod_list_next(info, item)) {
		const char *key = kmod.kmod_module_info_get_key(item);
		const char *value = kmod.kmod_module_info_get_value(item);

		if (!strcmp(key, "version"))
			keep(&state->version, value);
		if (!strcmp(key, "srcversion"))
			keep(&state->srcversion, value);
		if (!strcmp(key, "signer"))
			keep(&state->signer, value);
		if (!strcmp(key, "depends"))
			state->needs_mei = lists(value, "mei");
		if (!strcmp(key, "sig_id") || !strcmp(key, "signer"))
			state->is_signed = true;
	}
	kmod.kmod_module_info_free_list(info);
}

static bool is_blacklisted(struct kmod_ctx *ctx, struct kmod_list *list)
{
	struct kmod_list *left = NULL;
	bool blacklisted;

	if (kmod.kmod_module_apply_filter(ctx, KMOD_FILTER_BLACKLIST, list,
					  &left) < 0)
		return false;
	blacklisted = !left;
	kmod.kmod_module_unref_list(left);
	return blacklisted;
}

static void read_module(struct kmod_ctx *ctx, struct kmod_list *list,
			struct module_state *state)
{
	struct kmod_module *module = kmod.kmod_module_get_module(list);
	int running = kmod.kmod_module_get_initstate(module);

	state->builtin = running == KMOD_MODULE_BUILTIN;
	state->loaded = state->builtin || running == KMOD_MODULE_LIVE ||
			running == KMOD_MODULE_COMING;
	state->available = state->builtin || kmod.kmod_module_get_path(module);
	state->blacklisted = is_blacklisted(ctx, list);
	state->forbidden = is_forbidden(module);
	if (kmod.kmod_module_get_path(module))
		read_info(module, state);
	kmod.kmod_module_unref(module);
}

/* loaded from a file that is not where modules are looked for, by insmod */
static void read_running(struct kmod_ctx *ctx, const char *name,
			 struct module_state *state)
{
	struct kmod_module *module;

	if (kmod.kmod_module_new_from_name(ctx, name, &module) < 0)
		return;
	state->loaded = kmod.kmod_module_get_initstate(module) ==
			KMOD_MODULE_LIVE;
	kmod.kmod_module_unref(module);
}

int module_state_read(const char *name, struct module_state *state)
{
	struct kmod_ctx *ctx = kmod.kmod_new(NULL, NULL);
	struct kmod_list *list = NULL;
	int ret;

	memset(state, 0, sizeof(*state));
	if (!ctx)
		out_of_memory();
	kmod.kmod_set_log_priority(ctx, -1);
	ret = kmod.kmod_module_new_from_lookup(ctx, name, &list);
	if (ret == -ENOMEM)
		out_of_memory();
	if (ret >= 0 && list)
		read_module(ctx, list, state);
	else
		read_running(ctx, name, state);
	kmod.kmod_module_unref_list(list);
	kmod.kmod_unref(ctx);
	return 0;
}

void module_state_read_running(const char *name, struct module_state *state)
{
	char *directory = sysroot_path("/sys/module/%s", name);

	free(state->running_version);
	free(state->running_srcversion);
	state->running_version = sysfs_text(directory, "version");
	state->running_srcversion = sysfs_text(directory, "srcversion");
	free(directory);
}

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b);
}

bool module_is_outdated(const struct module_state *state)
{
	return differ(state->running_version, state->version) ||
	       differ(state->running_srcversion, state->srcversion);
}

/* a line of /proc/keys ends in: asymmetri NAME: IDENTIFIER: X509.rsa ... */
static bool is_key_of(const char *line, const char *signer)
{
	static const char type[] = " asymmetri ";
	const char *name = strstr(line, type);
	size_t length = strlen(signer);

	if (!name)
		return false;
	name += strlen(type);
	return !strncmp(name, signer, length) && name[length] == ':';
}

int module_key_known(const char *signer)
{
	char *path = sysroot_path("/proc/keys");
	FILE *keys = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int known = -1;

	free(path);
	if (!keys)
		return -1;
	while (known < 1 && getline(&line, &room, keys) > 0) {
		if (strstr(line, " asymmetri "))
			known = is_key_of(line, signer);
	}
	if (ferror(keys) && errno == ENOMEM)
		out_of_memory();
	free(line);
	fclose(keys);
	return known;
}

void module_state_free(struct module_state *state)
{
	free(state->signer);
	free(state->version);
	free(state->srcversion);
	free(state->running_version);
	free(state->running_srcversion);
	memset(state, 0, sizeof(*state));
}
