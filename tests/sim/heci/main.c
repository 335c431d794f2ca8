// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * heci-sim: a HECI (MEI) PCI device for QEMU's vfio-user-pci. Options, and
 * the one loop that everything happens in.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "amt.h"
#include "sim.h"

/* Lynx Point LP: no quirk, no forced protocol version in Linux */
#define DEFAULT_DEVICE	0x9c3a
#define DEFAULT_DEPTH	128
#define MIN_DEPTH	16	/* the longest bus message has 11 slots */

static struct {
	const char *socket, *control, *log;
	unsigned int device;
	bool once;
	struct heci_config heci;
	const char *todo[32];
	unsigned int todos;
} opt = {
	.device = DEFAULT_DEVICE,
	.heci = { .depth = DEFAULT_DEPTH },
};

enum {
	SIGNAL,
	LISTEN,
	CLIENT,
	CONTROL,
	FIRST_PEER,
	FIRST_RELAY = FIRST_PEER + CONTROL_CLIENTS,
	LAST = FIRST_RELAY + RELAYS,
};

static struct pollfd fds[LAST];

static void usage(void)
{
	puts("usage: heci-sim --socket PATH [OPTION...]\n"
	     "       heci-sim ctl SOCKET WORD...\n"
	     "\n"
	     "A HECI (MEI) PCI device for QEMU's vfio-user-pci, with the iAMT watchdog\n"
	     "and an echo client behind it, and with --amt an Intel AMT.\n"
	     "\n"
	     "  --socket PATH         for QEMU (vfio-user)\n"
	     "  --control PATH        for the knobs, which ctl turns\n"
	     "  --log FILE            append the log there instead of printing it\n"
	     "  --device ID           PCI device ID (0x9c3a)\n"
	     "  --depth SLOTS         of each circular buffer, 16 to 128 (128)\n"
	     "  --power none|legacy|d0i3   power gating the host is offered (none)\n"
	     "  --do 'WORD...'        turn a knob before QEMU comes; can be repeated\n"
	     "  --amt                 with the clients amthi, mkhi and lme\n"
	     "  --once                end when QEMU has gone\n"
	     "  --help\n"
	     "\n"
	     "Knobs:");
	control_help();
}

static int complain(const char *what, const char *value)
{
	fprintf(stderr, "heci-sim: %s '%s'; --help shows what can be said\n",
		what, value);
	return -1;
}

static int number(const char *word, unsigned long min, unsigned long max,
		  unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(word, &end, 0);
	return *word && !*end && !errno && *v >= min && *v <= max ? 0 : -1;
}

static int set_power(const char *word)
{
	opt.heci.legacy_pg = !strcmp(word, "legacy");
	opt.heci.d0i3 = !strcmp(word, "d0i3");
	if (!opt.heci.legacy_pg && !opt.heci.d0i3 && strcmp(word, "none"))
		return complain("no such power gating", word);
	return 0;
}

static void add_amt(void)
{
	amthi_client.absent = false;
	mkhi_client.absent = false;
	mkhi_fixed_client.absent = false;
	lme_client.absent = false;
}

static int set_option(int c, char *arg)
{
	unsigned long v;

	switch (c) {
	case 's':
		opt.socket = arg;
		return 0;
	case 'c':
		opt.control = arg;
		return 0;
	case 'l':
		opt.log = arg;
		return 0;
	case 'd':
		if (number(arg, 1, 0xfffe, &v))
			return complain("no PCI device ID", arg);
		opt.device = v;
		return 0;
	case 'n':
		if (number(arg, MIN_DEPTH, DEFAULT_DEPTH, &v))
			return complain("no such depth", arg);
		opt.heci.depth = v;
		return 0;
	case 'p':
		return set_power(arg);
	case 'x':
		if (opt.todos == ARRAY_SIZE(opt.todo))
			return complain("too many --do, at", arg);
		opt.todo[opt.todos++] = arg;
		return 0;
	case 'a':
		add_amt();
		return 0;
	case '1':
		opt.once = true;
		return 0;
	}
	return -1;
}

