/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file. Whatever is wrong in it is an error: a misspelt
 * AllowUsers= must not let everybody in.
 */
#ifndef AMT_LMS_CONFIG_H
#define AMT_LMS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/amt/lme.h"

#define CONFIG_CONNECTIONS_MAX LME_PROGRAMS

/**
 * struct config - what it says
 * @users: names or numbers of users that may connect
 * @groups: the same of groups
 * @user_count: of @users
 * @group_count: of @groups
 * @connections: that are taken at once
 * @idle: seconds without a byte after which a connection is ended, 0 for never
 * @affected: listen although the firmware is affected by INTEL-SA-00075, or may be
 * @alerts: write AMT's alerts to the journal
 */
struct config {
	char **users;
	char **groups;
	size_t user_count;
	size_t group_count;
	unsigned int connections;
	unsigned int idle;
	bool affected;
	bool alerts;
};

/**
 * config_read() - read a configuration file
 * @config: set; config_free() it in any case
 * @path: of the file
 * @required: it must be there
 *
 * Return: NULL, or what is wrong, allocated
 */
char *config_read(struct config *config, const char *path, bool required);
void config_free(struct config *config);

#endif /* AMT_LMS_CONFIG_H */
