/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every file of pfructl shares: options, the table of commands, exit
 * status. Holds no knowledge of devices or capsules.
 */
#ifndef PFRUCTL_H
#define PFRUCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/common/options.h"

struct output;

/*
 * Of the JSON documents. It changes when a key changes its meaning or goes, which
 * has not happened; keys are added without it. Schemas are in docs/json.
 */
#define SCHEMA_VERSION 1

/**
 * enum exit_status - what scripts may rely on; see pfructl(1)
 * @STATUS_DONE: done
 * @STATUS_FAILED: any failure without a number of its own
 * @STATUS_USAGE: wrong command line
 * @STATUS_NO_DEVICE: no device, or no driver for it
 * @STATUS_CAPSULE: capsule refused before the firmware was asked to update
 * @STATUS_FIRMWARE: the firmware answered with a status other than success
 * @STATUS_BUSY: somebody else updates, loads a capsule or staged what is staged, or
 *	there is no log yet
 * @STATUS_CHANGING: the log changed each time it was read
 * @STATUS_UNKNOWN: the firmware may have done what it was asked, or not
 * @STATUS_UNWRITTEN: it was done, and not all of that could be printed
 */
enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_DEVICE = 3,
	STATUS_CAPSULE = 4,
	STATUS_FIRMWARE = 5,
	STATUS_BUSY = 6,
	STATUS_CHANGING = 7,
	STATUS_UNKNOWN = 8,
	STATUS_UNWRITTEN = 9,
};

/* flags of a struct cli_command: */
/* --quiet leaves its text out, and output that nobody reads is reported */
#define COMMAND_ACTS 0x1
/* its text is worth showing when it failed */
#define COMMAND_TELLS_ON_FAILURE 0x2

/**
 * struct options - the command line; each is 0 or NULL when it was not given
 * @json: print JSON
 * @machine: name this machine in JSON
 * @quiet: print errors only
 * @help: print help
 * @version: print the version
 * @device: path or instance number
 * @ca: file with certificates to verify against
 * @sha256: what the capsule's must be, in digits of either case
 * @revision: of the firmware interface, 1 or 2; 1 when it was not given
 * @retries: how often to repeat a stage that the firmware wants repeated
 * @dry_run: stop before anything is written
 * @unless_current: do nothing when it runs already
 * @force_interrupted: try a capsule again whose last attempt was interrupted
 * @no_device: do not ask a device
 * @log_type: enum pfru_log_type
 * @full: print the whole log
 * @delta: print what is new
 * @follow: print what is new until interrupted
 * @summary: print a table of updates
 * @since_reset: begin at the log's last reset
 * @raw: escape nothing
 * @escape: escape the log wherever it is printed to
 * @output: file to print to, else standard output
 * @journal: print to the journal
 * @state: file to keep the position in
 * @wait: milliseconds to wait while another update is under way
 * @last: the last one only
 * @interval: milliseconds between two looks of a follower
 * @confirm: milliseconds between two questions of a follower
 */
struct options {
	bool json;
	bool machine;
	bool quiet;
	bool help;
	bool version;
	const char *device;
	const char *ca;
	const char *sha256;
	uint32_t revision;
	uint32_t retries;
	bool dry_run;
	bool unless_current;
	bool force_interrupted;
	bool no_device;
	uint32_t log_type;
	bool full;
	bool delta;
	bool follow;
	bool summary;
	bool since_reset;
	bool raw;
	bool escape;
	const char *output;
	bool journal;
	const char *state;
	uint32_t wait;
	bool last;
	uint32_t interval;
	uint32_t confirm;
};

/**
 * struct pfructl - one run
 * @options: the options
 * @out: where everything is printed
 * @argument: the command's first argument, or NULL
 * @arguments: all of them
 * @argument_count: their number
 */
struct pfructl {
	struct options options;
	struct output *out;
	const char *argument;
	char **arguments;
	size_t argument_count;
};

/* cmd_NAME of each is in a file of commands/; help shows them in this order */
#define PFRUCTL_COMMANDS(command) \
	command(status)	\
	command(capability)	\
	command(capsule)	\
	command(stage)	\
	command(activate)	\
	command(stage_activate)	\
	command(history)	\
	command(telemetry)	\
	command(telemetry_info)	\
	command(log_level)	\
	command(watchdog)	\
	command(metrics)	\
	command(report)

#define DECLARE_COMMAND(name) extern const struct cli_command cmd_##name;
PFRUCTL_COMMANDS(DECLARE_COMMAND)

#endif /* PFRUCTL_H */
