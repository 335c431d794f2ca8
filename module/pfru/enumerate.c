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
 * @pdev: the device, NULL until it is made
 * @adev: its ACPI device, with a reference
 */
struct made {
	struct list_head list;
	struct platform_device *pdev;
	struct acpi_device *adev;
};

static LIST_HEAD(made_devices);
static DEFINE_MUTEX(made_lock);

static void forget(struct made *made)
{
	list_del(&made->list);
	acpi_dev_put(made->adev);
	kfree(made);
}

/**
 * struct search - context of one search for ACPI devices
 * @ids: of the devices
 * @found: struct made of each, without its platform device
 */
struct search {
	const struct acpi_device_id *ids;
	struct list_head found;
};

static acpi_status found_device(acpi_handle handle, u32 level, void *context,
				void **unused)
{
	struct search *search = context;
	struct acpi_device *adev = acpi_get_acpi_dev(handle);
	struct made *made;

	if (!adev)
		return AE_OK;
	/* false for a device that is not present, too */
	if (acpi_match_device_ids(adev, search->ids)) {
		acpi_dev_put(adev);
		return AE_OK;
	}
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made) {
		acpi_dev_put(adev);
		return AE_NO_MEMORY;
	}
	made->adev = adev;
	list_add_tail(&made->list, &search->found);
	return AE_OK;
}

/*
 * The device is for the driver of its name alone: by its ACPI device, mainline's
 * driver would match it too, and bind it when it was loaded before.
 */
static int make_device(struct made *made, const char *name)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc(name, PLATFORM_DEVID_AUTO);
	if (!pdev)
		return -ENOMEM;
	ACPI_COMPANION_SET(&pdev->dev, made->adev);
	ret = pfru_set_driver(pdev, name);
	if (!ret)
		ret = platform_device_add(pdev);
	if (ret) {
		ACPI_COMPANION_SET(&pdev->dev, NULL);
		platform_device_put(pdev);
		return ret;
	}
	made->pdev = pdev;
	list_move_tail(&made->list, &made_devices);
	return 0;
}

static bool has_device(struct acpi_device *adev)
{
	struct device *dev;

	dev = bus_find_device_by_acpi_dev(&platform_bus_type, adev);
	if (!dev)
		return false;
	put_device(dev);
	return true;
}

/*
 * First all are found, each with a reference: acpi_walk_namespace() keeps tables
 * from being unloaded, and would keep whatever a probe calls from it, too. What
 * ACPI cannot search has no devices of its own: the drivers and the watchdog of AMT
 * need none.
 */
static int make_devices(const struct platform_driver *driver)
{
	struct search search = { .ids = driver->driver.acpi_match_table };
	struct made *made, *next;
	acpi_status status;
	int ret = 0;

	INIT_LIST_HEAD(&search.found);
	status = acpi_walk_namespace(ACPI_TYPE_DEVICE, ACPI_ROOT_OBJECT,
				     ACPI_UINT32_MAX, found_device, NULL,
				     &search, NULL);
	if (status == AE_NO_MEMORY)
		ret = -ENOMEM;
	else if (ACPI_FAILURE(status))
		pr_warn("search of ACPI's devices for %s failed (status %#x): those with a _CID of another driver are not served\n",
			driver->driver.name, status);
	list_for_each_entry_safe(made, next, &search.found, list) {
		if (!ret && !has_device(made->adev))
			ret = make_device(made, driver->driver.name);
		if (!made->pdev)
			forget(made);
	}
	return ret;
}

static void unmake(struct made *made)
{
	platform_device_unregister(made->pdev);
	forget(made);
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
	/*
	 * The kernel makes no device of its own meanwhile. One whose table is
	 * unloaded waits in device_changed() for what is made of it.
	 */
	acpi_scan_lock_acquire();
	mutex_lock(&made_lock);
	ret = make_devices(&pfru_update_driver);
	if (!ret)
		ret = make_devices(&pfru_telemetry_driver);
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
