/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every file of amtctl shares: what was asked for, the table of commands,
 * exit statuses. Holds no knowledge of AMT.
 */
#ifndef AMTCTL_H
#define AMTCTL_H

#include <stdbool.h>

#include "cli/common/options.h"
#include "cli/common/output.h"

/* of the JSON documents: keys are added, never renamed */
#define SCHEMA_VERSION 1

/**
 * enum exit_status - what scripts may rely on; see amtctl(1)
 * @STATUS_DONE: done
 * @STATUS_FAILED: any failure without a number of its own
 * @STATUS_USAGE: wrong command line
 * @STATUS_NO_ENGINE: no management engine, or no driver for it
 * @STATUS_NO_AMT: AMT is not there, or disabled
 * @STATUS_NO_PERMISSION: no permission
 * @STATUS_BUSY: another program holds AMT
 * @STATUS_REFUSED: AMT refused, or its state says that it would
 * @STATUS_NOT_READY: AMT is not ready: the same may work later
 * @STATUS_UNKNOWN: what was asked for may have happened, or not
 * @STATUS_UNWRITTEN: AMT did it, and not all of that could be printed
 */
enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_ENGINE = 3,
	STATUS_NO_AMT = 4,
	STATUS_NO_PERMISSION = 5,
	STATUS_BUSY = 6,
	STATUS_REFUSED = 7,
	STATUS_NOT_READY = 8,
	STATUS_UNKNOWN = 9,
	STATUS_UNWRITTEN = 10,
};

/**
 * struct amtctl - a run of the program
 * @out: where all goes
 * @argument: the command's argument, or NULL
 * @json: print JSON
 * @quiet: no notes
 * @help: print help
 * @version: print the version
 * @dry_run: change nothing
 * @yes: do not ask before something is changed
 * @password_file: file with a password, or NULL
 * @password_stdin: the password is on standard input
 */
struct amtctl {
	struct output *out;
	const char *argument;
	bool json;
	bool quiet;
	bool help;
	bool version;
	bool dry_run;
	bool yes;
	const char *password_file;
	bool password_stdin;
};

/* cmd_NAME of each is in a file of commands/; help shows them in this order */
#define AMTCTL_COMMANDS(command) \
	command(status)	\
	command(versions)	\
	command(hashes)	\
	command(features)	\
	command(configure)	\
	command(activate)	\
	command(deactivate)

#define DECLARE_COMMAND(name) extern const struct cli_command cmd_##name;
AMTCTL_COMMANDS(DECLARE_COMMAND)

#endif /* AMTCTL_H */
