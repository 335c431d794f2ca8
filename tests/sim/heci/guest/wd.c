// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wd DEVICE WORD...: does to a watchdog what the words say, in their order,
 * and prints what came of each. The file is open from the first word to the
 * last; it is left without the magic character unless "magic" says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/watchdog.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int word(int fd, const char *w)
{
	int v;

	if (!strcmp(w, "ping"))
		return ioctl(fd, WDIOC_KEEPALIVE, 0);
	if (!strcmp(w, "magic"))
		return write(fd, "V", 1) == 1 ? 0 : -1;
	if (sscanf(w, "timeout=%d", &v) == 1)
		return ioctl(fd, WDIOC_SETTIMEOUT, &v);
	if (sscanf(w, "sleep=%d", &v) == 1)
		return usleep(v * 1000);
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	int i, fd, bad = 0;
	double t;

	if (argc < 2)
		return 2;
	fd = open(argv[1], O_WRONLY);
	printf("open: %s\n", fd < 0 ? strerror(errno) : "ok");
	if (fd < 0)
		return 1;
	for (i = 2; i < argc; i++) {
		t = now();
		if (word(fd, argv[i])) {
			printf("%s: %s\n", argv[i], strerror(errno));
			bad = 1;
		} else {
			printf("%s: ok %.3f\n", argv[i], now() - t);
		}
		fflush(stdout);
	}
	close(fd);
	return bad;
}
