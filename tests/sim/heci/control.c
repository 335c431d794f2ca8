// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The knobs: lines of words on a unix socket. Each is answered by lines of
 * text, of which the last is "ok" or "error: " and why. The table at the end
 * is all there is; "help" prints it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "sim.h"

#define LINE_MAX_	20000	/* the longest message in hex */
#define WORDS_MAX	12

static struct {
	int fd;				/* 0: none */
	size_t have;
	char line[LINE_MAX_];
} peers[CONTROL_CLIENTS];

int fail(struct result *r, const char *why)
{
	r->error = why;
	return -1;
}

/*
 * Words
 */

bool number(const char *word, double max, double *value)
{
	char *end;

	*value = strtod(word, &end);
	return *word && !*end && *value >= 0 && *value <= max;
}

bool integer(const char *word, unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(word, &end, 0);
	return *word >= '0' && *word <= '9' && !*end && !errno && *value <= max;
}

/* N, or all */
bool count_word(const char *word, long *count)
{
	unsigned long n;

	if (!strcmp(word, "all")) {
		*count = FOREVER;
		return true;
	}
	if (!integer(word, 1000000000, &n))
		return false;
	*count = n;
	return true;
}

/* @rest: what else it may be */
static int no_client(struct result *r, const char *rest)
{
	static char why[160];
	const struct client *cl;
	FILE *f = fmemopen(why, sizeof(why), "w");
	unsigned int i;

	if (!f)
		return fail(r, "expected a client");
	fprintf(f, "expected a client (");
	for (i = 0; (cl = client_at(i)); i++)
		fprintf(f, "%s%s", i ? ", " : "", cl->name);
	fprintf(f, ")%s", rest);
	fclose(f);
	return fail(r, why);
}

int client_words(struct result *r, int argc, char **argv, struct client **cl,
		 long *count)
{
	struct client *named;

	for (; argc > 0; argc--, argv++) {
		named = client_by_name(*argv);
		if (named)
			*cl = named;
		else if (!count || !count_word(*argv, count))
			return no_client(r, count ? ", a number or all" : "");
	}
	return 0;
}

/* hex digits, with or without spaces between the words */
int hex(struct result *r, int argc, char **argv, uint8_t *buf, size_t max,
	size_t *len)
{
	unsigned int byte;
	const char *p;

	*len = 0;
	for (; argc > 0; argc--, argv++) {
		for (p = *argv; *p; p += 2) {
			if (*len == max || !p[1] ||
			    strspn(p, "0123456789abcdefABCDEF") < 2 ||
			    sscanf(p, "%2x", &byte) != 1)
				return fail(r, "expected pairs of hex digits");
			buf[(*len)++] = byte;
		}
	}
	return 0;
}

bool yes_no(const char *word, bool *yes)
{
	*yes = !strcmp(word, "yes");
	return *yes || !strcmp(word, "no");
}

/*
 * State: one "key value" a line
 */

static void print_to(void *arg, const char *fmt, ...) PRINTF(2, 3);

static void print_to(void *arg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(arg, fmt, ap);
	va_end(ap);
}

static void print_client(FILE *f, struct client *cl)
{
	const char *n = cl->name;

	fprintf(f, "%s.present %s\n", n, cl->absent ? "no" : "yes");
	fprintf(f, "%s.known %s\n", n, cl->known ? "yes" : "no");
	fprintf(f, "%s.version %u\n", n, cl->version);
	fprintf(f, "%s.told-version %u\n", n, cl->told_version);
	fprintf(f, "%s.connections %u\n", n, client_connections(cl));
	client_print(cl, print_to, f);
	faults_print(f, cl);
}

