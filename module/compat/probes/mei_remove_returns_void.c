// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers of the MEI bus return nothing from remove() since commit bf5c9cc8ad7f
 * ("mei: bus: change remove callback to return void", 5.12), before that an int.
 */
#include <linux/build_bug.h>
#include <linux/mei_cl_bus.h>

#ifdef PFRU_PROBE_ABSENT
int probe(struct mei_cl_device *cldev);
#else
void probe(struct mei_cl_device *cldev);
#endif

static_assert(__same_type(((struct mei_cl_driver *)0)->remove, &probe));
