// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * heci WORD...: turns a knob of the HECI model (tests/sim/heci, "heci-sim ctl")
 * through the virtio port of that name, prints the answer and exits with 1
 * when it is an error. One process at a time; another one waits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS	"/sys/class/virtio-ports"
#define WAIT	10000		/* ms, for an answer or for the port */

/* find - the port named heci, as /dev/vportNpM */
static int find(char *path, size_t size)
{
	char name[512], text[16];
	struct dirent *d;
	DIR *dir = opendir(PORTS);
	FILE *f;

	while (dir && (d = readdir(dir))) {
		snprintf(name, sizeof(name), PORTS "/%s/name", d->d_name);
		f = fopen(name, "r");
		if (!f)
			continue;
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
		if (strcmp(text, "heci\n"))
			continue;
		snprintf(path, size, "/dev/%s", d->d_name);
		closedir(dir);
		return 0;
	}
	if (dir)
		closedir(dir);
	return -1;
}

static int open_port(void)
{
	char path[300];
	int fd, left;

	if (find(path, sizeof(path))) {
		fprintf(stderr, "heci: no virtio port is named heci; is virtio_console loaded, and does the scenario say heci=yes?\n");
		return -1;
	}
	for (left = WAIT; left > 0; left -= 20) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != EBUSY)
			break;
		usleep(20000);
	}
	fprintf(stderr, "heci: %s: %s\n", path, strerror(errno));
	return -1;
}

/* take - what can be read within ms; 0: nothing came */
static ssize_t take(int fd, char *buf, size_t size, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	if (poll(&p, 1, ms) != 1 || !(p.revents & POLLIN))
		return 0;
	return read(fd, buf, size);
}

/* ended - is the last line one that ends an answer? 1: good, -1: error */
static int ended(const char *text, size_t have)
{
	const char *line;

	if (!have || text[have - 1] != '\n')
		return 0;
	for (line = text + have - 1; line > text && line[-1] != '\n'; line--)
		;
	if (!strcmp(line, "ok\n"))
		return 1;
	return strncmp(line, "error: ", 7) ? 0 : -1;
}

static int answer(int fd)
{
	static char text[256 * 1024];
	size_t have = 0;
	ssize_t n;
	int end;

	do {
		n = take(fd, text + have, sizeof(text) - 1 - have, WAIT);
		if (n <= 0) {
			fprintf(stderr, "heci: no answer of the model in %d s\n",
				WAIT / 1000);
			return 1;
		}
		have += n;
		text[have] = '\0';
		end = ended(text, have);
	} while (!end);
	if (end < 0) {
		fprintf(stderr, "heci: %s", text);
		return 1;
	}
	fwrite(text, 1, have - 3, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	char line[4096] = "", rest[4096];
	int fd, i;

	for (i = 1; i < argc; i++) {
		if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line))
			return 2;
		strcat(line, argv[i]);
		strcat(line, i + 1 < argc ? " " : "\n");
	}
	fd = open_port();
	if (fd < 0 || argc < 2)
		return 2;
	/* what a killed one has left unread */
	while (take(fd, rest, sizeof(rest), 0) > 0)
		;
	if (write(fd, line, strlen(line)) != (ssize_t)strlen(line)) {
		fprintf(stderr, "heci: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return answer(fd);
}
