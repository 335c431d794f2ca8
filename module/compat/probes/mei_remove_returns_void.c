// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers of the MEI bus return nothing from remove() since commit bf5c9cc8ad7f
 * ("mei: bus: change remove callback to return void", 5.12), before that an int.
 */
#include <linux/mei_cl_bus.h>

static void probe_remove(struct mei_cl_device *cldev)
{
}

void probe(struct mei_cl_driver *driver);
void probe(struct mei_cl_driver *driver)
{
	driver->remove = probe_remove;
}
