/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the kernel as module/amt/watchdog.c needs to run in a program of one
 * thread, where the test is the clock, the firmware and the sleeping machine. The
 * Makefile makes all headers of the kernel that it includes lead here.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define u8	__u8
#define s64	__s64
#define ktime_t __s64

#define __init
#define READ_ONCE(x)	  (x)
#define min(a, b)	  ((a) < (b) ? (a) : (b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define strscpy(to, from, size) snprintf((char *)(to), size, "%s", from)
#define IS_ERR(p)		(!(p))
#define PTR_ERR(p)		((p) ? 0 : -ENOMEM)

/* what was said last */
extern char fake_said[256];
#define pr_warn(...)   snprintf(fake_said, sizeof(fake_said), __VA_ARGS__)
#define pr_info	       pr_warn
#define pr_notice_once pr_warn

#define THIS_MODULE		       NULL
#define module_param(name, type, mode) struct fake_unused
#define MODULE_PARM_DESC(name, text)   struct fake_unused
#define MODULE_DEVICE_TABLE(bus, name) struct fake_unused
#define is_kdump_kernel()	       false

/* time: a jiffy is a millisecond */
extern unsigned long jiffies;
extern ktime_t fake_ns;
#define HZ		     1000
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define MSEC_PER_SEC	     1000L
#define NSEC_PER_SEC	     1000000000L
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define time_before(a, b)    ((long)((a) - (b)) < 0)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define ktime_get()	     fake_ns
#define ktime_sub(a, b)	     ((a) - (b))
#define ktime_divns(a, b)    ((a) / (b))
#define ktime_ms_delta(a, b) (((a) - (b)) / 1000000)

/* a lock that is taken twice is a bug */
struct fake_lock {
	bool held;
};

#define spinlock_t struct fake_lock
#define __SPIN_LOCK_UNLOCKED(name) \
	{                          \
		false              \
	}

static inline void spin_lock(struct fake_lock *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void spin_unlock(struct fake_lock *lock)
{
	assert(lock->held);
	lock->held = false;
}

/* what is registered, and after how many the next one fails */
extern int fake_registered;
extern int fake_left;

static inline int fake_register(const void *what)
{
	if (!what || !fake_left--)
		return -ENOMEM;
	fake_registered++;
	return 0;
}

static inline void fake_unregister(const void *what)
{
	assert(what);
	fake_registered--;
}

/* who waits lets the thread run; fake_wait() returns jiffies that went by, of a few */
void fake_run(void);
long fake_wait(long jiffies);
#define wait_queue_head_t struct fake_lock
#define __WAIT_QUEUE_HEAD_INITIALIZER(name) \
	{                                   \
		false                       \
	}
#define wake_up(queue)		     ((void)(queue))
#define wake_up_all(queue)	     ((void)(queue))
#define wait_event(queue, condition) fake_run()
#define wait_event_timeout(queue, condition, jiffies)    \
	({                                               \
		long left_ = (jiffies);                  \
						\
		while (left_ > 0 && !(condition))        \
			left_ -= fake_wait(left_);       \
		(condition) ? max_t(long, left_, 1) : 0; \
	})
#define wait_event_idle_timeout(queue, condition, jiffies) ((void)(condition))
#define kthread_should_stop()				   false
#define kthread_run(function, data, name) \
	(fake_register(function) ? NULL : (struct task_struct *)(function))
#define kthread_stop(thread) fake_unregister(thread)

struct work_struct {
	int unused;
};

struct delayed_work {
	struct work_struct work;
};

#define cancel_work_sync(work) ((void)(work))

struct attribute_group {
	const char *name;
};
struct platform_driver;
struct task_struct;

/* notifiers */
struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long event,
			     void *data);
};

enum { NOTIFY_DONE };
enum { BUS_NOTIFY_BOUND_DRIVER };
enum {
	PM_HIBERNATION_PREPARE = 1,
	PM_POST_HIBERNATION,
	PM_SUSPEND_PREPARE,
	PM_POST_SUSPEND,
	PM_RESTORE_PREPARE,
	PM_POST_RESTORE,
};

#define register_pm_notifier(nb)   fake_register(nb)
#define unregister_pm_notifier(nb) fake_unregister(nb)

/* the machine, and the references to a device that are kept */
enum {
	SYSTEM_RUNNING,
	SYSTEM_HALT,
	SYSTEM_POWER_OFF,
	SYSTEM_RESTART,
	SYSTEM_SUSPEND
};
extern int system_state;
extern int fake_kept;
#define get_device(dev) ((void)(dev), fake_kept++)

