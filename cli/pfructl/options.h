/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that several commands take, and how values are read. An option of one
 * command stands beside that command.
 */
#ifndef PFRUCTL_OPTIONS_H
#define PFRUCTL_OPTIONS_H

#include "cli/common/options.h"
#include "pfructl.h"

/* where an option goes */
#define OPTION_AT(member) offsetof(struct pfructl, options.member)

#define OPTION_DEVICE                                                       \
	{                                                                   \
		'd', "device", "DEVICE", "node, or number of the instance", \
			OPTION_AT(device), option_device                    \
	}

#define OPTION_REVISION                                                   \
	{                                                                 \
		'r', "revision", "1|2",                                   \
			"revision of the firmware interface (default 1)", \
			OPTION_AT(revision), option_revision              \
	}

#define OPTION_TYPE                                                         \
	{                                                                   \
		't', "type", "TYPE", "log: execution (default) or history", \
			OPTION_AT(log_type), option_type                    \
	}

#define OPTION_DRY_RUN                                                   \
	{                                                                \
		'n', "dry-run", NULL, "stop before anything is written", \
			OPTION_AT(dry_run), NULL                         \
	}

#define OPTION_UNLESS_CURRENT                                           \
	{                                                               \
		0, "unless-current", NULL,                              \
			"succeed without an update if it runs already", \
			OPTION_AT(unless_current), NULL                 \
	}

#define OPTION_CA                                                          \
	{                                                                  \
		0, "ca", "FILE",                                           \
			"verify the signature against these certificates", \
			OPTION_AT(ca), options_file                        \
	}

#define OPTION_SHA256                                                        \
	{                                                                    \
		0, "sha256", "SUM", "refuse a capsule with another SHA-256", \
			OPTION_AT(sha256), option_sha256                     \
	}

#define OPTION_WAIT                                                         \
	{                                                                   \
		0, "wait", "SECONDS",                                       \
			"wait that long while another update is under way", \
			OPTION_AT(wait), option_wait                        \
	}

#define OPTION_FORCE                                                              \
	{                                                                         \
		0, "force-after-interruption", NULL,                              \
			"try a capsule again whose last attempt was interrupted", \
			OPTION_AT(force_interrupted), NULL                        \
	}

/* what a struct cli_option has in @parse */
char *option_device(const struct cli_option *option, const char *text,
		    void *to);
char *option_revision(const struct cli_option *option, const char *text,
		      void *to);
char *option_type(const struct cli_option *option, const char *text, void *to);
/* 64 hexadecimal digits */
char *option_sha256(const struct cli_option *option, const char *text,
		    void *to);
/* up to 3600 */
char *option_retries(const struct cli_option *option, const char *text,
		     void *to);
/* seconds with at most three decimals, put into milliseconds */
char *option_wait(const struct cli_option *option, const char *text, void *to);
/* the same, and not 0 */
char *option_seconds(const struct cli_option *option, const char *text,
		     void *to);

/**
 * option_open_output() - open the file of --output, to be replaced as a whole
 * @ctl: options and errors
 *
 * Before anything is asked of the firmware. out_use_file() prints to it, when there
 * is something that may replace what it holds.
 *
 * Return: enum exit_status, reported
 */
int option_open_output(struct pfructl *ctl);

#endif /* PFRUCTL_OPTIONS_H */
