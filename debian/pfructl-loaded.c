// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What pfructl looks up at run time, for dpkg-shlibdeps as if it were linked: the
 * packages with the right versions become dependencies.
 */
#include "cli/pfructl/capsule/libcrypto.h"
#include "cli/pfructl/device/libkmod.h"

#define ADDRESS(name) (const void *)&name,

const void *const loaded[] = { LIBCRYPTO_FUNCTIONS(ADDRESS)
				       LIBKMOD_FUNCTIONS(ADDRESS) };
