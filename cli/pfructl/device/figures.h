/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module shows in sysfs about its firmware calls. Opens no node.
 */
#ifndef PFRUCTL_FIGURES_H
#define PFRUCTL_FIGURES_H

#include "device.h"

/**
 * struct figures - since the driver was bound to the device
 * @calls: firmware calls
 * @total_ns: nanoseconds that they took together
 * @longest_ns: nanoseconds of the longest
 */
struct figures {
	int64_t calls;
	int64_t total_ns;
	int64_t longest_ns;
};

/**
 * figures_read() - look
 * @kind: of the device
 * @number: of its instance
 * @figures: filled
 *
 * Return: true when all are there: mainline's drivers and older versions of the
 * module show none
 */
bool figures_read(enum device_kind kind, long number, struct figures *figures);

#endif /* PFRUCTL_FIGURES_H */
