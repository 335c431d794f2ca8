/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device nodes: finding and opening them, distinguishing the two drivers, and
 * the words for what the kernel answers. Makes no firmware call that its caller did
 * not ask for.
 */
#ifndef PFRUCTL_DEVICE_H
#define PFRUCTL_DEVICE_H

#include <linux/pfru.h>

#include "cli/pfructl/capsule/file.h"
#include "cli/pfructl/pfructl.h"

enum device_kind {
	DEVICE_UPDATE,
	DEVICE_TELEMETRY,
};

/**
 * enum driver_family - whose driver
 * @DRIVER_PFRU: the module of this project
 * @DRIVER_MAINLINE: pfr_update or pfr_telemetry of the kernel itself, which
 *	hides status and reads capsules without checking them
 */
enum driver_family {
	DRIVER_PFRU,
	DRIVER_MAINLINE,
};

/**
 * struct device - an open node
 * @fd: its descriptor
 * @kind: which of the two
 * @driver: whose
 * @path: escaped
 * @id: the ACPI device that the node leads to, whatever the node is called and
 *	whichever driver is bound; the node's number if there is no such device
 */
struct device {
	int fd;
	enum device_kind kind;
	enum driver_family driver;
	char *path;
	char *id;
};

/**
 * device_find() - look for a node
 * @kind: which
 * @number: instance, or -1 for the lowest there is
 * @others: set to whether there are more, may be NULL
 *
 * Return: path, allocated; NULL when none is found, with errno 0, or why the names in
 * /dev cannot be read
 */
char *device_find(enum device_kind kind, long number, bool *others);

/**
 * device_next() - number of the next instance that has a node
 * @kind: which
 * @after: the one before, -1 to begin
 *
 * Return: the number, or -1 when no more are found; errno as for device_find()
 */
long device_next(enum device_kind kind, long after);

/**
 * device_fail_names() - report that no node can be looked for
 * @ctl: for errors
 * @kind: of nodes
 * @error: positive errno
 *
 * Return: enum exit_status
 */
int device_fail_names(struct pfructl *ctl, enum device_kind kind, int error);

/* "update" or "telemetry" */
const char *device_kind_name(enum device_kind kind);

/**
 * device_try() - open a node and see whose it is
 * @path: node
 * @kind: which it should be
 * @device: filled
 *
 * Opens nothing but nodes of this kind. No firmware call.
 *
 * Return: 0 or a negative errno; -ENOTTY when it is no such node, -ENXIO when the
 * kernel has no device behind it, -ENOSYS when /proc or /sys is missing
 */
int device_try(const char *path, enum device_kind kind, struct device *device);

/**
 * device_open() - open the node that the command line means, and set the
 * revision; of a telemetry node also the type of log
 * @ctl: options and errors
 * @kind: which
 * @device: filled; device_close() it when STATUS_DONE
 *
 * No firmware call.
 *
 * Return: enum exit_status, reported
 */
int device_open(struct pfructl *ctl, enum device_kind kind,
		struct device *device);
void device_close(struct device *device);

/**
 * device_take_turn() - have the telemetry node as the options want it
 * @ctl: options and errors
 * @device: the node; device_end_turn() it in any case
 *
 * Needed around questions about the log, which with mainline's driver would be
 * answered for the type that another program set. No firmware call.
 *
 * Return: enum exit_status, reported; STATUS_BUSY after 5 s
 */
int device_take_turn(struct pfructl *ctl, const struct device *device);
void device_end_turn(const struct device *device);

/**
 * device_describe() - print which device and driver this is
 */
void device_describe(struct pfructl *ctl, const struct device *device);

const char *driver_name(enum driver_family driver, enum device_kind kind);

/**
 * device_failed() - report that the kernel refused something
 * @ctl: for errors
 * @device: where
 * @action: what, enum pfru_action
 * @error: positive errno
 * @file: the capsule it was about, or NULL
 *
 * No firmware call.
 *
 * Return: enum exit_status
 */
int device_failed(struct pfructl *ctl, const struct device *device,
		  enum pfru_action action, int error,
		  const struct capsule_file *file);

/**
 * device_capability() - ask the firmware what the platform can do
 * @ctl: for errors
 * @device: the update node
 * @cap: filled
 *
 * One firmware call.
 *
 * Return: enum exit_status, reported
 */
int device_capability(struct pfructl *ctl, const struct device *device,
		      struct pfru_capability *cap);

/**
 * device_judge() - judge a capsule against the platform
 * @ctl: for errors
 * @device: the update node
 * @file: the capsule
 * @verdict: filled when STATUS_DONE or STATUS_CAPSULE
 * @cap: filled when STATUS_DONE or STATUS_CAPSULE
 * @asked: @cap is what the firmware has just answered
 *
 * One firmware call at most: none when it is @asked, or this project's module knows
 * the capability and accepts. Includes what mainline's driver can't take.
 *
 * Return: enum exit_status, reported
 */
int device_judge(struct pfructl *ctl, const struct device *device,
		 const struct capsule_file *file, struct pfru_verdict *verdict,
		 struct pfru_capability *cap, bool asked);

#endif /* PFRUCTL_DEVICE_H */
