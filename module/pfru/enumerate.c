// SPDX-License-Identifier: GPL-2.0-only
/*
 * Platform devices for firmware whose _CID hides its devices from the platform
 * bus. Never makes a second one, and never unregisters one twice.
 */
#include <linux/acpi.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "module/drivers.h"

/**
 * struct made - a platform device made here
 * @list: in made_devices
 * @pdev: the device
 * @adev: its ACPI device
 */
struct made {
	struct list_head list;
	struct platform_device *pdev;
	struct acpi_device *adev;
};

static LIST_HEAD(made_devices);
static DEFINE_MUTEX(made_lock);

static int make_device(struct acpi_device *adev, const char *name)
{
	struct platform_device_info info = {
		.name = name,
		.id = PLATFORM_DEVID_AUTO,
		.fwnode = acpi_fwnode_handle(adev),
	};
	struct device *present;
	struct made *made;

	present = bus_find_device_by_acpi_dev(&platform_bus_type, adev);
	if (present) {
		put_device(present);
		return 0;
	}
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	made->adev = adev;
	made->pdev = platform_device_register_full(&info);
	if (IS_ERR(made->pdev)) {
		int ret = PTR_ERR(made->pdev);

		kfree(made);
		return ret;
	}
	list_add(&made->list, &made_devices);
	return 0;
}

/**
 * struct search - context of one search for ACPI devices
 * @name: of the platform devices to make
 * @error: the first error
 */
struct search {
	const char *name;
	int error;
};

static acpi_status found_device(acpi_handle handle, u32 level, void *context,
				void **unused)
{
	struct search *search = context;
	struct acpi_device *adev = acpi_fetch_acpi_dev(handle);

	if (adev && adev->status.present)
		search->error = make_device(adev, search->name);
	return search->error ? AE_CTRL_TERMINATE : AE_OK;
}

static int make_devices(const char *hid, const char *name)
{
	struct search search = { .name = name };
	acpi_status status;

	status = acpi_get_devices(hid, found_device, &search, NULL);
	if (search.error)
		return search.error;
	if (ACPI_FAILURE(status))
		return status == AE_NO_MEMORY ? -ENOMEM : -EIO;
	return 0;
}

static void unmake(struct made *made)
{
	list_del(&made->list);
	platform_device_unregister(made->pdev);
	kfree(made);
}

/*
 * ACPI is about to remove a device, and would unregister its platform device.
 * This runs before, and leaves it nothing to find; pfru_enumerate_undo() holds
 * the same lock, so each is unregistered once.
 */
static int device_changed(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	struct made *made, *next;

	if (event != ACPI_RECONFIG_DEVICE_REMOVE)
		return NOTIFY_DONE;
	mutex_lock(&made_lock);
	list_for_each_entry_safe(made, next, &made_devices, list)
		if (made->adev == data)
			unmake(made);
	mutex_unlock(&made_lock);
	return NOTIFY_OK;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_changed,
	.priority = INT_MAX,
};

static void unmake_all(void)
{
	struct made *made, *next;

	mutex_lock(&made_lock);
	list_for_each_entry_safe(made, next, &made_devices, list)
		unmake(made);
	mutex_unlock(&made_lock);
}

int pfru_enumerate(void)
{
	int ret;

	ret = acpi_reconfig_notifier_register(&device_notifier);
	if (ret)
		return ret;
	/* booted with acpi=off, there is nothing to search, nor locks for it */
	if (acpi_disabled)
		return 0;
	/* no ACPI device comes or goes meanwhile */
	acpi_scan_lock_acquire();
	mutex_lock(&made_lock);
	ret = make_devices(PFRU_UPDATE_HID, PFRU_UPDATE_NAME);
	if (!ret)
		ret = make_devices(PFRU_TELEMETRY_HID, PFRU_TELEMETRY_NAME);
	mutex_unlock(&made_lock);
	acpi_scan_lock_release();
	if (ret)
		pfru_enumerate_undo();
	return ret;
}

void pfru_enumerate_undo(void)
{
	unmake_all();
	acpi_reconfig_notifier_unregister(&device_notifier);
}