/* the MEI bus */
struct bus_type;

struct device_driver {
	const char *name;
	struct bus_type *bus;
};

struct device {
	struct device_driver *driver;
	bool locked; /* by another task, or by who calls */
	int locks; /* that were taken */
};

/* what it returns */
extern int fake_group_error;
static inline int devm_device_add_group(struct device *dev,
					const struct attribute_group *group)
{
	(void)dev;
	(void)group;
	return fake_group_error;
}

static inline int device_trylock(struct device *dev)
{
	if (dev->locked)
		return 0;
	dev->locked = true;
	dev->locks++;
	return 1;
}

/* one that is held is never given back here */
static inline void device_lock(struct device *dev)
{
	if (!device_trylock(dev))
		abort();
}

static inline void device_unlock(struct device *dev)
{
	dev->locked = false;
}

typedef struct {
	u8 b[16];
} uuid_le;

#define UUID_LE(...)      \
	{                 \
		{         \
			0 \
		}         \
	}
#define MEI_CL_VERSION_ANY 0xff

struct mei_cl_device {
	struct device dev;
	u8 version;
	uuid_le uuid;
	struct work_struct rx_work;
	struct work_struct notif_work;
};

struct mei_cl_device_id {
	uuid_le uuid;
	u8 version;
};

struct mei_cl_driver {
	struct device_driver driver;
	const char *name;
	const struct mei_cl_device_id *id_table;
	int (*probe)(struct mei_cl_device *cldev,
		     const struct mei_cl_device_id *id);
	void (*remove)(struct mei_cl_device *cldev);
};

/* what is on the bus; NULL ends it */
extern struct device *fake_devices[4];

#define to_mei_cl_device(d)		   container_of(d, struct mei_cl_device, dev)
#define mei_cldev_uuid(cldev)		   (&(cldev)->uuid)
#define mei_cldev_ver(cldev)		   ((cldev)->version)
#define mei_cldev_set_drvdata(cldev, data) ((void)(cldev))
#define mei_cldev_disable(cldev)	   ((void)(cldev))
#define mei_cldev_send_timeout(cldev, bytes, size, ms) \
	((void)(cldev), (void)(bytes), (void)(ms), (ssize_t)(size))
#define mei_cldev_driver_register(driver)   fake_register(driver)
#define mei_cldev_driver_unregister(driver) fake_unregister(driver)
#define bus_register_notifier(bus, nb)	    ((void)(bus), fake_register(nb))
#define bus_unregister_notifier(bus, nb)    ((void)(bus), fake_unregister(nb))
#define bus_for_each_dev(bus, start, data, function)            \
	do {                                                     \
		struct device **device_ = fake_devices;          \
		while (*device_ && !function(*device_, data))    \
			device_++;                               \
	} while (0)

/* the watchdog core */
struct watchdog_info {
	unsigned int options;
	unsigned int firmware_version;
	u8 identity[32];
};

struct watchdog_device {
	const struct watchdog_info *info;
	const struct watchdog_ops *ops;
	const struct attribute_group **groups;
	unsigned int timeout;
	unsigned int min_timeout;
	unsigned int max_timeout;
	unsigned long status;
};

struct watchdog_ops {
	void *owner;
	int (*start)(struct watchdog_device *wdd);
	int (*stop)(struct watchdog_device *wdd);
	int (*ping)(struct watchdog_device *wdd);
	unsigned int (*get_timeleft)(struct watchdog_device *wdd);
};

enum { WDOG_NO_WAY_OUT, WDOG_HW_RUNNING };
enum {
	WDIOF_KEEPALIVEPING = 1,
	WDIOF_SETTIMEOUT = 2,
	WDIOF_MAGICCLOSE = 4,
	WDIOF_ALARMONLY = 8,
};

#define WATCHDOG_NOWAYOUT	     false
#define set_bit(bit, word)	     (*(word) |= 1UL << (bit))
#define test_bit(bit, word)	     ((*(word) >> (bit)) & 1)
#define watchdog_stop_on_reboot(wdd) ((void)(wdd))
int watchdog_register_device(struct watchdog_device *wdd);
#define watchdog_unregister_device(wdd) ((void)(wdd))

static inline void watchdog_set_nowayout(struct watchdog_device *wdd,
					 bool nowayout)
{
	if (nowayout)
		set_bit(WDOG_NO_WAY_OUT, &wdd->status);
}

#endif /* FAKE_KERNEL_H */
