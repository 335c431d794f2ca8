// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In the guest: looks at the firmware model's control page and turns its
 * knobs, through /dev/mem. Opened without O_SYNC, since ACPI maps the same
 * pages write-back and PAT refuses a second cache type.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "knobs.h"

#define EXIT_USAGE	2

static uint8_t *page;

static void die(const char *what)
{
	fprintf(stderr, "fwctl: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Any physical memory, page by page as mmap wants it */
static uint8_t *map(uint64_t addr, size_t len)
{
	size_t skew = addr & (PFRUSIM_PAGE_SIZE - 1);
	int fd = open("/dev/mem", O_RDWR);
	void *at;

	if (fd < 0)
		die("/dev/mem");
	at = mmap(NULL, len + skew, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  (off_t)(addr - skew));
	if (at == MAP_FAILED)
		die("/dev/mem: mmap");
	close(fd);
	return (uint8_t *)at + skew;
}

/* The last pfrusim.ctl= of the line: a first one may have been passed on */
static uint64_t control_address(unsigned long instance)
{
	static const char key[] = "pfrusim.ctl=";
	static char line[8192];
	FILE *f = fopen("/proc/cmdline", "r");
	char *at = NULL, *next;
	uint64_t addr = 0;

	if (!f || !fgets(line, sizeof(line), f))
		die("/proc/cmdline");
	fclose(f);
	for (next = line; (next = strstr(next, key)); at = next)
		next += sizeof(key) - 1;
	if (at)
		addr = strtoull(at, &at, 0);
	while (at && instance--)
		addr = *at == ',' ? strtoull(at + 1, &at, 0) : 0;
	if (!addr) {
		fprintf(stderr, "fwctl: no such control page: see %s in /proc/cmdline\n",
			key);
		exit(EXIT_FAILURE);
	}
	return addr;
}

static struct knob lookup(const char *name)
{
	struct knob knob;

	if (knob_find(name, strlen(name), &knob)) {
		fprintf(stderr, "fwctl: %s: no such name, see fwctl list\n",
			name);
		exit(EXIT_USAGE);
	}
	return knob;
}

static uint64_t value_of(const struct knob *knob)
{
	volatile uint32_t *at = (void *)(page + knob->offset);
	uint64_t value = at[0];

	if (knob->size == 8)
		value |= (uint64_t)at[1] << 32;
	return value;
}

static uint64_t get(const char *group, const char *name)
{
	struct knob knob;
	char full[64];

	snprintf(full, sizeof(full), "%s.%s", group, name);
	knob = lookup(full);
	return value_of(&knob);
}

static void set(const char *group, const char *name, uint64_t value)
{
	struct knob knob;
	char full[64], text[32];

	snprintf(full, sizeof(full), "%s.%s", group, name);
	knob = lookup(full);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (knob_set(page, &knob, text, strlen(text))) {
		errno = ERANGE;
		die(full);
	}
}

static void print_value(const struct knob *knob)
{
	const uint8_t *b = page + knob->offset;
	size_t i;

	switch (knob->kind) {
	case KNOB_GUID:
		printf("%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-", b[3],
		       b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9]);
		for (i = 10; i < 16; i++)
			printf("%02X", b[i]);
		break;
	case KNOB_BYTES:
		for (i = 0; i < knob->size; i++)
			printf("%02x", b[i]);
		break;
	case KNOB_FAULT:
		printf("%s", knob_fault_name(value_of(knob)));
		break;
	case KNOB_DOUBLE:
		printf("0x%" PRIx64, value_of(knob));
		break;
	default:
		printf("%" PRIu64, value_of(knob));
	}
}

static int cmd_list(int argc, char **argv)
{
	struct knob knob;
	unsigned int i;

	(void)argc;
	(void)argv;
	for (i = 0; !knob_at(i, &knob); i++) {
		printf("%s%s%s=", knob.group, *knob.group ? "." : "",
		       knob.name);
		print_value(&knob);
		printf("\t# %s\n", knob.help);
	}
	return EXIT_SUCCESS;
}

static int cmd_get(int argc, char **argv)
{
	struct knob knob;
	int i;

	for (i = 0; i < argc; i++) {
		knob = lookup(argv[i]);
		print_value(&knob);
		putchar('\n');
	}
	return EXIT_SUCCESS;
}

/* Checked on a copy first, so that a bad word leaves everything as it was */
static int cmd_set(int argc, char **argv)
{
	static uint8_t copy[PFRUSIM_PAGE_SIZE] __attribute__((aligned(4)));
	void *to[] = { copy, page };
	struct knob knob;
	int i, pass;

	if (argc % 2)
		return EXIT_USAGE;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < argc; i += 2) {
			knob = lookup(argv[i]);
			if (!knob_set(to[pass], &knob, argv[i + 1],
				      strlen(argv[i + 1])))
				continue;
			fprintf(stderr, "fwctl: %s: %s is no value for it\n",
				argv[i], argv[i + 1]);
			exit(EXIT_USAGE);
		}
	}
	return EXIT_SUCCESS;
}

static int cmd_calls(int argc, char **argv)
{
	struct knob knob = lookup("calls");

	(void)argc;
	(void)argv;
	printf("%" PRIu64 "\n", value_of(&knob));
	return EXIT_SUCCESS;
}

