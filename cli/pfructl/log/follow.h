/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pfructl telemetry --delta and --follow: print what is new, then remember that
 * it was printed, so that being killed between the two is noticed.
 */
#ifndef PFRUCTL_FOLLOW_H
#define PFRUCTL_FOLLOW_H

#include "cli/pfructl/device/device.h"

/**
 * run_delta() - print what is new
 * @ctl: options and output
 * @device: the telemetry node
 * @follow: again and again, until SIGINT or SIGTERM, unless these were ignored
 *	from the beginning
 *
 * Return: enum exit_status, reported
 */
int run_delta(struct pfructl *ctl, const struct device *device, bool follow);

#endif /* PFRUCTL_FOLLOW_H */
