// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * amt-lms: forwards AMT's ports on this machine, for programs on this machine. Only
 * the command line is here.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/common/memory.h"
#include "cli/common/start.h"
#include "cli/common/sysroot.h"
#include "config.h"
#include "log.h"
#include "opener.h"
#include "service.h"

#ifndef AMT_LMS_VERSION
#define AMT_LMS_VERSION "unknown"
#endif

#define CONFIG	     "/etc/amt-lms.conf"
#define STATUS_USAGE 2

const char program_name[] = "amt-lms";

static const char help[] =
	"Usage: amt-lms [OPTION...]\n"
	"Forward the ports of Intel AMT on loopback, as its local manageability service.\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE    configuration file instead of " CONFIG "\n"
	"  -s, --socket SOCKET  where the opener listens; by default it is started as a\n"
	"                       child, which needs root\n"
	"  -o, --open           act as the opener: pass a connection to AMT over the\n"
	"                       socket that is standard input\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"\n"
	"Exit status:\n"
	"  0  ended by SIGTERM or SIGINT\n"
	"  1  failure\n"
	"  2  wrong usage or configuration\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "open", no_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* What programs and AMT say to each other is in memory. */
static void leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

static int serve(const char *path, bool required, const char *opener)
{
	struct config config;
	char *wrong = config_read(&config, path, required);
	int ret;

	if (wrong) {
		log_line(LOG_ERR, "%s", wrong);
		free(wrong);
		config_free(&config);
		return STATUS_USAGE;
	}
	/* an opener that ends is not waited for, its answer is */
	signal(SIGCHLD, SIG_IGN);
	ret = service_run(&config, required ? path : NULL, opener);
	config_free(&config);
	if (ret)
		log_line(LOG_ERR, "cannot run: %s", strerror(-ret));
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *config = NULL, *opener = NULL;
	char *standard;
	bool open = false;
	int letter, ret;

	start_program();
	while ((letter = getopt_long(argc, argv, "c:s:ohV", options, NULL)) !=
	       -1) {
		switch (letter) {
		case 'c':
			config = optarg;
			break;
		case 's':
			opener = optarg;
			break;
		case 'o':
			open = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("amt-lms " AMT_LMS_VERSION);
			return EXIT_SUCCESS;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "amt-lms: '%s' is not expected\n",
			argv[optind]);
		return STATUS_USAGE;
	}
	leave_no_core();
	standard = sysroot_path("%s", CONFIG);
	if (open)
		ret = opener_run(STDIN_FILENO, config ? config : standard,
				 config);
	else
		ret = serve(config ? config : standard, config, opener);
	free(standard);
	return ret;
}
