/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before every file of the module: gives older kernels what newer
 * ones have, by feature, so that no other file asks for a version.
 */
#ifndef PFRU_COMPAT_H
#define PFRU_COMPAT_H

#include <linux/acpi.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/string.h>

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

#ifndef PFRU_HAVE_ACPI_GET_ACPI_DEV
/* within acpi_walk_namespace(): nothing goes between the two steps there */
static inline struct acpi_device *acpi_get_acpi_dev(acpi_handle handle)
{
	struct acpi_device *adev = acpi_fetch_acpi_dev(handle);

	if (adev)
		get_device(&adev->dev);
	return adev;
}
#endif

/* let one driver bind a platform device that is not added yet */
static inline int pfru_set_driver(struct platform_device *pdev,
				  const char *driver)
{
#ifdef PFRU_HAVE_DEVICE_SET_DRIVER_OVERRIDE
	return device_set_driver_override(&pdev->dev, driver);
#else
	pdev->driver_override = kstrdup(driver, GFP_KERNEL);
	return pdev->driver_override ? 0 : -ENOMEM;
#endif
}

#ifndef PFRU_HAVE_SHA256_CTX
#define sha256_ctx sha256_state
#endif

#ifndef PFRU_HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* PFRU_COMPAT_H */
