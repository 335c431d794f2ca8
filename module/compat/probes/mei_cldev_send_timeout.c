// SPDX-License-Identifier: GPL-2.0-only
/*
 * mei_cldev_send_timeout() came with commit cf439721f667 ("mei: bus: add send
 * and recv api with timeout", 6.7).
 */
#include <linux/mei_cl_bus.h>

ssize_t probe(struct mei_cl_device *cldev, u8 *buf, size_t size);
ssize_t probe(struct mei_cl_device *cldev, u8 *buf, size_t size)
{
	return mei_cldev_send_timeout(cldev, buf, size, 1);
}
