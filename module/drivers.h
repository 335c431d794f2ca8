/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What main.c starts and stops.
 */
#ifndef PFRU_DRIVERS_H
#define PFRU_DRIVERS_H

#include <linux/platform_device.h>

extern struct platform_driver pfru_update_driver;
extern struct platform_driver pfru_telemetry_driver;

/**
 * pfru_enumerate() - make platform devices where the kernel made none
 *
 * A kernel without commit 28a35ac2f5f8 ("ACPI: PNP: Introduce list of known
 * non-PNP devices", 6.3) leaves ACPI devices with a PNP _CID to the PNP layer.
 *
 * Return: 0, or a negative errno
 */
int pfru_enumerate(void);

/**
 * pfru_enumerate_undo() - remove the devices that pfru_enumerate() made
 */
void pfru_enumerate_undo(void);

#ifdef PFRU_WATCHDOG
/**
 * pfru_watchdog_init() - serve the watchdog of Intel AMT on the MEI bus
 *
 * Does nothing with the parameter watchdog=0, nor in a kdump kernel: asking the
 * firmware whether it wants the watchdog ends with a stop, which would cancel
 * the event that a crash is to cause. When it can't be served the kernel log
 * says so, and update and telemetry do without it.
 */
void pfru_watchdog_init(void);

/**
 * pfru_watchdog_exit() - undo pfru_watchdog_init()
 */
void pfru_watchdog_exit(void);
#else
static inline void pfru_watchdog_init(void)
{
}

static inline void pfru_watchdog_exit(void)
{
}
#endif

#endif /* PFRU_DRIVERS_H */
