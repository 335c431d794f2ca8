// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wd DEVICE WORD...: does to a watchdog what the words say, in their order,
 * and prints what came of each, "WORD: ok SECONDS SLEEPS" or "WORD: ERRNO SECONDS
 * SLEEPS": by the clock, and how often the task has given up its processor to wait.
 * The file is open from the first word to the last; it is left without the
 * magic character unless "magic" says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <linux/watchdog.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * What the scheduler of a busy machine or emulator takes makes no sleep: a task that
 * is preempted, or whose processor stands still, was ready to run.
 */
static long sleeps(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? -1 : usage.ru_nvcsw;
}

/* an ioctl that gives a number, which is printed */
static int show(int fd, const char *w, unsigned long request)
{
	int v = -1;

	if (ioctl(fd, request, &v))
		return -1;
	printf("%s=%d\n", w, v);
	return 0;
}

static int support(int fd)
{
	struct watchdog_info info;

	if (ioctl(fd, WDIOC_GETSUPPORT, &info))
		return -1;
	printf("options=0x%x\nfirmware=%u\nidentity=%.32s\n", info.options,
	       info.firmware_version, info.identity);
	return 0;
}

static int option(int fd, int v)
{
	return ioctl(fd, WDIOC_SETOPTIONS, &v);
}

/* until a file of this name is there */
static int wait_for(const char *path)
{
	while (access(path, F_OK))
		usleep(20000);
	return 0;
}

static int touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int word(int fd, const char *w)
{
	int v;

	if (!strcmp(w, "ping"))
		return ioctl(fd, WDIOC_KEEPALIVE, 0);
	if (!strcmp(w, "magic"))
		return write(fd, "V", 1) == 1 ? 0 : -1;
	if (!strcmp(w, "write"))
		return write(fd, "x", 1) == 1 ? 0 : -1;
	if (!strcmp(w, "timeout"))
		return show(fd, w, WDIOC_GETTIMEOUT);
	if (!strcmp(w, "left"))
		return show(fd, w, WDIOC_GETTIMELEFT);
	if (!strcmp(w, "status"))
		return show(fd, w, WDIOC_GETSTATUS);
	if (!strcmp(w, "bootstatus"))
		return show(fd, w, WDIOC_GETBOOTSTATUS);
	if (!strcmp(w, "support"))
		return support(fd);
	if (!strcmp(w, "disable"))
		return option(fd, WDIOS_DISABLECARD);
	if (!strcmp(w, "enable"))
		return option(fd, WDIOS_ENABLECARD);
	if (sscanf(w, "timeout=%d", &v) == 1)
		return ioctl(fd, WDIOC_SETTIMEOUT, &v);
	if (sscanf(w, "pretimeout=%d", &v) == 1)
		return ioctl(fd, WDIOC_SETPRETIMEOUT, &v);
	if (sscanf(w, "sleep=%d", &v) == 1)
		return usleep(v * 1000);
	if (!strncmp(w, "wait=", 5))
		return wait_for(w + 5);
	if (!strncmp(w, "touch=", 6))
		return touch(w + 6);
	errno = EINVAL;
	return -1;
}

static const char *name_of(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown";
}

int main(int argc, char **argv)
{
	int i, fd, bad = 0;
	double t;
	long s;

	if (argc < 2)
		return 2;
	s = sleeps();
	t = now();
	fd = open(argv[1], O_WRONLY);
	t = now() - t;
	printf("open: %s %.3f %ld\n", fd < 0 ? name_of(errno) : "ok", t,
	       sleeps() - s);
	fflush(stdout);
	if (fd < 0)
		return 1;
	for (i = 2; i < argc; i++) {
		const char *result = "ok";

		s = sleeps();
		t = now();
		if (word(fd, argv[i])) {
			result = name_of(errno);
			bad = 1;
		}
		t = now() - t;
		printf("%s: %s %.3f %ld\n", argv[i], result, t, sleeps() - s);
		fflush(stdout);
	}
	t = now();
	close(fd);
	printf("close: done %.3f\n", now() - t);
	return bad;
}
