// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module/pfru/enumerate.c: each ACPI device that is looked at is held, as long as it
 * is looked at, and let go once, whatever fails and whenever its table is unloaded.
 * A device that nobody holds is freed memory here; AddressSanitizer tells who
 * touches it.
 */
#include "cmocka-all.h"

#include "fake-acpi.h"

#include "module/pfru/enumerate.c"

#define DEVICES 3

struct acpi_device {
	const char *id;
	int references;
	/* the kernel has made a platform device of it */
	bool served;
	int made;
};

struct platform_driver pfru_update_driver = {
	.driver = { "pfru_update",
		    (const struct acpi_device_id[]){ { "INTC1080" } } },
};

struct platform_driver pfru_telemetry_driver = {
	.driver = { "pfru_telemetry",
		    (const struct acpi_device_id[]){ { "INTC1081" } } },
};

int acpi_disabled;
struct bus_type platform_bus_type;
/* what a table holds; NULL: unloaded, and gone when nobody holds it */
static struct acpi_device *table[DEVICES];
static int held, made, walking, scanning, registered;
/* after so many, one fails; then no more */
static int left;
/* which device's table is unloaded as soon as ACPI allows it; -1: none */
static int unload;
static struct notifier_block *notifier;

static bool fails(void)
{
	return !left--;
}

static void let_go(struct acpi_device *adev)
{
	assert_true(adev->references > 0);
	if (!--adev->references)
		free(adev);
}

void mutex_lock(struct mutex *lock)
{
	assert_false(lock->held);
	lock->held = true;
}

void mutex_unlock(struct mutex *lock)
{
	assert_true(lock->held);
	lock->held = false;
}

void acpi_scan_lock_acquire(void)
{
	assert_int_equal(scanning++, 0);
}

void acpi_scan_lock_release(void)
{
	assert_int_equal(--scanning, 0);
}

void *kzalloc(size_t size, int flags)
{
	(void)flags;
	return fails() ? NULL : calloc(1, size);
}

struct acpi_device *acpi_fetch_acpi_dev(acpi_handle handle)
{
	assert_true(walking);
	return *(struct acpi_device **)handle;
}

struct acpi_device *acpi_get_acpi_dev(acpi_handle handle)
{
	struct acpi_device *adev = *(struct acpi_device **)handle;

	if (adev) {
		adev->references++;
		held++;
	}
	return adev;
}

void acpi_dev_put(struct acpi_device *adev)
{
	held--;
	let_go(adev);
}

int acpi_match_device_ids(struct acpi_device *adev,
			  const struct acpi_device_id *ids)
{
	return strcmp(adev->id, ids->id);
}

/* Its table goes: the namespace lets go of the device. */
static void unload_now(void)
{
	struct acpi_device *adev;

	if (unload < 0)
		return;
	adev = table[unload];
	table[unload] = NULL;
	unload = -1;
	if (adev)
		let_go(adev);
}

acpi_status acpi_walk_namespace(int type, acpi_handle start, u32 depth,
				acpi_walk_callback *begin,
				acpi_walk_callback *end, void *context,
				void **result)
{
	acpi_status status = AE_OK;
	int i;

	assert_int_equal(type, ACPI_TYPE_DEVICE);
	assert_true(!start && depth == ACPI_UINT32_MAX && !end && !result);
	if (fails())
		return AE_ERROR;
	walking++;
	for (i = 0; i < DEVICES && !status; i++)
		status = begin(&table[i], 1, context, NULL);
	walking--;
	/* the walk kept tables from being unloaded */
	unload_now();
	return status;
}

int acpi_reconfig_notifier_register(struct notifier_block *nb)
{
	if (fails())
		return -EEXIST;
	registered++;
	notifier = nb;
	return 0;
}

int acpi_reconfig_notifier_unregister(struct notifier_block *nb)
{
	assert_ptr_equal(nb, notifier);
	return --registered;
}

struct device *bus_find_device_by_acpi_dev(struct bus_type *bus,
					   const struct acpi_device *adev)
{
	static struct device found;

	assert_ptr_equal(bus, &platform_bus_type);
	return adev->served ? &found : NULL;
}

void put_device(struct device *dev)
{
	assert_non_null(dev);
}

void ACPI_COMPANION_SET(struct device *dev, struct acpi_device *adev)
{
	assert_true(!adev || adev->references > 0);
	dev->companion = adev;
}