static void print_state(FILE *f)
{
	const struct watchdog_counters *w = watchdog_counters();
	struct client *cl;
	unsigned int i;

	fprintf(f, "vfio %s\n", vfio_connected() ? "connected" : "waiting");
	fprintf(f, "device %s\n", pci_gone() ? "gone" : "present");
	fprintf(f, "firmware %s\n", heci_dead() ? "dead" : "alive");
	fprintf(f, "link %s\n", heci_link_up() ? "up" : "down");
	fprintf(f, "hbm %s\n", hbm_state());
	fprintf(f, "power %s\n", heci_power_state());
	fprintf(f, "interrupt %s\n", irq_mode());
	fprintf(f, "interrupts %lu\n", irq_count());
	fprintf(f, "resets %lu\n", heci_resets());
	fprintf(f, "overflows %lu\n", heci_overflows());
	fprintf(f, "violations %lu\n", hbm_violations());
	fprintf(f, "clock %.3f\n", fw_ns() / 1e9);
	fprintf(f, "clock-factor %g\n", fw_factor());
	fprintf(f, "armed %s\n", watchdog_armed() ? "yes" : "no");
	fprintf(f, "required %s\n", watchdog_required() ? "yes" : "no");
	fprintf(f, "timeout %u\n", watchdog_timeout());
	fprintf(f, "left %.3f\n", watchdog_left());
	fprintf(f, "starts %lu\n", w->starts);
	fprintf(f, "pings %lu\n", w->pings);
	fprintf(f, "stops %lu\n", w->stops);
	fprintf(f, "expiries %lu\n", w->expiries);
	fprintf(f, "bad %lu\n", w->bad);
	fprintf(f, "answers %lu\n", w->answers);
	for (i = 0; (cl = client_at(i)); i++)
		print_client(f, cl);
	amt_print(f);
	lme_print(f);
}

/* print only the value of one key */
static int print_key(struct result *r, const char *key)
{
	size_t size, n = strlen(key);
	char *text = NULL, *line, *save;
	bool found = false;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	print_state(f);
	fclose(f);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, n) || line[n] != ' ')
			continue;
		fprintf(r->text, "%s\n", line + n + 1);
		found = true;
	}
	free(text);
	return found ? 0 : fail(r, "no such key; state alone shows all");
}

static int do_state(struct result *r, int argc, char **argv)
{
	if (argc)
		return print_key(r, argv[0]);
	print_state(r->text);
	return 0;
}

/*
 * The watchdog
 */

static int do_version(struct result *r, int argc, char **argv)
{
	unsigned long v;

	(void)argc;
	if (!integer(argv[0], 255, &v))
		return fail(r, "expected a number up to 255");
	watchdog_client.version = v;
	return 0;
}

static int do_required(struct result *r, int argc, char **argv)
{
	bool yes, was = watchdog_required();

	if (!yes_no(argv[0], &yes) || (argc > 1 && strcmp(argv[1], "quiet")))
		return fail(r, "expected yes or no, then nothing or quiet");
	watchdog_set_required(yes);
	if (yes && !was && argc == 1)
		client_notify(&watchdog_client);
	return 0;
}

static int do_stop_answer(struct result *r, int argc, char **argv)
{
	static const char *const words[] = {
		[STOP_ANSWER_EMPTY] = "empty",
		[STOP_ANSWER_FULL] = "full",
		[STOP_ANSWER_NONE] = "none",
	};
	size_t i;

	(void)argc;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(argv[0], words[i]))
			continue;
		watchdog_set_stop_answer(i);
		return 0;
	}
	return fail(r, "expected empty, full or none");
}

static int do_unsolicited(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	uint8_t buf[CLIENT_MESSAGE_MAX];
	size_t len;

	if (argc && client_by_name(argv[0])) {
		cl = client_by_name(argv[0]);
		argc--;
		argv++;
	}
	if (argc && !strcmp(argv[0], "empty"))
		len = 0;
	else if (argc && hex(r, argc, argv, buf, cl->max_message, &len))
		return -1;
	else if (!argc)
		len = watchdog_make_answer(buf);
	if (!client_connections(cl))
		return fail(r, "no host is connected to it");
	client_unsolicited(cl, buf, len);
	return 0;
}

static int do_clock(struct result *r, int argc, char **argv)
{
	double f;

	(void)argc;
	if (!number(argv[0], 1e6, &f))
		return fail(r, "expected a number from 0 to 1000000");
	fw_set_factor(f);
	note("the firmware's clock runs %g times as fast", f);
	return 0;
}

/*
 * Connections
 */

static int do_connections(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;
	unsigned long n;

	if (!integer(argv[0], 255, &n))
		return fail(r, "expected a number up to 255");
	if (client_words(r, argc - 1, argv + 1, &cl, NULL))
		return -1;
	cl->max_connections = n;
	return 0;
}

static int do_notify(struct result *r, int argc, char **argv)
{
	struct client *cl = &watchdog_client;

	if (client_words(r, argc, argv, &cl, NULL))
		return -1;
	if (!client_notify(cl))
		return fail(r, "no host asked for notifications");
	return 0;
}

