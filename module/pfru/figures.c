// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures in sysfs, one file a value, readable by all. Reading makes no firmware
 * call and does not wait for one: a call holds none of these locks.
 */
#include <linux/pfru.h>
#include <linux/sysfs.h>

#include "figures.h"
#include "report.h"

void pfru_figures_init(struct pfru_figures *figures)
{
	spin_lock_init(&figures->lock);
	figures->now.status = PFRU_STATUS_NONE;
}

void pfru_figures_add(struct pfru_figures *figures, ktime_t time)
{
	struct pfru_figures_now *now = &figures->now;
	u64 nanoseconds = ktime_to_ns(time);

	spin_lock(&figures->lock);
	now->calls++;
	now->total += nanoseconds;
	now->longest = max(now->longest, nanoseconds);
	spin_unlock(&figures->lock);
}

void pfru_figures_acted(struct pfru_figures *figures, enum pfru_action action,
			u32 status)
{
	spin_lock(&figures->lock);
	figures->now.action = action;
	figures->now.status = status;
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

static ssize_t last_action_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	const char *name = pfru_report_action_name(look(dev).action);

	return sysfs_emit(buf, "%s\n", name ? name : "none");
}
static DEVICE_ATTR_RO(last_action);

static ssize_t last_status_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	u32 status = look(dev).status;

	if (status == PFRU_STATUS_NONE)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u\n", status);
}
static DEVICE_ATTR_RO(last_status);

/* clang-format off */
static struct attribute *attributes[] = {
	&dev_attr_calls.attr,
	&dev_attr_total_ns.attr,
	&dev_attr_longest_ns.attr,
	&dev_attr_last_action.attr,
	&dev_attr_last_status.attr,
	NULL,
};

/* clang-format on */

const struct attribute_group pfru_figures_group = {
	.name = "firmware",
	.attrs = attributes,
};