struct platform_device *platform_device_alloc(const char *name, int id)
{
	assert_non_null(name);
	assert_int_equal(id, PLATFORM_DEVID_AUTO);
	return fails() ? NULL : calloc(1, sizeof(struct platform_device));
}

int platform_device_add(struct platform_device *pdev)
{
	/* the driver core looks at it, too */
	if (pdev->dev.companion->made || fails())
		return -EEXIST;
	pdev->dev.companion->made = 1;
	made++;
	return 0;
}

void platform_device_put(struct platform_device *pdev)
{
	assert_null(pdev->dev.companion);
	free(pdev);
}

void platform_device_unregister(struct platform_device *pdev)
{
	assert_int_equal(pdev->dev.companion->made--, 1);
	made--;
	free(pdev);
}

int pfru_set_driver(struct platform_device *pdev, const char *driver)
{
	assert_true(pdev && driver);
	return fails() ? -ENOMEM : 0;
}

/* a machine with an update device, another one, and a telemetry device */
static void begin(bool served)
{
	static const char *const ids[DEVICES] = { "INTC1080", "PNP0C02",
						  "INTC1081" };
	int i;

	for (i = 0; i < DEVICES; i++) {
		table[i] = calloc(1, sizeof(*table[i]));
		assert_non_null(table[i]);
		*table[i] = (struct acpi_device){ ids[i], 1, served, 0 };
	}
	held = 0;
	left = INT_MAX;
	unload = -1;
}

/* Nothing is held but what the tables hold, and nothing was let go that was not. */
static void end(void)
{
	int i;

	assert_int_equal(held, 0);
	assert_int_equal(made, 0);
	assert_int_equal(registered, 0);
	for (i = 0; i < DEVICES; i++) {
		if (table[i])
			assert_int_equal(table[i]->references, 1);
		free(table[i]);
	}
}

static void test_held(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(pfru_enumerate(), 0);
	assert_int_equal(made, 2);
	assert_int_equal(held, 2);
	assert_int_equal(table[0]->references, 2);
	assert_int_equal(table[1]->references, 1);
	pfru_enumerate_undo();
	end();
}

/* however often the module is loaded */
static void test_served_by_the_kernel(void **state)
{
	int i;

	(void)state;
	begin(true);
	for (i = 0; i < 10; i++) {
		assert_int_equal(pfru_enumerate(), 0);
		assert_int_equal(made, 0);
		assert_int_equal(held, 0);
		pfru_enumerate_undo();
	}
	end();
}

/* The table goes after the walk, and before a device is made of what was found. */
static void test_unloaded_after_the_walk(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < DEVICES; i++) {
		begin(false);
		unload = i;
		assert_int_equal(pfru_enumerate(), 0);
		/* ACPI announces the unload once it has its lock */
		pfru_enumerate_undo();
		end();
	}
}

static void test_unloaded_later(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(pfru_enumerate(), 0);
	notifier->notifier_call(notifier, ACPI_RECONFIG_DEVICE_ADD, table[0]);
	assert_int_equal(made, 2);
	notifier->notifier_call(notifier, ACPI_RECONFIG_DEVICE_REMOVE,
				table[0]);
	assert_int_equal(made, 1);
	unload = 0;
	unload_now();
	pfru_enumerate_undo();
	end();
}

/* each thing that can fail, in turn */
static void test_fails(void **state)
{
	int i, failed = 0;

	(void)state;
	for (i = 0;; i++) {
		int ret;

		begin(false);
		left = i;
		ret = pfru_enumerate();
		if (!ret)
			pfru_enumerate_undo();
		else
			failed++;
		if (left >= 0) {
			end();
			break;
		}
		end();
	}
	/* a search that fails is no failure, and there are two */
	assert_int_equal(failed, i - 2);
	assert_true(i > 8);
}

static void test_no_acpi(void **state)
{
	(void)state;
	begin(false);
	acpi_disabled = 1;
	assert_int_equal(pfru_enumerate(), 0);
	acpi_disabled = 0;
	assert_int_equal(made, 0);
	pfru_enumerate_undo();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_served_by_the_kernel),
		cmocka_unit_test(test_unloaded_after_the_walk),
		cmocka_unit_test(test_unloaded_later),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_no_acpi),
	};

	return cmocka_run_group_tests_name("enumerate", tests, NULL, NULL) != 0;
}