static int do_remove(struct result *r, int argc, char **argv)
{
	struct client *cl = client_by_name(argv[0]);
	bool reset = true;

	if (!cl)
		return no_client(r, "");
	if (argc > 1) {
		if (strcmp(argv[1], "disconnect"))
			return fail(r, "expected disconnect or nothing");
		reset = false;
	}
	return client_remove(cl, reset);
}

static int do_add(struct result *r, int argc, char **argv)
{
	struct client *cl = client_by_name(argv[0]);

	(void)argc;
	if (!cl)
		return no_client(r, "");
	if (client_add(cl))
		fprintf(r->text, "at the next start\n");
	return 0;
}

/*
 * The link and the firmware
 */

static int do_reset(struct result *r, int argc, char **argv)
{
	long n = 1;

	if (!argc) {
		if (!heci_link_up())
			return fail(r, "the link is not up");
		heci_link_reset("by a knob");
		return 0;
	}
	if (strcmp(argv[0], "ping") ||
	    (argc > 1 && !count_word(argv[1], &n)))
		return fail(r, "expected nothing, or ping and a number or all");
	watchdog_reset_at_ping(n);
	return 0;
}

static int do_die(struct result *r, int argc, char **argv)
{
	unsigned long n = 0;

	if (argc && !integer(argv[0], 1000000, &n))
		return fail(r, "expected a number of link resets");
	heci_die(n);
	return 0;
}

static int do_revive(struct result *r, int argc, char **argv)
{
	(void)r;
	(void)argc;
	(void)argv;
	heci_revive();
	return 0;
}

static int do_gone(struct result *r, int argc, char **argv)
{
	bool yes;

	(void)argc;
	if (!yes_no(argv[0], &yes))
		return fail(r, "expected yes or no");
	note("device %s", yes ? "pulled out" : "plugged in again");
	pci_set_gone(yes);
	if (!yes)
		heci_power_on();
	return 0;
}

static int do_mute(struct result *r, int argc, char **argv)
{
	bool yes;

	(void)argc;
	if (!yes_no(argv[0], &yes))
		return fail(r, "expected yes or no");
	hbm_set_mute(yes);
	return 0;
}

static int do_slow(struct result *r, int argc, char **argv)
{
	double ms;

	(void)argc;
	if (!number(argv[0], 1e6, &ms))
		return fail(r, "expected milliseconds");
	heci_set_slow(ms * MS);
	return 0;
}

static int do_reset_time(struct result *r, int argc, char **argv)
{
	double ms;

	(void)argc;
	if (!number(argv[0], 1e6, &ms))
		return fail(r, "expected milliseconds");
	heci_set_reset_time(ms * MS);
	return 0;
}

static int do_hbm(struct result *r, int argc, char **argv)
{
	unsigned int major, minor;
	char end;

	(void)argc;
	if (sscanf(argv[0], "%3u.%3u%c", &major, &minor, &end) != 2 ||
	    major > 255 || minor > 255)
		return fail(r, "expected MAJOR.MINOR");
	hbm_set_version(major, minor);
	return 0;
}

static int do_send(struct result *r, int argc, char **argv)
{
	uint8_t buf[CLIENT_MESSAGE_MAX];
	unsigned long me, host;
	size_t len;

	if (!integer(argv[0], 255, &me) || !integer(argv[1], 255, &host))
		return fail(r, "expected two addresses up to 255");
	if (hex(r, argc - 2, argv + 2, buf, sizeof(buf), &len))
		return -1;
	if (!heci_link_up())
		return fail(r, "the link is not up");
	log_message("tx", buf, len, "raw %lu/%lu", me, host);
	heci_send(me, host, buf, len);
	return 0;
}

static int do_off(struct result *r, int argc, char **argv)
{
	struct client *cl;
	unsigned int i;

	(void)r;
	(void)argc;
	(void)argv;
	for (i = 0; (cl = client_at(i)); i++) {
		faults_clear(&cl->faults);
		client_grant(cl);
	}
	amt_off();
	watchdog_reset_at_ping(0);
	heci_set_slow(0);
	hbm_set_mute(false);
	return 0;
}

static int do_log(struct result *r, int argc, char **argv)
{
	char text[LINE_MAX_] = "";
	int i;

	(void)r;
	for (i = 0; i < argc; i++) {
		strcat(text, " ");
		strcat(text, argv[i]);
	}
	note("MARK%s", text);
	return 0;
}

