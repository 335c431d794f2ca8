// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi_get_acpi_dev(), for modules: not in 5.10, where acpi_bus_get_acpi_device()
 * was the kernel's own; in 6.1.
 */
#include <linux/acpi.h>

#ifdef PFRU_PROBE_ABSENT
enum { acpi_get_acpi_dev };
#else
void probe(typeof(acpi_get_acpi_dev) *function);
#endif
