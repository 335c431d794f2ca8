// SPDX-License-Identifier: GPL-2.0-only
/*
 * mei_cldev_recv_nonblock() is gone from 7.2; mei_cldev_recv_timeout() is there
 * since commit cf439721f667 ("mei: bus: add send and recv api with timeout",
 * 6.7).
 */
#include <linux/mei_cl_bus.h>

#ifdef PFRU_PROBE_ABSENT
enum { mei_cldev_recv_nonblock };
#else
void probe(typeof(mei_cldev_recv_nonblock) *function);
#endif
