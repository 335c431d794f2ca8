// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two clocks. The firmware's can run faster than the host's, so that an
 * expiry of two minutes is tested in a second; changing its speed never makes
 * it jump.
 */
#include <time.h>

#include "sim.h"

static double factor = 1;
static uint64_t base, fw_base;		/* where the speed last changed */

uint64_t now_ns(void)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * SECOND + ts.tv_nsec;
	if (!base)
		base = now;
	return now;
}

uint64_t fw_ns(void)
{
	uint64_t now = now_ns();

	return fw_base + (uint64_t)((now - base) * factor);
}

/* fw_due - the host's time, or NEVER, at which the firmware's clock shows fw */
uint64_t fw_due(uint64_t fw)
{
	double wait;

	if (fw == NEVER || factor == 0)
		return NEVER;
	if (fw <= fw_base)
		return base;
	wait = (fw - fw_base) / factor + 1;
	if (wait > 1e18)
		return NEVER;
	return base + (uint64_t)wait;
}

double fw_factor(void)
{
	return factor;
}

void fw_set_factor(double to)
{
	fw_base = fw_ns();
	base = now_ns();
	factor = to;
}
