// SPDX-License-Identifier: GPL-2.0-only
/*
 * device_set_driver_override(), which came when driver_override moved from each
 * bus's devices to struct device: not in 6.1; in 7.3, and in 6.12's updates.
 */
#include <linux/device.h>

#ifdef PFRU_PROBE_ABSENT
enum { device_set_driver_override };
#else
void probe(typeof(device_set_driver_override) *function);
#endif
