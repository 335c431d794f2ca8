// SPDX-License-Identifier: GPL-2.0-only
/*
 * mei_cldev_send_timeout() came with commit cf439721f667 ("mei: bus: add send
 * and recv api with timeout", 6.7).
 */
#include <linux/mei_cl_bus.h>

#ifdef PFRU_PROBE_ABSENT
enum { mei_cldev_send_timeout };
#else
void probe(typeof(mei_cldev_send_timeout) *function);
#endif
