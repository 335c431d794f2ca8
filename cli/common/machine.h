/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which machine this is, and which of its boots.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

/* what machine_boot_id() reads */
#define MACHINE_BOOT_ID "/proc/sys/kernel/random/boot_id"

/**
 * machine_host() - the host name, as gethostname(2) has it
 *
 * Return: allocated, or NULL when it cannot be read
 */
char *machine_host(void);

/**
 * machine_id() - see machine-id(5)
 *
 * Return: allocated, or NULL when it cannot be read
 */
char *machine_id(void);

/**
 * machine_boot_id() - differs from boot to boot
 *
 * Return: allocated, 32 hexadecimal digits as the journal has them, or NULL when it
 * cannot be read
 */
char *machine_boot_id(void);

#endif /* CLI_MACHINE_H */
