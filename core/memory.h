/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few memory functions core needs, from the kernel or from libc.
 */
#ifndef PFRU_CORE_MEMORY_H
#define PFRU_CORE_MEMORY_H

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#endif /* PFRU_CORE_MEMORY_H */