/* options - 0: go on, 1: done, -1: wrong */
static int options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "control", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' },
		{ "device", required_argument, NULL, 'd' },
		{ "depth", required_argument, NULL, 'n' },
		{ "power", required_argument, NULL, 'p' },
		{ "do", required_argument, NULL, 'x' },
		{ "amt", no_argument, NULL, 'a' },
		{ "once", no_argument, NULL, '1' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h') {
			usage();
			return 1;
		}
		if (set_option(c, optarg))
			return -1;
	}
	if (optind < argc)
		return complain("no such word", argv[optind]);
	if (!opt.socket)
		return complain("missing", "--socket PATH");
	return 0;
}

/* listen_unix - a socket for this user; one that nobody serves is replaced */
int listen_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int ret;

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path)) {
		fprintf(stderr, "heci-sim: cannot make a socket at %s\n", path);
		return -1;
	}
	strcpy(to.sun_path, path);
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "heci-sim: %s is in use by another process\n",
			path);
		close(fd);
		return -1;
	}
	if (errno == ECONNREFUSED)
		unlink(path);
	mask = umask(077);
	ret = bind(fd, (struct sockaddr *)&to, sizeof(to));
	umask(mask);
	if (ret || listen(fd, CONTROL_CLIENTS)) {
		fprintf(stderr, "heci-sim: cannot listen at %s: %s\n", path,
			strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void wait_for_something(void)
{
	const uint64_t due[] = { heci_due(), hbm_due(), watchdog_due(),
				 lme_due() };
	uint64_t now = now_ns(), next = NEVER, left;
	struct timespec ts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(due); i++)
		if (due[i] < next)
			next = due[i];
	left = next > now ? next - now : 0;
	ts.tv_sec = left / SECOND;
	ts.tv_nsec = left % SECOND;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		fds[FIRST_PEER + i] = (struct pollfd){ control_fd(i), POLLIN, 0 };
	for (i = 0; i < RELAYS; i++)
		fds[FIRST_RELAY + i].fd =
			lme_poll_fd(i, &fds[FIRST_RELAY + i].events);
	if (ppoll(fds, ARRAY_SIZE(fds), next == NEVER ? NULL : &ts, NULL) < 0)
		for (i = 0; i < ARRAY_SIZE(fds); i++)
			fds[i].revents = 0;
}

static void run_timers(void)
{
	uint64_t now = now_ns();

	watchdog_run(now);
	lme_run(now);
	hbm_run(now);
	heci_run(now);
}

/* one round; returns whether there is to be another */
static bool serve(void)
{
	size_t i;
	int fd;

	wait_for_something();
	if (fds[SIGNAL].revents)
		return false;
	run_timers();
	if (fds[CLIENT].revents && vfio_receive()) {
		vfio_close();
		fds[CLIENT].fd = -1;
		if (opt.once)
			return false;
	}
	if (fds[LISTEN].revents) {
		fd = vfio_accept(fds[LISTEN].fd);
		if (fd >= 0)
			fds[CLIENT].fd = fd;
	}
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (fds[FIRST_PEER + i].revents)
			control_receive(i);
	for (i = 0; i < RELAYS; i++)
		if (fds[FIRST_RELAY + i].revents)
			lme_poll_event(i);
	if (fds[CONTROL].revents)
		control_accept(fds[CONTROL].fd);
	run_timers();
	return true;
}

static int prepare(void)
{
	unsigned int i;

	if (log_open(opt.log))
		return -1;
	pci_init(opt.device, opt.heci.d0i3);
	heci_init(&opt.heci);
	for (i = 0; i < opt.todos; i++)
		if (control_do(opt.todo[i]))
			return -1;
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = (struct pollfd){ -1, POLLIN, 0 };
	fds[SIGNAL].fd = open_signals();
	fds[LISTEN].fd = vfio_listen(opt.socket);
	if (fds[LISTEN].fd < 0)
		return -1;
	if (!opt.control)
		return 0;
	fds[CONTROL].fd = control_listen(opt.control);
	if (fds[CONTROL].fd < 0) {
		unlink(opt.socket);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int ret;

	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return control_client(argc - 2, argv + 2);
	ret = options(argc, argv);
	if (ret)
		return ret > 0 ? 0 : 2;
	if (prepare())
		return 1;
	note("heci-sim: device 0x%04x, %u slots", opt.device, opt.heci.depth);
	while (serve())
		;
	vfio_close();
	unlink(opt.socket);
	if (opt.control)
		unlink(opt.control);
	return 0;
}
