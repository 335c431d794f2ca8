// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi_get_acpi_dev(), for modules: not in 5.10, where acpi_bus_get_acpi_device()
 * was the kernel's own; in 6.1.
 */
#include <linux/acpi.h>

struct acpi_device *probe(acpi_handle handle);
struct acpi_device *probe(acpi_handle handle)
{
	return acpi_get_acpi_dev(handle);
}
