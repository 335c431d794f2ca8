// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures in sysfs, one file a value, readable by all. Reading asks the firmware
 * nothing and waits for nothing.
 */
#include <linux/pfru.h>
#include <linux/sysfs.h>

#include "figures.h"

void pfru_figures_init(struct pfru_figures *figures)
{
	spin_lock_init(&figures->lock);
	figures->now.status = PFRU_STATUS_NONE;
}

void pfru_figures_add(struct pfru_figures *figures, const char *function,
		      ktime_t time, u32 status)
{
	struct pfru_figures_now *now = &figures->now;
	u64 nanoseconds = ktime_to_ns(time);

	spin_lock(&figures->lock);
	now->calls++;
	now->total += nanoseconds;
	now->longest = max(now->longest, nanoseconds);
	now->function = function;
	now->status = status;
	spin_unlock(&figures->lock);
}

static struct pfru_figures_now look(struct device *dev)
{
	struct pfru_figures *figures = dev_get_drvdata(dev);
	struct pfru_figures_now now;

	spin_lock(&figures->lock);
	now = figures->now;
	spin_unlock(&figures->lock);
	return now;
}

#define SHOW(_name, _member)                                                  \
	static ssize_t _name##_show(struct device *dev,                       \
				    struct device_attribute *attr, char *buf) \
	{                                                                     \
		return sysfs_emit(buf, "%llu\n", look(dev)._member);          \
	}                                                                     \
	static DEVICE_ATTR_RO(_name)

SHOW(calls, calls);
SHOW(total_ns, total);
SHOW(longest_ns, longest);

static ssize_t last_function_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	const char *function = look(dev).function;

	return sysfs_emit(buf, "%s\n", function ? function : "none");
}
static DEVICE_ATTR_RO(last_function);

static ssize_t last_status_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	u32 status = look(dev).status;

	if (status == PFRU_STATUS_NONE)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u\n", status);
}
static DEVICE_ATTR_RO(last_status);

static struct attribute *attributes[] = {
	&dev_attr_calls.attr,	    &dev_attr_total_ns.attr,
	&dev_attr_longest_ns.attr,  &dev_attr_last_function.attr,
	&dev_attr_last_status.attr, NULL,
};

/* a device without the method has no driver data, and is never asked */
static umode_t mode(struct kobject *kobj, struct attribute *attr, int index)
{
	return dev_get_drvdata(kobj_to_dev(kobj)) ? attr->mode : 0;
}

const struct attribute_group pfru_figures_group = {
	.name = "firmware",
	.attrs = attributes,
	.is_visible = mode,
};
