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

/*
 * Clients of the MEI bus by name, with ';' between them. What each has in amt/:
 *
 * pfru_NAME_init() - serve the client. When it can't be served the kernel log says
 * so, and update and telemetry do without it.
 * pfru_NAME_exit() - undo that
 */
#ifdef PFRU_WATCHDOG
#define PFRU_MEI_CLIENTS(_do) \
	_do(watchdog)
#else
#define PFRU_MEI_CLIENTS(_do)
#endif

#define PFRU_DECLARE_CLIENT(_name) \
	void pfru_##_name##_init(void), pfru_##_name##_exit(void)
PFRU_MEI_CLIENTS(PFRU_DECLARE_CLIENT);

#endif /* PFRU_DRIVERS_H */
