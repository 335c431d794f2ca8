/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before every file of the module: gives older kernels what newer
 * ones have, by feature, so that no other file asks for a version.
 */
#ifndef PFRU_COMPAT_H
#define PFRU_COMPAT_H

#include <linux/acpi.h>
#include <linux/mm.h>

#ifdef PFRU_HAVE_SHA2_HEADER
#include <crypto/sha2.h>
#else
#include <crypto/sha.h>
#endif

#ifndef PFRU_HAVE_ACPI_FETCH_ACPI_DEV
static inline struct acpi_device *acpi_fetch_acpi_dev(acpi_handle handle)
{
	struct acpi_device *adev;

	return acpi_bus_get_device(handle, &adev) ? NULL : adev;
}
#endif

#ifndef PFRU_HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* PFRU_COMPAT_H */
