/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service: puts listeners, connections, the session and the link to AMT
 * together.
 */
#ifndef AMT_LMS_SERVICE_H
#define AMT_LMS_SERVICE_H

#include "config.h"

/**
 * service_run() - forward until a signal ends it
 * @config: what the configuration says
 * @path: where that was read, NULL for the usual place
 * @opener: socket that the opener listens on, NULL to run it as a child
 *
 * Return: 0 or a negative errno
 */
int service_run(const struct config *config, const char *path,
		const char *opener);

#endif /* AMT_LMS_SERVICE_H */
