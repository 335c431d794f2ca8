/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of libkmod that are used here. Its kmod_list_foreach() is not: a macro
 * would need the library to be linked.
 */
#ifndef PFRUCTL_LIBKMOD_H
#define PFRUCTL_LIBKMOD_H

#include <libkmod.h>

#include "cli/common/library.h"

/* clang-format off */
#define LIBKMOD_FUNCTIONS(F) \
	F(kmod_list_next) \
	F(kmod_module_apply_filter) \
	F(kmod_module_get_info) \
	F(kmod_module_get_initstate) \
	F(kmod_module_get_install_commands) \
	F(kmod_module_get_module) \
	F(kmod_module_get_path) \
	F(kmod_module_info_free_list) \
	F(kmod_module_info_get_key) \
	F(kmod_module_info_get_value) \
	F(kmod_module_new_from_lookup) \
	F(kmod_module_new_from_name) \
	F(kmod_module_unref) \
	F(kmod_module_unref_list) \
	F(kmod_new) \
	F(kmod_set_log_priority) \
	F(kmod_unref)
/* clang-format on */

/**
 * struct libkmod - the functions, set by module_state_load()
 */
struct libkmod {
	LIBKMOD_FUNCTIONS(LIBRARY_POINTER)
};

#endif /* PFRUCTL_LIBKMOD_H */