static int do_history(struct result *r, int argc, char **argv)
{
	unsigned long n = 20;

	if (argc && !integer(argv[0], LOG_HISTORY, &n))
		return fail(r, "expected a number of lines up to 200");
	log_history(r->text, n);
	return 0;
}

static int do_help(struct result *r, int argc, char **argv);

static const struct command commands[] = {
	{ "state", 0, 1, do_state, "[KEY]",
	  "what there is, a key and its value a line; KEY: its value alone" },
	{ "version", 1, 1, do_version, "N",
	  "watchdog: protocol version, from the next enumeration on (2)" },
	{ "required", 1, 2, do_required, "yes|no [quiet]",
	  "watchdog: is it wanted; turning to yes notifies, unless quiet (yes)" },
	{ "stop-answer", 1, 1, do_stop_answer, "empty|full|none",
	  "watchdog: how a stop is answered from version 2 on (empty)" },
	{ "clock", 1, 1, do_clock, "FACTOR",
	  "speed of the firmware's clock; 0 stops it (1)" },
	{ "notify", 0, 1, do_notify, "[CLIENT]", "send a notification" },
	{ "connections", 1, 2, do_connections, "N [CLIENT]",
	  "how many a client has at a time" },
	{ "unsolicited", 0, 7, do_unsolicited, "[CLIENT] [empty|HEX]",
	  "an answer nobody asked for; without HEX a good one of the watchdog" },
	{ "remove", 1, 2, do_remove, "CLIENT [disconnect]",
	  "end a client, and reset the link unless disconnect" },
	{ "add", 1, 1, do_add, "CLIENT", "a removed client is there again" },
	{ "reset", 0, 2, do_reset, "[ping [N|all]]",
	  "reset the link now, or instead of answering the next pings" },
	{ "die", 0, 1, do_die, "[N]",
	  "the firmware is never ready again: now, or at the N-th link reset" },
	{ "revive", 0, 0, do_revive, "", "the firmware is ready again" },
	{ "gone", 1, 1, do_gone, "yes|no",
	  "the PCI device: every read is all ones" },
	{ "mute", 1, 1, do_mute, "yes|no",
	  "send no message of the bus protocol (no)" },
	{ "slow", 1, 1, do_slow, "MS",
	  "everything sent to the host takes this long (0)" },
	{ "reset-time", 1, 1, do_reset_time, "MS",
	  "how long a link reset takes the firmware (2)" },
	{ "hbm", 1, 1, do_hbm, "MAJOR.MINOR",
	  "version of the bus protocol, from the next start on (2.0)" },
	{ "send", 2, 7, do_send, "ME HOST [HEX]",
	  "any message, from and to any address" },
	{ "off", 0, 0, do_off, "",
	  "end delay to duplicate, refuse*, withhold, reset ping, mute, slow" },
	{ "log", 0, 7, do_log, "[TEXT]", "a mark in the log" },
	{ "history", 0, 1, do_history, "[N]",
	  "the last N lines of the log, up to 200 (20)" },
	{ "help", 0, 0, do_help, "", "this list" },
	{ 0 }
};

static const struct command *const tables[] = {
	commands, fault_commands, amt_commands, lme_commands,
};

static void print_help(FILE *f)
{
	const struct command *c;
	char usage[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (c = tables[i]; c->name; c++) {
			snprintf(usage, sizeof(usage), "%s %s", c->name, c->args);
			fprintf(f, "  %-38s %s\n", usage, c->help);
		}
	}
	fputs("CLIENT is watchdog (default), echo, or with --amt amthi, mkhi, mkhi-fixed, lme;\n"
	      "without N a fault happens once,\n"
	      "STATUS is a number of the bus protocol, MS are real milliseconds.\n",
	      f);
}

static int do_help(struct result *r, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_help(r->text);
	return 0;
}

void control_help(void)
{
	print_help(stdout);
}

