/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device's firmware calls have cost, for sysfs. Each stops every CPU.
 */
#ifndef PFRU_FIGURES_H
#define PFRU_FIGURES_H

#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/pfru.h>
#include <linux/spinlock.h>

/**
 * struct pfru_figures_now - at one moment
 * @calls: how many, since the driver was bound
 * @total: nanoseconds that they took together
 * @longest: nanoseconds of the longest
 * @action: what last changed something or tried to, enum pfru_action; 0 before
 * @status: the firmware's answer to that, PFRU_STATUS_NONE when it gave none
 */
struct pfru_figures_now {
	u64 calls;
	u64 total;
	u64 longest;
	u32 action;
	u32 status;
};

/**
 * struct pfru_figures - of a device
 * @lock: of @now
 * @now: changed by each call
 */
struct pfru_figures {
	spinlock_t lock; /* of what follows */
	struct pfru_figures_now now;
};

void pfru_figures_init(struct pfru_figures *figures);

/**
 * pfru_figures_add() - count a call that has returned
 * @figures: of its device
 * @time: how long it took
 */
void pfru_figures_add(struct pfru_figures *figures, ktime_t time);

/**
 * pfru_figures_acted() - note a call that was to change something
 * @figures: of its device
 * @action: what
 * @status: enum pfru_status
 */
void pfru_figures_acted(struct pfru_figures *figures, enum pfru_action action,
			u32 status);

/*
 * The directory firmware of a device whose driver data is a structure that begins
 * with a struct pfru_figures. Not for a driver's dev_groups: up to 6.1 at least, the
 * driver core warns when it removes a directory that it had no memory to make.
 */
extern const struct attribute_group pfru_figures_group;

#endif /* PFRU_FIGURES_H */
