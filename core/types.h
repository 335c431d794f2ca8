/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few types and memory functions core needs, from the kernel or from libc.
 */
#ifndef PFRU_CORE_TYPES_H
#define PFRU_CORE_TYPES_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#endif

#endif /* PFRU_CORE_TYPES_H */