static const struct command *find_command(const char *name)
{
	const struct command *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (c = tables[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static int run_words(struct result *r, int argc, char **argv)
{
	const struct command *c = find_command(argv[0]);

	if (!c)
		return fail(r, "no such command; help shows all");
	if (argc - 1 < c->min || argc - 1 > c->max)
		return fail(r, "too few or too many words; help shows the form");
	return c->fn(r, argc - 1, argv + 1);
}

/* run_line - returns the text of the answer, to be freed */
static char *run_line(char *line, size_t *size, bool *good)
{
	char *words[WORDS_MAX + 1], *save, *text = NULL;
	struct result r = { 0 };
	int n = 0;

	for (words[0] = strtok_r(line, " \t\r", &save); words[n];
	     words[n] = strtok_r(NULL, " \t\r", &save))
		if (++n > WORDS_MAX)
			break;
	r.text = open_memstream(&text, size);
	if (!r.text)
		abort();
	if (n > WORDS_MAX)
		fail(&r, "too many words");
	else if (n)
		run_words(&r, n, words);
	*good = !r.error;
	if (r.error)
		fprintf(r.text, "error: %s\n", r.error);
	else
		fputs("ok\n", r.text);
	fclose(r.text);
	return text;
}

int control_do(const char *line)
{
	char *copy = strdup(line), *text;
	size_t size;
	bool good;

	if (!copy)
		abort();
	text = run_line(copy, &size, &good);
	if (!good)
		fprintf(stderr, "heci-sim: --do '%s': %s", line, text);
	free(text);
	free(copy);
	return good ? 0 : -1;
}

/*
 * The socket
 */

int control_listen(const char *path)
{
	return listen_unix(path);
}

void control_accept(int listener)
{
	static const char full[] = "error: too many clients\n";
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i;

	if (fd < 0)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (peers[i].fd)
			continue;
		peers[i].fd = fd;
		peers[i].have = 0;
		return;
	}
	send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL);
	close(fd);
}

int control_fd(unsigned int i)
{
	return peers[i].fd ? peers[i].fd : -1;
}

static void hang_up(unsigned int i)
{
	close(peers[i].fd);
	peers[i].fd = 0;
}

/* a line that turns no knob; those who poll would fill the log */
static bool asks_only(const char *line)
{
	return !strncmp(line, "state", 5) || !strncmp(line, "history", 7) ||
	       !strncmp(line, "help", 4);
}

/* -1: who doesn't read his answers is not served any more */
static int answer_line(unsigned int i, char *line)
{
	size_t size;
	ssize_t n;
	char *text;
	bool good;

	if (*line && !asks_only(line))
		note("control: %s", line);
	text = run_line(line, &size, &good);
	n = send(peers[i].fd, text, size, MSG_NOSIGNAL);
	free(text);
	return n == (ssize_t)size ? 0 : -1;
}

void control_receive(unsigned int i)
{
	char *line = peers[i].line, *end;
	ssize_t n;

	n = recv(peers[i].fd, line + peers[i].have,
		 LINE_MAX_ - peers[i].have, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(i);
		return;
	}
	peers[i].have += n;
	while ((end = memchr(line, '\n', peers[i].have))) {
		*end = '\0';
		n = end + 1 - line;
		if (answer_line(i, line)) {
			hang_up(i);
			return;
		}
		peers[i].have -= n;
		memmove(line, line + n, peers[i].have);
	}
	if (peers[i].have == LINE_MAX_)
		hang_up(i);	/* no line is that long */
}

/*
 * The client: heci-sim ctl SOCKET WORD...
 */

static int talk(FILE *f)
{
	char line[LINE_MAX_];

	while (fgets(line, sizeof(line), f)) {
		if (!strcmp(line, "ok\n"))
			return 0;
		if (!strncmp(line, "error: ", 7)) {
			fprintf(stderr, "heci-sim: %s", line + 7);
			return 1;
		}
		fputs(line, stdout);
	}
	fprintf(stderr, "heci-sim: the model ended the connection\n");
	return 1;
}

int control_client(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, i, ret;
	FILE *f;

	if (argc < 2 || strlen(argv[0]) >= sizeof(to.sun_path)) {
		fprintf(stderr, "usage: heci-sim ctl SOCKET WORD...\n");
		return 2;
	}
	strcpy(to.sun_path, argv[0]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "heci-sim: cannot connect to %s: %s; is it the control socket of a running model?\n",
			argv[0], strerror(errno));
		return 1;
	}
	f = fdopen(fd, "r+");
	if (!f)
		abort();
	for (i = 1; i < argc; i++)
		fprintf(f, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	fflush(f);
	ret = talk(f);
	fclose(f);
	return ret;
}
