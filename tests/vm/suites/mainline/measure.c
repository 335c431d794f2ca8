// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure WORD...: what something takes, as a line
 * "calls N us N rss N": calls of the firmware, processor time of this task
 * alone, with what the kernel does for it, and the program's memory in KiB.
 *
 *	run CMD...		a program, its output thrown away
 *	write NODE FILE		write() of the whole file, at once
 *	fill BYTES		no measure: the execution log gets this size and
 *				is full of text
 */
#include <sys/resource.h>
#include <time.h>

#include "guest.h"

static void report(uint32_t before, uint64_t ns, long rss)
{
	printf("calls %u us %llu rss %ld\n", calls() - before,
	       (unsigned long long)ns / 1000, rss);
}

static uint64_t ns_of(const struct timeval *t)
{
	return t->tv_sec * 1000000000ULL + t->tv_usec * 1000ULL;
}

static int run(char **argv)
{
	uint32_t before = calls();
	struct rusage usage;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		int fd = open("/dev/null", O_WRONLY);

		if (fd >= 0 && dup2(fd, 1) >= 0)
			execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		die("wait4");
	report(before, ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime),
	       usage.ru_maxrss);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}

static uint64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int write_capsule(const char *node, const char *name)
{
	int in = must_open(name, O_RDONLY), fd = must_open(node, O_RDWR);
	struct stat st;
	uint32_t before;
	ssize_t written;
	uint64_t begin;
	char *bytes;

	fstat(in, &st);
	bytes = malloc(st.st_size);
	if (!bytes || read(in, bytes, st.st_size) != st.st_size)
		die(name);
	before = calls();
	begin = cpu_time();
	written = write(fd, bytes, st.st_size);
	report(before, cpu_time() - begin, 0);
	if (written != st.st_size) {
		fprintf(stderr, "%s: %zd of %lld bytes: %s\n", node, written,
			(long long)st.st_size, strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int fill(uint32_t size)
{
	volatile struct pfrusim_log *log = &sim_log[PFRUSIM_EXEC];
	uint8_t *ring = map_physical(log->base, size);
	uint32_t i;

	for (i = 0; i < size; i++)
		ring[i] = i % 64 == 63 ? '\n' : 'a' + i / 64 % 26;
	log->size = size;
	log->pos = 0;
	log->rollover = 1;
	log->live = 1;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	sim_begin();
	if (argc > 2 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "write"))
		return write_capsule(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "fill"))
		return fill(strtoul(argv[2], NULL, 0));
	fprintf(stderr, "measure: wrong usage, see measure.c\n");
	return 2;
}
