/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of the updates found in a log, from lines like
 * "... ProcessSmmRuntimeUpdate = START, Action = 2" and "... = End, Status =
 * Success". The log's format is the firmware vendor's: what has no such lines
 * gives an empty table.
 */
#ifndef PFRUCTL_SUMMARY_H
#define PFRUCTL_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

struct output;

void summary_print(struct output *out, const uint8_t *bytes, size_t size);

#endif /* PFRUCTL_SUMMARY_H */