/* Whatever is armed, none of the counters */
static int cmd_disarm(int argc, char **argv)
{
	struct knob knob;
	unsigned int i;

	(void)argc;
	(void)argv;
	for (i = 0; !knob_at(i, &knob); i++) {
		int slot = knob.offset >= PFRUSIM_SLOT_OFF &&
			   knob.offset < PFRUSIM_LOG_OFF;
		int event = !strncmp(knob.name, "event_", 6) ||
			    !strncmp(knob.name, "now_", 4);

		if (event || (slot && strcmp(knob.name, "calls")))
			knob_set(page, &knob, "0", 1);
	}
	return EXIT_SUCCESS;
}

static const char *log_name(const char *name)
{
	if (strcmp(name, "exec") && strcmp(name, "history")) {
		fprintf(stderr, "fwctl: %s: neither exec nor history\n", name);
		exit(EXIT_USAGE);
	}
	return name;
}

static int write_out(const uint8_t *from, size_t len)
{
	if (fwrite(from, 1, len, stdout) != len || fflush(stdout))
		die("standard output");
	return EXIT_SUCCESS;
}

static int cmd_ring(int argc, char **argv)
{
	const char *log = log_name(argv[0]);
	size_t size = get(log, "size");

	(void)argc;
	return write_out(map(get(log, "base"), size), size);
}

/* As the firmware does it: bytes first, then the state */
static int cmd_append(int argc, char **argv)
{
	const char *log = log_name(argv[0]);
	uint64_t pos = get(log, "pos"), size = get(log, "size");
	uint64_t rollover = get(log, "rollover"), total = get(log, "total");
	uint8_t *ring = map(get(log, "base"), size);
	uint8_t byte;

	(void)argc;
	while (fread(&byte, 1, 1, stdin) == 1) {
		if (pos >= size) {
			pos = 0;
			rollover++;
		}
		ring[pos++] = byte;
		total++;
	}
	set(log, "rollover", rollover);
	set(log, "pos", pos);
	set(log, "total", (uint32_t)total);
	set(log, "live", 1);
	return EXIT_SUCCESS;
}

static int cmd_reset(int argc, char **argv)
{
	const char *log = log_name(argv[0]);

	(void)argc;
	set(log, "pos", 0);
	set(log, "rollover", 0);
	set(log, "reset", get(log, "reset") + 1);
	return EXIT_SUCCESS;
}

static int cmd_dump_buffer(int argc, char **argv)
{
	struct knob base = lookup("buf_base"), size = lookup("buf_size");
	uint64_t from, len;

	(void)argc;
	if (knob_number(argv[0], strlen(argv[0]), &from) ||
	    knob_number(argv[1], strlen(argv[1]), &len) ||
	    from > value_of(&size) || len > value_of(&size) - from)
		return EXIT_USAGE;
	if (!len)
		return EXIT_SUCCESS;
	return write_out(map(value_of(&base) + from, len), len);
}

/* The driver's part, for tests of the model itself */
static int cmd_load_buffer(int argc, char **argv)
{
	struct knob base = lookup("buf_base"), size = lookup("buf_size");
	uint8_t *buf = map(value_of(&base), value_of(&size));

	(void)argc;
	(void)argv;
	if (!fread(buf, 1, value_of(&size), stdin) || ferror(stdin))
		die("standard input");
	return EXIT_SUCCESS;
}

static const struct command {
	const char *name;
	int min, max;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "list", 0, 0, cmd_list, "list: every name, its value and meaning" },
	{ "get", 1, 99, cmd_get, "get NAME...: values, one a line" },
	{ "set", 2, 99, cmd_set, "set NAME VALUE [NAME VALUE]..." },
	{ "calls", 0, 0, cmd_calls, "calls: how many _DSM calls there were" },
	{ "disarm", 0, 0, cmd_disarm,
	  "disarm: no faults, delays, overrides and events any more" },
	{ "ring", 1, 1, cmd_ring,
	  "ring exec|history: the raw ring on standard output" },
	{ "append", 1, 1, cmd_append,
	  "append exec|history: standard input is logged" },
	{ "reset", 1, 1, cmd_reset,
	  "reset exec|history: the log is emptied" },
	{ "dump-buffer", 2, 2, cmd_dump_buffer,
	  "dump-buffer OFFSET LEN: of the communication buffer" },
	{ "load-buffer", 0, 0, cmd_load_buffer,
	  "load-buffer: standard input into the communication buffer" },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *to, int status)
{
	size_t i;

	fprintf(to, "usage: fwctl [-i INSTANCE] COMMAND\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "  %s\n", commands[i].help);
	return status;
}

static int run(const struct command *command, int argc, char **argv,
	       unsigned long instance)
{
	struct knob magic;
	int status;

	if (argc < command->min || argc > command->max)
		return usage(stderr, EXIT_USAGE);
	page = map(control_address(instance), PFRUSIM_PAGE_SIZE);
	magic = lookup("magic");
	if (value_of(&magic) != PFRUSIM_MAGIC) {
		fprintf(stderr, "fwctl: no control page there\n");
		return EXIT_FAILURE;
	}
	status = command->run(argc, argv);
	return status == EXIT_USAGE ? usage(stderr, EXIT_USAGE) : status;
}

int main(int argc, char **argv)
{
	unsigned long instance = 0;
	size_t i;
	int opt;

	while ((opt = getopt(argc, argv, "+i:h")) != -1) {
		if (opt == 'h')
			return usage(stdout, EXIT_SUCCESS);
		if (opt != 'i')
			return usage(stderr, EXIT_USAGE);
		instance = strtoul(optarg, NULL, 0);
	}
	argc -= optind;
	argv += optind;
	for (i = 0; argc && i < COMMANDS; i++)
		if (!strcmp(argv[0], commands[i].name))
			return run(&commands[i], argc - 1, argv + 1, instance);
	return usage(stderr, EXIT_USAGE);
}
