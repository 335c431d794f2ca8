/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports of updates to the kernel log, the audit system and udev, and of changes
 * to the telemetry's settings.
 */
#ifndef PFRU_REPORT_H
#define PFRU_REPORT_H

#include <linux/device.h>
#include <linux/pfru.h>

#include "core/capsule.h"

/**
 * struct pfru_loaded - a judged capsule, as it is reported
 * @kind: what its first image does
 * @payloads: number of payload items
 * @size: bytes
 * @hw_ver: firmware version the payload supports
 * @rt_ver: its runtime version
 * @svn: its security version, 0 when it has none
 * @sha256: of its bytes as they were judged last, right before the firmware was
 *	asked to stage them; not set before
 */
struct pfru_loaded {
	enum pfru_kind kind;
	u32 payloads;
	u64 size;
	u32 hw_ver;
	u32 rt_ver;
	u32 svn;
	u8 sha256[SHA256_DIGEST_SIZE];
};

/**
 * pfru_report_action_name() - what the log and sysfs call an action
 * @action: enum pfru_action
 *
 * Return: its name, NULL for one that changes nothing
 */
const char *pfru_report_action_name(u32 action);

/**
 * pfru_report_loaded() - a capsule was accepted
 * @dev: device
 * @loaded: the capsule
 */
void pfru_report_loaded(struct device *dev, const struct pfru_loaded *loaded);

/**
 * pfru_report_refused() - a capsule was refused before any firmware call, or
 * the firmware calls needed to judge it failed
 * @dev: device
 * @result: reason and numbers
 */
void pfru_report_refused(struct device *dev, const struct pfru_result *result);

/**
 * pfru_report_level() - the level of the log could not be set
 * @dev: device
 * @level: the level
 * @result: status or reason
 */
void pfru_report_level(struct device *dev, u32 level,
		       const struct pfru_result *result);

/**
 * pfru_report_begin() - the firmware is about to be asked to stage or activate
 * @dev: device
 * @action: what it is asked
 * @loaded: the capsule that it is about, NULL when that is not known
 *
 * A machine that never comes back from it has this in its log.
 */
void pfru_report_begin(struct device *dev, enum pfru_action action,
		       const struct pfru_loaded *loaded);

/**
 * pfru_report_action() - somebody tried to stage or activate
 * @dev: device
 * @loaded: the capsule that it was about, NULL when that is not known
 * @result: how it ended, refused by the firmware or before it was asked
 *
 * Logs, sends KOBJ_CHANGE after an activation that has run or may have, and
 * leaves an audit record, in this order. Audit waits for room, a minute if it
 * must: not to be called under a lock that others need.
 */
void pfru_report_action(struct device *dev, const struct pfru_loaded *loaded,
			const struct pfru_result *result);

#endif /* PFRU_REPORT_H */
