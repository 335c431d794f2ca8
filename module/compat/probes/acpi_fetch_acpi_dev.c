// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi_fetch_acpi_dev() came with commit e3c963c49887 ("ACPI: scan: Introduce
 * acpi_fetch_acpi_dev()", 5.17); acpi_bus_get_device() went in 5.18.
 */
#include <linux/acpi.h>

#ifdef PFRU_PROBE_ABSENT
enum { acpi_fetch_acpi_dev };
#else
void probe(typeof(acpi_fetch_acpi_dev) *function);
#endif
