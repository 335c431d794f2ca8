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

struct output;

/**
 * enum exit_status - what scripts may rely on; see pfructl(1)
 * @STATUS_DONE: done
 * @STATUS_FAILED: any failure without a number of its own
 * @STATUS_USAGE: wrong command line
 * @STATUS_NO_DEVICE: no device, or no driver for it
 * @STATUS_CAPSULE: capsule refused before the firmware was asked to update
 * @STATUS_FIRMWARE: the firmware answered with a status other than success
 * @STATUS_BUSY: somebody else loads a capsule, or there is no log yet
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

/* options that not every command takes */
#define TAKES_DEVICE	0x01
#define TAKES_REVISION	0x02
#define TAKES_DRY_RUN	0x04
#define TAKES_RETRIES	0x08
#define TAKES_TYPE	0x10
#define TAKES_CA	0x20
#define TAKES_NO_DEVICE 0x40
#define TAKES_FULL	0x80
#define TAKES_DELTA	0x100
#define TAKES_FOLLOW	0x200
#define TAKES_SUMMARY	0x400
#define TAKES_SINCE	0x800
#define TAKES_RAW	0x1000
#define TAKES_OUTPUT	0x2000
#define TAKES_JOURNAL	0x4000
#define TAKES_STATE	0x8000
#define TAKES_INTERVAL	0x10000
#define TAKES_CONFIRM	0x20000
#define TAKES_ESCAPE	0x40000

/* what the telemetry can be asked for: one of them */
#define TAKES_MODE (TAKES_FULL | TAKES_DELTA | TAKES_FOLLOW | TAKES_SUMMARY)

/**
 * struct options - the command line
 * @device: path or instance number, NULL to look for one
 * @ca: file with certificates to verify against, or NULL
 * @revision: of the firmware interface, 1 or 2
 * @retries: how often to repeat a stage that the firmware wants repeated
 * @log_type: enum pfru_log_type
 * @state: file to keep the position in, or NULL
 * @output: file to print to, or NULL for standard output
 * @interval: milliseconds between two looks of a follower
 * @confirm: milliseconds between two questions of a follower
 * @given: TAKES_* bits of the options that were given
 * @json: print JSON
 * @quiet: print errors only
 * @dry_run: stop before anything is written
 * @no_device: do not ask a device
 * @journal: print to the journal
 * @raw: escape nothing
 * @escape: escape the log wherever it is printed to
 * @since_reset: begin at the log's last reset
 */
struct options {
	const char *device;
	const char *ca;
	uint32_t revision;
	uint32_t retries;
	uint32_t log_type;
	const char *state;
	const char *output;
	uint32_t interval;
	uint32_t confirm;
	unsigned int given;
	bool json;
	bool quiet;
	bool dry_run;
	bool no_device;
	bool journal;
	bool raw;
	bool escape;
	bool since_reset;
};

/**
 * struct pfructl - one run
 * @options: the options
 * @out: where everything is printed
 * @argument: the command's argument, or NULL
 */
struct pfructl {
	struct options options;
	struct output *out;
	const char *argument;
};

/**
 * struct command - a command of pfructl
 * @name: as typed
 * @argument: name of its argument in the help, in brackets when it may be left
 *	out; NULL when it takes none
 * @help: one line
 * @details: what --help shows besides
 * @takes: TAKES_* bits
 * @acts: --quiet leaves its text out, and output that nobody reads is reported
 * @tells_on_failure: its text is worth showing when it failed
 * @run: returns enum exit_status
 */
struct command {
	const char *name;
	const char *argument;
	const char *help;
	const char *details;
	unsigned int takes;
	bool acts;
	bool tells_on_failure;
	int (*run)(struct pfructl *ctl);
};

extern const struct command cmd_capability;
extern const struct command cmd_stage;
extern const struct command cmd_activate;
extern const struct command cmd_stage_activate;
extern const struct command cmd_telemetry;
extern const struct command cmd_telemetry_info;
extern const struct command cmd_log_level;
extern const struct command cmd_watchdog;
extern const struct command cmd_capsule;
extern const struct command cmd_status;

#endif /* PFRUCTL_H */
