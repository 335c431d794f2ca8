// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetime of the character devices, and which devices get one. Knows nothing of
 * what they do.
 */
#include <linux/acpi.h>
#include <linux/crash_dump.h>
#include <linux/sched.h>

#include "node.h"

/* the only one that the firmware's devices must have */
#define METHOD "_DSM"

int pfru_node_check_device(struct device *dev)
{
	/* also what is left of one when the kernel had no memory to bind it */
	if (!ACPI_HANDLE(dev)) {
		dev_warn(dev, "not served: it has no ACPI device\n");
		return -ENODEV;
	}
	/* the crashed kernel's memory would not count as System RAM there */
	return is_kdump_kernel() ? -ENODEV : 0;
}

int pfru_node_find_method(struct device *dev)
{
	acpi_handle method;
	acpi_status status;

	status = acpi_get_handle(ACPI_HANDLE(dev), METHOD, &method);
	if (ACPI_SUCCESS(status))
		return 1;
	if (status == AE_NO_MEMORY)
		return -ENOMEM;
	if (status != AE_NOT_FOUND) {
		dev_err(dev, "not served: looking for " METHOD " failed (%s)\n",
			acpi_format_exception(status));
		return -EIO;
	}
	dev_warn(dev, "no node: the firmware's device has no method " METHOD
		      "; report it to the firmware's vendor\n");
	return 0;
}

static ssize_t missing_method_show(struct device *dev,
				   struct device_attribute *attr, char *text)
{
	return sprintf(text, METHOD "\n");
}
static DEVICE_ATTR_RO(missing_method);

static struct attribute *node_attributes[] = { &dev_attr_missing_method.attr,
					       NULL };

static umode_t node_attribute_mode(struct kobject *kobj, struct attribute *attr,
				   int index)
{
	return dev_get_drvdata(kobj_to_dev(kobj)) ? 0 : attr->mode;
}

static const struct attribute_group node_group = {
	.attrs = node_attributes,
	.is_visible = node_attribute_mode,
};

const struct attribute_group *pfru_node_groups[] = { &node_group, NULL };

void pfru_node_init(struct pfru_node *node,
		    void (*stopped)(struct pfru_node *node),
		    void (*release)(struct pfru_node *node))
{
	pfru_figures_init(&node->figures);
	kref_init(&node->ref);
	refcount_set(&node->active, 1);
	init_completion(&node->idle);
	node->stopped = stopped;
	node->release = release;
}

static int make_visible(struct pfru_node *node, const char *kind,
			struct ida *ids, const struct file_operations *fops,
			struct device *parent)
{
	int ret;

	ret = ida_alloc(ids, GFP_KERNEL);
	if (ret < 0)
		return ret;
	node->ids = ids;
	node->id = ret;
	snprintf(node->name, sizeof(node->name), "pfru_%s%d", kind, node->id);
	if (node->id)
		snprintf(node->path, sizeof(node->path), "pfru/%s%d", kind,
			 node->id);
	else
		snprintf(node->path, sizeof(node->path), "pfru/%s", kind);

	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = node->name;
	node->misc.nodename = node->path;
	node->misc.mode = 0600;
	node->misc.fops = fops;
	node->misc.parent = parent;
	ret = misc_register(&node->misc);
	if (ret)
		ida_free(ids, node->id);
	return ret;
}

static void take_away(void *data)
{
	struct pfru_node *node = data;

	misc_deregister(&node->misc);
	WRITE_ONCE(node->gone, true);
	pfru_node_leave(node);
	wait_for_completion(&node->idle);
	ida_free(node->ids, node->id);
	if (node->stopped)
		node->stopped(node);
}

static void free_node(struct kref *ref)
{
	struct pfru_node *node = container_of(ref, struct pfru_node, ref);

	node->release(node);
}

void pfru_node_put(struct pfru_node *node)
{
	kref_put(&node->ref, free_node);
}

static void put_node(void *data)
{
	pfru_node_put(data);
}

int pfru_node_add(struct pfru_node *node, const char *kind, struct ida *ids,
		  const struct file_operations *fops, struct device *parent)
{
	int ret;

	ret = devm_add_action_or_reset(parent, put_node, node);
	if (ret)
		return ret;
	ret = devm_device_add_group(parent, &pfru_figures_group);
	if (ret)
		return ret;
	ret = make_visible(node, kind, ids, fops, parent);
	if (ret)
		return ret;
	ret = devm_add_action_or_reset(parent, take_away, node);
	if (ret)
		return ret;
	dev_info(parent, "firmware runtime %s at /dev/%s\n", kind, node->path);
	return 0;
}

struct pfru_node *pfru_node_open(struct file *file)
{
	struct pfru_node *node =
		container_of(file->private_data, struct pfru_node, misc);

	kref_get(&node->ref);
	return node;
}

int pfru_node_enter(struct pfru_node *node)
{
	if (pfru_node_is_gone(node) || !refcount_inc_not_zero(&node->active))
		return -ENODEV;
	return 0;
}

void pfru_node_leave(struct pfru_node *node)
{
	if (refcount_dec_and_test(&node->active))
		complete(&node->idle);
}

int pfru_lock(struct mutex *lock, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(lock) ? 0 : -EAGAIN;
	return mutex_lock_killable(lock);
}
