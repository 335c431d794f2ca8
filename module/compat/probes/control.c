// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not a probe: compiles on every kernel. If it does not, compiler, flags and headers
 * do not belong together, and no probe has a meaning.
 */
#include <linux/module.h>
