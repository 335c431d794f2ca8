/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the kernel as module/pfru/enumerate.c needs to run in a program of one
 * thread: ACPI devices that go when nobody holds them, a platform bus, allocations
 * that are refused. The Makefile makes all headers of the kernel that it includes
 * lead here.
 */
#ifndef FAKE_ACPI_H
#define FAKE_ACPI_H

#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define u32 __u32
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define pr_warn(...)	((void)0)
#define GFP_KERNEL	0
#define NOTIFY_DONE	0
#define NOTIFY_OK	1
#define ACPI_UINT32_MAX (~0U)

/* lists */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)		    struct list_head name = { &(name), &(name) }
#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each_entry_safe(at, after, head, member)                      \
	for ((at) = list_entry((head)->next, __typeof__(*(at)), member),       \
	    (after) =                                                          \
		     list_entry((at)->member.next, __typeof__(*(at)), member); \
	     &(at)->member != (head);                                          \
	     (at) = (after), (after) = list_entry((after)->member.next,        \
						  __typeof__(*(at)), member))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

/* locks: one that is taken twice is a bug */
struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name) struct mutex name
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void acpi_scan_lock_acquire(void);
void acpi_scan_lock_release(void);

/* memory and whatever else can fail */
void *kzalloc(size_t size, int flags);
#define kfree(p) free(p)

/* ACPI */
typedef void *acpi_handle;
typedef u32 acpi_status;
struct acpi_device;

enum { AE_OK, AE_NO_MEMORY, AE_ERROR };
enum { ACPI_TYPE_DEVICE = 6 };
enum { ACPI_RECONFIG_DEVICE_ADD, ACPI_RECONFIG_DEVICE_REMOVE };
#define ACPI_ROOT_OBJECT     NULL
#define ACPI_FAILURE(status) ((status) != AE_OK)

struct acpi_device_id {
	const char *id;
};

typedef acpi_status acpi_walk_callback(acpi_handle handle, u32 level,
				       void *context, void **result);

extern int acpi_disabled;
/* of modules, only compat.h knows this one: it takes no reference */
struct acpi_device *acpi_fetch_acpi_dev(acpi_handle handle);
struct acpi_device *acpi_get_acpi_dev(acpi_handle handle);
void acpi_dev_put(struct acpi_device *adev);
int acpi_match_device_ids(struct acpi_device *adev,
			  const struct acpi_device_id *ids);
acpi_status acpi_walk_namespace(int type, acpi_handle start, u32 depth,
				acpi_walk_callback *begin,
				acpi_walk_callback *end, void *context,
				void **result);

/* notifiers */
struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long event,
			     void *data);
	int priority;
};

int acpi_reconfig_notifier_register(struct notifier_block *nb);
int acpi_reconfig_notifier_unregister(struct notifier_block *nb);

/* the platform bus */
struct bus_type {
	int unused;
};

struct device {
	struct acpi_device *companion;
};

struct platform_device {
	struct device dev;
};

struct device_driver {
	const char *name;
	const struct acpi_device_id *acpi_match_table;
};

struct platform_driver {
	struct device_driver driver;
};

#define PLATFORM_DEVID_AUTO (-2)
extern struct bus_type platform_bus_type;
struct device *bus_find_device_by_acpi_dev(struct bus_type *bus,
					   const struct acpi_device *adev);
void put_device(struct device *dev);
void ACPI_COMPANION_SET(struct device *dev, struct acpi_device *adev);
struct platform_device *platform_device_alloc(const char *name, int id);
int platform_device_add(struct platform_device *pdev);
void platform_device_put(struct platform_device *pdev);
void platform_device_unregister(struct platform_device *pdev);
/* of compat.h */
int pfru_set_driver(struct platform_device *pdev, const char *driver);

#endif /* FAKE_ACPI_H */
