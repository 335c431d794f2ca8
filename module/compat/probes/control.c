// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not a probe: compiles on every kernel. Where it does not, compiler, flags and
 * headers do not belong together, and no probe could tell anything.
 */
#include <linux/module.h>
