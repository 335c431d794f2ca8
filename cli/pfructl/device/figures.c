// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the module shows in sysfs about its firmware calls.
 */
#include <stdlib.h>

#include "cli/common/sysfs.h"
#include "cli/common/sysroot.h"
#include "figures.h"

bool figures_read(enum device_kind kind, long number, struct figures *figures)
{
	char *directory =
		sysroot_path("/sys/class/misc/pfru_%s%ld/device/firmware",
			     device_kind_name(kind), number);
	bool found =
		sysfs_number(directory, "calls", &figures->calls) &&
		sysfs_number(directory, "total_ns", &figures->total_ns) &&
		sysfs_number(directory, "longest_ns", &figures->longest_ns);

	free(directory);
	return found && figures->calls >= 0 && figures->total_ns >= 0 &&
	       figures->longest_ns >= 0;
}
