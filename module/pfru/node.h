/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A character device whose open files outlive the hardware behind it.
 */
#ifndef PFRU_NODE_H
#define PFRU_NODE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/refcount.h>

#include "figures.h"

/**
 * struct pfru_node - reference-counted character device
 * @figures: what its firmware calls have cost; first, for pfru_figures_group
 * @misc: the device proper
 * @ref: one for the bound driver, one for each open file
 * @active: one for the bound driver, one for each call in flight
 * @idle: completed when @active falls to zero
 * @gone: no new call may begin
 * @ids: where @id was taken from
 * @id: number of the instance
 * @name: name in sysfs, pfru_<kind><id>
 * @path: name below /dev, pfru/<kind>, with @id when that is not 0
 * @stopped: called when the driver lets go of the device, with no call in flight
 *	and none to come; or NULL
 * @release: frees what the node is part of, at the last reference
 */
struct pfru_node {
	struct pfru_figures figures;
	struct miscdevice misc;
	struct kref ref;
	refcount_t active;
	struct completion idle;
	bool gone;
	struct ida *ids;
	int id;
	char name[24];
	char path[24];
	void (*stopped)(struct pfru_node *node);
	void (*release)(struct pfru_node *node);
};

/**
 * pfru_node_check_device() - can a platform device be served
 * @dev: the device
 *
 * Return: 0, or -ENODEV where it belongs to no ACPI device, which the log tells
 * of, and in a kdump kernel
 */
int pfru_node_check_device(struct device *dev);

/**
 * pfru_node_find_method() - is there something to call on a device
 * @dev: a device that pfru_node_check_device() has let pass
 *
 * A driver keeps a device without the method _DSM, gives it no node, and leaves
 * its driver data NULL. The log says why, and so does pfru_node_groups.
 *
 * Return: 1 when the firmware's device has the method, 0 when it has none, -ENOMEM
 * or -EIO when it could not be looked for
 */
int pfru_node_find_method(struct device *dev);

/*
 * For a driver's dev_groups: the file missing_method, of a device whose driver
 * data is NULL, names the method.
 */
extern const struct attribute_group *pfru_node_groups[];

/**
 * pfru_node_init() - prepare a node, before anything can see it
 * @node: the node, zeroed
 * @stopped: see struct pfru_node
 * @release: frees what @node is part of
 */
void pfru_node_init(struct pfru_node *node,
		    void (*stopped)(struct pfru_node *node),
		    void (*release)(struct pfru_node *node));

/**
 * pfru_node_add() - make the node visible to user space
 * @node: initialised node; the last reference may be gone after a failure
 * @kind: "update" or "telemetry"
 * @ids: instance numbers of that kind
 * @fops: its operations; open() gets the node by pfru_node_open()
 * @parent: the device that is being probed
 *
 * When the driver lets go of @parent, the node is taken away: that waits for the
 * calls in flight, not for open files; these get -ENODEV from then on.
 *
 * Return: 0, or a negative errno of ida_alloc(), misc_register() or sysfs
 */
int pfru_node_add(struct pfru_node *node, const char *kind, struct ida *ids,
		  const struct file_operations *fops, struct device *parent);

/**
 * pfru_node_put() - drop a reference
 * @node: the node; may be freed
 */
void pfru_node_put(struct pfru_node *node);

/**
 * pfru_node_open() - take a reference for a file being opened
 * @file: the file, as the misc layer hands it to open()
 *
 * The misc layer's mutex is held, so the node can't go away meanwhile.
 *
 * Return: the node
 */
struct pfru_node *pfru_node_open(struct file *file);

/**
 * pfru_node_enter() - begin a call
 * @node: a node one holds a reference of
 *
 * Takes no lock, so it may be used under any. User memory must not be touched
 * before pfru_node_leave(): a page fault lasts as long as whoever serves it
 * likes, and unbind would wait.
 *
 * Return: 0, or -ENODEV when the device is gone
 */
int pfru_node_enter(struct pfru_node *node);

/**
 * pfru_node_leave() - end a call
 * @node: the node of a successful pfru_node_enter()
 */
void pfru_node_leave(struct pfru_node *node);

/**
 * pfru_node_is_gone() - would pfru_node_enter() fail
 * @node: a node one holds a reference of
 *
 * Return: true when the device is gone
 */
static inline bool pfru_node_is_gone(const struct pfru_node *node)
{
	return READ_ONCE(node->gone);
}

/**
 * pfru_is_nonblock() - may a read or write not wait
 * @iocb: the call
 */
static inline bool pfru_is_nonblock(const struct kiocb *iocb)
{
	return iocb->ki_filp->f_flags & O_NONBLOCK ||
	       iocb->ki_flags & IOCB_NOWAIT;
}

/**
 * pfru_lock() - take a mutex on behalf of a file
 * @lock: the mutex
 * @nonblock: do not wait
 *
 * Return: 0, -EAGAIN when it is taken and @nonblock, -EINTR when killed
 */
int pfru_lock(struct mutex *lock, bool nonblock);

#endif /* PFRU_NODE_H */
